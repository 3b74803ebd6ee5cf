"""The wall of defects: every break in a table, played against the clause that it breaks; see `scripts/wall`."""
