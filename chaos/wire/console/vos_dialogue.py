"""The conversation with a VOS admin CLI as a pure state machine: bytes and silences in, orders out.

Theory of operation: the CLI has one voice, a terminal. That an answer is complete shows only in the prompt, which has
to stand alone on the last line; that it belongs to *this* command shows in the command's echo before it. But some nodes
show a second prompt up to a second after the first, and answers come in pieces: such a prompt looks like the end of an
answer that has not begun, and the next command would then be given the answer to this one. Hence three rules.

* At a node that has shown more prompts than it was asked for (`is_talkative`), nothing is typed before the last one has
  stood alone for a while.
* Between two prompts there is one echo. Before it nothing but further prompts may come.
* A prompt ends an answer at once only if the answer is whole by itself (`is_whole`); else it has to stand for a while.

Whatever breaks a rule is `OutOfStep`: nobody can say which answer is whose, and the session has to be closed.

Two dialogues: `VosDialogue.login()` ends at the first prompt, `VosDialogue.command(...)` at the next one. Whoever
drives them carries out the orders in turn, and after the last order waits for bytes: `receive`, or for the silence that
`Need.quiet_s` names: `quiet`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from chaos.wire.console import vos
from chaos.wire.console.screen import Screen
from chaos.wire.console.service import OutOfStep, TranscriptError, excerpt

# Some nodes show no prompt before they get an Enter; several clients send one a few seconds after the welcome. Before
# the welcome the CLI is still starting, for a minute on slow nodes, and would show one prompt more for each Enter.
WAKE_AFTER_S = 5.0
WAKE_UNGREETED_S = 30.0
# A second prompt was seen up to 1.2 s after the first.
QUIET_S = 1.5
# A question at login has to stand for so long: what looks like one in the middle of a banner goes on at once.
ASKED_S = 2.0
# More than this before the echo is no row of prompts.
_BEFORE_ECHO_CHARS = 2_000


class AsksBack(TranscriptError):
    """The console wants an answer before it shows its prompt, and nobody may guess it."""


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
    """The dialogue is over. text: the answer as a reader sees it, without its echo and the prompt."""

    text: str


Order = Send | Need | Done
IsWhole = Callable[[str], bool]


def never_whole(text: str) -> bool:
    """Of answers that say nowhere that they are complete."""
    return False


class Phase(Enum):
    """Where a dialogue stands."""

    BANNER = "waiting for the first prompt"
    DRAIN = "prompt seen, extra prompts may follow"
    ECHO = "command typed, its echo is not there yet"
    ANSWER = "echo seen, waiting for the prompt"
    STANDING = "prompt seen after the answer, has to stand for a while"
    OVER = "over"


class VosDialogue:
    """One login or one command. Make it with `login` or `command`; `said` is what the peer has said so far."""

    def __init__(self, phase: Phase, command: str, *, confirm: bool, is_whole: IsWhole, quiet_s: float) -> None:
        self._phase = phase
        self._command = command
        self._confirm = confirm
        self._is_whole = is_whole
        self._quiet_s = quiet_s
        self._screen = Screen()
        self._awaited = _ink(command)
        self._checked_lines = 0
        self._drained = 0
        self._woken = 0
        self._answered: tuple[int, str] | None = None

    @classmethod
    def login(cls) -> "VosDialogue":
        """From the opened shell to the first prompt."""
        return cls(Phase.BANNER, "", confirm=False, is_whole=never_whole, quiet_s=QUIET_S)

    @classmethod
    def command(
        cls, command: str, *, confirm: bool = False, is_whole: IsWhole = never_whole, quiet_s: float = 0.0
    ) -> "VosDialogue":
        """From a standing prompt through one command to the next prompt.

        command: without Enter. confirm: whether a question of the CLI is answered with yes; no otherwise. is_whole:
        tells of the answer so far whether nothing can be missing. quiet_s: how long the prompt has to stand alone yet
        before anything is typed, see `is_talkative`.
        """
        return cls(Phase.DRAIN, command, confirm=confirm, is_whole=is_whole, quiet_s=quiet_s)

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def said(self) -> str:
        """Everything the peer has said in this dialogue, without control sequences."""
        return self._screen.plain

    @property
    def is_talkative(self) -> bool:
        """Whether there were more prompts than were asked for: the next dialogue should give them time."""
        return self._drained + self._screen.plain.count(vos.PROMPT) > 1 + self._woken

    def start(self) -> tuple[Order, ...]:
        """The first orders."""
        return (Need(self._wake_after_s() if self._phase is Phase.BANNER else self._quiet_s),)

    def receive(self, data: bytes) -> tuple[Order, ...]:
        """The peer said `data`. Raises OutOfStep; TranscriptError if it never stops talking."""
        self._screen.feed(data)
        if self._phase is Phase.ECHO:
            self._look_for_echo()
        typed = self._typed_answer()
        return (*((typed,) if typed else ()), self._next())

    def quiet(self) -> tuple[Order, ...]:
        """The peer has been silent for as long as the last `Need` said. Raises AsksBack, OutOfStep."""
        match self._phase:
            case Phase.BANNER:
                return self._wake()
            case Phase.DRAIN if not self._command:
                return (self._over(),) if self._prompt_stands() else (Need(QUIET_S),)
            case Phase.DRAIN:
                self._drained = self._screen.plain.count(vos.PROMPT)
                self._screen = Screen()
                self._phase = Phase.ECHO
                return (Send(self._command + vos.ENTER_KEY), Need())
            case Phase.STANDING:
                return (self._over(),)
            case _:
                return (self._next(),)

    def _next(self) -> Order:
        prompt = self._prompt_stands()
        match self._phase:
            case Phase.BANNER:
                if prompt:
                    self._phase = Phase.DRAIN
                    return Need(QUIET_S)
                return Need(ASKED_S if vos.asks_at_login(self._screen.current) else self._wake_after_s())
            case Phase.DRAIN:
                if self._command:
                    self._nothing_but_prompts("before")
                return Need(QUIET_S)
            case Phase.ECHO:
                return Need()
            case Phase.ANSWER:
                return self._prompted() if prompt else Need()
            case Phase.STANDING:
                self._nothing_but_prompts("after the prompt that ended")
                return Need(QUIET_S)
            case Phase.OVER:
                return Done(self._text())
            case never:
                assert_never(never)

    def _wake_after_s(self) -> float:
        is_greeted = vos.WELCOME.strip() in self._screen.plain
        return WAKE_AFTER_S if is_greeted else WAKE_UNGREETED_S

    def _wake(self) -> tuple[Order, ...]:
        """A long silence without a prompt: an Enter wakes some nodes, but it never answers a question."""
        current = self._screen.current
        if vos.asks_at_login(current):
            raise AsksBack(f"it asks at login: {excerpt(current)}")
        if current.strip():
            return (Need(WAKE_AFTER_S),)
        self._woken += 1
        return (Send(vos.ENTER_KEY), Need(WAKE_AFTER_S))

    def _prompted(self) -> Order:
        if self._is_whole(self._text()):
            return self._over()
        self._phase = Phase.STANDING
        self._checked_lines = len(self._screen.lines)
        return Need(QUIET_S)

    def _over(self) -> Done:
        self._phase = Phase.OVER
        return Done(self._text())

    def _text(self) -> str:
        """The lines below the echo."""
        lines = self._screen.lines
        seen = ""
        for at, line in enumerate(lines):
            seen += _ink(line)
            if self._command and self._awaited in seen:
                return "\n".join(lines[at + 1 :])
            if len(seen) > _BEFORE_ECHO_CHARS:
                break
        if not self._command:
            return "\n".join(lines)
        # Readline has written its echo over itself at the margin: it is the first line that is no prompt.
        first = next((at for at, line in enumerate(lines) if _without_prompts(_ink(line))), len(lines))
        return "\n".join(lines[first + 1 :])

    def _prompt_stands(self) -> bool:
        return self._screen.current.rstrip() == vos.PROMPT

    def _look_for_echo(self) -> None:
        # Readline breaks a long echo with blanks and carriage returns, or redraws it over itself: read both ways.
        readings = [_ink(self._screen.plain), _ink(self._screen.text)]
        before = [reading.partition(self._awaited)[0] for reading in readings if self._awaited in reading]
        if any(not _without_prompts(one) for one in before):
            self._phase = Phase.ANSWER
        elif before or len(readings[0]) > _BEFORE_ECHO_CHARS:
            raise self._out_of_step("before the echo of", before[0] if before else readings[0])

    def _nothing_but_prompts(self, where: str) -> None:
        """Raises OutOfStep: something else has come since this was asked last."""
        lines = self._screen.lines
        ink = _without_prompts(_ink("".join((*lines[self._checked_lines :], self._screen.current))))
        self._checked_lines = len(lines)
        if ink and not vos.PROMPT.startswith(ink):  # half a prompt has its other half on the way
            raise self._out_of_step(where, ink)

    def _out_of_step(self, where: str, ink: str) -> OutOfStep:
        return OutOfStep(f"{where} '{self._command}' came what belongs to no answer: {excerpt(ink)}")

    def _typed_answer(self) -> Send | None:
        """Answer a pager or a question, once for each time that it appears."""
        lines, current = self._screen.lines, self._screen.current
        if self._answered is not None:
            line, text = self._answered
            # It still stands there, or its last blanks and marks have only just come.
            if line == len(lines) and current.startswith(text) and not current[len(text) :].strip("?: "):
                return None
            self._answered = None
        answer = self._answer_to(current, lines[-1] if lines else "") if self._phase is Phase.ANSWER else None
        if answer is not None:
            self._answered = (len(lines), current)
        return answer

    def _answer_to(self, current: str, before: str) -> Send | None:
        page = vos.pager_answer(current, before)
        if page is not None:
            return Send(page)
        form = vos.confirmation(current)
        if form is not None:
            yes, no = form.value
            return Send(yes if self._confirm else no, paced=True)
        return None


def _ink(text: str) -> str:
    return "".join(text.split())


def _without_prompts(ink: str) -> str:
    return ink.replace(vos.PROMPT, "")
