"""Orders to a mock, as they come over the wire."""

import json

import pytest

from chaos.mock.control.orders import (
    BadOrder,
    CallOrder,
    DisconnectOrder,
    LinkOrder,
    PhoneOrder,
    ServiceOrder,
    StateOrder,
    parse_order,
)
from chaos.wire.ged188.values import AgentState


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ('{"do": "stop", "service": "cti-a"}', ServiceOrder("stop", "cti-a")),
        ('{"do": "mend", "link": "cti-a"}', LinkOrder("mend", "cti-a")),
        ('{"do": "disconnect", "node": "n", "client": "a@n/x"}', DisconnectOrder("disconnect", "n", "a@n/x")),
        ('{"do": "state", "agent": "1", "state": "AVAILABLE"}', StateOrder("state", "1", AgentState.AVAILABLE)),
        ('{"do": "state", "agent": "1", "state": "LOGOUT", "reason": 7}', StateOrder("state", "1", AgentState(1), 7)),
        ('{"do": "call", "phone": "2001", "number": "2002"}', CallOrder("call", "2001", "2002")),
        ('{"phone": "2001", "call": 9, "do": "hang-up"}', PhoneOrder("hang-up", 9, "2001")),
    ],
)  # fmt: skip
def test_an_order_is_read(text: str, order: object) -> None:
    assert parse_order(text.encode()) == order


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "one JSON object"),
        (b"\xff\xfe", "one JSON object"),
        (b"[" * 3000, "one JSON object"),
        (b"[]", "one JSON object"),
        (b"{}", "'do' is one of start, stop"),
        (b'{"do": ["stop"]}', "'do' is one of"),
        (b'{"do": "fly", "service": "x"}', "'do' is one of"),
        (b'{"do": "stop"}', "'service' of 'stop' is a text"),
        (b'{"do": "stop", "service": ""}', "'service' of 'stop' is a text"),
        (b'{"do": "stop", "service": 7}', "'service' of 'stop' is a text"),
        (json.dumps({"do": "stop", "service": "x" * 201}).encode(), "1 to 200 characters"),
        (b'{"do": "stop", "service": "x", "link": "y"}', "'stop' has no field 'link'"),
        (b'{"do": "state", "agent": "1", "state": "Ready"}', "'state' is one of LOGIN"),
        (b'{"do": "state", "agent": "1", "state": "LOGOUT", "reason": true}', "'reason' of 'state' is a number"),
        (b'{"do": "answer", "call": -1, "phone": "1"}', "'call' of 'answer' is a number"),
        (b'{"do": "answer", "call": 1.5, "phone": "1"}', "'call' of 'answer' is a number"),
        (b'{"do": "answer", "call": 99999999999, "phone": "1"}', "'call' of 'answer' is a number"),
    ],
)
def test_what_is_no_order_is_told_which_field_is_wrong(body: bytes, said: str) -> None:
    with pytest.raises(BadOrder) as raised:
        parse_order(body)
    assert said in str(raised.value)
