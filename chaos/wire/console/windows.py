"""`sc.exe`, `taskkill` and `tasklist` of Windows: their commands, their answers, and all of it for the mock.

Labels and words are localised, so only positions, state numbers, error numbers and process numbers are read. The same
text is sent whether cmd.exe or PowerShell is the host's shell, so an exit status may be either program's, and what
comes back may be UTF-16. Source: Win32 service status and error numbers; layout as the two programs print it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError, excerpt

# The default buffer of the enumeration is too small for a server; 64 KiB is the most that it takes.
BUFFER_BYTES = 65536


class ScError(IntEnum):
    """Win32 error numbers that matter here."""

    ACCESS_DENIED = 5
    DEPENDENTS_RUNNING = 1051
    NO_TIMELY_ANSWER = 1053
    ALREADY_RUNNING = 1056
    SERVICE_DISABLED = 1058
    NO_SUCH_SERVICE = 1060
    CANNOT_ACCEPT_CONTROL = 1061
    NOT_STARTED = 1062
    DEPENDENCY_FAILED = 1068
    LOGON_FAILED = 1069


ERROR_TEXTS = {
    ScError.ACCESS_DENIED: "Access is denied.",
    ScError.DEPENDENTS_RUNNING: (
        "A stop control has been sent to a service that other running services are dependent on."
    ),
    ScError.NO_TIMELY_ANSWER: "The service did not respond to the start or control request in a timely fashion.",
    ScError.ALREADY_RUNNING: "An instance of the service is already running.",
    ScError.SERVICE_DISABLED: (
        "The service cannot be started, either because it is disabled or because it has no enabled devices "
        "associated with it."
    ),
    ScError.NO_SUCH_SERVICE: "The specified service does not exist as an installed service.",
    ScError.CANNOT_ACCEPT_CONTROL: "The service cannot accept control messages at this time.",
    ScError.NOT_STARTED: "The service has not been started.",
    ScError.DEPENDENCY_FAILED: "The dependency service or group failed to start.",
    ScError.LOGON_FAILED: "The service did not start due to a logon failure.",
}

_STATES = {
    1: ServiceState.STOPPED,
    2: ServiceState.STARTING,
    3: ServiceState.STOPPING,
    4: ServiceState.STARTED,
}
_NUMBERS = {
    ServiceState.STOPPED: (1, "STOPPED"),
    ServiceState.STARTING: (2, "START_PENDING"),
    ServiceState.STOPPING: (3, "STOP_PENDING"),
    ServiceState.STARTED: (4, "RUNNING"),
    ServiceState.UNKNOWN: (7, "PAUSED"),
}
# Some languages set a blank before the colon, some a colon of their own script.
_FLUSH = re.compile(r"[^\s:：\[][^:：]*[:：] ?(?P<value>.*\S)\s*")
_INDENTED = re.compile(r"\s+\S[^:：]*\S\s*[:：] *(?P<number>\d+)(?:\s+(?P<word>.*?))?\s*")
_REFUSED = re.compile(r"^\[SC\].*?(?<!\d)(\d+)\s*[:：]\s*$", re.MULTILINE)
_MORE = re.compile(r"\S.*?(?<!\d)(\d+)\D+(\d+)\D{0,3}")
# What PowerShell says of its own progress when nobody sits at the screen.
_CLIXML = re.compile(r"#< CLIXML\s*(?:<Objs.*?</Objs>\s*)?", re.DOTALL)
_UNSAFE = frozenset('"%^&|<>!`$\\')
_WILD = frozenset("*?")
_NUMBER = re.compile(r"\d+")
_TASK = re.compile(r'"(?P<image>[^"]+)","(?P<pid>\d+)",')


@dataclass(frozen=True, slots=True)
class ScService:
    """One block of `sc.exe`. display: empty where the command does not print it."""

    name: str
    display: str
    state: ServiceState
    detail: str = ""

    @property
    def line(self) -> ServiceLine:
        return ServiceLine(self.name, self.state, self.detail)


@dataclass(frozen=True, slots=True)
class ScListing:
    """An enumeration. resume: index at which `ri=` has to go on, None when it is complete."""

    services: tuple[ScService, ...]
    resume: int | None


class KillOutcome(Enum):
    """What became of `taskkill`, with its exit status."""

    TERMINATED = 0
    REFUSED = 1
    NOT_FOUND = 128


@dataclass(frozen=True, slots=True)
class KillAnswer:
    """pids: of the processes that the answer names."""

    outcome: KillOutcome
    pids: tuple[int, ...] = ()


def list_command(resume: int = 0) -> str:
    """List all services, running or not."""
    more = f" ri= {resume}" if resume else ""
    return f"sc.exe query type= service state= all bufsize= {BUFFER_BYTES}{more}"


def service_command(verb: str, name: str) -> str:
    """`sc.exe query|start|stop "<name>"`, the same text for cmd.exe and for PowerShell.

    Raises TranscriptError: the name holds a character that one of the two shells would read as its own.
    """
    if not _can_be_quoted(name):
        raise TranscriptError(f"service name {name!r} cannot be quoted for both cmd.exe and PowerShell")
    return f'sc.exe {verb} "{name}"'


def dependents_command(name: str) -> str:
    """`sc.exe enumdepend "<name>"`: the services that need this one, those first that have to be stopped first."""
    return f"{service_command('enumdepend', name)} {BUFFER_BYTES}"


def decoded(data: bytes) -> str:
    """What a Windows program printed: UTF-8 or UTF-16, with or without a mark; of other code pages the ASCII.

    All that is read of it is ASCII, but for names that nobody asks for.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif data[1::2].count(0) * 4 > len(data):  # ASCII in UTF-16 has a NUL in every other byte
        text = data.decode("utf-16-le", errors="replace")
    elif data[0::2].count(0) * 4 > len(data):
        text = data.decode("utf-16-be", errors="replace")
    else:
        text = data.decode("utf-8-sig", errors="replace")
    return _CLIXML.sub("", text.replace("\0", ""))


def kill_command(image: str) -> str:
    """`taskkill /F /IM "<image>"`: end every process of that program at once.

    Raises TranscriptError: the name cannot be quoted, or holds a wildcard, which would end other programs too.
    """
    if not _can_be_quoted(image) or _WILD & set(image):
        raise TranscriptError(f"image name {image!r} is not the plain name of one program")
    return f'taskkill /F /IM "{image}"'


def parse_kill(image: str, text: str, exit_status: int | None = None) -> KillAnswer:
    """Read what `taskkill` said; exit_status: None if it is not known.

    Whatever the language, a process that was ended has one line with the quoted image and its number; one that was
    not has a second line with the reason; and where there was none the line holds no number.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    quoted = f'"{image}"'.casefold()
    about = [line.casefold().replace(quoted, "") for line in lines if quoted in line.casefold()]
    numbers = [_NUMBER.search(line) for line in about]
    pids = tuple(_read(number[0]) for number in numbers if number is not None)
    if exit_status in (0, None) and pids and len(pids) == len(lines):
        return KillAnswer(KillOutcome.TERMINATED, pids)
    if exit_status != 0 and about and not pids:
        return KillAnswer(KillOutcome.NOT_FOUND)
    return KillAnswer(KillOutcome.REFUSED, pids)


def format_kill(image: str, outcome: KillOutcome, pid: int) -> list[str]:
    """The answer of `taskkill` about one process. image: empty if it was asked for by its number alone (`/PID`)."""
    process = f'process "{image}" with PID {pid}' if image else f"process with PID {pid}"
    match outcome:
        case KillOutcome.TERMINATED:
            return [f"SUCCESS: The {process} has been terminated."]
        case KillOutcome.NOT_FOUND:
            return [f'ERROR: The process "{image or pid}" not found.']
        case KillOutcome.REFUSED:
            return [f"ERROR: The {process} could not be terminated.", "Reason: Access is denied."]


def tasks_command(image: str) -> str:
    """`tasklist /FI "IMAGENAME eq <image>" /FO CSV /NH`: every process of that program.

    Raises TranscriptError: the name cannot be quoted, or is not the plain name of one program.
    """
    if not _can_be_quoted(image) or _WILD & set(image):
        raise TranscriptError(f"image name {image!r} is not the plain name of one program")
    return f'tasklist /FI "IMAGENAME eq {image}" /FO CSV /NH'


def parse_tasks(image: str, text: str, exit_status: int | None = None) -> tuple[int, ...]:
    """The numbers of that program's processes, none if there are none: then one line without quotes says so, in any
    language. exit_status: None if it is not known.

    Raises TranscriptError: it is no answer of `tasklist`.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [_TASK.match(line) for line in lines]
    if not lines or exit_status not in (0, None) or (len(lines) > 1 and None in rows):
        raise TranscriptError(f"this is no answer about processes of '{image}': {excerpt(text)}")
    return tuple(_read(row["pid"]) for row in rows if row is not None and row["image"].casefold() == image.casefold())


def format_tasks(tasks: Sequence[tuple[str, int]], *, csv: bool = True, header: bool = False) -> list[str]:
    """The answer of `tasklist`: of each process its program and its number, in CSV or as a table (`/FO`)."""
    if not tasks:
        return ["INFO: No tasks are running which match the specified criteria."]
    titles, memory = ("Image Name", "PID", "Session Name", "Session#", "Mem Usage"), "12,345 K"
    if csv:
        rows = [titles] * header + [(image, str(pid), "Services", "0", memory) for image, pid in tasks]
        return [",".join(f'"{cell}"' for cell in row) for row in rows]
    widths = (25, 8, 16, 11, 12)

    def line(image: str, pid: str, session: str, number: str, used: str) -> str:
        return f"{image[:25]:<25} {pid:>8} {session:<16} {number:>11} {used:>12}"

    head = ["", line(*titles), " ".join("=" * width for width in widths)] if header else []
    return head + [line(image, str(pid), "Services", "0", memory) for image, pid in tasks]


def _can_be_quoted(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and not _UNSAFE & set(name)


def error_number(text: str, exit_status: int | None = None) -> int | None:
    """The Win32 error of an answer, None for success.

    The number in the text counts; only without it the exit status, which a POSIX-like shell in between cuts to
    eight bits (1056 becomes 32).
    """
    found = _REFUSED.search(text)
    if found is not None:
        return _read(found[1])
    if not exit_status:
        return None
    full = {int(error) % 256: int(error) for error in ScError}
    return full.get(exit_status, exit_status)


def parse_blocks(text: str) -> ScListing:
    """Read the blocks of `sc.exe query`, `start` or `stop`.

    Raises TranscriptError: there is no whole block in it.
    """
    services, resume = _blocks(text)
    if not services:
        raise TranscriptError(f"the answer of sc.exe holds no service: {excerpt(text)}")
    return ScListing(tuple(services), resume)


def _read(digits: str) -> int:
    """Numbers here have 32 bits, ten digits. A longer one stays a number, since what it stands for is told by its
    place; `int` alone would take none of more than 4,300 digits."""
    return int(digits[:11])


def parse_dependents(text: str) -> tuple[ScService, ...]:
    """Read the answer to `sc.exe enumdepend`, which may name none: then it has one line alone, with the number 0.

    Raises TranscriptError: it is something else, or says that there is more than it shows.
    """
    services, _ = _blocks(text)
    numbers = [
        _read(found[0].strip()) for line in text.splitlines() if line.strip() and (found := re.search(r"\d+\s*$", line))
    ]
    if services:
        return tuple(services)
    if numbers == [0]:
        return ()
    raise TranscriptError(f"the answer of 'sc.exe enumdepend' holds neither services nor none: {excerpt(text)}")


def _blocks(text: str) -> tuple[list[ScService], int | None]:
    """The blocks, and the index at which a listing goes on that was cut."""
    services: list[ScService] = []
    heads: list[str] = []
    numbers = 0
    resume: int | None = None
    for line in text.splitlines():
        if field := _INDENTED.fullmatch(line) if heads else None:
            numbers, resume = numbers + 1, None
            if numbers == 2:  # the type is the first, the state the second, whatever they are called
                services.append(_service(heads, _read(field["number"]), field["word"] or ""))
        elif line.strip() and not line[0].isspace():
            head, more = _FLUSH.fullmatch(line), _MORE.fullmatch(line)
            # Only what stands below the last block, and has no block of its own, says where to go on.
            resume = _read(more[2]) if more and numbers >= 2 else None
            if head:
                heads = [*heads, head["value"]] if not numbers else [head["value"]]
                numbers = 0
    return services, resume


def _service(heads: list[str], number: int, word: str) -> ScService:
    state = _STATES.get(number, ServiceState.UNKNOWN)
    detail = f"state {number} {word}".strip() if state is ServiceState.UNKNOWN else ""
    return ScService(heads[0], heads[1] if len(heads) > 1 else "", state, detail)


def format_block(service: ScService, *, never_started: bool = False, pid: int | None = None) -> list[str]:
    """One block as `sc.exe` prints it, a blank line first. pid: as `start` and `queryex` add it."""
    number, word = _NUMBERS[service.state]
    flags = (
        "STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN" if number == 4 else "NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN"
    )
    exit_code = "1077  (0x435)" if never_started else "0  (0x0)"
    return [
        "",
        f"SERVICE_NAME: {service.name}",
        *([f"DISPLAY_NAME: {service.display}"] if service.display else []),
        "        TYPE               : 10  WIN32_OWN_PROCESS  ",
        f"        STATE              : {number}  {word} ",
        f"                                ({flags})",
        f"        WIN32_EXIT_CODE    : {exit_code}",
        "        SERVICE_EXIT_CODE  : 0  (0x0)",
        "        CHECKPOINT         : 0x0",
        "        WAIT_HINT          : 0x0",
        *([f"        PID                : {pid}", "        FLAGS              : "] if pid is not None else []),
    ]


def format_error(call: str, number: int) -> list[str]:
    """`[SC] <call> FAILED <number>:`, a blank line, the text."""
    known = number in ERROR_TEXTS
    return [f"[SC] {call} FAILED {number}:", "", ERROR_TEXTS[ScError(number)] if known else "Unknown error.", ""]


def format_dependents(services: Sequence[ScService]) -> list[str]:
    """The answer of `sc.exe enumdepend`."""
    return [f"[SC] EnumDependentServices: entriesread = {len(services)}", *format_listing(services)]


def format_listing(services: Iterable[ScService]) -> list[str]:
    """All blocks of an enumeration."""
    return [line for service in services for line in format_block(service)]
