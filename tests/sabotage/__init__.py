"""Sabotage of ourselves: observers that are deaf, stale or dead, and faults that do not what they say.

Whatever of ours is broken, a verdict that rests on it is neither HELD nor VIOLATED; see `scripts/wall --sabotage`.
"""
