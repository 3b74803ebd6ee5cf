"""The journal: everything that is seen goes into it at the moment it is seen, and is judged from it alone."""

from chaos.journal.file import Journal, JournalError, load
from chaos.journal.observations.awdb import AwdbSeen, AwdbStep
from chaos.journal.observations.base import Observation
from chaos.journal.observations.calls import CallSeen
from chaos.journal.observations.consoles import ConsoleSaid, ServiceSeen
from chaos.journal.observations.course import Ended, Header, Lateness, SteadyState, Step
from chaos.journal.observations.cti import OUR_CLIENT, CtiSeen, CtiStep, StateAsked
from chaos.journal.observations.desktop import (
    RENDERS,
    BoshPart,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    DesktopShown,
    Screen,
)
from chaos.journal.observations.doors import ITSELF, DoorAsked, DoorHeld, DoorMarked, DoorsRead
from chaos.journal.observations.faults import FaultPhase, FaultSeen
from chaos.journal.observations.finesse import (
    OTHERWISE,
    SHOWN,
    WORK,
    About,
    ClientProbed,
    ControlSent,
    EventSeen,
    PresenceSeen,
    RestExchange,
    StreamChange,
    StreamState,
    TeamFollowed,
    TeamSeen,
)
from chaos.journal.observations.kinds import KINDS
from chaos.journal.observations.links import CompanionHeard, Heard, LinkProbed, LinkSeen, ProbeLeft
from chaos.journal.observations.phone import PhoneAct, PhoneActed, PhonePushed, PhoneRequested, PhoneScreen
from chaos.journal.observations.switch import SwitchAct, SwitchActed, SwitchAgentSeen, SwitchCallSeen, SwitchLooked
from chaos.journal.timeline import Timeline

__all__ = [
    "ITSELF",
    "KINDS",
    "OTHERWISE",
    "OUR_CLIENT",
    "RENDERS",
    "SHOWN",
    "WORK",
    "About",
    "AwdbSeen",
    "AwdbStep",
    "BoshPart",
    "CallSeen",
    "ClientProbed",
    "CompanionHeard",
    "ConsoleSaid",
    "ControlSent",
    "CtiSeen",
    "CtiStep",
    "DesktopAct",
    "DesktopActed",
    "DesktopNotice",
    "DesktopRequested",
    "DesktopShown",
    "DoorAsked",
    "DoorHeld",
    "DoorMarked",
    "DoorsRead",
    "Ended",
    "EventSeen",
    "FaultPhase",
    "FaultSeen",
    "Header",
    "Heard",
    "Journal",
    "JournalError",
    "Lateness",
    "LinkProbed",
    "LinkSeen",
    "Observation",
    "PhoneAct",
    "PhoneActed",
    "PhonePushed",
    "PhoneRequested",
    "PhoneScreen",
    "PresenceSeen",
    "ProbeLeft",
    "RestExchange",
    "Screen",
    "ServiceSeen",
    "StateAsked",
    "SteadyState",
    "Step",
    "StreamChange",
    "StreamState",
    "SwitchAct",
    "SwitchActed",
    "SwitchAgentSeen",
    "SwitchCallSeen",
    "SwitchLooked",
    "TeamFollowed",
    "TeamSeen",
    "Timeline",
    "load",
]
