"""What a server says of itself: nothing. aiohttp would name itself and Python's version in each answer.

Neither Tomcat nor Openfire's web server sends a `Server` header as it is shipped (Tomcat's connector attribute `server`
is unset; Openfire switches Jetty's off), and what stands before a real node says is not in the guides.
"""

from aiohttp import hdrs, web


async def without_banner(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """For `on_response_prepare` of an application."""
    response.headers.popall(hdrs.SERVER, None)


class Nameless(web.Response):
    """An answer to what is no HTTP: it belongs to no application, whose signals nobody sends then."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall(hdrs.SERVER, None)
