"""The built-in deployment: two Finesse nodes, two CTI servers on one peripheral, consoles. The core never imports it."""
