"""A browser answers in a node's place: to each request of its event stream, or of its API, another way."""

from dataclasses import dataclass
from typing import Final

from chaos.clients.devtools import Reply
from chaos.faults.base import Browsing
from chaos.faults.blocked_way import BlockedWay, without
from chaos.journal import DesktopRequested

_PAGE: Final = b"<html><head><title>Error</title></head><body><h1>Not available</h1></body></html>"
_TERMINATE: Final = b"<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='%s'/>"
BOSH_NOES: Final = (
    Reply(503, body=_PAGE),
    Reply(200, "text/xml", _TERMINATE % b"remote-connection-failed"),
    Reply(404, body=_PAGE),
)
"""XEP-0124, 17.2 and 17.3: a status of HTTP, the end of the session with a condition."""


SIGN_IN_NOES: Final = (
    BOSH_NOES[0],
    Reply(
        200,
        "text/xml",
        b"<body xmlns='http://jabber.org/protocol/httpbind' sid='finesse-chaos' wait='30' requests='2' hold='1' "
        b"inactivity='60' ver='1.9' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
        b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
        b"</stream:features></body>",
        upon=r"<body\b(?![^>]*\bsid=)",
    ),
    Reply(
        200,
        "text/xml",
        b"<body xmlns='http://jabber.org/protocol/httpbind'><failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
        b"<temporary-auth-failure/></failure></body>",
        upon=r"<auth\b",
    ),
)
"""As while the notification service is up and what knows its users is not: there is a session, and nobody is let in.
Source: RFC 6120, 6.5.11; XEP-0124, 7.2."""


API_NOES: Final = (
    Reply(502, body=_PAGE),
    Reply(200, body=_PAGE),
    Reply(200, "application/xml", b"<SystemInfo><uri>/finesse/api/SystemInfo</uri>"),
)
"""What stands before a web server, or is up in its place, may say: nothing of it is a document of the API."""


@dataclass(frozen=True, slots=True)
class AnsweredWay(BlockedWay):
    """New requests of these agents' browsers to that node's event stream (bosh), or for what it answers (api), are
    answered by something else, each in another way than the one before. A WebSocket has no such answers: it is
    blocked. sign_in: of its event stream a session is there, and every sign-in to that is refused."""

    sign_in: bool = False

    @property
    def name(self) -> str:
        what = "event-stream" if self.bosh else "api"
        what = f"sign-in-to-the-{what}" if self.sign_in else what
        return f"{what}-at-{self.host}-answered-by-another-for-{'-'.join(self.agents)}"

    @property
    def _noes(self) -> tuple[Reply, ...]:
        if not self.bosh:
            return API_NOES
        return SIGN_IN_NOES if self.sign_in else BOSH_NOES

    @property
    def _answered(self) -> tuple[str, ...]:
        return tuple(one for one in self.patterns if one.startswith("https:"))

    @property
    def _blocked(self) -> tuple[str, ...]:
        return tuple(one for one in self.patterns if not one.startswith("https:"))

    async def _break(self, browser: Browsing) -> None:
        await browser.block((*browser.blocked, *self._blocked))
        await browser.answer(self._answered, self._noes)

    async def _mend(self, browser: Browsing) -> None:
        await browser.block(without(browser.blocked, self._blocked))
        await browser.answer((), ())

    def _is_met(self, look: DesktopRequested) -> bool:
        return look.status == self._noes[0].status
