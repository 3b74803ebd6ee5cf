"""Whether what was asked for, and was not to be done, or not yet, was done at the switch all the same."""

import itertools

from chaos.history import Evidence, History
from chaos.history.asking import is_taken
from chaos.history.screens import STATE, Aspect, truth
from chaos.journal import RestExchange, SwitchActed
from chaos.verdicts import bounds


def carried_out(history: History, seen: RestExchange, from_s: float, to_s: float) -> Evidence | None:
    """What happened at the switch in that time as it was asked for, and by nobody else's doing; None if nothing did."""
    assert seen.agent is not None
    row, wanted = truth(history, seen.agent), dict(seen.wanted)
    for before, after in itertools.pairwise(row.steps):
        if not from_s < after.at_s <= to_s:
            continue
        call_id = seen.path.rpartition("/")[2]
        if wanted.get("action") == "MAKE_CALL":
            # Whoever is called may be busy, and never be in it.
            has_come = any(one.what == "call" and one not in before.screen for one in after.screen)
        elif wanted.get("action") == "DROP":
            # Who is outside hangs up by himself.
            parties = [one for one in before.screen if one.what == "party" and one.call_id == call_id]
            has_come = len(parties) > 1 and Aspect("call", call_id) not in after.screen
        elif wanted.get("action") == "UPDATE_CALL_DATA":
            has_come = any(
                before.screen.get(one) != after.screen.get(one) == wanted[one.name]
                for one in after.screen
                if one.call_id == call_id and one.what == "data" and one.name in wanted
            )
        else:
            # What follows from the end of a call is the switch's own doing.
            calls = [one for one in (*before.screen, *after.screen) if one.what == "call"]
            has_come = not calls and before.screen.get(STATE) != after.screen.get(STATE) == wanted.get("state")
        if has_come and not _somebody_did(history, after.at_s):
            return Evidence.of(after.seen, f"at the switch: what {seen.agent} had asked for")
    return None


def _somebody_did(history: History, at_s: float) -> bool:
    """Whether anybody used a telephone about then, or had a desktop's request accepted."""
    from_s, to_s = at_s - bounds.PUBLISH_S, at_s + bounds.PUBLISH_S
    accepted = history.of(RestExchange, is_taken, from_s=from_s, to_s=to_s)
    return bool(accepted or history.of(SwitchActed, from_s=from_s, to_s=to_s))
