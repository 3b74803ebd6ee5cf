"""The lab's lease: is anybody using the lab now?"""

from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, NotLooked, bad, ok
from chaos.safety import mark
from chaos.safety.identity import identity_of
from chaos.safety.lease import NoLease, held_by
from chaos.safety.places import existing


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
