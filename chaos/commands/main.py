"""The entry point of the command `finesse-chaos`: signals, streams, and errors as one sentence and a status.

Theory of operation: this file imports next to nothing at its top, and the rest inside `status_of`, so that Ctrl-C,
SIGTERM and SIGHUP are answered by us from the first moment. Whatever is raised anywhere ends here. Errors that we raise
on purpose are their message; anything else is a bug of ours: one sentence, and the traceback goes into a file.
"""

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from chaos.commands.signals import NUMBERS, interrupts, take_signals


def main() -> NoReturn:
    """What the console script calls. Leaves with a status of `chaos.run.exits`."""
    try:
        take_signals()
        _endure()
        status = status_of(sys.argv[1:])
        if interrupts:
            status = _although_interrupted(status)
    except KeyboardInterrupt:
        # While something was imported, or between two things that take interrupts themselves.
        status = _interrupted()
    finally:
        for number in NUMBERS:  # nothing is left that could be interrupted, and nothing may spoil the status
            signal.signal(number, signal.SIG_IGN)
        # CPython dies by SIGINT at its end if the last text that was executed (`exec` in dataclasses and the like) was
        # left by a KeyboardInterrupt, wherever that was caught; executing another one makes it forget.
        exec("")
    _leave(_although_unsaid(status))


def status_of(arguments: Sequence[str]) -> int:
    """Run the command with these arguments, say what went wrong, and give its exit status. Raises KeyboardInterrupt."""
    import click

    from chaos.commands.cli import cli
    from chaos.errors import ChaosError
    from chaos.run.exits import EXIT_HELD, EXIT_USAGE, status_of_error

    try:
        left = cli(list(arguments), prog_name="finesse-chaos", standalone_mode=False)
    except click.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except ChaosError as error:
        from chaos.redaction import KNOWN

        click.echo(f"finesse-chaos: {KNOWN.told(str(error))}", err=True)
        return status_of_error(error)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else EXIT_HELD
    except Exception as error:
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            click.echo("finesse-chaos: the folder you are in is there no more: change to another one", err=True)
            return EXIT_USAGE
        click.echo(f"finesse-chaos: {_of_the_disk(error) or _bug(error)}", err=True)
        return status_of_error(error)
    return left if isinstance(left, int) else EXIT_HELD


def _endure() -> None:
    """Here, not in `status_of`: a program that calls that one has streams and hooks of its own."""
    from chaos.commands.streams import endure

    endure()


def _leave(status: int) -> NoReturn:
    """Leave now. Python would first wait for every thread, and one may hang for good in a call to something outside."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


def _although_interrupted(status: int) -> int:
    """The status of a command that came to its end in spite of an interrupt."""
    from chaos.run.exits import EXIT_INTERRUPTED, EXIT_NOT_RESTORED

    return status if status == EXIT_NOT_RESTORED else EXIT_INTERRUPTED


def _although_unsaid(status: int) -> int:
    """The status of a command whose output did not all reach its file: nobody may take half an inventory for one."""
    from chaos.commands import streams
    from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE

    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    if not streams.lost:
        return status
    why = streams.lost[0].strerror or streams.lost[0]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"finesse-chaos: not all output could be written: {why}; make room there", file=sys.stderr)  # noqa: T201
    return EXIT_INCONCLUSIVE if status == EXIT_HELD else status


def _interrupted() -> int:
    from chaos.run.exits import EXIT_INTERRUPTED

    print("interrupted", file=sys.stderr)  # noqa: T201  (click may not be there yet)
    return EXIT_INTERRUPTED


def _is_nowhere() -> bool:
    """Whether the current folder was removed, so that no path can be made absolute."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


# What no program can help, and what can be done about it.
_REMEDIES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EACCES: "check the permissions of it and of its folders",
    errno.EPERM: "check the permissions of it and of its folders",
    errno.EROFS: "name a place that can be written to",
}


def _of_the_disk(error: Exception) -> str | None:
    """What is said of a disk that is full or closed to us, which is no bug of ours; None: it is another error."""
    if not isinstance(error, OSError) or error.errno not in _REMEDIES or not error.filename:
        return None
    return f"{error.filename}: {error.strerror}; {_REMEDIES[error.errno]}"


def _bug(error: Exception) -> str:
    """One sentence about a bug of ours, with the file that has its traceback."""
    import tempfile
    import traceback

    from chaos.redaction import KNOWN

    try:
        file, path = tempfile.mkstemp(prefix="finesse-chaos-", suffix=".txt")
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(KNOWN.told("".join(traceback.format_exception(error))))
        where = f"the traceback is in {path}"
    except OSError as full:
        where = f"its traceback cannot be kept: {full}"
    summary = KNOWN.told("".join(traceback.format_exception_only(error))).strip().splitlines()[0]
    return f"this is a bug of the harness: {summary[:300]}; please report it, {where}"
