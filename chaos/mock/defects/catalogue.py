"""The defects that the mock can have: each breaks one clause, so that tests can prove that the suites notice.

A defect belongs to a scope, which says where it can be narrowed and what is counted and timed there. Where the clause
allows a narrowing less, or more, than its scope does, the defect's own words say so.

To add one: its row in `cti.py`, `awdb.py`, `client.py`, `ippa.py`, …; a hook beside the product's code that asks
whether it bites, at the place where a product could break the clause (a method whose docstring says what a sound
product does, and by which clause); a test of the hook; and its breaks on the wall (`tests/wall/`), narrowed as
a real product would be broken.
"""

from collections.abc import Mapping
from types import MappingProxyType

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.client import ClientDefect
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.desktop import DesktopDefect
from chaos.mock.defects.ippa import PhoneDefect
from chaos.mock.defects.tokens import TokenDefect

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {one.value: one for one in (*CtiDefect, *AwdbDefect, *ClientDefect, *DesktopDefect, *TokenDefect, *PhoneDefect)}
)
"""Every defect by its name."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "gap-answers-dialogs": "gap-answers@verb=GET,resource=Dialogs",
        "still-503-after-reconnect": "refuses-after-reconnect@verb=GET,resource=Dialogs",
        "cache-29-minutes": "cache-lasts@minutes=29",
        "cache-31-minutes": "cache-lasts@minutes=31",
    }
)
"""Names that stand for a narrowed defect."""
