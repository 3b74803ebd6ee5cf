"""What a node's VOS admin CLI tells of who came to its doors: lines of its access log, and its table of connections.

Sources: CLI references of CUCM (`file search`, `show network status`); Finesse administration guide 12.6(1) for the log
(`activelog webproxy`, `access.log`). Its lines are in the "combined" form that web servers have in common; whose form
differs is not read. Times are the node's own, to a second.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from chaos.wire.console.service import TranscriptError

CONNECTIONS_COMMAND = "show network status nodns"
TIME_WAIT_S = 60.0
"""So long a table of Linux keeps a connection that its own host has closed first."""

_LINE = re.compile(
    r'(?P<came_from>\S+) \S+ \S+ \[(?P<at>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3}) '
)
_TIME = "%d/%b/%Y:%H:%M:%S %z"
_CONNECTION = re.compile(
    r"tcp6?\s+\d+\s+\d+\s+(?P<near>\S+):(?P<near_port>\d+)\s+(?P<far>\S+):(?P<far_port>\d+)\s+(?P<state>[A-Z_0-9]+)"
)
# A path or a pattern is typed as one word.
_WORD = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One request. said_s: seconds since 1970 on the node's own clock."""

    came_from: str
    said_s: float
    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection of that host. near, far: (address, port) of its own end and of the other."""

    near: tuple[str, int]
    far: tuple[str, int]
    state: str


def search_command(path: str, pattern: str) -> str:
    """The lines of a file below `activelog` that match. Raises TranscriptError: it cannot be typed."""
    for word in (path, pattern):
        if not _WORD.fullmatch(word):
            raise TranscriptError(f"{word!r} cannot be typed at a console as one word")
    return f"file search activelog {path} {pattern}"


def read_log(text: str) -> tuple[LogLine, ...]:
    """The lines of an access log in the answer to a search, in order; others are left out."""
    found = []
    for line in text.splitlines():
        seen = _LINE.search(line)
        if seen is None:
            continue
        try:
            at = datetime.strptime(seen["at"], "%d/%b/%Y:%H:%M:%S %z")
        except ValueError:
            continue
        found.append(
            LogLine(plain(seen["came_from"]), at.timestamp(), seen["method"], seen["path"], int(seen["status"]))
        )
    return tuple(found)


def read_connections(text: str) -> tuple[Connection, ...]:
    """The table; what only listens is left out."""
    found = (_CONNECTION.search(line) for line in text.splitlines())
    return tuple(
        Connection((plain(one["near"]), int(one["near_port"])), (plain(one["far"]), int(one["far_port"])), one["state"])
        for one in found
        if one is not None
    )


def plain(address: str) -> str:
    """An IPv4 address that was written as one of IPv6 (`::ffff:10.0.0.1`) as itself; else as it is."""
    try:
        read = ip_address(address.strip("[]"))
    except ValueError:
        return address
    mapped = getattr(read, "ipv4_mapped", None)
    return str(mapped or read)


def format_log_line(came_from: str, at: datetime, asked: str, status: int, agent: str = "-") -> str:
    """asked: method and path."""
    when = at.astimezone(UTC).strftime(_TIME)
    return f'{came_from} - - [{when}] "{asked} HTTP/1.1" {status} - "-" "{agent}"'


def format_search(path: str, lines: Iterable[str]) -> list[str]:
    """The answer to a search. The frame is ours; no source prints one."""
    return [f"Searching path: activelog {path}", *lines, "Search completed"]


def format_connections(table: Iterable[Connection]) -> list[str]:
    """The answer to `show network status nodns`, as netstat has it."""
    return [
        "Active Internet connections (w/o servers)",
        f"{'Proto':<6}{'Recv-Q':<7}{'Send-Q':<7}{'Local Address':<24}{'Foreign Address':<24}State",
        *(f"{'tcp':<6}{0:<7}{0:<7}{_end(one.near):<24}{_end(one.far):<24}{one.state}" for one in table),
    ]


def _end(at: tuple[str, int]) -> str:
    return f"{at[0]}:{at[1]} "
