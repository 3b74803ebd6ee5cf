"""The table of breaks: each is one defect of the mock, narrowed as a real product would be broken.

For each clause the ways are listed in which a Finesse could break it; then each way again at one node only, for one
verb, one agent, one kind of event or loss, one side to return to, at the second try, or only seconds later. The texts
are those of `--mock-defect`; agents are those of `inventories/mock.yaml`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tests.wall.awdb_breaks import AWDB
from tests.wall.client_breaks import CLIENT
from tests.wall.cti_breaks import CTI
from tests.wall.desktop_breaks import DESKTOP
from tests.wall.ippa_breaks import IPPA
from tests.wall.token_breaks import TOKENS

BREAKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **CTI,
        **AWDB,
        **CLIENT,
        **DESKTOP,
        **TOKENS,
        **IPPA,
    }
)
"""Texts by the clause that each of them breaks."""

NOTICED_BY_NOBODY: Mapping[str, str] = MappingProxyType(
    {
        "c02a": "a-again-before-b@loss=silent",
        "c06a": "gap-500@within=3s",
        "c06f": "gap-says-in-service@beyond=3s",
        "c08e": "mute-after-reconnect@event=dialog-new+dialog-changed+dialog-gone",
        "c08g": "mute-after-reconnect@back=A",
        "c09a": "gap-data-shifted",
        "c09i": "gap-control-lost",
        "a02e": "cache-lasts@node=b,minutes=20",
        "a03d": "cache-needs-database@verb=PUT+POST",
        "a04a": "asks-every-time@every=3",
        "a09b": "settings-readable-without-database@after=1",
        "a12b": "retry-times-out-too@node=b",
    }
)
"""Twelve breaks that were tried on the mock by hand before there were narrowings, when all clauses stayed HELD."""
