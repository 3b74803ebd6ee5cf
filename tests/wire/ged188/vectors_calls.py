"""Literal messages of the call, supervisor and monitor chapters, written by hand from the tables of the guide.

The codec was also held against two sets of byte-exact tests of public codecs, which do not stand here: protocol 20, 35
messages, all read and written again byte for byte; protocol 19, 89 messages, of which 7 differ for a reason (made
without DepartmentID, or with test patterns longer than their fields) and CALL_ATTRIBUTE_CHANGE_EVENT is not read.
"""

from typing import Any

from chaos.wire import ged188 as wire
from chaos.wire.ged188 import (
    AgentState,
    ConnectionDeviceIdType,
    CtiClient,
    DeviceIdType,
    EventCause,
    LocalConnectionState,
    PeripheralType,
    SkillGroup,
    SupervisoryAction,
)
from chaos.wire.ged188.control import Line
from chaos.wire.ged188.supervision import ListedTeam, TeamMember
from tests.wire.ged188.vectors import Vector

_CALL: dict[str, Any] = {
    "peripheral_id": 5000,
    "peripheral_type": PeripheralType.ENTERPRISE_AGENT,
    "connection_device_id_type": ConnectionDeviceIdType.STATIC,
    "connection_call_id": 0x01000001,
    "connection_device_id": "3001",
}
_HEAD = "00000000 00001388 0011 0000 01000001"
_AT = "0019 0005 3330303100"

CALL_VECTORS = (
    Vector(
        "CALL_DIVERTED_EVENT, protocol 24",
        24,
        f"00000032 00000013 {_HEAD} ffffffff ffffffff 004c 004b 0002 001c {_AT} 002c 0005 3330303200",
        wire.CallDivertedEvent(
            **_CALL,
            diverting_device_type=DeviceIdType.AGENT_DEVICE,
            called_device_type=DeviceIdType.EXTERNAL,
            local_connection_state=LocalConnectionState.ALERTING,
            event_cause=EventCause.REDIRECTED,
            diverting_device_id="3002",
        ),
    ),
    Vector(
        "CALL_QUEUED_EVENT, protocol 24, two skill groups",
        24,
        f"00000055 00000015 {_HEAD} 00000007 ffffffff ffff 004b ffff ffff 0003 0002 0005 0016 {_AT}"
        " 003e 0004 00000001 003f 0004 00001389 0040 0002 0000 003e 0004 00000002 0040 0002 0001",
        wire.CallQueuedEvent(
            **_CALL,
            service_number=7,
            calling_device_type=DeviceIdType.EXTERNAL,
            num_queued=3,
            local_connection_state=LocalConnectionState.QUEUED,
            event_cause=EventCause.NEW_CALL,
            skill_groups=(
                SkillGroup(skill_group_number=1, skill_group_id=5001, skill_group_priority=0),
                SkillGroup(skill_group_number=2, skill_group_priority=1),
            ),
        ),
    ),
    Vector(
        "CALL_DEQUEUED_EVENT, protocol 19",
        19,
        f"00000029 00000056 {_HEAD} ffff 00000007 ffffffff 0002 0000 0005 ffff 1905 3330303100",
        wire.CallDequeuedEvent(
            **_CALL, service_number=7, num_queued=2, local_connection_state=LocalConnectionState.QUEUED
        ),
    ),
    Vector(
        "CALL_REACHED_NETWORK_EVENT, protocol 24",
        24,
        f"0000002d 00000022 {_HEAD} ffff ffff 0046 ffff 0003 0016 {_AT} 0079 0004 00000011",
        wire.CallReachedNetworkEvent(
            **_CALL,
            trunk_used_device_type=DeviceIdType.TRUNK,
            local_connection_state=LocalConnectionState.CONNECT,
            event_cause=EventCause.NEW_CALL,
            trunk_number=17,
        ),
    ),
    Vector(
        "CALL_DATA_UPDATE_EVENT, protocol 24: the customer's fields stand before the clients",
        24,
        "00000069 00000019 00000000 00001388 0011 0001 0000 0000 0001 0000 01000001 0000 01000002 0000 00000000"
        f" 00000000 {_AT} 002f 0005 3330303100 000d 0002 6100 005f 0004 35353500 0060 0003 373700 0017 0008"
        " 46696e6573736500 0018 0004 6553f100 00df 0002 abcd",
        wire.CallDataUpdateEvent(
            **_CALL,
            call_type=wire.CallType.ACD_IN,
            new_connection_device_id_type=ConnectionDeviceIdType.STATIC,
            new_connection_call_id=0x01000002,
            new_connection_device_id="3001",
            call_variables=("a", *(None,) * 9),
            customer_phone_number="555",
            customer_account_number="77",
            cti_clients=(CtiClient(cti_client_signature="Finesse", cti_client_timestamp=0x6553F100),),
            call_reference_id=b"\xab\xcd",
        ),
    ),
    Vector(
        "AGENT_PRE_CALL_EVENT, protocol 19: without AgentSkillTargetID",
        19,
        "00000030 00000069 00000000 0000 0000 00000007 ffffffff 00000001 ffffffff 0000 00000001"
        " 0605 3330303100 4804 00025c3f 0803 353500",
        wire.AgentPreCallEvent(
            service_number=7,
            skill_group_number=1,
            mrd_id=1,
            agent_instrument="3001",
            router_call_key_day=154687,
            ani="55",
        ),
    ),
    Vector(
        "AGENT_PRE_CALL_EVENT, protocol 20: with AgentSkillTargetID",
        20,
        "00000032 00000069 00000000 0000 0000 00000007 ffffffff 00000001 ffffffff 0000 00000001 00001389"
        " 0006 0005 3330303100 0005 0003 313100",
        wire.AgentPreCallEvent(
            service_number=7,
            skill_group_number=1,
            mrd_id=1,
            agent_skill_target_id=5001,
            agent_instrument="3001",
            agent_id="11",
        ),
    ),
    Vector(
        "RTP_STARTED_EVENT, protocol 24",
        24,
        "00000040 00000074 00000000 00001388 00004650 0000 0000 0000fa00 0000 00000014 0004 0000 01000001"
        f" {_AT} 0051 0009 31302e302e302e3100 007e 0004 00004652",
        wire.RtpStartedEvent(
            peripheral_id=5000,
            client_port=18000,
            bit_rate=64000,
            packet_size=20,
            payload_type=4,
            connection_device_id_type=ConnectionDeviceIdType.STATIC,
            connection_call_id=0x01000001,
            connection_device_id="3001",
            client_address="10.0.0.1",
            sending_port=18002,
        ),
    ),
    Vector(
        "SEND_DTMF_SIGNAL_REQ, protocol 24",
        24,
        f"00000025 0000005b 00000009 00001388 01000001 0000 0064 000000c8 {_AT} 0043 0004 31322300",
        wire.SendDtmfSignalReq(
            9,
            5000,
            0x01000001,
            ConnectionDeviceIdType.STATIC,
            100,
            200,
            connection_device_id="3001",
            dtmf_string="12#",
        ),
    ),
    Vector(
        "ALTERNATE_CALL_REQ, protocol 24: calls before their types",
        24,
        "00000026 00000028 0000000a 00001388 01000001 01000002 0000 0000 0032 0005 3330303100 0034 0005 3330303100",
        wire.AlternateCallReq(
            10,
            5000,
            0x01000001,
            0x01000002,
            ConnectionDeviceIdType.STATIC,
            ConnectionDeviceIdType.STATIC,
            active_connection_device_id="3001",
            other_connection_device_id="3001",
        ),
    ),
    Vector(
        "QUERY_DEVICE_INFO_CONF, protocol 24, one line",
        24,
        "00000034 0000004f 0000000b 0011 0000 0000 0001 0000 0002 ffff ffff 00000000 00000000 00000000 00000000"
        " 00000000 0046 0002 0001 0047 0002 0000",
        wire.QueryDeviceInfoConf(
            11,
            PeripheralType.ENTERPRISE_AGENT,
            max_active_calls=2,
            lines=(Line(line_handle=1, line_type=wire.LineType.INBOUND_ACD),),
        ),
    ),
    Vector(
        "SUPERVISE_CALL_REQ, protocol 24, barge in",
        24,
        "00000028 0000007c 0000000c 00001388 01000001 ffffffff 0000 ffff 0003 0005 0005 3130303100"
        " 0055 0005 3330303900",
        wire.SuperviseCallReq(
            12,
            5000,
            0x01000001,
            agent_connection_device_id_type=ConnectionDeviceIdType.STATIC,
            supervisory_action=SupervisoryAction.BARGE_IN,
            agent_id="1001",
            supervisor_instrument="3009",
        ),
    ),
    Vector(
        "AGENT_TEAM_CONFIG_EVENT, protocol 24, an agent and a supervisor",
        24,
        "00000054 00000080 00001388 00000001 0002 0000 00000000 00f3 0006 5465616d3100"
        " 0056 0005 3130303100 0057 0002 0000 0058 0002 0002 0059 0004 0000003c"
        " 0056 0005 3130303900 0057 0002 0001 0058 0002 0001 0059 0004 00000000",
        wire.AgentTeamConfigEvent(
            5000,
            1,
            agent_team_name="Team1",
            members=(
                TeamMember(agent_id="1001", agent_flags=0, agent_state=AgentState.NOT_READY, state_duration=60),
                TeamMember(agent_id="1009", agent_flags=1, agent_state=AgentState.LOGOUT, state_duration=0),
            ),
        ),
    ),
    Vector(
        "LIST_AGENT_TEAM_CONF, protocol 24, two teams",
        24,
        "0000001a 00000086 0000000d 0002 0000 0000 005c 0004 00000001 005c 0004 00000002",
        wire.ListAgentTeamConf(13, teams=(ListedTeam(team_id=1), ListedTeam(team_id=2))),
    ),
    Vector(
        "CLIENT_EVENT_REPORT_REQ, protocol 24, red",
        24,
        "00000016 00000020 0000000e 0002 0042 0003 444200 0007 0005 646f776e00",
        wire.ClientEventReportReq(14, 2, object_name="DB", text="down"),
    ),
    Vector(
        "QUERY_SKILL_GROUP_STATISTICS_REQ, protocol 24, by number",
        24,
        "00000010 00000072 0001b65f 00001388 00006ec1 ffffffff",
        wire.QuerySkillGroupStatisticsReq(0x1B65F, 5000, 28353),
    ),
    Vector(
        "MONITOR_START_REQ, protocol 24, of a device",
        24,
        "00000021 0000005d 0000000f 00001388 00000000 00006000 00003fff ffff 004c 004c 0005 3330303100",
        wire.MonitorStartReq(
            15,
            5000,
            call_msg_mask=0x6000,
            agent_state_mask=0x3FFF,
            monitored_device_type=DeviceIdType.AGENT_DEVICE,
            monitored_device_id="3001",
        ),
    ),
)
