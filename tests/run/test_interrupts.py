"""Signals in the middle of a run, in a process of its own: what is said, when it ends, and with what status."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from chaos import clock
from chaos.run.interrupts import Interrupts

def say(line):
    print(line, flush=True)

OWED = {owed!r}

async def work():
    try:
        say("working")
        await asyncio.sleep(60)
    finally:
        say("healing")
        await asyncio.sleep({heals_s})
        say("healed")

interrupts = Interrupts(say, still=lambda: ["service 'db', for 1 s, at most 9 s more"], last_words=lambda: OWED)
interrupts.install()
try:
    with clock.runner(virtual=False) as runner:
        {how}
except KeyboardInterrupt:
    say("interrupted")
    sys.exit(130)
"""
CANCELLED = "interrupts.run(runner, work())"
LEAVING = """
        with interrupts.leaving():
            interrupts.run(runner, asyncio.sleep(2.5), doing="leaving the lab")
            say("left")
        sys.exit(7)"""
DEADLINE_S = 30.0


class Program:
    def __init__(self, *, how: str = CANCELLED, heals_s: float = 0.0, owed: tuple[str, ...] = ()) -> None:
        program = PROGRAM.format(owed=list(owed), heals_s=heals_s, how=how)
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        )

    def until(self, text: str) -> float:
        """Real seconds until it says that."""
        began_s = time.monotonic()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if text in line:
                return time.monotonic() - began_s
        raise AssertionError(f"it never said {text!r}: {self.said}")

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> int:
        rest, _ = self._process.communicate(timeout=DEADLINE_S)
        self.said += rest.splitlines()
        return self._process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_first_signal_is_answered_at_once_and_then_every_second_until_it_has_healed(number: signal.Signals) -> None:
    """Case k2: 302 s of silence."""
    program = Program(heals_s=2.6)
    program.until("working")
    program.tell(number)
    assert program.until(f"{number.name}: rolling back") < 2.0
    assert program.ended() == 130
    still = [line for line in program.said if line == "still undoing: service 'db', for 1 s, at most 9 s more"]
    assert len(still) == 2
    assert program.said[-2:] == ["healed", "interrupted"]


@pytest.mark.parametrize(
    ("owed", "status"), [((), 130), (("still owed: service 'db'", "finesse-chaos heal -i lab.yaml"), 4)]
)
def test_a_second_signal_leaves_at_once_and_says_what_is_owed_and_how_to_heal(
    owed: tuple[str, ...], status: int
) -> None:
    program = Program(heals_s=60.0, owed=owed)
    program.until("working")
    program.tell(signal.SIGINT)
    program.until("healing")
    time.sleep(0.5)
    program.tell(signal.SIGTERM)
    began_s = time.monotonic()
    assert program.ended() == status
    assert time.monotonic() - began_s < 2.0
    assert [line for line in program.said if line in owed] == list(owed)
    assert "healed" not in program.said


def test_one_keystroke_that_is_delivered_twice_is_one_signal() -> None:
    program = Program(heals_s=1.0)
    program.until("working")
    program.tell(signal.SIGINT)
    program.tell(signal.SIGINT)
    assert program.ended() == 130
    assert "healed" in program.said


def test_a_terminal_that_is_closed_says_so_again_and_again_and_cuts_no_healing_off() -> None:
    """The kernel tells everybody in front of it, and a shell its jobs, when it has saved its history."""
    program = Program(heals_s=2.0)
    program.until("working")
    for _ in range(3):
        program.tell(signal.SIGHUP)
        time.sleep(0.6)
    assert program.ended() == 130
    assert "healed" in program.said
    assert "SIGHUP: rolling back what was injected; SIGTERM leaves at once" in program.said


IGNORED = """interrupts.restore()
        import signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        interrupts.install()
        interrupts.run(runner, asyncio.sleep(1.5, say("working")))
        say("done")"""


def test_a_program_that_nohup_started_outlives_its_terminal() -> None:
    program = Program(how=IGNORED)
    program.until("working")
    program.tell(signal.SIGHUP)
    assert (program.ended(), program.said) == (0, ["working", "done"])


def test_while_the_lab_is_left_a_first_signal_cuts_nothing_off() -> None:
    program = Program(how="say('working'); " + LEAVING.lstrip().replace("with", "\n        with", 1))
    program.until("working")
    time.sleep(0.3)
    program.tell(signal.SIGINT)
    assert program.ended() == 7
    assert program.said[-1] == "left"
    assert any("second Ctrl-C leaves at once" in line for line in program.said)
