"""The breaks of the DESKTOP clauses about refresh tokens, as `breaks` has those of the others."""

from collections.abc import Mapping
from types import MappingProxyType

TOKENS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # The desktop asks, Finesse forwards it: at once, with 255, on a call, too.
        "DESKTOP-14": (
            "expiry-not-told",
            "expiry-not-told@node=b,cookie=stale",
            "expiry-not-told@state=TALKING",
            "expiry-not-forwarded",
            "expiry-not-forwarded@state=READY",
            "expiry-not-forwarded@every=4",
            "expiry-forwarded-late@late=3s",
            "expiry-forwarded-late@node=b,state=NOT_READY",
            "expiry-with-another-code",
            "expiry-with-another-code@node=a,state=TALKING",
            "expiry-not-forced",
            "expiry-not-forced@state=READY,node=a",
            "expiry-after-call",
            "expiry-after-call@node=b",
            "expiry-of-somebody-else",
            "expiry-of-somebody-else@agent=cleo",
        ),
        # Ten minutes and five, to the second, and long enough to be read.
        "DESKTOP-15": (
            "warning-missing",
            "warning-missing@warning=10,node=b",
            "warning-missing@warning=5,cookie=stale",
            "warning-missing@state=TALKING,warning=10,cookie=cleared",
            "warning-late@late=2s",
            "warning-late@warning=5,node=a,late=20s",
            "warning-early@late=2s",
            "warning-early@warning=10,state=READY,late=30s",
            "warning-says-otherwise",
            "warning-says-otherwise@warning=5,agent=fila",
            "warning-vanishes",
            "warning-vanishes@warning=10,cookie=fresh",
            "warning-out-of-turn",
            "warning-out-of-turn@warning=5,node=b",
        ),
        # Each second of the last minute, and no other.
        "DESKTOP-16": (
            "countdown-missing",
            "countdown-missing@state=TALKING,node=b",
            "countdown-missing@cookie=stale",
            "countdown-late@late=2s",
            "countdown-late@node=a,cookie=cleared,late=20s",
            "countdown-early@late=2s",
            "countdown-early@state=READY,late=15s",
            "countdown-stops@late=4s",
            "countdown-stops@agent=bela,late=30s",
            "countdown-skips@times=40",
            "countdown-skips@node=b,times=2",
            "countdown-is-off@late=2s",
            "countdown-is-off@cookie=fresh,state=NOT_READY,late=10s",
        ),
        # At zero, and then nothing before somebody signs in.
        "DESKTOP-17": (
            "zero-late@late=3s",
            "zero-late@node=b,cookie=stale",
            "zero-early@late=2s",
            "zero-early@state=TALKING,late=20s",
            "zero-waits-for-call",
            "zero-waits-for-call@node=a,cookie=cleared",
            "zero-stays",
            "zero-stays@state=NOT_READY",
            "zero-stays@cookie=stale,node=b",
            "zero-comes-back",
            "zero-comes-back@agent=dora",
            "zero-is-final",
            "zero-is-final@node=b,state=READY",
        ),
        # A full life, whoever signed on before.
        "DESKTOP-22": (
            "remembers-without-cookie",
            "remembers-without-cookie@node=b",
            "remembers-without-cookie@agent=abel",
            "remembers-another-node",
            "remembers-another-node@node=b",
            "end-of-somebody-else",
            "end-of-somebody-else@node=b",
            "end-of-somebody-else@cookie=cleared",
            "token-too-short@late=5s",
            "token-too-short@cookie=fresh,node=a",
            "token-too-short@every=5",
            "token-withdrawn",
            "token-withdrawn@node=b,after=3",
            "token-withdrawn@cookie=cleared",
        ),
    }
)
