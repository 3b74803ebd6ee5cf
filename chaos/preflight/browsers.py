"""Browsers for desktops: whether one can be driven, and opens a page of each node."""

from collections.abc import Mapping
from typing import Any

from chaos.clients.devtools import BrowserError, Devtools
from chaos.inventory import FinesseNode
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, NotLooked, bad, ok

PAGE = "/desktop/container"


def _heard(_: str, __: Mapping[str, Any]) -> None:
    """What the tab tells is of no interest here."""


async def described(ctx: Context) -> Finding:
    """A check: the inventory names browsers."""
    if ctx.inventory.browsers is None and ctx.inventory.deployment != "mock":
        return bad(
            "no browsers are described: no desktop can be watched",
            "start Chrome with --remote-debugging-port, and give browsers.devtools",
        )
    return ok("browsers.devtools" if ctx.inventory.browsers else "the mock's own")


async def page(ctx: Context, *, node: FinesseNode) -> Finding:
    """A check: a browser opens the desktop's page of that node. Nobody signs in."""
    if ctx.inventory.browsers is None:
        raise NotLooked("no browsers are described")
    devtools = Devtools(ctx.inventory.browsers.devtools, timeout_s=ctx.inventory.timing.request_timeout_s)
    try:
        await devtools.open()
        tab = await devtools.tab(_heard)
        answer = await devtools.call("Page.navigate", {"url": f"{node.base_url}{PAGE}"}, session=tab.session)
        await devtools.close_tab(tab)
    except BrowserError as error:
        return bad(str(error), "see that the browser runs, and listens at browsers.devtools")
    finally:
        await devtools.close()
    if answer.get("errorText"):
        return bad(
            f"it cannot load {node.base_url}{PAGE}: {answer['errorText']}",
            "see that it resolves the node's name, and trusts tls.ca",
        )
    return ok(f"it loads {node.base_url}{PAGE}")
