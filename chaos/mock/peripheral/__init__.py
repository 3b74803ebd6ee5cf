"""The peripheral model: agents, phones and calls, as Unified CCE shows them to CTI clients. Pure, without I/O.

Theory of operation
-------------------
*Connections.* A call has parties, and (call id, phone) names one party's connection. A caller's connection is INITIATE
until somebody answers, the callee's ALERTING, then both CONNECT; HOLD is one party's own. A busy callee leaves the
caller with FAIL. Call ids are running numbers.

*Events.* Each call event is told once for each party whose phone belongs to the peripheral (see `events`). A call from
2001 to 2002 that 2001 ends:

    BEGIN_CALL 2001, SERVICE_INITIATED 2001, ORIGINATED 2001, BEGIN_CALL 2002, DELIVERED 2001 and 2002,
    ESTABLISHED 2001 and 2002, CONNECTION_CLEARED (2001) and (2002), CLEARED, END_CALL – the last four to both

*Agents.* An agent has a state apart from calls, and shows TALKING, HOLD or RESERVED while his phone's connections say
so; the state apart from calls is what he is back in afterwards. A state asked for while on the phone waits for its end,
and is told at once as the next state. Whoever calls from Ready is put Not Ready (50006) and stays so. A desktop that is
gone (LOGOUT with 255) follows the agent's LOAD setting: 0 ends in Not Ready 50002, after the call if there is one; 1
signs out with 50002 at once, and the call goes on. Whom a CTI client has signed in and lost sight of meanwhile is Not
Ready 50002 when it has a session again, or, if he is Ready, the next time that he is Not Ready, be it that he calls.

*Conference.* `consult` holds the first call, `conference` moves the third party into it; its id stays, the consultation
call ends. Source for all this: CTI Server Message Reference Guide, "Application Level Interfaces", and the Finesse
developer guide's state tables.
"""

from chaos.mock.peripheral.agents import Policy
from chaos.mock.peripheral.calls import Calls, ConnectionId, EndedCall
from chaos.mock.peripheral.events import (
    AgentStateChanged,
    BeginCall,
    CallEvent,
    Cleared,
    Conferenced,
    ConnectionCleared,
    DataUpdate,
    Delivered,
    EndCall,
    Established,
    Event,
    Failed,
    Held,
    Originated,
    Retrieved,
    ServiceInitiated,
    Transferred,
)
from chaos.mock.peripheral.model import Listener, Peripheral
from chaos.mock.peripheral.states import (
    AgentConfig,
    AgentSnapshot,
    CallData,
    CallSnapshot,
    Consequence,
    Load,
    Party,
    PeripheralConfig,
    Reason,
    Reconnected,
    Refused,
)
from chaos.mock.peripheral.teams import Team

__all__ = [
    "AgentConfig",
    "AgentSnapshot",
    "AgentStateChanged",
    "BeginCall",
    "CallData",
    "CallEvent",
    "CallSnapshot",
    "Calls",
    "Cleared",
    "Conferenced",
    "ConnectionCleared",
    "ConnectionId",
    "Consequence",
    "DataUpdate",
    "Delivered",
    "EndCall",
    "EndedCall",
    "Established",
    "Event",
    "Failed",
    "Held",
    "Listener",
    "Load",
    "Originated",
    "Party",
    "Peripheral",
    "PeripheralConfig",
    "Policy",
    "Reason",
    "Reconnected",
    "Refused",
    "Retrieved",
    "ServiceInitiated",
    "Team",
    "Transferred",
]
