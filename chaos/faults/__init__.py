"""The faults: what we break between Finesse and its neighbours, one file each, and the links that they break."""
