"""Does the checks, all at once, each with its deadline."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from chaos import clock
from chaos.clients.link_proxies import all_missing_made
from chaos.errors import ChaosError
from chaos.inventory import Inventory
from chaos.preflight.context import Context
from chaos.preflight.finding import Check, Finding, NotLooked, Row, State, Survey, bad
from chaos.preflight.table import checks_for
from chaos.redaction import KNOWN
from chaos.verdicts import CLAUSES
from chaos.waits import Waits

Progress = Callable[[Row], None]


async def survey(
    inventory: Inventory,
    env: Mapping[str, str],
    *,
    clauses: Collection[str] | None = None,
    in_run: bool = False,
    links_placed: bool = False,
    cheap: bool = False,
    agents_asked: int | None = None,
    only: Collection[str] | None = None,
    progress: Progress = lambda _: None,
    waits: Waits | None = None,
    name: str = "INVENTORY",
) -> Survey:
    """Look at a lab, and change nothing there, but that missing proxies of its links are made.

    env: where the inventory's secrets are looked up. clauses: ids that are asked about (None: the whole catalogue).
    in_run: the lab's lease is ours. links_placed: the run's own proxies are up. cheap: leave out consoles and event
    streams, for a mock. agents_asked: only so many of the first agents are asked anything, the others are spare (see
    `people`; None: all are asked). only: names of the checks to do. progress: told each row as it is done.
    waits: where each check notes that it is waited for. name: of the inventory, as commands are given it.
    Raises InventoryError: the inventory refers to a secret or a CA that cannot be had. Nothing else.
    """
    ctx = Context(inventory, env, links_placed=links_placed, agents_asked=agents_asked, name=name, in_run=in_run)
    checks = [
        check
        for check in checks_for(inventory, in_run=in_run, links_placed=links_placed)
        if (check.cheap or not cheap) and (only is None or check.name in only)
    ]
    try:
        if not links_placed:
            ctx.proxies_made = await all_missing_made(inventory, timeout_s=inventory.timing.connect_timeout_s)
        rows = await asyncio.gather(*(_done(check, ctx, progress, waits or Waits()) for check in checks))
    finally:
        await ctx.close()
    wanted = tuple(clause.id for clause in CLAUSES if clauses is None or clause.id in clauses)
    at = clock.wall_now().isoformat(timespec="seconds")
    return Survey(inventory.name, inventory.release, at, wanted, tuple(rows), tuple(ctx.proxies_made))


async def completed(
    earlier: Survey, inventory: Inventory, env: Mapping[str, str], *, agents_asked: int | None = None
) -> Survey:
    """The same survey with the looks taken that had to wait for the run's own proxies; they are up now."""
    waiting = earlier.waiting()
    if not waiting:
        return earlier
    later = await survey(inventory, env, links_placed=True, only=waiting, agents_asked=agents_asked)
    return earlier.with_rows(later.rows)


async def _done(check: Check, ctx: Context, progress: Progress, waits: Waits) -> Row:
    began_s = clock.now()
    with waits.on(check.name, check.deadline_s):
        finding = _told(await _found(check, ctx))
    row = Row(check.name, check.about, check.needed_by, finding, clock.now() - began_s)
    progress(row)
    return row


def _told(finding: Finding) -> Finding:
    """Whatever a peer has repeated."""
    return replace(finding, seen=KNOWN.told(finding.seen), remedy=KNOWN.told(finding.remedy))


async def _found(check: Check, ctx: Context) -> Finding:
    try:
        async with asyncio.timeout(check.deadline_s):
            return await check.run(ctx)
    except NotLooked as reason:
        return Finding(State.SKIPPED, str(reason), later=reason.later)
    except TimeoutError:
        return bad(
            f"not finished within {check.deadline_s:g} s",
            "see that the host is healthy; the time-outs stand under 'timing' in the inventory",
        )
    except ChaosError as error:
        return bad(str(error), "see above")
    except Exception as error:
        # Whatever a peer made a library stumble over: whoever looks at a lab gets a finding for it, not a traceback.
        return bad(
            f"the check itself broke: {type(error).__name__}: {error}", "please report this, with what the peer is"
        )
