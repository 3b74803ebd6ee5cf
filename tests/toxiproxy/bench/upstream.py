"""The server behind the proxies that are measured, in a process of its own: `python -m tests.toxiproxy.bench.upstream`.

It prints its port. What a connection's first byte says decides: `e` is echoed, with all that follows; `f` and eight
bytes (a count, big-endian) are answered with so many bytes.
"""

import selectors
import socket
import sys
import threading

PIECE = bytes(256 * 1024)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listener.setblocking(False)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock is listener:
                    _accept_all(listener, selector)
                else:
                    _answer(sock, selector)


def _accept_all(listener: socket.socket, selector: selectors.BaseSelector) -> None:
    while True:
        try:
            sock, _ = listener.accept()
        except BlockingIOError:
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ)


def _answer(sock: socket.socket, selector: selectors.BaseSelector) -> None:
    try:
        data = sock.recv(65536)
    except OSError:
        data = b""
    if not data or data[:1] == b"f":
        selector.unregister(sock)
    if not data:
        sock.close()
    elif data[:1] == b"f":
        threading.Thread(target=_fill, args=(sock, int.from_bytes(data[1:9], "big")), daemon=True).start()
    else:
        sock.sendall(data)  # small, so it never waits


def _fill(sock: socket.socket, count: int) -> None:
    sock.setblocking(True)
    with sock:
        while count > 0:
            sock.sendall(PIECE[:count])
            count -= len(PIECE)
        sock.recv(1)  # until the client has closed


if __name__ == "__main__":
    main()
