"""A desktop's event stream over BOSH, as JabberWerx keeps it: one empty poll always open.

Source: XEP-0124, XEP-0206; what public clients of Finesse send (hold 1, wait 30, ver 1.9).
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from chaos.mock.browsers.fetching import Answer, Fetcher
from chaos.mock.browsers.stream import GOODBYE_S, OPEN_WITHIN_S, RESOURCE, EventStream
from chaos.wire.xml import local_name
from chaos.wire.xmpp import BadBosh, BoshClient, bind_request, parse_answer, ping_request, presence, sasl_auth_plain

WAIT_S, VERSION = 30, "1.9"
PATIENCE_S = WAIT_S + 5.0
BODY_BYTES_MAX = 1 << 20
_HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


class Bosh(EventStream):
    """See there. rid: where request numbers begin."""

    def __init__(
        self,
        fetcher: Fetcher,
        url: str,
        domain: str,
        *,
        rid: int,
        heard: Callable[[Element], None],
        lost: Callable[[], None],
    ) -> None:
        super().__init__(domain, heard=heard, lost=lost)
        self._fetcher, self._url, self._rid = fetcher, url, rid
        self._bosh = BoshClient(domain, rid=rid, wait_s=WAIT_S, version=VERSION)

    async def connect(self, user: str, password: str, *, is_present: bool = True, priority: int = 0) -> bool:
        self._bosh = BoshClient(
            self._domain, rid=self._rid + 1, wait_s=WAIT_S, from_=f"{user}@{self._domain}", version=VERSION
        )
        first = await self._post(self._bosh.opening(), within_s=OPEN_WITHIN_S)
        if first is None or not first.get("sid"):
            return False
        self._bosh.opened(first)
        if not await self._step(sasl_auth_plain(user, password), "success"):
            self.is_refused = not self.is_turned_down
            return False
        if await self._post(self._bosh.restart(), within_s=OPEN_WITHIN_S) is None:
            return False
        if not await self._step(bind_request("bind", RESOURCE), "iq"):
            return False
        self._stands()
        self.send(presence(priority=priority) if is_present else ping_request("ping0", to=self._domain))
        return True

    def send(self, stanza: bytes) -> None:
        """In a request of its own."""
        self._do(self._asked(stanza))

    async def leave(self) -> None:
        if self.is_up:
            self._end()
            await self._post(self._bosh.terminate(presence(type="unavailable")), within_s=GOODBYE_S)

    # Inside

    async def _step(self, stanza: bytes, wanted: str) -> bool:
        answer = await self._post(self._bosh.body(stanza), within_s=OPEN_WITHIN_S)
        return answer is not None and any(local_name(child) == wanted for child in answer)

    async def _post(self, request: tuple[int, bytes], *, within_s: float = PATIENCE_S) -> Element | None:
        """The answer's body; None if it is none, or ends the session. request: its number, and its body."""
        self._rid, body = request
        answer = await self._fetcher.fetch("POST", self._url, headers=_HEADERS, body=body, within_s=within_s)
        found = _body_of(answer)
        self.is_turned_down = found is None and answer.status is not None
        return found

    async def _asked(self, *stanzas: bytes) -> None:
        answer = await self._post(self._bosh.body(*stanzas))
        if not self.is_up:
            return
        if answer is None:
            self._ended()
            return
        for child in answer:
            self._take(child)
        if self.is_up and len(self._under_way) <= 1:  # this one alone: something has to stay open
            self._do(self._asked())


def _body_of(answer: Answer) -> Element | None:
    if not answer.is_good:
        return None
    try:
        return parse_answer(answer.body, max_bytes=BODY_BYTES_MAX)
    except BadBosh:
        return None
