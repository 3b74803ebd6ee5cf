"""What an inventory leaves out, which no look at the lab could make up for. Nothing is opened here."""

from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, bad, ok


async def subscriber(ctx: Context) -> Finding:
    node = ctx.inventory.subscriber
    if node is None:
        return bad("a single-node lab: there is no other node to go to", "describe the second node as 'subscriber'")
    return ok(f"{node.host}")


async def cti_links(ctx: Context) -> Finding:
    inventory = ctx.inventory
    if inventory.cti.b is None:
        return bad(
            "a simplex lab: there is no CTI side B to fail over to",
            "describe side B as 'cti.b', with a link cti-b; where there is none, fail-over cannot be judged",
        )
    lacking = [name for name in ("cti-a", "cti-b") if name not in inventory.links]
    if lacking:
        return bad(
            f"no link {' and no link '.join(lacking)}: no fault can be put there",
            "describe it under 'links', and set Finesse's administration to its 'listen'",
        )
    return ok("cti-a and cti-b")


async def awdb(ctx: Context) -> Finding:
    if ctx.inventory.awdb is None:
        return bad("no AWDB is described", "describe it as 'awdb.primary' (and 'awdb.secondary')")
    if "awdb-a" not in ctx.inventory.links:
        return bad(
            "no link awdb-a: no fault can be put there",
            "describe it under 'links', and set Finesse's administration to its 'listen'",
        )
    return ok(ctx.inventory.awdb.primary.host)


async def second_awdb(ctx: Context) -> Finding:
    described = ctx.inventory.awdb
    if described is None or described.secondary is None:
        return bad("no secondary AWDB is described: there is nothing to fail over to", "describe 'awdb.secondary'")
    if "awdb-b" not in ctx.inventory.links:
        return bad("no link awdb-b: no fault can be put there", "describe it under 'links'")
    return ok(described.secondary.host)


async def consoles(ctx: Context) -> Finding:
    lacking = [node.host for node in ctx.inventory.finesse_nodes() if node.ssh is None]
    if lacking:
        return bad(
            f"no console of {' and '.join(lacking)}: no service can be stopped or restarted there",
            "describe 'ssh' of that host, with its host key",
        )
    return ok("a console of every Finesse node")


async def outside_number(ctx: Context) -> Finding:
    if ctx.inventory.outside_number is None:
        return bad(
            "no number of an outside party: conferences with one cannot be played",
            "give outside_number, of a device that answers by itself and that no agent uses",
        )
    return ok(ctx.inventory.outside_number)


async def phones(ctx: Context) -> Finding:
    inventory = ctx.inventory
    if inventory.phones is None:
        if inventory.deployment == "mock":
            return ok("the mock's own")
        return bad(
            "no IP phones are described: the IP Phone Agent cannot be watched",
            "give 'phones' an account and devices, as CUCM and Finesse's IP Phone Agent Settings have them",
        )
    lines = {agent.extension for agent in inventory.agents[inventory.at_work :]}
    strange = [one.device for one in inventory.phones.devices if one.extension not in lines]
    if strange:
        return bad(
            f"{', '.join(strange)}: the line of none of the spare agents",
            "give the phone the extension of an agent who is not at work all the time",
        )
    return ok(", ".join(one.device for one in inventory.phones.devices))
