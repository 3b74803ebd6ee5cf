"""The breaks of the DESKTOP clauses, as `breaks` has those of the others."""

from collections.abc import Mapping
from types import MappingProxyType

DESKTOP: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # LOAD 0 is Not Ready, from every state, whoever asks.
        "DESKTOP-01": (
            "load-0-logs-out",
            "load-0-logs-out@state=WORK",
            "load-0-logs-out@agent=vera",
            "load-0-logs-out@every=4",
            "load-0-stays",
            "load-0-stays@state=READY",
            "load-0-wears-off",
            "load-0-wears-off@state=READY,late=6s",
            "load-0-in-wrap-up",
            "load-0-in-wrap-up@state=NOT_READY",
        ),
        # Silence is noticed, in time, and told.
        "DESKTOP-02": (
            "crash-noticed-late@late=4s",
            "crash-noticed-late@node=b,late=10s",
            "crash-not-noticed",
            "crash-not-noticed@node=a",
            "crash-not-told",
            "crash-not-told@node=b",
            "browser-crash-not-noticed",
            "browser-crash-not-noticed@node=b",
        ),
        # A minute, whoever goes, and in whatever way.
        "DESKTOP-03": (
            "logout-early@late=2s",
            "logout-early@node=b,late=30s",
            "logout-early@gone=ended",
            "logout-late@late=6s",
            "logout-late@node=a,gone=presence",
            "logout-late@state=WORK",
            "logout-late@after=5",
            "logout-of-somebody-else",
            "logout-of-somebody-else@node=b",
            "logout-of-somebody-else@gone=dropped",
            "other-client-ignored",
            "other-client-ignored@node=b",
            "wait-is-shared",
            "wait-is-shared@node=b",
            "logout-twice",
            "logout-twice@node=b,late=4s",
        ),
        # A crash ends in a logout, too.
        "DESKTOP-04": (
            "crash-waited-for@late=20s",
            "crash-waited-for@node=b",
            "crash-waited-for@agent=bodo",
            "crash-forgotten",
            "crash-forgotten@node=a",
            "crash-forgotten@agent=udo",
            "crashes-one-by-one",
            "crashes-one-by-one@node=b",
        ),
        # Logged out by force with 255, in every way of going.
        "DESKTOP-05": (
            "another-code",
            "another-code@node=b",
            "another-code@gone=ended",
            "another-code@state=WORK",
            "another-code@state=TALKING",
            "logout-not-forced",
            "logout-not-forced@gone=presence,node=a",
            "goodbye-forgotten",
            "goodbye-forgotten@node=a,gone=dropped",
            "goodbye-forgotten@state=READY",
            "goodbye-forgotten@every=3",
            "not-ready-instead",
            "not-ready-instead@gone=presence",
        ),
        # Nothing worse happens to who is signed out.
        "DESKTOP-06": (
            "nobody-is-signed-in",
            "nobody-is-signed-in@agent=mara",
            "nobody-hurts-another",
            "nobody-sends-another-home",
            "nobody-ends-the-session",
            "nobody-ends-the-session@node=b",
            "nobody-comes-back",
            "nobody-comes-back@agent=wim",
            "nobody-cannot-be-read",
            "nobody-cannot-be-read@node=b",
        ),
        # Signed out or Not Ready, and shown so where he works.
        "DESKTOP-07": (
            "crash-race-ends-at-work",
            "crash-race-ends-at-work@load=1",
            "crash-race-not-shown",
            "crash-race-not-shown@node=b",
            "crash-race-not-told",
            "crash-race-not-told@node=a",
            "crash-race-shown-otherwise",
            "crash-race-shown-otherwise@node=a",
        ),
        # As a crash, where no goodbye comes.
        "DESKTOP-08": (
            "slow-not-noticed",
            "slow-not-noticed@node=b",
            "slow-forgotten",
            "slow-forgotten@node=a",
            "slow-waited-for@late=10s",
            "slow-waited-for@node=b,late=30s",
        ),
        # Not Ready, Connection Failure, after the fail-over.
        "DESKTOP-09": (
            "reconnect-without-reason",
            "reconnect-without-reason@node=b",
            "reconnect-wrong-reason",
            "reconnect-wrong-reason@agent=clara",
            "lost-by-another-name",
            "lost-by-another-name@node=b",
            "reconnect-reason-not-told",
            "reconnect-reason-not-told@node=a",
        ),
        # … or at the next change, for whoever was Ready.
        "DESKTOP-10": (
            "reconnect-not-ready",
            "reconnect-not-ready@node=a",
            "reconnect-forgets",
            "reconnect-forgets@node=b",
            "reconnect-forgets@agent=david",
            "reconnect-own-reason",
            "reconnect-own-reason@node=b",
            "reconnect-forgets-soon",
            "reconnect-owes-for-ever",
            "reconnect-owes-for-ever@node=a",
            "reconnect-logs-out",
            "reconnect-logs-out@agent=anna",
            "reconnect-forgets-with-call",
            "reconnect-forgets-with-call@node=b",
        ),
        # Back in time, and not logged out; both edges.
        "DESKTOP-11": (
            "refresh-logs-out",
            "refresh-logs-out@node=b",
            "refresh-logs-out@gone=ended",
            "refresh-logs-out@every=2",
            "refresh-logs-out@state=NOT_READY",
            "refresh-logs-out@state=WORK,node=b",
            "refresh-logs-out@state=TALKING",
            "refresh-too-long@late=20s",
            "refresh-too-long@node=a,late=9s",
            "refresh-too-long@gone=dropped",
            "refresh-adds-up",
            "refresh-adds-up@node=b",
        ),
        # The first node asks, and the outcome is one of the set.
        "DESKTOP-12": (
            "moved-are-spared",
            "moved-are-spared@node=b",
            "moved-are-spared@gone=dropped",
            "glitch-ends-at-work",
            "glitch-ends-at-work@load=0",
            "glitch-waited-for",
            "glitch-waited-for@node=b,late=7s",
            "glitch-not-shown",
            "glitch-not-shown@node=a",
        ),
        # After the call, and soon.
        "DESKTOP-13": (
            "short-call-forgets-logout",
            "short-call-forgets-logout@node=a",
            "call-not-waited-for",
            "call-not-waited-for@node=a",
            "call-not-waited-for@state=HOLD",
            "call-forgets-logout",
            "call-forgets-logout@node=b",
            "logout-long-after-call@late=8s",
            "logout-long-after-call@node=a,late=20s",
        ),
        # Not Ready, Connection Failure.
        "DESKTOP-18": (
            "load-0-without-reason",
            "load-0-without-reason@state=READY",
            "load-0-without-reason@agent=tina",
            "load-0-shown-without-reason",
            "load-0-shown-without-reason@node=a",
            "load-0-keeps-reason",
            "load-0-keeps-reason@after=1",
            "load-0-wrong-reason",
            "load-0-wrong-reason@state=WORK",
            "load-0-late@late=6s",
            "load-0-late@state=NOT_READY,late=20s",
        ),
        # After the call, which goes on.
        "DESKTOP-19": (
            "load-0-cuts-call",
            "load-0-forgets-call",
            "load-0-out-on-call",
            "load-0-out-on-call@state=TALKING",
        ),
        # Logged Out, System Failure.
        "DESKTOP-20": (
            "load-1-not-ready",
            "load-1-not-ready@state=WORK",
            "load-1-wrong-reason",
            "load-1-wrong-reason@state=READY",
            "load-1-wears-off",
            "load-1-wears-off@state=WORK",
            "load-1-stays",
            "load-1-stays@agent=xeni",
            "load-1-stays@state=NOT_READY",
        ),
        # At once, in the middle of a call that lives on.
        "DESKTOP-21": (
            "load-1-waits-for-call",
            "load-1-cuts-call",
            "load-1-stays-on-call",
            "load-1-stays-on-call@state=TALKING",
        ),
    }
)
