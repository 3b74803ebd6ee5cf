"""What the tests of the IPPA clauses tell of phones: who waits, whose server is back, and who goes over by hand."""

from chaos.verdicts.outcome import Outcome

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE

WAITS = """
25 shows unavailable
40 shows unavailable
40 presses Retry
"""


RETURNS = (
    WAITS
    + """
70 mends
70 probe OUT
72 probe IN
75 shows sign-in
90 shows home
90 sends fin-a
91 picks Lunch
92 switch NOT_READY
92 presses Ready
93 switch AVAILABLE
94 calls 1
95 shows call 1
98 hangs-up 1
99 shows home
"""
)


GOES = """
25 shows unavailable
60 shows services
60 presses Exit
61 opens fin-b
62 shows home at=fin-b
62 sends fin-b
63 picks Lunch
64 switch NOT_READY
64 presses Ready
65 switch AVAILABLE
66 calls 1
67 shows call 1 at=fin-b
70 hangs-up 1
71 shows home at=fin-b
"""
