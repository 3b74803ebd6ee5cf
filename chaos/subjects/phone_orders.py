"""Orders to an IP phone: its own web server, which lets in whoever may control it, and has them carried out."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from chaos.errors import InventoryError, PeerError
from chaos.inventory import Agent, Phone
from chaos.journal import Journal, PhonePushed
from chaos.wire import phone as wire

_ORDER_BYTES_MAX = 16 * 1024


class PhoneOrders:
    """Of one phone. account: who may control it. carry_out: does what an order says; nobody waits for it."""

    def __init__(
        self,
        phone: Phone,
        agent: Agent,
        account: tuple[str, str],
        journal_of: Callable[[], Journal | None],
        carry_out: Callable[[wire.Execute], Awaitable[bool]],
    ) -> None:
        self._phone, self._agent, self._account = phone, agent, account
        self._journal_of, self._carry_out = journal_of, carry_out
        self._runner: web.AppRunner | None = None
        self._pushes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None

    async def start(self) -> None:
        """Take orders from now on. Raises InventoryError: its address cannot be listened on."""
        application = web.Application(client_max_size=_ORDER_BYTES_MAX)
        application.router.add_post(wire.EXECUTE_PATH, self._execute)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        at = self._phone.listen_at
        try:
            await web.TCPSite(self._runner, at.host, at.port).start()
        except OSError as error:
            await self.close()
            raise InventoryError(
                f"phone {self._phone.device}: {at.host}:{at.port} cannot be listened on: {error.strerror}; give it an "
                "address of this machine that is free, and CUCM the same"
            ) from error

    async def close(self) -> None:
        """Take none any more. Safe twice."""
        runner, self._runner = self._runner, None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if runner is not None:
            await runner.cleanup()

    def raise_what_failed(self) -> None:
        """Nobody waits for an order: whoever uses the phone next hears that one died, of a bug of ours."""
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    async def _execute(self, request: web.Request) -> web.StreamResponse:
        let_in = self._may_control(request.headers.get("Authorization", ""))
        order: wire.Execute | None = None
        form = await request.post() if let_in else {}
        text = form.get(wire.FORM_FIELD)
        if isinstance(text, str):
            try:
                made = wire.read(text.encode())
            except PeerError:
                made = None
            order = made if isinstance(made, wire.Execute) else None
        self._pushes += 1
        journal = self._journal_of()
        if journal is not None:
            hosts = tuple(urlsplit(one.url).hostname or "" for one in order.items if not one.is_uri) if order else ()
            journal.observe(
                PhonePushed(
                    agent=self._agent.id, device=self._phone.device, hosts=hosts, let_in=let_in, push=self._pushes
                )
            )
        if not let_in:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        if order is None:
            return _answer(wire.Failure(1))
        task = asyncio.get_running_loop().create_task(self._ordered(order))
        self._tasks.add(task)
        task.add_done_callback(self._order_done)
        return _answer(wire.Response(tuple(wire.ResponseItem(one.url, wire.SUCCESS, "Success") for one in order.items)))

    async def _ordered(self, order: wire.Execute) -> None:
        await self._carry_out(order)

    def _order_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and self._failed is None:
            self._failed = task.exception()

    def _may_control(self, authorization: str) -> bool:
        kind, _, told = authorization.partition(" ")
        try:
            said = base64.b64decode(told, validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(said, ":".join(self._account).encode())


def _answer(made: wire.PhoneObject) -> web.Response:
    return web.Response(body=wire.write(made), content_type=wire.CONTENT_TYPE, charset="utf-8")
