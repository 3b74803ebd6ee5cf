"""CTI-08: what people at work ask a node for after a fail-over is done, as they asked, and told with their mark."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from chaos.history import Evidence, History
from chaos.history.asking import is_taken
from chaos.history.calls import is_incomplete
from chaos.history.happenings import EARLY_S, STOOD_S, events_of, own_device
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.people import streams_lost
from chaos.history.screens import STATE, STATES, Aspect, Screen, devices, told, truth
from chaos.journal import WORK, About, EventSeen, RestExchange, SwitchAct, SwitchActed, SwitchAgentSeen
from chaos.verdicts.cti.failover import FailOver, after, ask_of, moment_after
from chaos.verdicts.cti.unchanged import has_data, is_retrieved
from chaos.verdicts.finding import Finding, missed, violated

# What no telephone and no document shows afterwards: only whether it was refused can be judged.
_UNSEEN = "SEND_DTMF"
# Names of `RestExchange.wanted` that are no call data.
_ORDERS = frozenset({"state", "reason", "action", "number"})
_CITED_MAX = 4
# What a switch passes through on its way to something else is over sooner; what people do next comes later (ours).
_LASTS_S = 0.05
# Agents in a conference, at least, where an agent has another one join.
_CONFERENCE = 3
# Of so many requests of one kind the marks have to be lost all: which events of a request bear it is not said.
_MARKS_MIN = 2


def not_done(history: History, one: FailOver) -> Iterator[Finding]:
    """Requests that came to nothing, or to something else: whoever answers like this does not answer."""
    for seen, said in in_vain(history, one):
        cell = after(one, ask=ask_of(seen), moment=moment_after(one, seen))
        yield violated(cell, said, asked_line(seen), *one.gap.cited())


def in_vain(history: History, one: FailOver) -> Iterator[tuple[RestExchange, str]]:
    """Requests that were accepted and changed nothing at the switch, or something else than was asked for, and those
    that could be carried out, and were refused; with what is wrong."""
    for seen in _accepted(history, one):
        why = _otherwise(history, seen)
        if why is not None:
            yield seen, f"{one.node} accepted a request {why}"
    yield from ((seen, f"{one.node} refused what could be done") for seen in _turned_away(history, one))


def _turned_away(history: History, one: FailOver) -> Iterator[RestExchange]:
    """Those of which the switch said that they could be carried out, and so did the events that the node itself had
    sent whoever asked."""
    for seen in _worked(history, one, lambda seen: seen.status is not None and 400 <= seen.status < 500):
        assert seen.agent is not None
        device = own_device(history, seen.agent)
        if _is_missing(history, one, seen):
            continue
        screens = [row(history, seen.agent).at(seen.sent_s) for row in (truth, told)]
        if device is not None and all(step is not None and _can(seen, device, step.screen) for step in screens):
            yield seen


def _is_missing(history: History, one: FailOver, seen: RestExchange) -> bool:
    """Whether it is about a conference that may be missing after the fail-over (CTI-11): of one the node has told
    nothing since. What clients were shown before need not be there any more."""
    assert seen.agent is not None
    call_id = seen.path.rpartition("/")[2]
    if not is_incomplete(history, seen.agent, call_id, seen.sent_s):
        return False
    told_since = events_of(history, seen.agent, one.back_s, seen.sent_s)
    return not any(call.call_id == call_id for event in told_since for call in event.calls)


def _can(seen: RestExchange, device: str, screen: Screen) -> bool:
    """Whether what was asked for can be done by whoever sees that screen."""
    wanted, call_id = dict(seen.wanted), seen.path.rpartition("/")[2]
    own = screen.get(Aspect("party", call_id, device))
    states = [value for aspect, value in screen.items() if aspect.what == "party" and aspect.name == device]
    if "state" in wanted:
        # A lab may want a reason of whoever asks for these.
        if wanted["state"] in ("NOT_READY", "LOGOUT") and "reason" not in wanted:
            return False
        # Signing out goes by way of Not Ready; in a call states are asked for as well.
        right = {"LOGIN": ("LOGOUT",), "LOGOUT": ("NOT_READY",), "READY": ("NOT_READY",), "NOT_READY": ("READY",)}
        return screen.get(STATE) in right.get(wanted["state"], ())
    return {
        "MAKE_CALL": not states and screen.get(STATE) == "NOT_READY",
        "CONSULT_CALL": own == "ACTIVE" and len(states) == 1,
        "ANSWER": own == "ALERTING" and len(states) == 1,
        "HOLD": own == "ACTIVE" and len(states) == 1,
        "RETRIEVE": own == "HELD" and len(states) == 1,
        "DROP": own in ("ACTIVE", "HELD"),
        "UPDATE_CALL_DATA": own in ("ACTIVE", "HELD"),
        _UNSEEN: own == "ACTIVE",
        "CONFERENCE": sorted(states) == ["ACTIVE", "HELD"] and own is not None,
        "TRANSFER": sorted(states) == ["ACTIVE", "HELD"] and own is not None,
    }.get(wanted.get("action", ""), False)


def marks_lost(history: History, one: FailOver) -> Iterator[Finding]:
    """A request bears a mark which the events that it causes are to bear, too (Finesse developer guide, requestId), but
    for a product of which the inventory says that they do not: Cisco calls that best-effort."""
    if not history.header.request_ids:
        return
    kinds: dict[tuple[str, str], list[RestExchange]] = {}
    for seen in _accepted(history, one):
        if dict(seen.wanted).get("action") != _UNSEEN and _otherwise(history, seen) is None:
            kinds.setdefault((seen.agent or "", ask_of(seen)), []).append(seen)
    for (agent, ask), asked in kinds.items():
        last_s = asked[-1].at_s + TOLD_S
        if len(asked) < _MARKS_MIN or deaf(history) or streams_lost(history, [agent], to_s=last_s):
            continue
        marks = {event.request_id for event in events_of(history, agent, one.back_s, last_s)}
        if marks.isdisjoint(seen.request_id for seen in asked):
            cell = after(one, ask=ask, moment=moment_after(one, asked[-1]))
            lines = [asked_line(seen) for seen in asked[:_CITED_MAX]]
            yield missed(cell, "no event bears the requestId of the request that caused it", *lines)


def _worked(history: History, one: FailOver, where: Callable[[RestExchange], bool]) -> Sequence[RestExchange]:
    """What people at work asked to be done after the node's notice, with such an answer."""
    asked = history.of(
        RestExchange,
        lambda seen: seen.node == one.node and (seen.request_id or "").startswith(WORK) and where(seen),
        from_s=one.back_s,
        to_s=one.next_s,
    )
    return [seen for seen in asked if seen.agent is not None and seen.sent_s >= one.back_s]


def _accepted(history: History, one: FailOver) -> Sequence[RestExchange]:
    """What was accepted, and had the time to come out; refusals that came later by an event are left out."""
    in_time = _worked(history, one, lambda seen: is_taken(seen) and seen.at_s <= one.next_s - TOLD_S)
    return [seen for seen in in_time if not _turned_down(history, seen)]


def _may_wait(history: History, seen: RestExchange) -> bool:
    """A state that is asked for in a call may be kept for its end."""
    assert seen.agent is not None
    before = truth(history, seen.agent).at(seen.sent_s)
    return before is None or (
        seen.resource == "PUT User/{id}" and any(aspect.what == "call" for aspect in before.screen)
    )


def _turned_down(history: History, seen: RestExchange) -> bool:
    """The switch's refusal comes later, as an event."""
    return bool(
        history.of(
            EventSeen,
            lambda event: event.about is About.ERRORS and _is_of(history, event, seen),
            from_s=seen.sent_s,
        )
    )


def _is_of(history: History, event: EventSeen, seen: RestExchange) -> bool:
    """Whether that event tells of that request, by its mark; where there are none, if it comes soon."""
    if history.header.request_ids:
        return event.request_id == seen.request_id
    return event.agent == seen.agent and event.at_s <= seen.at_s + TOLD_S


def _otherwise(history: History, seen: RestExchange) -> str | None:
    """What the switch says against it that the request was carried out; None if nothing."""
    assert seen.agent is not None
    row = truth(history, seen.agent)
    if _may_wait(history, seen):
        return _not_kept(history, seen)
    steps = row.between(seen.sent_s - EARLY_S, seen.at_s + TOLD_S)
    wanted = dict(seen.wanted)
    if wanted.get("action") == _UNSEEN:
        return None
    before = row.at(seen.sent_s - EARLY_S)
    if before is not None and wanted.get("state") == before.screen.get(STATE):
        return _moved_away(history, seen, wanted["state"])
    if before is not None and has_data(before.screen, seen):
        return None  # data that the call has already: there is nothing to be changed
    device = own_device(history, seen.agent)
    if before is not None and device is not None and is_retrieved(before.screen, seen, device):
        return None  # nor is there where the call is not on hold
    if not steps:
        return "that changed nothing at the switch"
    if "reason" in wanted and not _for_that_reason(history, seen, wanted):
        return "and another reason was given at the switch"
    if before is None or device is None:
        return None
    call_id = seen.path.rpartition("/")[2]
    has_come = _come_about(wanted, call_id, device, before.screen)
    if wanted.get("action") == "CONFERENCE":
        # On the way to a transfer all three are in one call, too, for a moment.
        ends_s = [step.at_s for step in steps[1:]] + [float("inf")]
        steps = [step for step, end_s in zip(steps, ends_s, strict=True) if end_s - step.at_s >= _LASTS_S]
    if not any(has_come(step.screen) for step in steps):
        return "and something else was done at the switch"
    return "and ended the call for the others, too" if _ended_for_others(history, seen, before.screen) else None


def _ended_for_others(history: History, seen: RestExchange, before: Screen) -> bool:
    """Whether who asked to leave a conference took it from somebody else in it, who is left without any call, though
    nobody else has done anything meanwhile."""
    call_id = seen.path.rpartition("/")[2]
    others = [one.name for one in before if one.what == "party" and one.call_id == call_id]
    if dict(seen.wanted).get("action") != "DROP" or len(others) < _CONFERENCE:
        return False
    for owner in {devices(history).get(device) for device in others} - {None, seen.agent}:
        assert owner is not None
        steps = truth(history, owner).between(seen.sent_s - EARLY_S, seen.at_s + TOLD_S)
        gone_s = next((step.at_s for step in steps if not any(one.what == "call" for one in step.screen)), None)
        if gone_s is not None and not _others_acted(history, seen, gone_s + EARLY_S):
            return True
    return False


def _others_acted(history: History, seen: RestExchange, to_s: float) -> bool:
    """Whether anybody did anything to a call since just before that request."""
    from_s = seen.sent_s - EARLY_S
    asked = history.of(
        RestExchange, lambda one: one is not seen and "action" in dict(one.wanted) and one.sent_s <= to_s, from_s=from_s
    )
    acts = history.of(SwitchActed, lambda act: act.act is not SwitchAct.SET_STATE, from_s=from_s, to_s=to_s)
    return bool(asked or acts)


def _moved_away(history: History, seen: RestExchange, state: str) -> str | None:
    """Whoever is in that state already is not put into it, and not into another one either.

    What was asked for before may come late: the last that is told counts, until a call comes or something else is asked
    for. Else two requests that are mixed up would each look like what the other one asked for.
    """
    assert seen.agent is not None
    row = truth(history, seen.agent)
    later = history.of(RestExchange, lambda one: "state" in dict(one.wanted), agent=seen.agent, from_s=seen.at_s)
    acts = history.of(SwitchActed, agent=seen.agent, from_s=seen.at_s)
    ends = [one.sent_s for one in later if one is not seen] + [act.at_s - EARLY_S for act in acts]
    after_it = row.between(seen.sent_s, min([seen.at_s + TOLD_S, *ends]))
    called_s = next((one.at_s for one in after_it if any(aspect.what == "call" for aspect in one.screen)), None)
    end_s = min([seen.at_s + TOLD_S, *ends, *([called_s] if called_s is not None else [])])
    steps = [one for one in after_it if one.at_s < end_s]
    if not steps or end_s - seen.at_s < STOOD_S or steps[-1].screen.get(STATE) == state:
        return None
    return "and something else was done at the switch"


def _for_that_reason(history: History, seen: RestExchange, wanted: Mapping[str, str]) -> bool:
    """Whether the switch told that state with that reason; or none at all, so that nothing can be said."""
    told_so = history.of(
        SwitchAgentSeen,
        lambda one: STATES.get(one.state) == wanted.get("state"),
        agent=seen.agent,
        from_s=seen.sent_s - EARLY_S,
        to_s=seen.at_s + TOLD_S,
    )
    return not told_so or any(str(one.reason_code) == wanted["reason"] for one in told_so)


def _not_kept(history: History, seen: RestExchange) -> str | None:
    """A state that was asked for in a call is taken at its end at the latest, unless another one is asked for."""
    assert seen.agent is not None
    state, row = dict(seen.wanted).get("state"), truth(history, seen.agent)
    later = row.between(seen.sent_s - EARLY_S, float("inf"))
    ends_s = next((step.at_s for step in later if not any(one.what == "call" for one in step.screen)), None)
    if state in (None, "LOGIN", "LOGOUT") or ends_s is None or ends_s > history.story.end_s - TOLD_S:
        return None
    others = history.of(
        RestExchange,
        lambda one: "state" in dict(one.wanted),
        agent=seen.agent,
        from_s=seen.at_s,
        to_s=ends_s + EARLY_S,
    )
    acts = history.of(SwitchActed, agent=seen.agent, from_s=seen.at_s, to_s=ends_s + EARLY_S)
    if any(one is not seen for one in others) or any(act.act is SwitchAct.SET_STATE for act in acts):
        return None
    # Between the end of its call and the next thing that it does there may be little time, but its state is told.
    taken = any(step.screen.get(STATE) == state for step in later if step.at_s <= ends_s + TOLD_S)
    return None if taken else "that was not carried out, not even at the end of the call"


def _come_about(wanted: Mapping[str, str], call_id: str, device: str, before: Screen) -> Callable[[Screen], bool]:
    """Whether a screen shows what was asked for."""
    calls = [aspect for aspect in before if aspect.what == "call"]
    up, own = Aspect("call", call_id), Aspect("party", call_id, device)

    def joined(screen: Screen) -> bool:
        # Which of the two calls stays is the switch's to say.
        parties = [one for one in screen if one.what == "party"]
        return any(sum(one.call_id == call.call_id for one in parties) >= _CONFERENCE for call in calls)

    def new_party(screen: Screen) -> bool:
        number = wanted.get("number", "")
        new = [one for one in screen if one.what == "party" and one.name == number and one not in before]
        data = {name: value for name, value in wanted.items() if name not in _ORDERS}
        return any(
            all(screen.get(Aspect("data", one.call_id, name)) == value for name, value in data.items()) for one in new
        )

    actions: Mapping[str, Callable[[Screen], bool]] = {
        "MAKE_CALL": new_party,
        "CONSULT_CALL": new_party,
        "ANSWER": lambda screen: screen.get(own) == "ACTIVE" != before.get(own),
        "HOLD": lambda screen: screen.get(own) == "HELD" != before.get(own),
        "RETRIEVE": lambda screen: screen.get(own) == "ACTIVE" != before.get(own),
        "DROP": lambda screen: up not in screen,
        "TRANSFER": lambda screen: not any(one in screen for one in calls),
        "CONFERENCE": joined,
        "UPDATE_CALL_DATA": lambda screen: all(
            screen.get(Aspect("data", call_id, name), "") == value
            for name, value in wanted.items()
            if name not in _ORDERS
        ),
    }
    if "action" in wanted:
        return actions.get(wanted["action"], lambda _: True)
    state = wanted.get("state")
    return lambda screen: state in (None, "LOGIN", screen.get(STATE))


def asked_line(seen: RestExchange) -> Evidence:
    """The request, with what was asked for."""
    what = ", ".join(value for name, value in seen.wanted if name in _ORDERS)
    return Evidence.of(seen, f"{ask_of(seen)} ({what}) at {seen.node} → {seen.status or seen.failure}")
