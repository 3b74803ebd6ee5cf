"""Configured objects, teams and queues as documents. Pure.

Source: Finesse developer guide, the "structured as follows" of each object, and its example answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement

from chaos.mock.finesse import documents
from chaos.mock.finesse.config import ReasonRecord
from chaos.mock.finesse.resources.catalogue import PHONE_BOOK, Kind
from chaos.wire.finesse import User, UserState
from chaos.wire.finesse.fields import Nested
from chaos.wire.finesse.shapes import REASON_CODE, USER

API = "/finesse/api"
_REASON, _USER = Nested(REASON_CODE), Nested(USER)

STATISTICS: Mapping[str, frozenset[UserState]] = {
    "agentsReady": frozenset({UserState.READY}),
    "agentsNotReady": frozenset({UserState.NOT_READY}),
    "agentsBusyOther": frozenset({UserState.RESERVED, UserState.HOLD}),
    "agentsTalkingInbound": frozenset(),
    "agentsTalkingOutbound": frozenset(),
    "agentsTalkingInternal": frozenset({UserState.TALKING}),
    "agentsWrapUpNotReady": frozenset({UserState.WORK}),
    "agentsWrapUpReady": frozenset({UserState.WORK_READY}),
}
"""Counts of a queue, and the states in which an agent is counted there. Whom an agent talks to is not looked at."""


def filled(name: str, *children: tuple[str, object]) -> Element:
    """An element with leaves of these names and texts."""
    root = Element(name)
    for child, text in children:
        SubElement(root, child).text = str(text)
    return root


def listed(name: str, items: Iterable[Element], **attributes: str) -> Element:
    """An element around these."""
    root = Element(name, attributes)
    root.extend(items)
    return root


def reason(record: ReasonRecord) -> Element:
    """A ReasonCode."""
    root = Element("ReasonCode")
    _REASON.write(root, documents.configured_reason(record), event=False)
    return root


def configured(kind: Kind, number: int, item: Element, *, below: str = API) -> Element:
    """A configured object with its address. below: whose it is shown as."""
    uri = f"{below}/{kind.name}/{number}"
    root = filled(kind.name, ("uri", uri))
    root.extend(deepcopy(child) for child in item)
    if kind is PHONE_BOOK:
        SubElement(root, "contacts").text = f"{uri}/Contacts"
    return root


def all_configured(kind: Kind, items: Mapping[int, Element], *, below: str = API) -> Element:
    """All of a kind."""
    return listed(kind.plural, (configured(kind, number, item, below=below) for number, item in items.items()))


def references(kind: Kind, items: Mapping[int, Element], numbers: Sequence[int], **attributes: str) -> Element:
    """What a team was given, as a list of its own."""
    return listed(kind.plural, (configured(kind, n, items[n]) for n in numbers), **attributes)


# Teams and queues


def team(number: str, name: str, users: Iterable[User] | None = None) -> Element:
    """A Team; with its users in a summary, if they are given."""
    root = filled("Team", ("uri", f"{API}/Team/{number}"), ("id", number), ("name", name))
    if users is not None:
        around = SubElement(root, "users")
        for user in users:
            one = SubElement(around, "User")
            _USER.write(one, documents.user_summary(user), event=False)
    return root


def queue_id(team_id: str) -> str:
    """The number of a team's queue. Each team has one; ids of teams and queues need not be apart, and here are not."""
    return team_id


def queue(team_id: str, name: str, users: Sequence[User], *, root: str = "Queue") -> Element:
    """A Queue with what its agents do. Nothing ever waits in one: the mock's switch connects at once.

    root: the element's name, which events begin with a small letter.
    """
    made = filled(root, ("uri", f"{API}/Queue/{queue_id(team_id)}"), ("name", f"{name}.Queue"))
    states = [user.state for user in users]
    counts = {name: sum(state in counted for state in states) for name, counted in STATISTICS.items()}
    logged_on = sum(state not in (UserState.LOGOUT, UserState.UNKNOWN) for state in states)
    around = SubElement(made, "statistics")
    for name, value in (
        ("callsInQueue", 0),
        ("startTimeOfLongestCallInQueue", ""),
        ("agentsReady", counts["agentsReady"]),
        ("agentsNotReady", counts["agentsNotReady"]),
        ("agentsBusyOther", counts["agentsBusyOther"]),
        ("agentsLoggedOn", logged_on),
        ("agentsTalkingInbound", counts["agentsTalkingInbound"]),
        ("agentsTalkingOutbound", counts["agentsTalkingOutbound"]),
        ("agentsTalkingInternal", counts["agentsTalkingInternal"]),
        ("agentsWrapUpNotReady", counts["agentsWrapUpNotReady"]),
        ("agentsWrapUpReady", counts["agentsWrapUpReady"]),
    ):
        SubElement(around, name).text = str(value)
    return made


# Messages to teams


def team_message(
    number: int,
    *,
    by: tuple[str, str, str],
    made: datetime,
    duration_s: int,
    content: str,
    teams: Sequence[str],
) -> Element:
    """A TeamMessage. by: id, first and last name of who wrote it."""
    root = filled("TeamMessage", ("uri", f"{API}/TeamMessage/{number}"), ("id", number))
    root.append(filled("createdBy", *zip(("id", "firstName", "lastName"), by, strict=True)))
    SubElement(root, "createdAt").text = documents.stamp(made)
    SubElement(root, "duration").text = str(duration_s)
    SubElement(root, "content").text = content
    root.append(filled("teams", *(("team", team) for team in teams)))
    return root
