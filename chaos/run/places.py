"""Addresses and ports for a mock's hosts: of the loop's own network on the virtual clock, else of the machine."""

import secrets
import socket

from chaos.clock import is_virtual
from chaos.mock.blueprint import At
from chaos.network import HOSTS


class Places:
    """Addresses and ports for the mock's hosts, in the order in which they are asked for."""

    def __init__(self, block: str | None) -> None:
        self._block = block or (HOSTS if is_virtual() else _free_block())
        self._numbers = iter(range(1, 255))
        self._given: set[int] = set()

    def host(self) -> str:
        """The next host's address."""
        return "127.0.0.1" if self._block is None else f"{self._block}.{next(self._numbers)}"

    @property
    def finds_ports(self) -> bool:
        """Whether all hosts share one address, and each server is given a port that is free."""
        return self._block is None

    def at(self, address: str, port: int) -> At:
        return At(address, self._free_port(address) if self.finds_ports else port)

    def _free_port(self, address: str) -> int:
        """One that nobody has, and that was not given already: it is free again until its server listens."""
        while True:
            port = _free_port(address)
            if port not in self._given:
                self._given.add(port)
                return port


def _free_block() -> str | None:
    """A block of loopback addresses that nobody listens on; None where there is only one address."""
    for _ in range(64):
        block = f"127.{64 + secrets.randbelow(128)}.{secrets.randbelow(256)}"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            try:
                trial.bind((f"{block}.1", 8445))
            except OSError:
                continue
            return block
    return None


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])
