"""What a server says of itself: nothing but the time. aiohttp would name itself and Python's version in each answer.

Neither Tomcat nor Openfire's web server sends a `Server` header as it is shipped (Tomcat's connector attribute `server`
is unset; Openfire switches Jetty's off), and what stands before a real node says is not in the guides. Both send
`Date`, as a server with a clock has to (RFC 9110, 6.6.1): here by the lab's clock, which may run faster than ours.
"""

from email.utils import formatdate
from functools import lru_cache

from aiohttp import hdrs, web

from chaos.clock import wall_now


async def without_banner(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """For `on_response_prepare` of an application."""
    response.headers.popall(hdrs.SERVER, None)
    response.headers[hdrs.DATE] = _date(int(wall_now().timestamp()))


@lru_cache(maxsize=4)
def _date(epoch_s: int) -> str:
    """Many answers go out in one second."""
    return formatdate(epoch_s, usegmt=True)


class Nameless(web.Response):
    """An answer to what is no HTTP: it belongs to no application, whose signals nobody sends then."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall(hdrs.SERVER, None)
