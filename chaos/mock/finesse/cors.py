"""Pages of other origins that may use the API, as `utils finesse cors` allows them. Off unless it is switched on.

Source: Finesse CLI guide, "utils finesse cors"; the answers are those that the Fetch standard has browsers ask for.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

ANY = "*"
METHODS = "GET, PUT, POST, DELETE, OPTIONS, HEAD"
EXPOSED = "requestId, Location"
PREFLIGHT_S = 600


def cors(origins: tuple[str, ...]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """What is added to each answer before it is sent. origins: as browsers name them; `*` for all of them."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        origin = request.headers.get("Origin")
        if origin is None:
            return
        response.headers["Vary"] = "Origin"
        if ANY not in origins and origin not in origins:
            return
        # Named, even where all are allowed: requests with credentials may not be answered by a star.
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_S)
            wanted = request.headers.get("Access-Control-Request-Headers")
            if wanted:
                response.headers["Access-Control-Allow-Headers"] = wanted

    return add
