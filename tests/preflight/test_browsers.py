"""Preflight's look at browsers: a page of each node, or why not."""

import asyncio

from chaos import clock
from chaos.inventory import FinesseNode, load
from chaos.preflight import browsers
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, State
from chaos.run.launcher import launch
from tests.mock.browsers.lab import ROOT


def looked(*, tomcat: bool = True, at: str | None = None) -> Finding:
    """What is found of the publisher's page. at: where browsers are said to be."""

    async def main() -> Finding:
        inventory = load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}})
        launched = await launch(inventory, fast=True)
        try:
            node: FinesseNode = launched.inventory.publisher
            if not tomcat:
                await launched.deployment.nodes[node.host].tomcat.stop()
            lab = launched.inventory
            if at is not None:
                assert lab.browsers is not None
                lab = lab.model_copy(update={"browsers": lab.browsers.model_copy(update={"devtools": at})})
            ctx = Context(lab, {}, links_placed=True, agents_asked=0)
            try:
                return await browsers.page(ctx, node=node)
            finally:
                await ctx.close()
        finally:
            await launched.stop()

    return clock.run(main(), virtual=True)


def test_a_browser_that_loads_a_nodes_page_is_fine() -> None:
    assert looked().state is State.OK


def test_a_page_that_does_not_come_and_a_browser_that_is_not_there_are_told_with_a_remedy() -> None:
    gone = looked(tomcat=False)
    assert gone.state is State.BAD
    assert "cannot load https://fin-a.mock.test:8445/desktop/container" in gone.seen
    nobody = looked(at="http://198.18.0.200:9222")
    assert nobody.state is State.BAD
    assert "no browser can be driven at http://198.18.0.200:9222" in nobody.seen


def test_a_lab_without_browsers_is_told_so() -> None:
    async def main() -> Finding:
        lab = load(ROOT / "inventories/mock.yaml").model_copy(update={"deployment": "live"})
        return await browsers.described(Context(lab, {}, links_placed=True, agents_asked=0))

    found = asyncio.run(main())
    assert found.state is State.BAD
    assert "no desktop can be watched" in found.seen
