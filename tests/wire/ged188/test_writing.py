"""What a writer refuses: errors of ours, named by message, field and value."""

import pytest

from chaos.errors import UsageError
from chaos.wire.ged188 import (
    AgentStateEvent,
    BeginCallEvent,
    CallDeliveredEvent,
    EncodeError,
    FailureConf,
    HeartbeatReq,
    MakeCallReq,
    Message,
    NamedArray,
    NamedVariable,
    OpenConf,
    OpenReq,
    Peripheral,
    SetAgentStateReq,
    SkillGroup,
    SystemEvent,
    UnknownMessage,
    encode,
)


@pytest.mark.parametrize(
    ("message", "field", "said"),
    [
        (HeartbeatReq(-1), "invoke_id", "HeartbeatReq.invoke_id = -1"),
        (HeartbeatReq(2**32), "invoke_id", "4294967296"),
        (SetAgentStateReq(forced_flag=256), "forced_flag", "SetAgentStateReq.forced_flag = 256"),
        (AgentStateEvent(mrd_id=2**31), "mrd_id", "2147483648"),
        (AgentStateEvent(duration=-5), "duration", "AgentStateEvent.duration = -5"),
        (FailureConf(1, None), "status", "None"),
        (FailureConf(1, None, 70000), "failure_code", "70000"),
        (SystemEvent(text="x" * 255), "text", "254 bytes at most"),
        (SystemEvent(text="a\0b"), "text", "none of them NUL"),
        (SystemEvent(text="€"), "text", "latin-1"),
        (OpenReq(client_password=b"x" * 65), "client_password", "64 bytes at most"),
        (OpenReq(agent_id="123456789012"), "agent_id", "11 bytes at most"),
        (MakeCallReq(call_variables=("a",)), "call_variables", "10 values"),
        (MakeCallReq(call_variables=(*[None] * 9, "y" * 41)), "call_variables[9]", "40 bytes at most"),
        (AgentStateEvent(skill_groups=(SkillGroup(),)), "skill_groups[0]", "could not be told"),
        (
            OpenConf(peripherals=(Peripheral(peripheral_id=1), Peripheral(multiline_agent_control=1))),
            "peripherals[1]",
            "could not be told",
        ),
        (
            SetAgentStateReq(skill_groups=(SkillGroup(skill_group_number=1),) * 11),
            "skill_groups",
            "10 entries at most, not 11",
        ),
        (
            SetAgentStateReq(skill_groups=(SkillGroup(skill_group_number=1), SkillGroup(skill_group_number=-1))),
            "skill_groups[1].skill_group_number",
            "-1",
        ),
        (CallDeliveredEvent(named_variables=(NamedVariable("n" * 33, ""),)), "named_variables[0].name", "32 bytes"),
        (CallDeliveredEvent(named_variables=(NamedVariable("n", "v" * 211),)), "named_variables[0].value", "210 bytes"),
        (CallDeliveredEvent(named_arrays=(NamedArray(256, "n", ""),)), "named_arrays[0].index", "256"),
        (HeartbeatReq(1, extra=((7, b""),)), "extra", "no floating fields"),
        (SystemEvent(extra=((0x10000, b""),)), "extra", "tag 65536"),
        (UnknownMessage(9999, bytes(12493)), "body", "12492 at most"),
        (SystemEvent(extra=((1, bytes(12463)),)), "body", "12492 at most"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(message: Message, field: str, said: str) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(message)
    error = caught.value
    assert issubclass(EncodeError, UsageError)
    assert (error.message, error.field) == (type(message).__name__, field)
    assert said in str(error)


def test_the_longest_body_is_written() -> None:
    assert len(encode(SystemEvent(extra=((1, bytes(12462)),)))) == 12500


def test_named_data_is_limited_to_2000_bytes_in_a_message() -> None:
    """Variables and arrays share the limit."""
    one = NamedVariable("n" * 8, "v" * 90)  # 100 bytes
    row = NamedArray(1, "n" * 8, "v" * 89)  # 100 bytes
    encode(BeginCallEvent(named_variables=(one,) * 10, named_arrays=(row,) * 10))
    with pytest.raises(EncodeError, match="over 2000 bytes"):
        encode(BeginCallEvent(named_variables=(one,) * 11, named_arrays=(row,) * 10))
    with pytest.raises(EncodeError, match="over 2000 bytes"):
        encode(BeginCallEvent(named_variables=(one,) * 21))


def test_one_byte_heads_limit_tags_and_lengths() -> None:
    for extra in ((256, b""), (0, bytes(256))):
        encode(SystemEvent(extra=(extra,)), 20)
        with pytest.raises(EncodeError, match=r"SystemEvent\.extra"):
            encode(SystemEvent(extra=(extra,)), 19)


def test_what_a_version_does_not_know_is_left_out() -> None:
    event = AgentStateEvent(department_id=7, active_terminal="SEP01", max_beyond_task_limit=3)
    assert encode(event, 21) == encode(AgentStateEvent(department_id=7), 21)
    assert encode(event, 18) == encode(AgentStateEvent(), 18)


def test_a_count_can_be_forged() -> None:
    """A mock must be able to lie about a list."""
    honest = encode(OpenConf(peripherals=(Peripheral(peripheral_id=1),)))
    forged = encode(OpenConf(num_peripherals=9, peripherals=(Peripheral(peripheral_id=1),)))
    assert honest.replace(bytes.fromhex("00e4 0002 0001"), bytes.fromhex("00e4 0002 0009")) == forged != honest
