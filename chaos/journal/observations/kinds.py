"""All kinds of observations, by the names that stand in a journal's lines."""

from chaos.journal.observations.awdb import AwdbSeen
from chaos.journal.observations.base import Observation
from chaos.journal.observations.consoles import ConsoleSaid, ServiceSeen
from chaos.journal.observations.course import Ended, Header, Lateness, SteadyState, Step
from chaos.journal.observations.cti import CtiSeen, StateAsked
from chaos.journal.observations.desktop import DesktopActed, DesktopNotice, DesktopRequested, DesktopShown
from chaos.journal.observations.doors import DoorAsked, DoorHeld, DoorMarked, DoorsRead
from chaos.journal.observations.faults import FaultSeen
from chaos.journal.observations.finesse import (
    ClientProbed,
    ControlSent,
    EventSeen,
    PresenceSeen,
    RestExchange,
    StreamChange,
    TeamFollowed,
    TeamSeen,
)
from chaos.journal.observations.links import CompanionHeard, LinkProbed, LinkSeen, ProbeLeft
from chaos.journal.observations.phone import PhoneActed, PhonePushed, PhoneRequested, PhoneScreen
from chaos.journal.observations.switch import SwitchActed, SwitchAgentSeen, SwitchCallSeen, SwitchLooked

KINDS: dict[str, type[Observation]] = {
    kind.__name__: kind
    for kind in (
        Header, RestExchange, StreamChange, PresenceSeen, EventSeen, CtiSeen, StateAsked, AwdbSeen, LinkProbed,
        LinkSeen, ProbeLeft, CompanionHeard, ClientProbed, ServiceSeen, DesktopShown, DesktopActed, DesktopRequested,
        DesktopNotice, PhoneActed, PhoneRequested, PhonePushed, PhoneScreen, SwitchActed, SwitchAgentSeen,
        SwitchCallSeen, SwitchLooked, ControlSent, TeamFollowed, TeamSeen, ConsoleSaid,
        DoorAsked, DoorHeld, DoorsRead, DoorMarked,
        FaultSeen, SteadyState, Step, Lateness, Ended,
    )
}  # fmt: skip
