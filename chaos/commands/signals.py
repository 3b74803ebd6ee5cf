"""Signals that end a command, each answered like Ctrl-C. Imports next to nothing, to be there from the first moment."""

import signal
from types import FrameType
from typing import NoReturn

# A terminal that is closed sends SIGHUP, and may do so again.
_HANG_UP = getattr(signal, "SIGHUP", None)
NUMBERS = tuple(one for one in (signal.SIGINT, signal.SIGTERM, _HANG_UP) if one is not None)
# Python drops what is raised while an object is being destroyed: an interrupt that came just then is remembered here.
interrupts: list[int] = []


def take_signals() -> None:
    """SIGTERM and SIGHUP are answered like Ctrl-C. A signal that whoever started us has had ignored stays ignored."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        interrupts.append(number)
        if number == _HANG_UP:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in NUMBERS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, interrupt)
