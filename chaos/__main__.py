"""`python -m chaos` is the command `finesse-chaos`."""

import os
import signal
from types import FrameType


def main() -> None:
    """The command's entry. Whoever presses Ctrl-C before anything was begun gets one word, not Python's traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _nothing_was_begun)
    from chaos.commands.main import main as command

    command()


def _nothing_was_begun(number: int, frame: FrameType | None) -> None:
    os.write(2, b"interrupted: nothing was begun\n")
    os._exit(130)


if __name__ == "__main__":
    main()
