"""What can be seen, one frozen dataclass a kind; one file for each thing that is looked at.

A kind's name is its `kind` in the journal file; `kinds` has them all.

`at_s` is always seconds on the journal's clock: 0.0 is the beginning of the experiment. A field that was not seen is
None. `node` is a Finesse node's name in the inventory, `side` is "a" or "b" (CTI), `agent` an agent's id.
"""
