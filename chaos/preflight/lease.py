"""The lab's lease and its debts: is anybody using the lab now, and has anybody left it changed?"""

from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, NotLooked, bad, ok
from chaos.safety import mark
from chaos.safety.healing import still_owed
from chaos.safety.identity import identity_of
from chaos.safety.lease import NoLease, held_by
from chaos.safety.places import NoPlace, existing

_NAMED_MAX = 4


async def free(ctx: Context) -> Finding:
    """A check: no run has the lab, and nobody is healing it, here or elsewhere. The lease is not taken."""
    identity = await identity_of(ctx.inventory)
    places = existing(ctx.env)
    try:
        for place in places:
            taken = held_by(place, identity)
            if taken is not None:
                said = taken.holder or "used by somebody"
                return bad(f"the lab is {said}", f"wait until that has ended ({place.lock_of(taken.mark)})")
    except NoLease as error:
        raise NotLooked(str(error)) from None
    ours = {place.name for place in places}
    for found in await mark.found_in(ctx.inventory):
        if found.place not in ours:
            return bad(f"the lab is {found}", "wait until that has ended")
    return ok("free" if places else "free: nobody has used the lab from here")


async def is_others(ctx: Context) -> bool:
    """Whether somebody on this machine has the lab, who is not the run that looks. Raises NoLease, NoPlace."""
    if ctx.in_run or ctx.inventory.deployment != "live":
        return False
    identity = await identity_of(ctx.inventory)
    return any(held_by(place, identity) is not None for place in existing(ctx.env))


async def undone(ctx: Context) -> Finding:
    """A check: what earlier runs have changed was undone. It costs no clause by itself, since a run heals first."""
    identity = await identity_of(ctx.inventory)
    try:
        if await is_others(ctx):
            raise NotLooked("somebody has the lab, and what is changed may be his doing: see the lease")
        things = still_owed(ctx.env, identity)
    except (NoLease, NoPlace) as error:
        raise NotLooked(str(error)) from None
    if not things:
        return ok("nothing is owed to this lab")
    more = f" and {len(things) - _NAMED_MAX} more" if len(things) > _NAMED_MAX else ""
    return bad(
        f"an earlier run has left this lab changed; still to be undone: {', '.join(things[:_NAMED_MAX])}{more}",
        f"before anything else {ctx.heal}, then look again: what else is wrong may come of it (a run heals first, too)",
    )
