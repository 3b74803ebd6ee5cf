"""What a session is told when it is opened. Pure.

Source: CTI Server Message Reference Guide, OPEN_CONF, SYSTEM_EVENT, "Supervisor Service".
"""

from collections.abc import Iterator

from chaos.mock.cti_server.seat import Seat
from chaos.mock.cti_server.supervising import team_events
from chaos.mock.peripheral import Peripheral
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, CallMask, Message, Service, SessionType, SystemEventId


def open_conf(
    req: wire.OpenReq, services: int, seat: Seat, peripheral: Peripheral, time_s: int, session_type: SessionType
) -> Message:
    """The answer to an OPEN_REQ that is accepted. time_s: since 1970.

    PeripheralType is the PG's, whether the client names a peripheral or not; only who names none is given the list.
    """
    config = peripheral.config
    listed = (
        ()
        if req.peripheral_id == config.peripheral_id
        else (wire.Peripheral(peripheral_id=config.peripheral_id, multiline_agent_control=0),)
    )
    agent = seat.agent() if services & Service.CLIENT_EVENTS else None
    signed_in = agent is not None and agent.device
    return wire.OpenConf(
        req.invoke_id,
        services_granted=services,
        icm_central_controller_time=time_s,
        peripheral_online=True,
        peripheral_type=config.peripheral_type,
        agent_state=agent.state if agent else AgentState.LOGIN,
        session_type=session_type,
        agent_extension=agent.device if agent and signed_in else None,
        agent_id=agent.agent_id if agent and signed_in else None,
        agent_instrument=agent.device if agent and signed_in else None,
        num_peripherals=len(listed),
        peripherals=listed,
    )


def unasked(req: wire.OpenReq, services: int, seat: Seat, peripheral: Peripheral, time_s: int) -> Iterator[Message]:
    """What follows OPEN_CONF: every peripheral's status for ALL_EVENTS, the teams for SUPERVISOR."""
    if services & Service.ALL_EVENTS:
        yield wire.SystemEvent(
            icm_central_controller_time=time_s,
            system_event_id=SystemEventId.PERIPHERAL_ONLINE,
            system_event_arg1=peripheral.config.peripheral_id,
            text=f"Peripheral {peripheral.config.peripheral_id} is online",
        )
    if services & Service.SUPERVISOR and req.call_msg_mask & CallMask.AGENT_TEAM_CONFIG:
        agent = seat.agent()
        if services & Service.ALL_EVENTS:
            yield from team_events(peripheral, None)
        elif agent is not None:
            yield from team_events(peripheral, agent.agent_id)
