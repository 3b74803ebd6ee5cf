"""Texts of the VOS admin CLI (Finesse and its sister products): reading them, and writing them for the mock.

Sources: CLI references of Finesse 12.6(2), Unified CCX, Virtualized Voice Browser, CUIC and CUCM (`utils service`,
paging, confirmations, error lines); transcripts in Cisco's sample gadget projects. Where they differ by release, both
forms are read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError, excerpt

PROMPT = "admin:"
STARTING_UP = "Command Line Interface is starting up, please wait ..."
WELCOME = "   Welcome to the Platform Command Line Interface"
REQUESTING = "Requesting service status, please wait..."
MANAGER_RUNNING = "Service Manager is running"
GETTING_LIST = "Getting list of all services"
RETURN_CODE_0 = ">> Return code = 0"
RESTART_WARNING = (
    " Don't press Ctrl-c while the service is getting RESTARTED."
    "If Service has not Restarted Properly, execute the same Command Again"
)
COMMANDED_OUT = "Commanded Out of Service"
FAILED = "Executed command unsuccessfully"
INVALID = "No valid command entered"
PAGER_LINES = "Press <enter> for 1 line, <space> for one page, or <q> to quit"

LIST_COMMAND = "utils service list"

_STATE_WORDS = {
    "STOPPED": ServiceState.STOPPED,
    "STARTING": ServiceState.STARTING,
    "STARTED": ServiceState.STARTED,
    "STOPPING": ServiceState.STOPPING,
    "NOTRUNNING": ServiceState.STOPPED,
}
_SAID_BY_STATE = frozenset(state.value for state in ServiceState)
_BRACKET = re.compile(r"(?P<name>.*\S)\s*\[\s*(?P<word>[A-Z][A-Z _]*?)\s*\](?P<rest>[^\[\]]*)")
_PAGER_FILE = re.compile(r"options: q=quit, n=next, p=prev, b=begin, e=end \(lines [^)]*\) ?: *$")


class Action(Enum):
    """What can be done to a service; the value is the CLI's verb."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"

    @property
    def target(self) -> ServiceState:
        """The state in which the service shall be afterwards."""
        return ServiceState.STOPPED if self is Action.STOP else ServiceState.STARTED


def action_command(action: Action, name: str) -> str:
    """The command line; names go unquoted, blanks and all.

    Raises TranscriptError: the name cannot be typed as one line of plain text.
    """
    if not name.strip() or not name.isprintable():
        raise TranscriptError(f"service name {name!r} cannot be typed at a console")
    return f"utils service {action.value} {name}"


@dataclass(frozen=True, slots=True)
class ServiceList:
    """`utils service list`, read. primary: the node's word on `Primary Node`, None if it said nothing."""

    services: tuple[ServiceLine, ...]
    primary: bool | None = None


def parse_service_line(line: str) -> ServiceLine | None:
    """`Cisco Tomcat[STARTED]`, `System SSH [STARTED]`, `X[ STOPPED ]  reason`; None for a line of another kind.

    The name is the text up to the last bracket.
    """
    found = _BRACKET.fullmatch(line.strip())
    if found is None:
        return None
    word, reason = found["word"], found["rest"].strip()
    state = _STATE_WORDS.get(word, ServiceState.UNKNOWN)
    if word not in _SAID_BY_STATE:
        reason = f"{word} {reason}".strip()
    return ServiceLine(found["name"].strip(), state, reason)


def status_lines(text: str) -> tuple[ServiceLine, ...]:
    """Every status line of a transcript, in order; a listing and an action's progress look the same."""
    return tuple(read for line in text.splitlines() if (read := parse_service_line(line)) is not None)


def parse_service_list(text: str) -> ServiceList:
    """Read the answer to `utils service list`.

    Raises TranscriptError: it holds no service, or the command failed.
    """
    reason = failure(text)
    if reason is not None:
        raise TranscriptError(f"'{LIST_COMMAND}' failed on the node: {reason}")
    services = status_lines(text)
    if not services:
        raise TranscriptError(f"the answer to '{LIST_COMMAND}' holds no service: {excerpt(text)}")
    primary = re.search(r"^Primary Node\s*=\s*(true|false)\s*$", text, re.MULTILINE)
    return ServiceList(services, None if primary is None else primary[1] == "true")


def failure(text: str) -> str | None:
    """Why the node says that the command failed, None if it does not say so. There is no exit status to read."""
    before = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.rstrip(".") == FAILED:
            return f"{before}: {FAILED}" if before else FAILED
        if line.startswith(INVALID):
            return INVALID
        before = line or before
    return None


class Confirmation(Enum):
    """Forms in which the CLI asks back. Value: (yes, no) as they have to be typed, letter case kept."""

    LETTER = ("y\n", "n\n")
    WORD = ("yes\n", "no\n")
    ENTER = ("\n", "q\n")


_CONFIRMATIONS = (
    (re.compile(r"\(y/n\) ?\?? ?:? *$"), Confirmation.LETTER),
    (re.compile(r"\(yes[/|]no\) ?\?? ?:? *$"), Confirmation.WORD),
    (re.compile(r"Press ENTER to continue\. Press any other key to exit ?: *$"), Confirmation.ENTER),
)


def confirmation(line: str) -> Confirmation | None:
    """The question at the end of the current line, if there is one."""
    return next((form for pattern, form in _CONFIRMATIONS if pattern.search(line)), None)


def pager_answer(line: str, before: str) -> str | None:
    """What to type at a pager that stands at the end of the current line, without newline; None: no pager.

    before: the last finished line; a file's pager says there that the end was reached.
    """
    if line.rstrip().endswith(PAGER_LINES):
        return " "
    if _PAGER_FILE.search(line):
        return "q" if "end of the file reached" in before + line else "n"
    return None


def format_service(line: ServiceLine, *, platform: bool = False) -> str:
    """One line of a listing; platform services have a blank before the bracket, the others none."""
    said = f"{line.name}{' ' if platform else ''}[{line.state}]"
    return f"{said}  {line.reason}" if line.reason else said


def format_status(name: str, state: ServiceState) -> str:
    """One line of an action's progress; two blanks end it."""
    return f"{name}[{state}]  "


def format_service_list(
    services: Iterable[ServiceLine], *, platform: Sequence[ServiceLine] = (), primary: bool = True
) -> list[str]:
    """The lines of `utils service list`, in the order of the CLI references."""
    return [
        REQUESTING,
        *(format_service(line, platform=True) for line in platform),
        MANAGER_RUNNING,
        GETTING_LIST,
        RETURN_CODE_0,
        *(format_service(line) for line in services),
        f"Primary Node ={'true' if primary else 'false'}",
    ]
