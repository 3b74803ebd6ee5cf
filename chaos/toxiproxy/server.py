"""The embedded Toxiproxy server: start it, stop it, or let it serve until cancelled."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from chaos.clock import at_once
from chaos.errors import UsageError
from chaos.toxiproxy.address import BACKLOG, listening, resolve
from chaos.toxiproxy.api import Api, request_limits
from chaos.toxiproxy.metrics import Metrics
from chaos.toxiproxy.registry import Registry

# aiohttp reads 0 as "wait for ever".
_SHUTDOWN_S = 0.001
# How long the rest of a body is awaited that nobody reads.
_LINGERING_S = 1.0

# What a client can do wrong, or have done to it; anything else that is raised is a bug of ours.
_CLIENTS_FAULT = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
_SAID_CHARACTERS_MAX = 200

log = logging.getLogger("chaos.toxiproxy")


class _OneLine(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp's server logs, with one line instead of a traceback for what is not HTTP."""

    def log(self, level: int, msg: object, *args: object, **more: Any) -> None:
        problem = more.get("exc_info")
        if isinstance(problem, _CLIENTS_FAULT):
            said = " ".join(f"{type(problem).__name__}: {problem}".split())[:_SAID_CHARACTERS_MAX]
            self.logger.warning("a request to the API was not understood: %s", said)
        else:
            super().log(level, msg, *args, **more)


class ToxiproxyServer:
    """A server with Toxiproxy's HTTP API on `host:port`, port 0 for any free one.

    seed: decides every random choice (toxicity, jitter, slices); None draws a seed.
    `start` raises AddressError if the address cannot be listened on. After `stop` all proxies are gone, and it can be
    started again on the same port.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 8474,
        seed: int | None = None,
        proxy_metrics: bool = False,
        runtime_metrics: bool = False,
    ) -> None:
        self._host = host
        self._port = port
        self._random = Random(seed)
        self._metrics = Metrics(proxies=proxy_metrics, runtime=runtime_metrics)
        self.registry = Registry(rng=self._random, metrics=self._metrics)
        # The ids of requests have dice of their own: asking twice must not change what a toxic does.
        self._api = Api(self.registry, self._metrics, rng=Random(self._random.random()))
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen for requests. Once started, `port` 0 has become the bound one."""
        if self._runner is not None:
            raise UsageError(f"the Toxiproxy server on {self.api_url} is started twice; stop it first")
        sock = listening(await resolve(f"[{self._host}]:{self._port}"))
        self._port = int(sock.getsockname()[1])
        # A request whose client has gone is still carried out to its end, as Toxiproxy does.
        server = web.Server(
            self._api.handle,
            request_factory=request_limits(),
            access_log=None,
            logger=_OneLine(log, {}),
            lingering_time=_LINGERING_S,
            auto_decompress=False,  # the original does not either, and a small body stays small
        )
        self._runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        await web.SockSite(self._runner, sock, backlog=BACKLOG).start()

    async def stop(self) -> None:
        """Close everything: the API, every listener, every connection. Safe twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self.registry.clear()

    @property
    def address(self) -> tuple[str, int]:
        return self._host, self._port

    @property
    def api_url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"


async def serve(
    host: str = "localhost",
    port: int = 8474,
    *,
    config: Path | None = None,
    seed: int | None = None,
    proxy_metrics: bool = False,
    runtime_metrics: bool = False,
    on_ready: Callable[[ToxiproxyServer], None] | None = None,
) -> None:
    """Run a server until cancelled; all is closed then.

    config: a JSON file with a list of proxies, as for /populate. What is wrong with it is logged, no more.
    on_ready: called once requests are answered. Raises AddressError: the address cannot be listened on.
    """
    server = ToxiproxyServer(
        host=host, port=port, seed=seed, proxy_metrics=proxy_metrics, runtime_metrics=runtime_metrics
    )
    await server.start()
    try:
        if config is not None:
            await _populate(server, config)
        if on_ready is not None:
            on_ready(server)
        await asyncio.get_running_loop().create_future()
    finally:
        await server.stop()


async def _populate(server: ToxiproxyServer, config: Path) -> None:
    try:
        body = await at_once(config.read_bytes)
    except OSError as problem:
        log.error("cannot read the proxies in %s: %s", config, problem)
        return
    proxies, failure = await server.registry.populate(body)
    if failure is not None:
        log.error("cannot create the proxies in %s: %s", config, failure.text)
    log.info("created %d proxies from %s", len(proxies), config)
