"""The conversation with a VOS admin CLI as a pure state machine: bytes and silences in, orders out.

Theory of operation: the CLI has one voice, a terminal. That an answer is complete shows only in the prompt, which has
to stand alone on the last line; that the prompt belongs to *this* command shows in the command's echo before it, since
a late prompt (to a newline that woke the CLI, for instance) looks the same. So a command is over when its echo was
seen and the prompt stands. Should a node not echo, a prompt that stands through a long silence counts.

Two dialogues: `VosDialogue.login()` ends at the first prompt, `VosDialogue.command(...)` at the next one. Whoever
drives them carries out the orders in turn, and after the last order waits for bytes: `receive`, or for the silence that
`Need.quiet_s` names: `quiet`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from chaos.wire.console import vos
from chaos.wire.console.screen import Screen

# Some nodes show no prompt before they get a newline; several clients send one after a few seconds.
WAKE_AFTER_S = 5.0
# A newline too many yields a second prompt; it follows the first one closely.
DRAIN_S = 1.0
# Only a node that does not echo comes here, and only after its answer.
UNECHOED_S = 10.0


@dataclass(frozen=True, slots=True)
class Send:
    """Type this. paced: a pause between the characters, since some questions swallow what comes too fast."""

    text: str
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """More bytes are needed. quiet_s: report a silence of this length; None: only the deadline ends the wait."""

    quiet_s: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The dialogue is over. text: the lines before the prompt as a reader sees them, the echo among them."""

    text: str


Order = Send | Need | Done


class Phase(Enum):
    """Where a dialogue stands."""

    BANNER = "waiting for the first prompt"
    DRAIN = "prompt seen, extra prompts may follow"
    ECHO = "command typed, its echo is not there yet"
    ANSWER = "echo seen, waiting for the prompt"
    OVER = "over"


class VosDialogue:
    """One login or one command. Make it with `login` or `command`; `said` is what the peer has said so far."""

    def __init__(self, phase: Phase, command: str, confirm: bool) -> None:
        self._phase = phase
        self._command = command
        self._confirm = confirm
        self._screen = Screen()
        self._awaited = _ink(command)
        self._woken = 0
        self._answered: tuple[int, str] | None = None

    @classmethod
    def login(cls) -> "VosDialogue":
        """From the opened shell to the first prompt."""
        return cls(Phase.BANNER, "", confirm=False)

    @classmethod
    def command(cls, command: str, *, confirm: bool = False) -> "VosDialogue":
        """From a standing prompt through one command to the next prompt.

        command: without newline. confirm: whether a question of the CLI is answered with yes; no otherwise.
        """
        return cls(Phase.ECHO, command, confirm)

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def said(self) -> str:
        """Everything the peer has said in this dialogue, without control sequences."""
        return self._screen.plain

    def start(self) -> tuple[Order, ...]:
        """The first orders."""
        if self._phase is Phase.BANNER:
            return (Need(WAKE_AFTER_S),)
        return (Send(self._command + "\n"), Need())

    def receive(self, data: bytes) -> tuple[Order, ...]:
        """The peer said `data`. Raises TranscriptError if it never stops talking."""
        self._screen.feed(data)
        if self._phase is Phase.ECHO and self._echo_seen():
            self._phase = Phase.ANSWER
        typed = self._typed_answer()
        return (*((typed,) if typed else ()), self._next())

    def quiet(self) -> tuple[Order, ...]:
        """The peer has been silent for as long as the last `Need` said."""
        phase = self._phase
        if phase is Phase.BANNER:
            self._woken += 1
            return (Send("\n"), Need(WAKE_AFTER_S))
        if phase is Phase.DRAIN or (phase is Phase.ECHO and self._prompt_stands()):
            return (self._over(),)
        return (self._next(),)

    def _next(self) -> Order:
        prompt = self._prompt_stands()
        match self._phase:
            case Phase.BANNER:
                if not prompt:
                    return Need(WAKE_AFTER_S)
                if not self._woken:
                    return self._over()
                self._phase = Phase.DRAIN
                return Need(DRAIN_S)
            case Phase.DRAIN:
                return Need(DRAIN_S)
            case Phase.ECHO:
                return Need(UNECHOED_S if prompt else None)
            case Phase.ANSWER:
                return self._over() if prompt else Need()
            case Phase.OVER:
                return Done(self._text())
            case never:
                assert_never(never)

    def _over(self) -> Done:
        self._phase = Phase.OVER
        return Done(self._text())

    def _text(self) -> str:
        return "\n".join(self._screen.lines)

    def _prompt_stands(self) -> bool:
        return self._screen.current.rstrip() == vos.PROMPT

    def _echo_seen(self) -> bool:
        # Readline breaks a long echo with blanks and carriage returns, or redraws it over itself: read both ways.
        return self._awaited in _ink(self._screen.plain) or self._awaited in _ink(self._screen.text)

    def _typed_answer(self) -> Send | None:
        """Answer a pager or a question, once for each time that it appears."""
        lines, current = self._screen.lines, self._screen.current
        if self._answered is not None:
            line, text = self._answered
            # It still stands there, or its last blanks and marks have only just come.
            if line == len(lines) and current.startswith(text) and not current[len(text) :].strip("?: "):
                return None
            self._answered = None
        answer = self._answer_to(current, lines[-1] if lines else "")
        if answer is not None:
            self._answered = (len(lines), current)
        return answer

    def _answer_to(self, current: str, before: str) -> Send | None:
        page = vos.pager_answer(current, before)
        if page is not None:
            return Send(page)
        form = vos.confirmation(current) if self._phase is Phase.ANSWER else None
        if form is not None:
            yes, no = form.value
            return Send(yes if self._confirm else no, paced=True)
        return None


def _ink(text: str) -> str:
    return "".join(text.split())
