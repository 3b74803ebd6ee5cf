"""The Finesse desktop in a browser: what its page does once somebody has signed in. Decisions stand in `logic`.

It talks to its node as the product's does: REST on Tomcat's port, events on 7443 by BOSH, which is what the chapter
calls the event stream whatever it comes over, or by WebSocket. The words of its notices and
the pauses between the XMPP library's attempts are not documented; they are ours.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.mock.browsers.asking import Asking, Entered
from chaos.mock.browsers.bosh import Bosh
from chaos.mock.browsers.expiry import ExpiryWatch
from chaos.mock.browsers.fetching import Answer, Fetcher
from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.browsers.logic import TRIGGERS, Order, Phase, Seen
from chaos.mock.browsers.seeking import Seeking, Whereabouts
from chaos.mock.browsers.sockets import Sockets
from chaos.mock.browsers.stream import EventStream
from chaos.mock.browsers.tokens import Tokens
from chaos.mock.browsers.websocket import WebSocketStream
from chaos.mock.tasks import report_failure
from chaos.wire import finesse
from chaos.wire.finesse import SystemInfo, SystemStatus, User, UserState
from chaos.wire.xml import local_name
from chaos.wire.xmpp import JID, BadJid, parse_presence, parse_pubsub_events, presence

ON_CALL = ("TALKING", "HOLD")
RETRY_PAUSES_S = (3.0,)  # ours: before each attempt of the XMPP library
BOSH_PORT = 7443

LOST = "Lost connection to {server}. Please wait for a reachable Finesse server."
RECONNECTED = "Successfully reconnected to {server}."
CONNECTED = "Successfully connected to {server}."
INVALID = "Invalid user ID or password"
NOT_IN_SERVICE = "The server is not in service"


class Desktop:
    """One page of one node. url: where it was loaded from. show: puts a notice on the screen, None takes it away.

    rid: where request numbers of BOSH begin. moved: told the address of the page that it goes to by itself.
    tokens: those of the single sign-on by which the page was reached; cookie: how the browser's cookies were then, as
    of TokenHooks. warn: puts a dialog on the screen, None takes it away. expired: told that somebody has to sign in.
    sockets: by which its event stream comes over WebSocket; None: it comes over BOSH. pauses_s: before
    each attempt of the XMPP library, the last of them before all further ones. gadgets_s: how often a gadget in it asks
    for SystemInfo and the agent's calls by itself; None: never.
    """

    def __init__(
        self,
        url: str,
        fetcher: Fetcher,
        defects: DesktopHooks,
        *,
        show: Callable[[str | None], None],
        moved: Callable[[str], None],
        rid: Callable[[], int],
        tokens: Tokens | None = None,
        cookie: str = "",
        is_again: bool = False,
        warn: Callable[[str | None], None] = lambda words: None,
        expired: Callable[[], None] = lambda: None,
        sockets: Sockets | None = None,
        pauses_s: Sequence[float] = RETRY_PAUSES_S,
        gadgets_s: float | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._at = Whereabouts(parts.hostname or "")
        self.entered: Entered | None = None
        self._first: Entered | None = None
        self.phase = Phase.WORKING
        self._asking, self._defects = Asking(fetcher, parts.port or 443), defects
        self._show, self._moved, self._rid = show, moved, rid
        self._sockets, self._pauses_s, self._gadgets_s = sockets, pauses_s, gadgets_s
        self.tokens = tokens
        self._defects.cookie, self._is_again = cookie, is_again
        self._warn, self._expired = warn, expired
        self._watch: ExpiryWatch | None = None
        self._call_over = asyncio.Event()
        self._attempts = 0
        self._is_fresh = self._has_stream = True
        self._is_untold = self._is_turned_down = self._is_refused = False
        self._seeking = Seeking(
            self._at,
            self._asking,
            defects,
            do=self._do,
            is_seeking=lambda: self.phase is Phase.SEEKING,
            see=self._see,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    # What a person does

    async def sign_in(self, entered: Entered) -> bool:
        """Sign in at this server; what stands in the way is shown."""
        said = await self._come_in(self._at.server, entered)
        if said is not None:
            self._show(said)
            return False
        self.entered = self._first = entered
        self._defects.signed_in(entered.user, self._at.server)
        self._show(None)
        self._make_sure()
        if self._gadgets_s is not None:
            self._do(self._has_gadget(self._gadgets_s))
        if self.tokens is not None:
            left_s = self.tokens.end_s - asyncio.get_running_loop().time()
            kind = "again" if self._is_again else "first"
            self._defects.sign_on = "later" if left_s < 300 else "late" if left_s < 600 else kind
            self._watch = ExpiryWatch(
                self.tokens, self._defects, renew=self._renew, show=self._warn, log_out=self._log_out, do=self._do
            )
            self._watch.start()
        return True

    async def _has_gadget(self, every_s: float) -> None:
        """What a gadget does that does not wait for events: wherever the desktop is, and whatever it is answered."""
        asking = self._asking.of_gadget()
        while True:
            await asyncio.sleep(every_s)
            if self.entered is not None:
                await asking.system_info(self._at.server)
                await asking.rest(self._at.server, "GET", f"User/{self.entered.user}/Dialogs", self.entered)

    async def leave(self) -> None:
        """The page is left: the best that it can do in passing is to tell the server."""
        bosh, self._at.bosh = self._at.bosh, None
        self._stop()
        if bosh is not None:
            await bosh.leave()

    def drop(self) -> None:
        """The browser has crashed."""
        if self._at.bosh is not None:
            self._at.bosh.drop()
        self._stop()

    @property
    def is_signed_in(self) -> bool:
        return self.entered is not None

    @property
    def is_final(self) -> bool:
        """Whether nobody is let in any more, once its refresh token has expired."""
        return self._defects.is_final()

    def is_loaded_again(self) -> None:
        """It is a page that its user has loaded again."""
        self._defects.is_reloaded = True

    # The end of its refresh token

    async def _renew(self, tokens: Tokens) -> Tokens | None:
        found = await self._asking.renewed(self._at.server, tokens)
        if found is not None and self.entered is not None:
            self.tokens, self.entered = found, replace(self.entered, password=found.access)
        return found

    async def _log_out(self) -> None:
        """DESKTOP-14, DESKTOP-17: the forced logout is asked for, and the page is left."""
        entered = self.entered
        if entered is None:
            return
        if self._defects.waits_for_call():
            await self._call_over.wait()
        if self._defects.tells_expiry():
            is_old = self._defects.tells_old_server() and self._at.alternate is not None
            who = (self._first or entered) if self._defects.tells_with_first_token() else entered
            await self._asking.forced_logout(self._at.alternate or "" if is_old else self._at.server, who)
        self._warn(None)
        if self._defects.stays():
            return
        bosh, self._at.bosh = self._at.bosh, None
        if bosh is not None:
            await bosh.leave()
        back_s = self._defects.comes_back_s()
        if back_s is not None:
            await asyncio.sleep(back_s)
            await self._come_in(self._at.server, entered)
            return
        self.entered = None
        self._expired()

    def _user_is(self, state: str) -> None:
        self._defects.state = state
        if state in ON_CALL:
            self._call_over.clear()
        else:
            self._call_over.set()

    # Signing in, by hand or by itself

    async def _come_in(self, server: str, entered: Entered, *, asks: bool = True) -> str | None:
        """BOSH, sign-in, data. What is wrong, in words; None if nothing is, and this is the server from now on."""
        info = await self._asking.system_info(server)
        if info is None or info.status != SystemStatus.IN_SERVICE:
            return NOT_IN_SERVICE
        bosh = self._new_bosh(server)
        connects = self.entered is None or self._defects.connects_bosh()
        late_s = None if self.entered is None else self._defects.present_late_s()
        is_present = late_s is None and (self.entered is None or self._defects.is_present())
        priority = 0 if self.entered is None else self._defects.priority_there()
        if connects and not await bosh.connect(
            entered.user, entered.password, is_present=is_present, priority=priority
        ):
            bosh.drop()
            return NOT_IN_SERVICE
        if late_s is not None:
            self._do(self._present_later(bosh, late_s))
        answer = await self._asking.login(server, entered) if asks else Answer(202)
        if not answer.is_good:
            await bosh.leave()
            return INVALID if answer.status == 401 else NOT_IN_SERVICE
        self._at.server, self._at.bosh = server, bosh
        self._defects.is_at(server)
        nodes = [node.host for node in (info.primary_node, info.secondary_node) if node is not None]
        self._at.alternate = next((host for host in nodes if host != server), None)
        self._is_fresh = await self._refresh(entered)
        self._has_stream = connects
        return None

    def _make_sure(self) -> None:
        """Once somebody is at home at a server: what was lost there while he came in was nobody's until now."""
        if self._has_stream and (self._at.bosh is None or not self._at.bosh.is_up):
            self._at.bosh = None
            self._see(Seen.BOSH_LOST)
        elif not self._is_fresh:
            self._see(Seen.REFUSED)

    def _new_bosh(self, server: str) -> EventStream:
        made: EventStream

        def heard(stanza: Element) -> None:
            self._hear(made, stanza)

        def lost() -> None:
            self._lose(made)

        if self._sockets is not None:
            url = f"wss://{server}:{BOSH_PORT}/ws/"
            made = WebSocketStream(self._sockets, url, server, heard=heard, lost=lost)
        else:
            url = f"https://{server}:{BOSH_PORT}/http-bind/"
            made = Bosh(self._asking.fetcher, url, server, rid=self._rid(), heard=heard, lost=lost)
        return made

    async def _refresh_later(self, entered: Entered, late_s: float) -> None:
        await asyncio.sleep(late_s)
        alternate = self._at.alternate
        if alternate is not None and self._defects.reads_elsewhere():
            info = await self._asking.system_info(alternate)
            if info is not None and info.status == SystemStatus.IN_SERVICE:
                await self._read(alternate, entered)
                return
        await self._refresh(entered)

    async def _refresh(self, entered: Entered) -> bool:
        """Read the agent's data; whether the server is in service, as far as the answers say."""
        answers = await self._read(self._at.server, entered)
        if self.tokens is not None and answers and answers[0].is_good:
            with contextlib.suppress(PeerError):
                self._user_is(str(finesse.parse_user(answers[0].body).state or ""))
        return all(answer.status != 503 for answer in answers)

    async def _read(self, server: str, entered: Entered) -> list[Answer]:
        resources = self._defects.refreshed(("", "/Dialogs"))
        return [await self._asking.rest(server, "GET", f"User/{entered.user}{one}", entered) for one in resources]

    # What it hears

    def _hear(self, bosh: EventStream, stanza: Element) -> None:
        if bosh is not self._at.bosh:
            return
        if local_name(stanza) == "presence":
            told = parse_presence(stanza)
            is_finesse = _local(told.from_) == "finesse" or self._defects.takes_for_finesse()
            if told.kind == "unavailable" and is_finesse:
                self._see(Seen.FINESSE_GONE)
        elif local_name(stanza) == "message":
            for told_of in _told(stanza):
                if isinstance(told_of, SystemInfo) and told_of.status == SystemStatus.OUT_OF_SERVICE:
                    self._see(Seen.TOLD_OUT)
                elif isinstance(told_of, User) and told_of.state:
                    self._defects.hears()
                    if self._defects.takes_for_loss(str(told_of.state)):
                        self._see(Seen.FINESSE_GONE)
                    self._user_is(str(told_of.state))

    def _lose(self, bosh: EventStream) -> None:
        if bosh is self._at.bosh:
            self._at.bosh = None
            if self._defects.takes_for_lost(turned_down=bosh.is_turned_down):
                self._see(Seen.BOSH_LOST)

    # What it does about it

    def _see(self, seen: Seen) -> None:
        late_s = self._defects.trigger_late_s(seen) if seen in TRIGGERS else 0.0
        if late_s:
            self._do(self._see_later(seen, late_s))
        else:
            self._seen(seen)

    async def _see_later(self, seen: Seen, late_s: float) -> None:
        await asyncio.sleep(late_s)
        self._seen(seen)

    def _seen(self, seen: Seen) -> None:
        if self.entered is None:
            return
        if self.phase is Phase.SEEKING and seen in TRIGGERS and self._defects.begins_anew():
            self._seeking.start()
        if seen is Seen.MOVE_FAILED and self._defects.looks_double():
            self._seeking.double()
        if self._is_untold and seen is Seen.CURRENT_DOWN:
            self._is_untold = False
            self._do(self._tell("lost", LOST))
        self.phase, orders = self._defects.decide(self.phase, seen)
        self._defects.is_seeking = self.phase is Phase.SEEKING
        more_s = self._defects.tries_amid_logic_s() if seen is Seen.ATTEMPTS_SPENT else None
        if more_s is not None:
            self._do(self._try_aside(self.entered, more_s))
        for order in orders:
            self._do(self._carried_out(order, self.entered))

    async def _carried_out(self, order: Order, entered: Entered) -> None:
        match order:
            case Order.TRY_BOSH:
                await self._try_bosh(entered)
            case Order.SEEK:
                self._attempts = 0
                self._seeking.start()
                self._is_untold = not self._defects.shows_at_once()
                if not self._is_untold:
                    await self._tell("lost", LOST)
            case Order.TELL:
                await self._tell("lost", LOST)
            case Order.STOP:
                self._seeking.stop()
            case Order.CONNECT_BOSH:
                if self._defects.returns_early():
                    self._show(RECONNECTED.format(server=self._at.server))
                await asyncio.sleep(self._defects.bosh_late_s())
                if self._defects.requests_bosh_doubly():
                    self._do(self._connect_again(entered))
                if self._defects.reads_half_early():
                    await self._asking.rest(self._at.server, "GET", f"User/{entered.user}", entered)
                elsewhere = self._defects.requests_elsewhere()
                is_up = await self._connect(entered, self._at.alternate if elsewhere else None)
                if is_up and self._defects.requests_bosh_again():
                    await self._connect_again(entered)
                more_s = None if is_up else self._defects.requests_once_more_s()
                if more_s is not None:
                    self._do(self._try_aside(entered, more_s))
                self._see(Seen.BOSH_UP if is_up else Seen.BOSH_FAILED)
            case Order.LOOK_ONCE_MORE:
                if self._defects.last_look_is_elsewhere():
                    await self._asking.system_info(self._at.alternate or "")
                    self._see(Seen.CURRENT_DOWN)
                else:
                    begun_s = asyncio.get_running_loop().time()
                    found = await self._seeking.look_at_current()
                    is_in_time = self._defects.last_look_waits(asyncio.get_running_loop().time() - begun_s)
                    if found is Seen.CURRENT_READY and self._defects.signs_in_though_back():
                        self._do(self._sign_in_again(self._at.alternate or "", entered, 1.0))
                    self._see(found if is_in_time else Seen.CURRENT_DOWN)
            case Order.SIGN_IN:
                await asyncio.sleep(self._defects.move_late_s())
                await self._move(entered)
            case Order.CATCH_UP:
                self._attempts = self._defects.attempts_left(self._attempts)
                if not await self._refresh(entered):
                    self._see(Seen.REFUSED)
            case Order.RETURN:
                self._seeking.stop()
                self._do(self._refresh_later(entered, self._defects.refresh_late_s()))
                await self._tell("back", RECONNECTED)
            case Order.SETTLE:
                self._seeking.stop()
                await self._tell("moved", CONNECTED)

    async def _try_bosh(self, entered: Entered) -> None:
        """CLIENT-16. The desktop is not told of it before all of them have failed."""
        attempts = self._defects.attempts()
        if self._defects.goes_to_former() and await self._come_in(self._at.alternate or "", entered) is None:
            self._see(Seen.BOSH_UP)
            return
        if self._attempts < attempts:
            if self._at.alternate is not None and self._defects.looks_early(self._attempts):
                await self._asking.system_info(self._at.alternate)
            self._attempts += 1
            await asyncio.sleep(self._pauses_s[min(self._attempts, len(self._pauses_s)) - 1])
            begun_s = asyncio.get_running_loop().time()
            if await self._connect(entered, self._defects.attempts_at(self._at.server, self._at.alternate)):
                is_good = self._defects.attempt_counts(self._attempts)
                self._see(Seen.BOSH_UP if is_good else Seen.ATTEMPTS_SPENT)
                return
            if self._is_turned_down:
                self._attempts = self._defects.counts_turned_down(self._attempts, attempts)
            if self._is_refused:
                self._attempts = self._defects.counts_refused(self._attempts)
            if not self._defects.counts(asyncio.get_running_loop().time() - begun_s):
                self._attempts -= 1
        self._see(Seen.BOSH_FAILED if self._attempts < attempts else Seen.ATTEMPTS_SPENT)

    async def _connect(self, entered: Entered, server: str | None = None) -> bool:
        """server: None is the current one."""
        bosh = self._new_bosh(server or self._at.server)
        if not await bosh.connect(entered.user, entered.password, priority=self._defects.priority_again()):
            self._is_turned_down, self._is_refused = bosh.is_turned_down, bosh.is_refused
            bosh.drop()
            return False
        self._is_turned_down = self._is_refused = False
        self._at.bosh = bosh
        return True

    async def _try_aside(self, entered: Entered, after_s: float) -> None:
        """What a sound desktop never does (CLIENT-10, CLIENT-16)."""
        await asyncio.sleep(after_s)
        if self.phase is Phase.SEEKING:
            stream = self._new_bosh(self._at.server)
            await stream.connect(entered.user, entered.password)
            stream.drop()

    async def _connect_again(self, entered: Entered) -> None:
        """What a sound desktop never does (CLIENT-10)."""
        old = self._at.bosh
        if await self._connect(entered) and old is not None:
            old.drop()

    async def _move(self, entered: Entered) -> None:
        """CLIENT-04. The alternate's page is loaded, which ends whatever is left of the old one."""
        former, old, alternate = self._at.server, self._at.bosh, self._at.alternate or ""
        if (
            not self._defects.goes_there()
            or not await self._asking.has_page(alternate)
            or not self._defects.signs_in_by_itself()
        ):
            self._see(Seen.MOVE_FAILED)
            return
        # Before there are as many at the other one: a crowd that moves has half as many again at a time otherwise.
        self._asking.fetcher.forget(former)
        await asyncio.sleep(self._defects.sign_in_late_s())
        there = replace(entered, extension=self._defects.sign_in_extension(entered.extension))
        if await self._come_in(alternate, there, asks=self._defects.requests_sign_in()) is not None:
            self._see(Seen.MOVE_FAILED)
            return
        self._moved(self._asking.page(alternate))
        self._see(Seen.MOVED)
        self._make_sure()
        if old is not None:
            await old.leave()
            self._asking.fetcher.forget(former)
        if self._defects.makes_ready():
            await self._asking.ask(alternate, entered, UserState.READY)
        if self._defects.leaves_again() and self._at.bosh is not None:
            left, self._at.bosh = self._at.bosh, None
            await left.leave()
        drops_s = self._defects.drops_stream_s()
        if drops_s is not None:
            self._do(self._drop_stream(drops_s))
        again_s = self._defects.signs_in_again_s()
        if again_s is not None:
            self._do(self._sign_in_again(alternate, entered, again_s))
        out_s = self._defects.signs_out_s()
        if out_s is not None:
            self._do(self._sign_out(alternate, entered, out_s))
        back = self._defects.goes_back()
        if back is not None:
            self._do(self._go_back(former, entered, *back))

    async def _sign_in_again(self, server: str, entered: Entered, after_s: float) -> None:
        """What a sound desktop never does (CLIENT-04)."""
        await asyncio.sleep(after_s)
        await self._asking.login(server, entered)

    async def _sign_out(self, server: str, entered: Entered, after_s: float) -> None:
        """What a sound desktop never does (CLIENT-04)."""
        await asyncio.sleep(after_s)
        for state in (UserState.NOT_READY, UserState.LOGOUT):
            await self._asking.ask(server, entered, state)

    @staticmethod
    async def _present_later(stream: EventStream, after_s: float) -> None:
        """What a sound desktop never does (CLIENT-14)."""
        await asyncio.sleep(after_s)
        stream.send(presence(priority=0))

    async def _drop_stream(self, after_s: float) -> None:
        """What a sound desktop never does (CLIENT-14)."""
        await asyncio.sleep(after_s)
        if self._at.bosh is not None:
            self._at.bosh.drop()

    async def _go_back(self, former: str, entered: Entered, what: str, every_s: float) -> None:
        """What a sound desktop never does (CLIENT-15)."""
        while True:
            await asyncio.sleep(every_s)
            info = await self._asking.system_info(former)
            if info is not None and info.status == SystemStatus.IN_SERVICE:
                break
        old = self._at.bosh
        if what == "page":
            await self._asking.has_page(former)
        elif what == "data":
            await self._asking.rest(former, "GET", f"User/{entered.user}", entered)
        elif what == "bosh":
            await self._new_bosh(former).connect(entered.user, entered.password)
        elif await self._come_in(former, entered) is None and old is not None:
            await old.leave()

    async def _tell(self, what: str, words: str) -> None:
        server = self._defects.named(what, self._at.server, self._at.alternate or "")
        text, late_s = self._defects.told(what, words.format(server=server))
        await asyncio.sleep(late_s)
        if text is not None:
            self._show(text)
            stands_s = self._defects.stands_s(what)
            if stands_s is not None:
                await asyncio.sleep(stands_s)
                self._show(None)
            again_s = self._defects.told_again_s(what)
            if again_s is not None:
                await asyncio.sleep(again_s)
                self._show(LOST.format(server=server))

    # Tasks

    def _do(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)
        return task

    def _stop(self) -> None:
        self.entered = None
        if self._watch is not None:
            self._watch.stop()
        for task in tuple(self._tasks):
            task.cancel()


def _local(jid: str | None) -> str | None:
    try:
        return None if jid is None else JID.parse(jid).local
    except BadJid:
        return None


def _told(message: Element) -> Iterator[object]:
    """What the events of a message tell, as far as they can be read."""
    for event in parse_pubsub_events(message):
        with contextlib.suppress(PeerError):
            yield finesse.parse_update(event.payload_text).payload
