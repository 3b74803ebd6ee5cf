"""From a request's path and verb to its route, by way of whoever may ask."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import unquote

from aiohttp import web

from chaos.mock.finesse.callers import Callers
from chaos.mock.finesse.failures import ApiFailure
from chaos.mock.finesse.resources.route import Asked, Route, Who

Key = tuple[str | None, ...]


def normal_path(raw_path: str) -> str:
    """The path as Tomcat takes it: without empty parts, so that neither `//` nor a slash at the end matter."""
    return "/" + "/".join(part for part in raw_path.split("/") if part)


class Gate:
    """All routes of one node. routes: as given, for tests. callers: who says who asks."""

    def __init__(self, callers: Callers, routes: Iterable[Route]) -> None:
        self._callers = callers
        self.routes = tuple(routes)
        self._by_key: dict[Key, dict[str, Route]] = {}
        for route in self.routes:
            verbs = self._by_key.setdefault(_key(_parts(route.path)), {})
            assert route.verb not in verbs, f"{route.verb} {route.path} stands twice in the table"
            verbs[route.verb] = route

    def add_to(self, router: web.UrlDispatcher, root: str) -> None:
        """Serve everything below that path."""
        self._root = root
        router.add_route("*", root + "/{rest:.*}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Raises ApiFailure."""
        parts = _parts(normal_path(request.rel_url.raw_path)[len(self._root) :])
        verbs = self._find(parts)
        if verbs is None:
            raise ApiFailure(404, "Not Found", "", request.path)
        allowed = allow(verbs)
        if request.method == "OPTIONS":
            return web.Response(headers={"Allow": allowed})
        route = verbs.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            raise ApiFailure(405, "Method Not Allowed", headers={"Allow": allowed})
        params = {
            name[1:-1]: unquote(part)
            for name, part in zip(_parts(route.path), parts, strict=True)
            if name.startswith("{")
        }
        return await route.answer(await self._admitted(route, request, params))

    def _find(self, parts: tuple[str, ...]) -> Mapping[str, Route] | None:
        """The verbs of a resource. A fixed part is preferred to a variable one."""
        return self._by_key.get(parts) or self._by_key.get(_key_of_request(parts))

    async def _admitted(self, route: Route, request: web.Request, params: Mapping[str, str]) -> Asked:
        """Raises ApiFailure: who asks may not."""
        callers = self._callers
        if route.admits_itself or route.who is Who.ANYBODY:
            return Asked(request, params)
        if route.who is Who.CONFIGURING:
            await callers.configuring(request)
            return Asked(request, params)
        try:
            caller = await callers.caller(request)
        except ApiFailure:
            if route.who is Who.PRIMARY and callers.console_opens(request):
                return Asked(request, params)
            if route.who is Who.PRIMARY and callers.console_changes_though_refused(request):
                with suppress(ApiFailure):
                    await route.answer(Asked(request, params))
            raise
        record = None
        match route.who:
            case Who.ADMINISTRATOR:
                callers.must_administrate(caller)
            case Who.PRIMARY:
                callers.must_administrate(caller)
                callers.must_be_primary()
            case Who.SUPERVISOR:
                callers.must_supervise(caller)
            case Who.TEAM:
                callers.must_belong(caller, params["team"])
            case Who.SELF | Who.OWN | Who.LED:
                record = callers.user_for(
                    caller,
                    params["id"],
                    administrators=route.who is not Who.SELF,
                    supervisors=route.who is Who.LED,
                    acting=request.method != "GET",
                )
        return Asked(request, params, caller, record)


def allow(verbs: Iterable[str]) -> str:
    """The `Allow` of a resource, as the product lists it."""
    more = {"HEAD"} if "GET" in verbs else set()
    return ",".join(sorted({*verbs, *more, "OPTIONS"}))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _key(parts: tuple[str, ...]) -> Key:
    return tuple(None if part.startswith("{") else part for part in parts)


def _key_of_request(parts: tuple[str, ...]) -> Key:
    """Names and ids take turns in a path."""
    return tuple(None if number % 2 else part for number, part in enumerate(parts))
