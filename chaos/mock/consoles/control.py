"""What a mock console needs from the deployment around it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from chaos.wire.console.service import ServiceLine


class ServiceControl(Protocol):
    """The services of one host. The deployment implements it: what is stopped here is really gone.

    `start` and `stop` return when the service has reached its new state, however long that takes on the loop's clock;
    meanwhile `list` shows it as STARTING or STOPPING. They raise OSError or ChaosError when they fail.
    """

    def list(self) -> Sequence[ServiceLine]: ...

    async def start(self, name: str) -> None: ...

    async def stop(self, name: str) -> None: ...


@runtime_checkable
class ProcessControl(Protocol):
    """What a `ServiceControl` may offer besides, on a host whose console can end processes."""

    async def kill(self, image: str) -> bool:
        """End the process of that program, which stands for its service; False if there is none."""
        ...

    def images(self) -> Sequence[str]:
        """The programs of which there is a process."""
        ...


@runtime_checkable
class DependencyControl(Protocol):
    """What a `ServiceControl` may offer besides, where services need each other."""

    def dependents(self, name: str) -> Sequence[str]:
        """The services that need this one, those first that have to be stopped first."""
        ...


class VisitorLog(Protocol):
    """What a node notes of who comes to it."""

    def search(self, path: str, pattern: str) -> "Sequence[str] | None":
        """The answer to a search of its access log; None: that is no pattern."""
        ...

    def table(self) -> Sequence[str]:
        """The answer to a look at its connections."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in at a console."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A host's key pair. private: OpenSSH's text form. public: `ssh-ed25519 AAAA…`, as an inventory pins it."""

    private: str = field(repr=False)
    public: str

    @classmethod
    def generate(cls, algorithm: str = "ssh-ed25519") -> "ServerKey":
        """A fresh key. algorithm: as asyncssh names it; `ssh-rsa` and `ecdsa-sha2-nistp256` are others."""
        import asyncssh

        key = asyncssh.generate_private_key(algorithm)
        public = " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])
        return cls(key.export_private_key("openssh").decode("ascii"), public)
