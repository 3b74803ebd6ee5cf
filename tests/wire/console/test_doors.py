"""What a node's console says of who came to it, literally."""

import pytest

from chaos.wire.console import doors
from chaos.wire.console.doors import Connection, LogLine
from chaos.wire.console.service import TranscriptError

LOG = """Searching path: /var/log/active/webproxy
Searching file: access.log
10.10.20.11 - - [22/Nov/2026:15:00:04 +0100] "GET /finesse/api/SystemInfo HTTP/1.1" 503 94 "-" "Java/1.8.0_302"
::ffff:10.1.1.9 - anna [22/Nov/2026:14:00:05 +0000] "POST /fippa/SEP1/sign-in?id=7 HTTP/1.1" 200 12 "-" "-"
10.10.20.11 - - [yesterday] "GET / HTTP/1.1" 200 1
2026/11/22 15:00:04 [error] 12#12: *1 connect() failed
"""
NETSTAT = """Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address               Foreign Address             State
tcp        0      0 10.10.20.12:8445            10.10.20.11:43210           ESTABLISHED
tcp6       0      0 ::ffff:10.10.20.12:5223     ::ffff:10.10.20.11:43212    TIME_WAIT
udp        0      0 10.10.20.12:123             10.10.20.1:123              ESTABLISHED
"""


def test_requests_of_an_access_log_are_read_and_what_has_another_form_is_left_out() -> None:
    assert doors.read_log(LOG) == (
        LogLine("10.10.20.11", 1795356004.0, "GET", "/finesse/api/SystemInfo", 503),
        LogLine("10.1.1.9", 1795356005.0, "POST", "/fippa/SEP1/sign-in?id=7", 200),
    )


def test_a_table_of_connections_is_read_as_netstat_prints_it() -> None:
    assert doors.read_connections(NETSTAT) == (
        Connection(("10.10.20.12", 8445), ("10.10.20.11", 43210), "ESTABLISHED"),
        Connection(("10.10.20.12", 5223), ("10.10.20.11", 43212), "TIME_WAIT"),
    )


def test_what_the_mock_writes_is_read_as_it_was_meant() -> None:
    table = doors.read_connections(NETSTAT)
    assert doors.read_connections("\n".join(doors.format_connections(table))) == table


@pytest.mark.parametrize("word", ["", "a b", "a\nutils system restart", "ä"])
def test_what_is_not_one_word_is_never_typed(word: str) -> None:
    with pytest.raises(TranscriptError, match="cannot be typed"):
        doors.search_command("webproxy/access.log", word)
