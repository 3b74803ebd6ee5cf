"""Whatever bytes come, the server answers or ends that connection, and serves the others."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, ForcedFlag, NamedVariable
from tests.mock.cti_server.client import OPEN, Stage, play

VALID = (
    OPEN,
    wire.HeartbeatReq(1),
    wire.SetAgentStateReq(2, 5000, AgentState.LOGIN, agent_id="1003", agent_password="secret", agent_instrument="2003"),
    wire.SetAgentStateReq(
        3, 5000, AgentState.LOGOUT, event_reason_code=255, forced_flag=ForcedFlag.FORCE, agent_id="1001"
    ),
    wire.QueryAgentStateReq(4, 5000, agent_id="1001"),
    wire.MakeCallReq(5, 5000, agent_instrument="2003", dialed_number="95551234"),
    wire.ConsultationCallReq(6, 5000, 1, active_connection_device_id="2001", dialed_number="2003"),
    wire.HoldCallReq(7, 5000, 1, connection_device_id="2002"),
    wire.RetrieveCallReq(8, 5000, 1, held_connection_device_id="2002"),
    wire.SetCallDataReq(
        9,
        5000,
        connection_call_id=1,
        call_variables=("a",) * 10,
        call_wrapup_data="w",
        named_variables=(NamedVariable("user.x", "y"),),
    ),
    wire.SnapshotCallReq(10, 5000, 1, connection_device_id="2001"),
    wire.SnapshotDeviceReq(11, 5000, agent_instrument="2001"),
    wire.ConfigRequestEvent(4, 4, 5000),
    wire.ClearConnectionReq(12, 5000, 1, connection_device_id="2001"),
    wire.AlternateCallReq(13, 5000, 1, 2, active_connection_device_id="2001"),
    wire.SendDtmfSignalReq(14, 5000, 1, connection_device_id="2001", dtmf_string="1#"),
    wire.SuperviseCallReq(15, 5000, 1, agent_id="1001", supervisor_instrument="2003"),
    wire.SupervisorAssistReq(16, 5000, 1, agent_id="1001"),
    wire.MonitorAgentTeamStartReq(17, 5001),
    wire.QuerySkillGroupStatisticsReq(18, 5000, 1),
    wire.QueryAgentStatisticsReq(19, 5000, agent_id="1001"),
    wire.UserMessageReq(20, 5000, 3, text="lunch"),
    wire.ClientEventReportReq(21, 1, object_name="db"),
    wire.ActiveMaintenanceResp(22, True),
    wire.ConfigRequestKeyEvent(5000),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A few valid messages in any order, some of their bytes changed (the framing mostly not)."""
    messages = draw(st.lists(st.sampled_from(VALID), min_size=1, max_size=6))
    data = bytearray(b"".join(wire.encode(message) for message in messages))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data) - 1))
        if draw(st.booleans()) or at % 4:
            data[at] = draw(st.integers(0, 255))
    return bytes(data)


@settings(max_examples=120)
@given(chunks=st.lists(damaged() | st.binary(max_size=40), min_size=1, max_size=4), opened=st.booleans())
def test_whatever_bytes_come_others_are_served(chunks: list[bytes], opened: bool) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        stage.talk()
        other = await stage.session(server)
        client = await (stage.session(server) if opened else stage.client(server))
        for chunk in chunks:
            client.send(chunk)
            await asyncio.sleep(0.01)
        beat = await other.ask(wire.HeartbeatReq())
        assert isinstance(beat, wire.HeartbeatConf)
        await client.hang_up()
        assert isinstance(await other.ask(wire.HeartbeatReq()), wire.HeartbeatConf)

    play(scene)
