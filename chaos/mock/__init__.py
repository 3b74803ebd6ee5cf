"""The built-in lab: two Finesse nodes, two CTI servers on one peripheral, consoles. The core does not import it."""
