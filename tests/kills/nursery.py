"""Where victims come from: a process that has imported everything once, and forks.

    python -m tests.kills.nursery SOCKET

Whoever connects to the socket sends one line of JSON: {"play": "victim" or "run", "arguments": […], "env": {…}}. A
child is forked whose standard streams are that connection; "pid N" comes first and "ended STATUS" last, where a
negative status is a signal's number. A thousand starts of Python would cost more than all that is tested.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback


def main(path: str) -> int:
    # What victims and runs need, imported before the first fork; none of it starts a thread.
    import pytest

    import chaos.commands.main
    import chaos.plugin
    import chaos.run.reporting
    import chaos.run.session
    import tests.kills.victim

    assert pytest
    assert chaos
    assert tests
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(64)
    told, tell = socket.socketpair()
    for end in (told, tell):
        end.setblocking(False)
    signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    looking = selectors.DefaultSelector()
    looking.register(server, selectors.EVENT_READ)
    looking.register(told, selectors.EVENT_READ)
    looking.register(0, selectors.EVENT_READ)  # whoever started us holds the other end
    children: dict[int, socket.socket] = {}
    while True:
        for key, _ in looking.select():
            if key.fileobj == 0:
                return 0
            if key.fileobj is told:
                told.recv(4096)
                _bury(children)
            else:
                connection, _ = server.accept()
                order = json.loads(connection.makefile("r").readline())
                pid = os.fork()
                if pid == 0:
                    server.close()
                    signal.set_wakeup_fd(-1)
                    _live(order, connection)
                children[pid] = connection
                connection.send(f"pid {pid}\n".encode())


def _bury(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        connection = children.pop(pid)
        with contextlib.suppress(OSError):  # nobody waits for it
            connection.sendall(f"\nended {os.waitstatus_to_exitcode(status)}\n".encode())
        connection.close()


def _live(order: dict[str, object], connection: socket.socket) -> None:
    """In the child; does not return."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for stream in (0, 1, 2):
        os.dup2(connection.fileno(), stream)
    connection.close()
    env, arguments = order["env"], order["arguments"]
    assert isinstance(env, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(env)
    sys.stdin, sys.stdout = os.fdopen(0, "r", closefd=False), os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    status = 1
    try:
        if order["play"] == "victim":
            from tests.kills.victim import main as victim

            status = victim(arguments[0], int(arguments[1]))
        else:
            from chaos.commands.main import main as command

            sys.argv = ["finesse-chaos", *arguments]
            command()
            status = 0
    except SystemExit as leaving:
        status = int(leaving.code or 0) if isinstance(leaving.code, int | None) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for text in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                text.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
