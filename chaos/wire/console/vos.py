"""Texts of the VOS admin CLI (Finesse and its sister products): reading them, and writing them for the mock.

Sources: CLI references of Finesse 12.6(2), Unified CCX, Virtualized Voice Browser, CUIC and CUCM (`utils service`,
paging, confirmations, error lines); transcripts in Cisco's sample gadget projects. Where they differ by release, both
forms are read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from chaos.wire.console.service import OutOfStep, ServiceLine, ServiceState, TranscriptError, excerpt

PROMPT = "admin:"
# What the key of that name sends. A shell that reads its terminal raw takes a newline for no Enter.
ENTER_KEY = "\r"
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
    "FAILED": ServiceState.UNKNOWN,
}
_SAID_BY_STATE = frozenset(state.value for state in ServiceState)
_STATE = re.compile(rf"\[\s*(?P<word>{'|'.join(_STATE_WORDS)})\s*\]", re.IGNORECASE)
# A word in brackets that nobody has documented as a state but that looks like one.
_WORD = re.compile(r"\[\s*(?P<word>[A-Z][A-Za-z _]*?)\s*\]")
# Lines of a listing that are no services; the rest of each line does not matter.
_FRAME = (REQUESTING, MANAGER_RUNNING, GETTING_LIST, ">> Return code", "Primary Node")
_PRIMARY = re.compile(r"Primary Node\s*=\s*(true|false)")
_WALL = re.compile(r"Broadcast message from \S")
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


ON_THE_WAY: Mapping[Action, tuple[ServiceState, ...]] = {
    Action.START: (ServiceState.STARTING,),
    Action.STOP: (ServiceState.STOPPING,),
    Action.RESTART: (ServiceState.STOPPING, ServiceState.STARTING),
}
"""States that an action's transcript shows before the last one. Source: transcripts of restarts; CLI references of
Unified CCX (start). No source prints the one of a stop."""


@dataclass(frozen=True, slots=True)
class ServiceList:
    """`utils service list`, read.

    primary: the node's word on `Primary Node`, None if it said nothing. unread: lines with brackets that can be read in
    several ways or in none; whoever asks for a service that stands in one of them has no answer.
    """

    services: tuple[ServiceLine, ...]
    primary: bool | None = None
    unread: tuple[str, ...] = ()

    def find(self, name: str) -> ServiceLine | None:
        """The line of that service, None if there is none. Raises TranscriptError: its line cannot be read."""
        for line in self.services:
            if line.name == name:
                return line
        for text in self.unread:
            if name in text:
                raise TranscriptError(f"the line of '{name}' in '{LIST_COMMAND}' cannot be read: {excerpt(text)}")
        return None


def parse_service_line(line: str) -> ServiceLine | None:
    """`Cisco Tomcat[STARTED]`, `System SSH [STARTED]`, `X[ STOPPED ]  reason [exit 1]`.

    None for a line of another kind, and for one that could be read in several ways: two services on one line, say.
    """
    text = line.strip()
    states = list(_STATE.finditer(text)) or list(_WORD.finditer(text))
    if len(states) != 1:
        return None
    found = states[0]
    name, rest = text[: found.start()].strip(), text[found.end() :].strip()
    if not name or _WORD.search(rest) or any(one.end() < found.start() for one in _WORD.finditer(text)):
        return None
    word = found["word"]
    state = _STATE_WORDS.get(word.upper(), ServiceState.UNKNOWN)
    if word.upper() not in _SAID_BY_STATE:
        rest = f"{word} {rest}".strip()
    return ServiceLine(name, state, rest)


def is_whole_list(text: str) -> bool:
    """Whether that is a listing from its beginning to its last line, so that nothing of it can still be on its way."""
    lines = [line.strip() for line in text.splitlines()]
    if REQUESTING not in lines:
        return False
    ends = [at for at, line in enumerate(lines) if _PRIMARY.fullmatch(line)]
    return len(ends) == 1 and not any(lines[ends[0] + 1 :])


def parse_service_list(text: str) -> ServiceList:
    """Read the answer to `utils service list`, without its echo. Wall messages that came in between are dropped.

    Raises TranscriptError: it holds no service, the command failed, or a wall message has torn it. OutOfStep: it is not
    one listing, but parts of several.
    """
    reason = failure(text)
    if reason is not None:
        raise TranscriptError(f"'{LIST_COMMAND}' failed on the node: {reason}")
    lines, walls = _without_walls(text)
    read = {line: parse_service_line(line) for line in lines if not line.startswith(_FRAME)}
    services: dict[str, ServiceLine] = {}
    for service in (read.get(line) for line in lines):
        if service is not None and services.setdefault(service.name, service) != service:
            raise OutOfStep(f"the answer to '{LIST_COMMAND}' says two things of '{service.name}'")
    others = [line for line, service in read.items() if service is None]
    if walls and others:
        raise TranscriptError(f"a wall message came into the middle of '{LIST_COMMAND}': {excerpt(others[0])}")
    if any(PROMPT in line for line in lines):
        raise OutOfStep(f"a prompt stands in the middle of the answer to '{LIST_COMMAND}'")
    if not services:
        raise TranscriptError(f"the answer to '{LIST_COMMAND}' holds no service: {excerpt(text)}")
    said = [found[1] for line in lines if (found := _PRIMARY.fullmatch(line))]
    if len(said) > 1 or lines.count(REQUESTING) > 1:
        raise OutOfStep(f"the answer to '{LIST_COMMAND}' holds more than one listing")
    return ServiceList(
        tuple(services.values()),
        None if not said else said[0] == "true",
        tuple(line for line in others if "[" in line or "]" in line),
    )


def _without_walls(text: str) -> tuple[list[str], int]:
    """The lines with ink, stripped, without wall messages; and how many of those there were.

    A wall message is a head, perhaps a terminal in brackets, then lines up to an empty one. Should none follow, a line
    that belongs to a listing ends it.
    """
    kept: list[str] = []
    walls = 0
    rows = iter([*text.splitlines(), ""])
    for row in rows:
        line = row.strip()
        head = _WALL.search(line)
        before = line[: head.start()] if head else line
        kept += [before] if before else []
        if head is None:
            continue
        walls += 1
        spoke = False
        for row in rows:
            line = row.strip()
            if line.startswith(_FRAME) or _STATE.search(line):
                kept.append(line)
                break
            if not line and spoke:
                break
            spoke = spoke or (bool(line) and not line.startswith("("))
    return kept, walls


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

    LETTER = (f"y{ENTER_KEY}", f"n{ENTER_KEY}")
    WORD = (f"yes{ENTER_KEY}", f"no{ENTER_KEY}")
    ENTER = (ENTER_KEY, f"q{ENTER_KEY}")


QUESTIONS: Mapping[Confirmation, str] = {
    Confirmation.LETTER: "Continue (y/n)?",
    Confirmation.WORD: "Do you want to continue (yes/no) ? ",
    Confirmation.ENTER: "Press ENTER to continue. Press any other key to exit :",
}
"""As printed. Sources: CLI references of CUCM (letter), VVB and Unified CCX (word), Finesse 12.6(2) (Enter)."""

_CONFIRMATIONS = (
    (re.compile(r"\(y/n\) ?\?? ?:? *$"), Confirmation.LETTER),
    (re.compile(r"\(yes[/|]no\) ?\?? ?:? *$"), Confirmation.WORD),
    (re.compile(r"Press ENTER to continue\. Press any other key to exit ?: *$"), Confirmation.ENTER),
)

_ASKS = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|verification code|token)[^:]*: *$|\b(?:yes|y)\s*[/|]\s*(?:no|n)\b[^a-z]*$|\? *$"
    r"|press (?:<?enter>?|return|any key)[^.]*[.:]? *$",
    re.IGNORECASE,
)


def confirmation(line: str) -> Confirmation | None:
    """The question at the end of the current line, if there is one."""
    return next((form for pattern, form in _CONFIRMATIONS if pattern.search(line)), None)


def asks_at_login(line: str) -> bool:
    """Whether that line, standing last before the first prompt, waits for an answer that nobody may guess: a new
    password, a yes to some terms."""
    return bool(_ASKS.search(line)) or confirmation(line) is not None


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


def format_version(version: str, *, active: bool = True) -> list[str]:
    """`show version active`, and `inactive` of a node that was never upgraded. Source: CLI reference of CUCM."""
    which = "Active" if active else "Inactive"
    return [
        f"{which} Master Version: {version if active else 'Not Installed'}",
        f"{which} Version Installed Software Options:",
        "No Installed Software Options Found.",
    ]


def format_database_state(rows: int = 96) -> list[str]:
    """`show tech dbstateinfo`: long enough that it pages. The layout is ours; no source prints one."""
    return [
        " -------------------- show tech dbstateinfo --------------------",
        "",
        "Database State Information",
        *(f"  chunk {row:>3}  online  pages {row * 128:>6}  free {(row * 37) % 128:>4}" for row in range(1, rows + 1)),
        "",
        " Number of chunks online: " + str(rows),
    ]
