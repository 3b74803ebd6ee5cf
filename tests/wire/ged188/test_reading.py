"""What a reader forgives, and what it does not."""

from dataclasses import replace

import pytest

from chaos.wire.ged188 import (
    AgentState,
    AgentStateEvent,
    BadField,
    BadLength,
    BeginCallEvent,
    CallConferencedEvent,
    CallDataUpdateEvent,
    CallEstablishedEvent,
    ConfigRequestEvent,
    ControlFailure,
    Decoder,
    FailureConf,
    FieldTooLong,
    Frame,
    Framer,
    Ged188Error,
    HeartbeatReq,
    Message,
    NamedArray,
    NamedVariable,
    OpenConf,
    OpenReq,
    Party,
    Peripheral,
    SessionType,
    SkillGroup,
    Status,
    SystemEvent,
    Tag,
    Truncated,
    UnknownMessage,
    encode,
    parse,
)
from chaos.wire.ged188.framing import HEADER


def wire(kind: int, *parts: str) -> bytes:
    body = bytes.fromhex("".join(parts))
    return HEADER.pack(len(body), kind) + body


def read(kind: int, *parts: str, version: int = 24) -> Message:
    (message,) = Decoder(version).feed(wire(kind, *parts))
    return message


SYSTEM = "00000000 6553f100 00000003 00001388 00000000 00000000 ffff"
AGENT_EVENT = encode(AgentStateEvent())[HEADER.size :].hex()


def test_an_unknown_type_is_kept_with_its_body() -> None:
    assert read(4711, "0102") == UnknownMessage(4711, b"\1\2")
    assert encode(UnknownMessage(4711, b"\1\2")) == wire(4711, "0102")


@pytest.mark.parametrize("kind", [277, 281])
def test_switch_over_messages_without_a_published_layout_are_unknown(kind: int) -> None:
    assert read(kind) == UnknownMessage(kind, b"")


def test_unknown_tags_are_kept_in_wire_order() -> None:
    event = read(31, SYSTEM, "1111 0002 abcd 0007 0003 484900 0fff 0000")
    assert isinstance(event, SystemEvent)
    assert (event.text, event.extra) == ("HI", ((0x1111, b"\xab\xcd"), (0x0FFF, b"")))


def test_a_field_that_may_stand_once_keeps_its_first_value_and_the_rest_in_extra() -> None:
    event = read(31, SYSTEM, "0007 0002 4100 0007 0002 4200")
    assert isinstance(event, SystemEvent)
    assert (event.text, event.extra) == ("A", ((7, b"B\0"),))


def test_numbers_outside_an_enumeration_stay_numbers() -> None:
    event = read(31, "00000000 6553f100 00000063 00000000 00000000 00000000 0099")
    assert isinstance(event, SystemEvent)
    assert (event.system_event_id, event.event_device_type) == (0x63, 0x99)


def test_numbers_of_an_enumeration_are_its_members() -> None:
    event = read(30, AGENT_EVENT, "007b 0002 0003")
    assert isinstance(event, AgentStateEvent)
    assert event.next_agent_state is AgentState.AVAILABLE


@pytest.mark.parametrize("text", ["4849", "484900", "48490042"], ids=["no NUL", "NUL", "more after the NUL"])
def test_a_string_ends_at_its_nul_or_with_its_field(text: str) -> None:
    event = read(31, SYSTEM, f"0007 {len(text) // 2:04x}", text)
    assert isinstance(event, SystemEvent)
    assert event.text == "HI"


def test_an_empty_string_is_not_an_absent_one() -> None:
    both = [read(31, SYSTEM, text) for text in ("0007 0000", "0007 0001 00")]
    assert [m.text for m in both if isinstance(m, SystemEvent)] == ["", ""]
    absent = read(31, SYSTEM)
    assert isinstance(absent, SystemEvent)
    assert absent.text is None


def test_every_byte_of_a_string_survives() -> None:
    letters = bytes(range(1, 255))
    event = read(31, SYSTEM, f"0007 {len(letters) + 1:04x}", letters.hex(), "00")
    assert isinstance(event, SystemEvent)
    assert (event.text or "").encode("latin-1") == letters


def test_the_long_agent_id_is_read_and_the_short_one_is_sent() -> None:
    event = read(30, AGENT_EVENT, "00c2 0005 3130303100")
    assert event == AgentStateEvent(agent_id="1001")
    assert encode(event) == wire(30, AGENT_EVENT, "0005 0005 3130303100")


@pytest.mark.parametrize(
    ("kind", "right", "name"),
    [
        (2, "0000000f", "FailureEvent"),
        (5, "00000001", "HeartbeatReq"),
        (6, "00000001", "HeartbeatConf"),
        (7, "00000001 00000000", "CloseReq"),
        (8, "00000001", "CloseConf"),
    ],
)
def test_session_messages_have_exactly_their_length(kind: int, right: str, name: str) -> None:
    assert type(read(kind, right)).__name__ == name
    for wrong in (right[:-2], right + "00", right + "0001 0000"):
        with pytest.raises(BadLength, match=name):
            read(kind, wrong)


@pytest.mark.parametrize(
    ("floats", "offset"),
    [
        ("00", 34),
        ("0007 00", 34),
        ("0007 0003 4849", 34),
        ("0007 0002 4100 00ce ffff 00", 40),
    ],
)
def test_a_field_that_runs_over_the_end_is_truncated(floats: str, offset: int) -> None:
    with pytest.raises(Truncated) as caught:
        read(31, SYSTEM, floats)
    assert caught.value.offset == offset


def test_a_field_longer_than_documented_is_named() -> None:
    with pytest.raises(FieldTooLong) as caught:
        read(31, SYSTEM, "00ce 0041", "41" * 65)
    assert (caught.value.message, caught.value.field) == ("SystemEvent", "event_device_id")
    assert (caught.value.offset, caught.value.data) == (34, b"A" * 32)
    assert isinstance(read(31, SYSTEM, "00ce 0040", "41" * 64), SystemEvent)


@pytest.mark.parametrize("value", ["0001 00", "0004 00000003", "0000"])
def test_a_number_of_the_wrong_width_is_named(value: str) -> None:
    with pytest.raises(BadField, match=r"AgentStateEvent\.next_agent_state") as caught:
        read(30, AGENT_EVENT, "007b", value)
    assert caught.value.offset == 8 + 62


def test_lists_are_split_where_members_come_again() -> None:
    event = read(30, AGENT_EVENT, "003e 0004 00000001 003f 0004 00000002 003e 0004 00000003 0041 0002 0002")
    assert isinstance(event, AgentStateEvent)
    assert event.skill_groups == (
        SkillGroup(skill_group_number=1, skill_group_id=2),
        SkillGroup(skill_group_number=3, skill_group_state=AgentState.NOT_READY),
    )
    assert event.num_flt_skill_groups == 0, "the peer announced none"


def test_a_right_count_is_none() -> None:
    parties = (Party(party_call_id=1), Party(party_call_id=2, party_device_id="x"))
    (event,) = Decoder().feed(encode(CallConferencedEvent(parties=parties)))
    assert isinstance(event, CallConferencedEvent)
    assert (event.num_parties, event.parties) == (None, parties)


def test_a_list_of_peripherals_may_be_announced_as_empty() -> None:
    conf = OpenConf(num_peripherals=0)
    assert Decoder().feed(encode(conf)) == [conf]
    assert encode(conf).endswith(bytes.fromhex("00e4 0002 0000"))
    assert encode(OpenConf()).endswith(bytes(6)), "no count without a list"


def test_call_variables_keep_their_places() -> None:
    event = read(23, encode(BeginCallEvent())[HEADER.size :].hex(), "0016 0003 783000 000d 0001 00 0016 0002 7a00")
    assert isinstance(event, BeginCallEvent)
    assert event.call_variables == ("", *[None] * 8, "x0")
    assert event.extra == ((22, b"z\0"),)


def test_named_variables_and_arrays_are_read_in_order() -> None:
    blank = encode(CallDataUpdateEvent())[HEADER.size :].hex()
    event = read(25, blank, "0052 0005 6100 6200 00 0053 0005 07 6100 6300 0052 0002 6400")
    assert isinstance(event, CallDataUpdateEvent)
    assert event.named_variables == (NamedVariable("a", "b"), NamedVariable("d", ""))
    assert event.named_arrays == (NamedArray(7, "a", "c"),)


@pytest.mark.parametrize("named", ["0052 0001 61", "0053 0001 07", "0053 0000", "0052 0000"])
def test_a_named_variable_without_a_name_is_refused(named: str) -> None:
    with pytest.raises(BadField, match="NUL"):
        read(23, encode(BeginCallEvent())[HEADER.size :].hex(), named)


def test_failure_conf_is_told_apart_by_length() -> None:
    assert read(1, "00000002 0000000f") == FailureConf(2, Status.CTI_SERVER_OFFLINE)
    long = read(1, "00000002 004e 00000007")
    assert long == FailureConf(2, None, ControlFailure.REQUEST_TIMEOUT, 7)
    assert encode(long) == wire(1, "00000002 004e 00000007")
    assert read(1, "00000002 0000ffff") == FailureConf(2, 0xFFFF)


def test_ten_bytes_are_the_long_failure_conf_even_where_an_empty_field_would_fit() -> None:
    assert read(1, "00000002 0000000f 0700", version=19) == FailureConf(2, None, 0, 0x000F0700)


@pytest.mark.parametrize("version", [14, 24])
def test_failure_conf_may_carry_a_text(version: int) -> None:
    for conf in (FailureConf(2, Status.TIMEOUT, text="late"), FailureConf(2, None, 1, 7, text="late")):
        assert Decoder(version).feed(encode(conf, version)) == [conf]


@pytest.mark.parametrize(
    "body", ["", "00000002", "00000002 000000", "00000002 0000000f 01", "00000002 0000000f 010203"]
)
def test_failure_conf_of_no_known_form_is_truncated(body: str) -> None:
    with pytest.raises(Truncated):
        read(1, body)


def test_open_conf_of_a_neighbouring_version_is_read_where_its_fields_end_with_the_message() -> None:
    """The guides disagree on the version that brought SessionType, so both lengths must be understood in both."""
    peripherals = (Peripheral(peripheral_id=5000, multiline_agent_control=1),)
    new = OpenConf(1, department_id=3, session_type=SessionType.STANDBY, peripherals=peripherals)
    old = OpenConf(1, department_id=3, peripherals=peripherals)
    assert Decoder(23).feed(encode(new, 24)) == [new]
    assert Decoder(24).feed(encode(new, 23)) == [old]
    assert Decoder(18).feed(encode(old, 19)) == [old]


@pytest.mark.parametrize("tail", ["00", "0fff 0001 00"], ids=["a byte too many", "an unknown tag if read as 23"])
def test_a_neighbouring_version_is_not_used_to_explain_garbage(tail: str) -> None:
    old = encode(OpenConf(), 23)[HEADER.size :].hex()
    assert isinstance(read(4, old), OpenConf)
    with pytest.raises(Ged188Error):
        read(4, old, tail)


def test_config_request_is_read_in_both_lengths() -> None:
    assert read(232, "0000000f 00001388", version=23) == ConfigRequestEvent(15, peripheral_id=5000)
    assert read(232, "0000000f 000000ff 00001388") == ConfigRequestEvent(15, 255, 5000)
    assert read(232, "0000000f 00001388") == ConfigRequestEvent(15, peripheral_id=5000)


def test_an_open_req_is_read_in_the_version_that_it_announces() -> None:
    old = OpenReq(1, 14, client_id="RTP", client_password=b"")
    assert Decoder(24).feed(encode(old, 24)) == [old]
    new = OpenReq(1, 24, client_id="RTP", client_password=b"")
    assert Decoder(14).feed(encode(new, 14)) == [new]


def test_the_tag_of_the_unique_instance_id_can_be_set() -> None:
    request = OpenReq(1, client_id="f", client_password=b"", unique_instance_id="node-1")
    for tag in (308, 301):
        sent = encode(request, unique_instance_tag=tag)
        assert sent.endswith(bytes.fromhex(f"{tag:04x} 0007") + b"node-1\0")
        assert Decoder(unique_instance_tag=tag).feed(sent) == [request]
    (other,) = Decoder(unique_instance_tag=308).feed(encode(request, unique_instance_tag=301))
    assert other.extra == ((301, b"node-1\0"),)


def test_one_byte_heads_below_protocol_20() -> None:
    event = SystemEvent(text="HI")
    assert encode(event, 19).endswith(bytes.fromhex("07 03 484900"))
    assert encode(event, 20).endswith(bytes.fromhex("0007 0003 484900"))
    assert Decoder(19).feed(encode(event, 19)) == [event]


def test_an_error_says_where_and_what() -> None:
    decoder = Decoder()
    decoder.feed(encode(HeartbeatReq(1)))
    with pytest.raises(BadLength) as caught:
        decoder.feed(wire(5, "0000000102"))
    assert caught.value.offset == 12 + 8 + 4
    assert str(caught.value) == "HeartbeatReq has a body of 5 bytes, 4 are due (at byte 24: 00 00 00 01 02)"


def test_a_lenient_reader_keeps_a_field_that_it_cannot_read_and_takes_the_rest() -> None:
    """A number of three bytes and a text longer than its field: neither may cost the message its other fields."""
    good = CallEstablishedEvent(connection_call_id=7, connection_device_id="3001", calling_device_id="555")
    bad = (int(Tag.TRUNK_NUMBER), b"\1\2\3"), (int(Tag.CALLED_DEVID), b"9" * 65)
    wire = encode(replace(good, extra=bad))
    [frame] = Framer().feed(wire)
    with pytest.raises(BadField):
        parse(frame)
    read = parse(frame, lenient=True)
    assert read == replace(good, extra=bad)
    assert encode(read) == wire


def test_a_lenient_reader_does_not_guess_where_a_cut_field_ends() -> None:
    body = encode(CallEstablishedEvent(connection_device_id="3001"))[8:-2]
    with pytest.raises(Truncated):
        parse(Frame(CallEstablishedEvent.TYPE, body, b""), lenient=True)
