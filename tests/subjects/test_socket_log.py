"""What a browser's log of a WebSocket is read as, from literal frames."""

from typing import Any

import pytest

from chaos.journal import BoshPart, DesktopRequested
from chaos.subjects.socket_log import SocketLog

HOSTS = ("fin-a.lab.example", "fin-b.lab.example")
OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="fin-a.lab.example" id="1" version="1.0"/>'
CLOSE = '<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>'
GONE = '<presence xmlns="jabber:client" from="finesse@fin-a.lab.example/finesse" type="unavailable"/>'
PONG = '<iq xmlns="jabber:client" type="result" id="ping1"/>'
OUT = (
    '<message xmlns="jabber:client" from="pubsub.fin-a.lab.example"><event xmlns="http://jabber.org/protocol/pubsub#event">'
    '<items node="/finesse/api/SystemInfo"><item id="1"><notification xmlns="http://jabber.org/protocol/pubsub">'
    "&lt;Update&gt;&lt;data&gt;&lt;systemInfo&gt;&lt;status&gt;OUT_OF_SERVICE&lt;/status&gt;&lt;/systemInfo&gt;"
    "&lt;/data&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;source&gt;/finesse/api/SystemInfo&lt;/source&gt;&lt;/Update&gt;"
    "</notification></item></items></event></message>"
)


def told(*events: tuple[str, Any]) -> list[DesktopRequested]:
    """A log of these events, of which each comes a second after the one before. A frame is its text."""
    log = SocketLog("ann", "2048.17", "wss://fin-a.lab.example:7443/ws/", HOSTS)
    found = []
    for at_s, (event, more) in enumerate((("webSocketWillSendHandshakeRequest", {}), *events)):
        params = {"response": {"payloadData": more}} if isinstance(more, str) else more
        seen = log.take(event, params, float(at_s))
        found += [seen] if seen is not None else []
    return found


def received(*frames: str) -> list[tuple[str, str]]:
    return [("webSocketFrameReceived", frame) for frame in frames]


END: tuple[str, Any] = ("webSocketClosed", {})


def test_the_nodes_opening_is_a_session_from_its_handshake_on() -> None:
    (seen,) = told(*received(OPEN))
    assert (seen.resource, seen.node, seen.part, seen.told) == ("WebSocket", HOSTS[0], BoshPart.OPEN, ("session",))
    assert (seen.sent_s, seen.ended_s, seen.status, seen.request) == (0.0, 1.0, 101, 17)


@pytest.mark.parametrize(("frame", "words"), [(GONE, ("finesse unavailable",)), (OUT, ("OUT_OF_SERVICE",)), (PONG, ())])
def test_each_frame_that_comes_is_one_of_a_session_that_stands(frame: str, words: tuple[str, ...]) -> None:
    seen = told(*received(OPEN, OPEN, frame))[-1]
    assert (seen.part, seen.status, seen.told) == (BoshPart.GO_ON, 101, words)


def test_a_connection_that_does_not_come_about_is_an_opening_in_vain() -> None:
    (seen,) = told(("webSocketFrameError", {"errorMessage": "net::ERR_CONNECTION_REFUSED"}), END)
    assert (seen.part, seen.status, seen.failure) == (BoshPart.OPEN, None, "net::ERR_CONNECTION_REFUSED")


def test_a_node_that_ends_the_stream_terminates_it_once() -> None:
    seen = told(*received(OPEN, CLOSE), END)
    assert [(one.part, one.told) for one in seen[1:]] == [(BoshPart.GO_ON, ("terminate",))]


def test_a_connection_that_is_cut_fails() -> None:
    seen = told(*received(OPEN), END)[-1]
    assert (seen.part, seen.status) == (BoshPart.GO_ON, None)


def test_who_says_goodbye_has_lost_nothing() -> None:
    seen = told(*received(OPEN), ("webSocketFrameSent", CLOSE), *received(CLOSE), END)
    assert [one.part for one in seen] == [BoshPart.OPEN, BoshPart.END]


def test_what_is_no_stanza_and_what_the_page_sends_is_not_noted() -> None:
    assert told(("webSocketFrameSent", "<auth>secret</auth>"), *received("no stanza")) == []
