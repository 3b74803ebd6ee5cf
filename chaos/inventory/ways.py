"""How a lab is broken: proxy servers, links through them, and commands of its own."""

from typing import Annotated

from pydantic import Field, model_validator

from chaos.inventory.fieldtypes import (
    ApiUrl,
    Argv,
    BindPort,
    Endpoint,
    EnvName,
    Flag,
    HostPort,
    Pattern,
    Seconds,
    Word,
    endpoint,
    refusal,
)
from chaos.inventory.secret import SHOW_LITERALS, Secret
from chaos.inventory.section import Model


class ToxiproxyServer(Model):
    """A server that speaks Toxiproxy's API.

    api: its URL. embedded: whether we start our own, at `api` if that is given, else on a free port; left out, it is
    true exactly when no `api` is given.
    """

    api: ApiUrl | None = None
    embedded: Flag = Field(default_factory=lambda data: data.get("api") is None)

    @model_validator(mode="after")
    def _somewhere(self) -> "ToxiproxyServer":
        if self.api is None and not self.embedded:
            raise refusal("'api' of the running server", "give api: http://host:8474, or let embedded be true")
        return self


class Link(Model):
    """A named path with a proxy in it: peer → `listen` (proxy) → [`relay` (ours)] → `upstream`.

    listen: what Finesse's administration is set to. relay: where our CTI relay listens, which is then the proxy's
    upstream; None: no relay. upstream: the real server. A mock may leave all three out, its launcher fills them in.
    """

    proxy: Word
    listen: BindPort | None = None
    relay: BindPort | None = None
    upstream: HostPort | None = None

    @property
    def listen_at(self) -> Endpoint | None:
        """`listen`, split."""
        return endpoint(self.listen) if self.listen else None

    @property
    def relay_at(self) -> Endpoint | None:
        """`relay`, split."""
        return endpoint(self.relay) if self.relay else None

    @property
    def upstream_at(self) -> Endpoint | None:
        """`upstream`, split."""
        return endpoint(self.upstream) if self.upstream else None


class Command(Model):
    """The lab's own commands for what no console can do: a web application, a network card of a hypervisor.

    stop, start, state: programs of the harness's machine with their arguments, run without a shell. stopped, started:
    patterns (Python's `re`, letter case ignored); the thing is in that state when `state` ends with exit status 0 and
    one whole line of its output fits one of the two, and none fits the other. env: what the commands find in their
    environment besides PATH, HOME and LANG. timeout_s: for each command. settle_s: until the state has to be reached.
    """

    stop: Argv
    start: Argv
    state: Argv
    stopped: Pattern
    started: Pattern
    env: dict[EnvName, Secret] = Field(default_factory=dict)
    timeout_s: Annotated[Seconds, Field(le=3600)] = 60.0
    settle_s: Annotated[Seconds, Field(le=3600)] = 300.0

    @property
    def written(self) -> str:
        """As JSON from which `Command.model_validate_json` makes an equal one; secrets stay references."""
        return self.model_dump_json(context={SHOW_LITERALS: True})

    @model_validator(mode="after")
    def _states_differ(self) -> "Command":
        if self.stopped == self.started:
            raise refusal("two patterns, 'stopped' and 'started'", "say how the output of 'state' differs")
        return self
