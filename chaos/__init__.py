"""finesse-chaos: break a Cisco Finesse lab on purpose and judge the documented fail-over clauses.

The rooms of this package, and who may import whom, stand in docs/design.md; tests/test_rooms.py holds them to it.
"""

__version__ = "0.1.0"
