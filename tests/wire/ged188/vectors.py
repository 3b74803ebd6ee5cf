"""Literal GED-188 messages, hex as published, and what they say.

"codec tests 2018": byte-exact tests of a public codec for protocol 20; the values are its author's test patterns, not a
capture. "client bytes": what public clients for protocols 14 and 24 put on a loopback socket. "constructed": written by
hand from the tables of the guide; two of them (OPEN_CONF, AGENT_STATE_EVENT) were read correctly by a foreign decoder.
"""

from dataclasses import dataclass

from chaos.wire.ged188 import (
    AgentMask,
    AgentRecord,
    AgentState,
    AgentStateEvent,
    CallClearedEvent,
    CloseConf,
    CloseReq,
    ConfigAgentEvent,
    ConnectionDeviceIdType,
    ControlFailure,
    ControlFailureConf,
    DeviceIdType,
    FailureConf,
    FailureEvent,
    ForcedFlag,
    HeartbeatConf,
    HeartbeatReq,
    LocalConnectionState,
    Message,
    OpenConf,
    OpenReq,
    Peripheral,
    PeripheralType,
    Service,
    SessionType,
    SetAgentStateReq,
    SkillGroup,
    Status,
    SystemEvent,
    SystemEventId,
)


@dataclass(frozen=True)
class Vector:
    name: str
    version: int
    hex: str
    message: Message

    @property
    def wire(self) -> bytes:
        return bytes.fromhex(self.hex)


VECTORS = (
    Vector(
        "constructed: CONFIG_AGENT_EVENT",
        24,
        "00000046 000000ed 0001 00b7 0002 0000 00d0 0004 00001388 00be 0005 3130303100 00cf 0005 616e6e6100"
        " 008a 0006 4167656e7400 0089 0005 416e6e6100 00ad 0005 3230303100 00b9 0004 00001389",
        ConfigAgentEvent(
            records=(
                AgentRecord(
                    record_type=0,
                    peripheral_id=5000,
                    login_id="1001",
                    login_name="anna",
                    last_name="Agent",
                    first_name="Anna",
                    extension="2001",
                    agent_skill_target_id=5001,
                ),
            ),
        ),
    ),
    Vector(
        "codec tests 2018: FAILURE_CONF",
        20,
        "00000008 00000001 01020304 00000061",
        FailureConf(0x01020304, Status(97)),
    ),
    Vector("codec tests 2018: FAILURE_EVENT", 20, "00000004 00000002 00000011", FailureEvent(Status(17))),
    Vector(
        "codec tests 2018: OPEN_REQ",
        20,
        "00000074 00000003 04030201 00000014 ffffffff 02030405 00000010 00006000 00000208 00000000 00000000 00000000"
        " 00000000 0001 0009 436c69656e74494400 0002 0000 0003 0010 436c69656e745369676e617475726500"
        " 0004 0005 3330303100 0005 0005 3130303100 0006 0005 3330303100 0061 0004 03040506",
        OpenReq(
            0x04030201,
            20,
            0xFFFFFFFF,
            0x02030405,
            Service.ALL_EVENTS,
            0x6000,
            AgentMask.AVAILABLE | AgentMask.HOLD,
            client_id="ClientID",
            client_password=b"",
            client_signature="ClientSignature",
            agent_extension="3001",
            agent_id="1001",
            agent_instrument="3001",
            application_path_id=0x03040506,
        ),
    ),
    Vector(
        "codec tests 2018: OPEN_CONF, NumPeripherals not matching its list",
        20,
        "00000045 00000004 01020304 00000010 02030405 00000013 04050607 0001 0011 0003 05060708"
        " 0004 0005 3330303100 0005 0005 3130303100 0006 0005 3330303100 00e4 0002 0506 00e0 0002 0000",
        OpenConf(
            0x01020304,
            Service.ALL_EVENTS,
            0x02030405,
            0x13,
            0x04050607,
            True,
            PeripheralType.ENTERPRISE_AGENT,
            AgentState.AVAILABLE,
            0x05060708,
            agent_extension="3001",
            agent_id="1001",
            agent_instrument="3001",
            num_peripherals=0x0506,
            peripherals=(Peripheral(multiline_agent_control=0),),
        ),
    ),
    Vector("codec tests 2018: HEARTBEAT_REQ", 20, "00000004 00000005 02030405", HeartbeatReq(0x02030405)),
    Vector("codec tests 2018: HEARTBEAT_CONF", 20, "00000004 00000006 03040607", HeartbeatConf(0x03040607)),
    Vector("codec tests 2018: CLOSE_REQ", 20, "00000008 00000007 04050607 00000062", CloseReq(0x04050607, Status(98))),
    Vector("codec tests 2018: CLOSE_CONF", 20, "00000004 00000008 03040506", CloseConf(0x03040506)),
    Vector(
        "codec tests 2018: CALL_CLEARED_EVENT",
        20,
        "0000002b 0000000d 01020304 02030405 0011 0000 06070809 0000 0005"
        " 0019 0013 436f6e6e656374696f6e446576696365494400",
        CallClearedEvent(
            0x01020304,
            0x02030405,
            PeripheralType.ENTERPRISE_AGENT,
            ConnectionDeviceIdType.STATIC,
            0x06070809,
            LocalConnectionState.NULL,
            5,
            connection_device_id="ConnectionDeviceID",
        ),
    ),
    Vector(
        "codec tests 2018: AGENT_STATE_EVENT",
        20,
        "0000009f 0000001e 01020304 02030405 03040506 0011 0007 04050607 06070809 0708090a 0809 000a 090a 090a0b0c"
        " 0a0b0c0d 0000 09080706 08070605 00000001 0706 0b0c0d0e 0003 0010 436c69656e745369676e617475726500"
        " 0005 0005 3130303100 0004 0005 3330303100 0006 0005 3330303100 0096 0004 06050403 007b 0002 0004"
        " 00f4 0004 00000001 003e 0004 0708090a 003f 0004 08090a0b 0040 0002 090a 0041 0002 0007",
        AgentStateEvent(
            0x01020304,
            0x02030405,
            0x03040506,
            PeripheralType.ENTERPRISE_AGENT,
            AgentState.BUSY_OTHER,
            0x04050607,
            0x06070809,
            0x0708090A,
            0x0809,
            AgentState.HOLD,
            0x090A,
            0x090A0B0C,
            0x0A0B0C0D,
            0,
            0x09080706,
            0x08070605,
            1,
            0x0706,
            0x0B0C0D0E,
            cti_client_signature="ClientSignature",
            agent_id="1001",
            agent_extension="3001",
            agent_instrument="3001",
            duration=0x06050403,
            next_agent_state=AgentState.TALKING,
            direction=1,
            skill_groups=(
                SkillGroup(
                    skill_group_number=0x0708090A,
                    skill_group_id=0x08090A0B,
                    skill_group_priority=0x090A,
                    skill_group_state=AgentState.BUSY_OTHER,
                ),
            ),
        ),
    ),
    Vector(
        "codec tests 2018: SYSTEM_EVENT",
        20,
        "00000040 0000001f 00000003 01020304 00000005 02030405 03040506 04050607 0046"
        " 0007 0010 53797374656d4576656e745465787400 00ce 000e 4576656e74446576696365494400",
        SystemEvent(
            3,
            0x01020304,
            SystemEventId.TEXT_FYI,
            0x02030405,
            0x03040506,
            0x04050607,
            DeviceIdType.TRUNK,
            text="SystemEventText",
            event_device_id="EventDeviceID",
        ),
    ),
    Vector(
        "codec tests 2018: CONTROL_FAILURE_CONF",
        20,
        "0000000a 00000023 01020304 004e 02030405",
        ControlFailureConf(0x01020304, ControlFailure.REQUEST_TIMEOUT, 0x02030405),
    ),
    Vector(
        "client bytes: OPEN_REQ of protocol 14, one-byte tags and lengths",
        14,
        "00000035 00000003 00000001 0000000e ffffffff ffffffff 00000012 0060637c 00000018 0000001f 00000000 00000000"
        " 00000000 01 04 52545000 02 01 00",
        OpenReq(
            1,
            14,
            services_requested=Service.ALL_EVENTS | Service.CALL_DATA_UPDATE,
            call_msg_mask=0x0060637C,
            agent_state_mask=AgentMask.AVAILABLE | AgentMask.TALKING,
            config_msg_mask=0x1F,
            client_id="RTP",
            client_password=b"\0",
        ),
    ),
    Vector(
        "client bytes: OPEN_REQ of protocol 24",
        24,
        "00000050 00000003 00000001 00000018 00000064 00001388 80000094 ffffffff 00003fff 00000000 00000000 00000000"
        " 00000000 0001 000d 63746d6f6e69746f725f727300 0002 000f 536f6d6550617373776f7264212100",
        OpenReq(
            1,
            24,
            100,
            5000,
            Service.ALL_EVENTS | Service.CLIENT_CONTROL | Service.SUPERVISOR | Service.DEBUG,
            0xFFFFFFFF,
            AgentMask.ALL,
            client_id="ctmonitor_rs",
            client_password=b"SomePassword!!\0",
        ),
    ),
    Vector(
        "constructed: OPEN_REQ, idle 20 s, empty password",
        24,
        "00000048 00000003 00000001 00000018 00000014 00001388 00000096 00ffffff 000003ff 00000000 00000000 00000000"
        " 00000000 0001 0008 46696e6573736500 0002 0000 0003 0008 46696e6573736500",
        OpenReq(
            1,
            24,
            20,
            5000,
            0x96,
            0x00FFFFFF,
            0x3FF,
            client_id="Finesse",
            client_password=b"",
            client_signature="Finesse",
        ),
    ),
    Vector(
        "constructed: OPEN_CONF, active, one peripheral",
        24,
        "00000034 00000004 00000001 00000096 00000000 00000000 6553f100 0001 0011 0000 00000000 0001"
        " 00e4 0002 0001 00d0 0004 00001388 00e0 0002 0000",
        OpenConf(
            1,
            0x96,
            icm_central_controller_time=0x6553F100,
            peripheral_online=True,
            peripheral_type=PeripheralType.ENTERPRISE_AGENT,
            session_type=SessionType.ACTIVE,
            peripherals=(Peripheral(peripheral_id=5000, multiline_agent_control=0),),
        ),
    ),
    Vector(
        "constructed: SYSTEM_EVENT, peripheral 5000 online",
        24,
        "0000001a 0000001f 00000000 6553f100 00000003 00001388 00000000 00000000 ffff",
        SystemEvent(0, 0x6553F100, SystemEventId.PERIPHERAL_ONLINE, 5000),
    ),
    Vector(
        "constructed: SET_AGENT_STATE_REQ, forced logout, reason 255",
        24,
        "00000027 00000026 00000003 00001388 0001 0000 0000 00ff 01 00000000 0006 0005 3330303100 0005 0005 3130303100",
        SetAgentStateReq(
            3,
            5000,
            AgentState.LOGOUT,
            event_reason_code=255,
            forced_flag=ForcedFlag.FORCE,
            agent_id="1001",
            agent_instrument="3001",
        ),
    ),
    Vector(
        "constructed: AGENT_STATE_EVENT, logout, reason 50002",
        24,
        "00000059 0000001e 00000000 00001388 00000000 0011 0001 00000000 ffffffff ffffffff 0000 0001 c352 00000001"
        " 00000000 0001 00000001 00001389 00000000 0000 00000000 0005 0005 3130303100 0004 0005 3330303100"
        " 0006 0005 3330303100",
        AgentStateEvent(
            peripheral_id=5000,
            peripheral_type=PeripheralType.ENTERPRISE_AGENT,
            skill_group_state=AgentState.LOGOUT,
            agent_state=AgentState.LOGOUT,
            event_reason_code=50002,
            mrd_id=1,
            agent_mode=1,
            max_task_limit=1,
            icm_agent_id=5001,
            agent_id="1001",
            agent_extension="3001",
            agent_instrument="3001",
        ),
    ),
    Vector(
        "constructed: FAILURE_EVENT, server offline",
        24,
        "00000004 00000002 0000000f",
        FailureEvent(Status.CTI_SERVER_OFFLINE),
    ),
    Vector(
        "constructed: FAILURE_CONF, server offline",
        24,
        "00000008 00000001 00000002 0000000f",
        FailureConf(2, Status.CTI_SERVER_OFFLINE),
    ),
)
