"""Which part of the product is likely to be at fault: whose doing a clause speaks of, and where the wrong thing was
seen. Pure.

A statement that is violated says by itself who did not do what is documented; the kind of what was seen says on which
side of that part to look first. Where nothing was seen, since something did not come, the statement alone says it.
"""

from collections.abc import Iterator, Mapping

from chaos.journal import (
    AwdbSeen,
    CtiSeen,
    DesktopNotice,
    DesktopRequested,
    DesktopShown,
    DoorAsked,
    DoorHeld,
    EventSeen,
    Observation,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    PresenceSeen,
    RestExchange,
    StateAsked,
    StreamChange,
    SwitchAgentSeen,
    SwitchCallSeen,
    SwitchLooked,
    TeamSeen,
)

_CTI_CLIENT = "Finesse's client of the CTI servers (part of the Finesse Webapp)"
_REST = "Finesse's REST API (Cisco Finesse Tomcat)"
_EVENTS = "Finesse's events (the Finesse Webapp publishes them, Cisco Finesse Notification Service delivers them)"
_TRUTH = "what the Finesse Webapp tells of agents and calls once it is connected to a CTI server again"
_SIGN_IN = "how Finesse lets people in: its connection to the AWDBs (Cisco Finesse Tomcat)"
_CACHE = "how Finesse lets people in: its cache of their credentials (Cisco Finesse Tomcat)"
_DESKTOP = "the Finesse desktop in the browser: its fail-over logic"
_TOKENS = "the Finesse desktop in the browser: how it deals with a refresh token that expires (single sign-on)"
_LOGOUT = "the Finesse Webapp, which asks the CTI server for the forced logout of an agent whose client has gone"
_CTI_SERVER = "the CTI server, which carries a forced logout out as the agent's LOAD says"
_AFTER = "the CTI server, which makes agents Not Ready after a fail-over"
_PHONE = "the Finesse IP Phone Agent (a web application of Cisco Finesse Tomcat)"

_OF: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "CTI": {
        f"{_CTI_CLIENT}: which side it tries": (1, 2, 3),
        f"{_CTI_CLIENT}: when it gives a connection up": (4, 5),
        f"{_REST}, while Finesse fails over": (6,),
        f"{_EVENTS}, while Finesse fails over": (7,),
        "the Finesse Webapp after a fail-over: its REST API and its events": (8,),
        _TRUTH: (9, 10, 11),
    },
    "AWDB": {
        _SIGN_IN: (1, 5, 6, 12),
        _CACHE: (2, 3, 4),
        f"{_REST} and its events, while it goes from one AWDB to the other": (7,),
        "the sign-in page of the Finesse desktop": (8,),
        "the administration console of Finesse": (9,),
        "the Finesse desktop in the browser: what it says to people who are signed in": (10,),
        f"{_REST}: what it answers to whom it cannot look up": (11,),
    },
    "CLIENT": {
        _DESKTOP: (*range(1, 16), *range(17, 21)),
        "the XMPP library of the Finesse desktop in the browser": (16,),
    },
    "DESKTOP": {
        _CTI_SERVER: (1, 18, 19, 20, 21),
        "Cisco Finesse Notification Service, which tells that a client has gone": (2,),
        _LOGOUT: (3, 4, 5, 8, 11, 12, 13),
        f"{_LOGOUT}, or the CTI server, which carries it out": (6, 7),
        f"{_AFTER}, or the Finesse Webapp, which tells of it": (9, 10),
        "the Finesse desktop and the Finesse Webapp: the forced logout when a refresh token expires": (14,),
        _TOKENS: (15, 16, 17),
        "single sign-on: the life of a refresh token": (22,),
    },
    "IPPA": {_PHONE: tuple(range(1, 13))},
}  # fmt: skip

ACTORS: Mapping[str, str] = {
    f"{family}-{number:02}": who
    for family, parts in _OF.items()
    for who, numbers in parts.items()
    for number in numbers
}
"""Clause → the part of the product whose doing it speaks of."""

GENERAL = frozenset({"CLIENT-17", "CLIENT-18", "CLIENT-19", "CLIENT-20", "IPPA-10", "IPPA-11"})
"""Clauses that say only for what the others of their family hold: a violation of one of those violates them, too."""

SEEN: Mapping[type[Observation], str] = {
    RestExchange: "the wrong thing is an answer of Finesse's REST API, or that there was none",
    EventSeen: "the wrong thing is an event that a client got from Finesse",
    TeamSeen: "the wrong thing is what Finesse told a client of somebody in its team",
    PresenceSeen: "the wrong thing is a presence that Cisco Finesse Notification Service told",
    StreamChange: "the wrong thing happened to a client's event stream (Cisco Finesse Notification Service)",
    CtiSeen: "the wrong thing was seen between Finesse and the CTI server",
    StateAsked: "the wrong thing is what Finesse asked the CTI server for",
    AwdbSeen: "the wrong thing was seen on Finesse's connections to the AWDBs",
    SwitchAgentSeen: "the wrong thing is an agent's state as the switch itself tells it",
    SwitchCallSeen: "the wrong thing is a call as the switch itself tells it",
    SwitchLooked: "the switch itself, asked directly, says otherwise",
    DesktopRequested: "the wrong thing is what the desktop in the browser asked for, or when",
    DesktopNotice: "the wrong thing is what the desktop in the browser showed",
    DesktopShown: "the wrong thing is what the desktop in the browser showed",
    PhoneScreen: "the wrong thing is what the phone's display showed",
    DoorAsked: "the wrong thing stands in a node's own access log",
    DoorHeld: "the wrong thing is a connection to another node, in the nodes' own tables",
    PhoneRequested: "the wrong thing is what the phone asked for, or what it was answered",
    PhonePushed: "the wrong thing is an order to the phone: what it was, or that it failed",
}  # fmt: skip
"""Where what is wrong was seen, by the kind of observation."""


def component(clause: str, seen: type[Observation] | None) -> Iterator[str]:
    """The likely part, then why, as far as that is known. seen: the kind of what is wrong; None: something did not
    come, or no single thing is wrong."""
    yield ACTORS[clause]
    yield "what it was to do did not come" if seen is None else SEEN.get(seen, "what it did is not as documented")
