"""CTI-09: what happened in the gap is told after it, so that clients show the truth, and go on showing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.calls import ghosts, is_incomplete
from chaos.history.happenings import EARLY_S, OVER, kind_of
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.people import streams_lost
from chaos.history.relays import cti_blind
from chaos.history.screens import (
    STATE,
    UP,
    Aspect,
    Row,
    Screen,
    Step,
    answered,
    asked_about,
    changed,
    is_signed_out,
    told,
    truth,
)
from chaos.history.telephone import telephone_missed
from chaos.journal import EventSeen, Header, RestExchange, SwitchLooked
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.cti.failover import SIDES, FailOver, as_heard, fail_overs, returned
from chaos.verdicts.cti.outsiders import outsiders_unshown
from chaos.verdicts.cti.pending import pending_invented
from chaos.verdicts.cti.saying import said_otherwise
from chaos.verdicts.cti.strays import told_of_nothing
from chaos.verdicts.cti.teams import gap_untold_to_team
from chaos.verdicts.finding import Finding, held, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, grid, made_by, nodes
from chaos.verdicts.outcome import Outcome

EVENTS, ANSWERS = "events", "answers"
VARIABLES = (*(f"callVariable{n}" for n in range(1, 11)), "wrapUpReason", "named variable")
SECOND_CALL = "second call"
_STATES = ("READY", "NOT_READY", "WORK", "WORK_READY", "TALKING", "HOLD", "RESERVED", "LOGOUT")
CHANGES = (
    *(f"state {state}" for state in _STATES),
    "call begun",
    SECOND_CALL,
    "call ended",
    "answered",
    "held",
    "retrieved",
    "conference",
    "transfer",
    *VARIABLES,
)
"""What can happen to an agent in a gap."""
_CITED_MAX = 4
# What is told so shortly before OUT_OF_SERVICE may belong to the loss (ours).
_BEFORE_S = 2.0


def _not_hosted(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """A second call is one to a number outside, which the first experiment has as well."""
    both = {"state RESERVED": "gaps-by-heartbeats", SECOND_CALL: "gaps-by-heartbeats"}
    return made_by("change", both)(header, cell, not_hosted) or made_by("change", {SECOND_CALL: "gaps-by-stop"})(
        header, cell, not_hosted
    )


@check(
    grid(
        pairs=(("node", "change", "shown"), ("node", "lost", "back", "shown")),
        node=nodes,
        change=CHANGES,
        shown=(EVENTS, ANSWERS),
        lost=SIDES,
        back=SIDES,
        unfit=_not_hosted,
        allowed=lambda cell: cell.get("lost") != cell.get("back") or cell.get("lost") is None,
    ),
    needs=returned,
    rests_on=(
        cti_blind,
        deaf,
        telephone_missed,
    ),
)
def clients_show_the_truth(history: History) -> Iterator[Finding]:
    """Whatever became of agents, calls and call data in the gap is published after IN_SERVICE; from then on events and
    answers show what the switch says, and nothing else."""
    for one in fail_overs(history):
        if one.gap.back is None:
            continue
        yield from gap_untold_to_team(history, one)
        yield from pending_invented(history, one)
        for agent in one.people(history):
            if truth(history, agent).at(one.gap.told_s) is None:
                yield inconclusive(
                    Cell.of(node=one.node, agent=agent), f"the switch was not asked about {agent} before"
                )
                continue
            view = _View.of(history, one, agent)
            yield from as_heard(history, _told_after_it(view))
            yield from _told_otherwise(view)
            yield from _settled(view)
            yield from _answered(view)
            yield from _of_nothing(view)
            yield from _misnamed(view)
            yield from _outsiders(view)


@dataclass(frozen=True)
class _View:
    """One agent after one fail-over. from_s: its own notice of IN_SERVICE. truth, told: the switch's word, and events'.

    changes: what the gap changed, by aspect. skipped: calls of which nothing is said here: ghosts, conferences that
    may be shown incompletely, and those at a device where nobody is signed in.
    """

    history: History
    one: FailOver
    agent: str
    from_s: float
    truth: Row
    told: Row
    changes: tuple[Aspect, ...]
    ghosts: frozenset[str]

    @staticmethod
    def of(history: History, one: FailOver, agent: str) -> "_View":
        own = one.gap.own(agent)
        from_s = one.back_s if own is None or own[1] is None else own[1].at_s
        row = truth(history, agent)
        before, after = row.at(one.gap.told_s), row.at(from_s)
        changes = changed(before.screen, after.screen) if before is not None and after is not None else ()
        return _View(
            history,
            one,
            agent,
            from_s,
            row,
            told(history, agent),
            changes,
            frozenset(life.call_id for life in ghosts(history, one.gap)),
        )

    def is_skipped(self, aspect: Aspect, at_s: float) -> bool:
        if aspect.call_id in self.ghosts or (aspect != STATE and is_signed_out(self.history, self.agent, at_s)):
            return True
        return is_incomplete(self.history, self.agent, aspect.call_id, at_s)

    def is_true(self, aspect: Aspect, value: str | None, from_s: float, to_s: float) -> bool:
        """Whether it was ever so in that time, by the switch's word."""
        first = self.truth.at(from_s)
        steps = [*([first] if first else []), *self.truth.between(from_s, to_s)]
        return any(step.screen.get(aspect) == value for step in steps)

    def cell(self, change: str, shown: str) -> Cell:
        return Cell.of(
            node=self.one.node, agent=self.agent, change=change, shown=shown, lost=self.one.lost, back=self.one.back
        )

    def change_of(self, aspect: Aspect) -> str:
        """The value of the axis `change`: what the gap did to that."""
        before, after = self.truth.at(self.one.gap.told_s), self.truth.at(self.from_s)
        return _change(aspect, before.screen if before else {}, after.screen if after else {})


def _change(aspect: Aspect, before: Screen, after: Screen) -> str:
    if aspect == STATE:
        return f"state {after.get(STATE)}"
    up = Aspect("call", aspect.call_id)
    if after.get(up) != before.get(up):
        if after.get(up) != UP:
            return "call ended"
        return SECOND_CALL if sum(one.what == "call" for one in after) > 1 else "call begun"
    if aspect.what == "data":
        return aspect.name if aspect.name in VARIABLES else "named variable"
    return _party_change(aspect, before, after)


def _party_change(aspect: Aspect, before: Screen, after: Screen) -> str:
    def parties(screen: Screen) -> set[str]:
        return {one.name for one in screen if one.what == "party" and one.call_id == aspect.call_id}

    if before.get(aspect) is None or after.get(aspect) is None:
        came, went = parties(after) - parties(before), parties(before) - parties(after)
        return "transfer" if went else "conference" if came else "party"
    moves = {("ACTIVE", "HELD"): "held", ("HELD", "ACTIVE"): "retrieved"}
    return moves.get((before[aspect], after[aspect]), "answered")


def _told_after_it(view: _View) -> Iterator[Finding]:
    """Each aspect that the gap changed is told within a while after IN_SERVICE, unless it changes again before that."""
    true = view.truth.at(view.from_s)
    for aspect in view.changes:
        if true is None or view.is_skipped(aspect, view.from_s):
            continue
        value = true.screen.get(aspect)
        until_s = _until_s(view.truth, aspect, value, view.from_s, view.one.next_s)
        yield from _one_told(view, aspect, value, until_s, true)


def _until_s(row: Row, aspect: Aspect, value: str | None, from_s: float, to_s: float) -> float:
    """Until when that row has that value."""
    return min((step.at_s for step in row.between(from_s, to_s) if step.screen.get(aspect) != value), default=to_s)


def _one_told(view: _View, aspect: Aspect, value: str | None, until_s: float, true: Step) -> Iterator[Finding]:
    cell = view.cell(view.change_of(aspect), EVENTS)
    act = Evidence.of(true.seen, f"at the switch {aspect} of {view.agent}: {value or 'none'}")
    right = next((step for step in _shown(view, until_s) if step.screen.get(aspect) == value), None)
    if right is not None and value is None and aspect.what == "call" and not _taken_off(view, aspect, until_s):
        said = f"{view.agent} was never told that call {aspect.call_id} is gone from his list"
        yield missed(cell, said, act, _event(right), *view.one.gap.cited())
        return
    if right is not None:
        took_s = max(0.0, right.at_s - view.from_s)
        event = _event(right) if took_s else Evidence(right.at_s, f"{view.agent} was shown it already")
        yield timed(cell, "from IN_SERVICE until it was told", Span(took_s, took_s), bounds.RESYNC, act, event)
        return
    if until_s < view.from_s + bounds.RESYNC_S:
        return  # it did not last long enough to be told for certain
    why = deaf(view.history)
    lost = streams_lost(view.history, [view.agent], to_s=view.from_s + bounds.RESYNC_S)
    if why is not None or lost:
        yield inconclusive(cell, why or "its event stream was lost", act, *lost[:1])
        return
    yield missed(cell, f"{view.agent} was never told what became of it in the gap", act, *view.one.gap.cited())


def _taken_off(view: _View, aspect: Aspect, until_s: float) -> bool:
    """Whether a call that he has left was deleted from his list: that it goes on without him, or is dropped, changes it
    and leaves it there. Nothing is said of it where that was too short a time, or his stream was lost; nor is anything
    to be taken off that he was never told of: a call that began in the instant of the loss."""
    listed = view.told.at(view.one.gap.told_s)
    if listed is None or listed.screen.get(aspect) != UP:
        return True
    due_s = view.from_s + bounds.RESYNC_S
    gone = view.history.of(
        EventSeen,
        lambda seen: seen.event == "DELETE" and any(call.call_id == aspect.call_id for call in seen.calls),
        agent=view.agent,
        from_s=view.one.gap.told_s - _BEFORE_S,
        to_s=due_s,
    )
    lost = streams_lost(view.history, [view.agent], to_s=due_s)
    return bool(gone) or until_s < due_s or deaf(view.history) is not None or bool(lost)


def _shown(view: _View, until_s: float) -> list[Step]:
    """What events showed from IN_SERVICE on: as it stood then, and each later step."""
    first = view.told.at(view.from_s)
    return [*([first] if first else []), *view.told.between(view.from_s, until_s)]


def _event(step: Step) -> Evidence:
    seen = step.seen
    assert isinstance(seen, EventSeen)
    return _line(seen)


def _line(seen: EventSeen) -> Evidence:
    what = f"{kind_of(seen)} {seen.source} {seen.user_state or ''}".rstrip()
    return Evidence.of(seen, f"{seen.node} → {seen.agent}: {what}")


def _told_otherwise(view: _View) -> Iterator[Finding]:
    """Events that told what was not so. While a node catches up it may tell all that the gap held, in order."""
    for step in view.told.between(view.from_s, view.one.next_s):
        event = step.seen
        assert isinstance(event, EventSeen)
        catching_up = step.at_s <= view.from_s + bounds.RESYNC_S
        from_s = view.one.gap.told_s if catching_up else step.at_s - TOLD_S
        for aspect in _about(event, view.truth, step):
            value = step.screen.get(aspect)
            if view.is_skipped(aspect, step.at_s) or view.is_true(aspect, value, from_s, step.at_s + EARLY_S):
                continue
            yield _contradicted(view, aspect, value, step)
            break


def _about(event: EventSeen, true: Row, step: Step) -> list[Aspect]:
    """The aspects of which that event speaks."""
    if event.user_state is not None:
        return [STATE]
    ids = {call.call_id for call in event.calls}
    known = true.at(step.at_s)
    aspects = step.screen.keys() | (known.screen.keys() if known else set())
    return sorted(aspect for aspect in aspects if aspect.call_id in ids)


def _contradicted(view: _View, aspect: Aspect, value: str | None, step: Step) -> Finding:
    """The switch, asked while that stood on the screen, said otherwise; or it did both before and after it, and told
    nothing of it in between, of a call's being there. Else we may have missed something."""
    change = view.change_of(aspect) if aspect in view.changes else "none"
    cell = view.cell(change, EVENTS)
    said = f"{view.agent} was told of {aspect}: {value or 'none'}"
    until_s = _until_s(view.told, aspect, value, step.at_s, view.one.next_s)
    looks = view.history.of(SwitchLooked, agent=view.agent, from_s=step.at_s, to_s=until_s)
    against = [seen for seen in looks if not view.is_true(aspect, value, seen.at_s, seen.at_s)]
    if not against and aspect.what == "call":
        against = _around(view, aspect, value, step)
    if not against:
        return inconclusive(cell, f"{said}, and the switch was not asked while that stood there", _event(step))
    line = Evidence.of(against[0], f"the switch, asked about {view.agent}: {against[0].state}, otherwise than that")
    return violated(cell, f"{said}, which is not so", _event(step), line, *view.one.gap.cited())


def _around(view: _View, aspect: Aspect, value: str | None, step: Step) -> list[SwitchLooked]:
    """The looks at the switch before and after that, if it was otherwise all the time between them."""
    before = view.history.of(SwitchLooked, agent=view.agent, to_s=step.at_s)[-1:]
    after = view.history.of(SwitchLooked, agent=view.agent, from_s=step.at_s)[:1]
    if not before or not after or view.is_true(aspect, value, before[0].at_s, after[0].at_s):
        return []
    return [*after, *before]


def _of_nothing(view: _View) -> Iterator[Finding]:
    for event, call_id in told_of_nothing(view.history, view.one, view.agent):
        what = "that call {} is over" if kind_of(event) == OVER else "of call {}"
        said = f"{view.agent} was told {what.format(call_id)}, which it was never in"
        yield violated(view.cell("none", EVENTS), said, _line(event), *view.one.gap.cited())


def _misnamed(view: _View) -> Iterator[Finding]:
    for seen, said, line in said_otherwise(view.history, view.one, view.agent, view.from_s):
        shown_by = EVENTS if isinstance(seen, EventSeen) else ANSWERS
        yield violated(view.cell("none", shown_by), said, line, *view.one.gap.cited())
        return


def _outsiders(view: _View) -> Iterator[Finding]:
    settled_s = view.from_s + bounds.RESYNC_S
    for seen, said, look in outsiders_unshown(view.history, view.agent, settled_s, view.one.next_s):
        shown_by = EVENTS if isinstance(seen, EventSeen) else ANSWERS
        yield violated(view.cell("none", shown_by), said, look, Evidence.of(seen, said), *view.one.gap.cited())
        return


def _settled(view: _View) -> Iterator[Finding]:
    """Once it has caught up, nothing is left on the screen that is not so and that events told since the gap began, or
    just before.

    What they never told at all is judged apart.
    """
    until_s = view.from_s + bounds.RESYNC_S
    shown, true = view.told.at(until_s), view.truth.at(until_s)
    if until_s > view.one.next_s or shown is None or true is None:
        return
    steps = view.told.between(view.one.gap.told_s - _BEFORE_S, until_s)
    spoken: set[Aspect] = set()
    for step in steps:
        if isinstance(step.seen, EventSeen):
            spoken.update(_about(step.seen, view.truth, step))
    for aspect in sorted(spoken):
        value = true.screen.get(aspect)
        stands = _until_s(view.truth, aspect, value, view.from_s, until_s) == until_s
        if shown.screen.get(aspect) != value and stands and not view.is_skipped(aspect, until_s):
            last = next(step for step in reversed(steps) if step.screen.get(aspect) == shown.screen.get(aspect))
            yield _contradicted(view, aspect, shown.screen.get(aspect), last)
            return


def _answered(view: _View) -> Iterator[Finding]:
    """What answers show from soon after IN_SERVICE on, compared to what was so while they were asked for."""
    right: dict[str, RestExchange] = {}
    for answer in _answers(view):
        screen = answered(view.history, answer, view.agent)
        if screen is None:
            continue
        wrong = list(_wrong(view, answer, screen))
        for aspect in wrong[:1]:
            yield _answered_wrong(view, answer, aspect, screen.get(aspect))
        if not wrong:
            right.update(dict.fromkeys(_confirmed(view, answer, screen), answer))
    for change, answer in right.items():
        yield held(view.cell(change, ANSWERS), "answers show it", Evidence.of(answer, f"{answer.resource} shows it"))


def wrong_answers(history: History, one: FailOver, agent: str) -> Iterator[tuple[RestExchange, Finding]]:
    """What that agent asked for after the fail-over and was answered otherwise than the switch said, when asked too."""
    if truth(history, agent).at(one.gap.told_s) is None:
        return
    view = _View.of(history, one, agent)
    for answer in _answers(view):
        screen = answered(history, answer, agent)
        aspect = next(_wrong(view, answer, screen), None) if screen is not None else None
        if screen is not None and aspect is not None:
            finding = _answered_wrong(view, answer, aspect, screen.get(aspect))
            if finding.outcome is Outcome.VIOLATED:
                yield answer, finding


def _answers(view: _View) -> list[RestExchange]:
    return view.history.of(
        RestExchange,
        lambda seen: (
            (asked_about(seen) == view.agent or view.agent in dict(seen.listed))
            and seen.node == view.one.node
            and seen.sent_s >= view.from_s + bounds.ANSWERS_S
        ),
        from_s=view.from_s,
        to_s=view.one.next_s,
    )


def _speaks_of(answer: RestExchange, aspect: Aspect) -> bool:
    if answer.user_state is not None or answer.listed or aspect == STATE:
        return (answer.user_state is not None or bool(answer.listed)) and aspect == STATE
    # One call alone, or all of them.
    return not answer.resource.endswith("Dialog/{id}") or aspect.call_id == answer.path.rpartition("/")[2]


def _wrong(view: _View, answer: RestExchange, screen: Screen) -> Iterator[Aspect]:
    from_s = answer.sent_s - bounds.ANSWERS_S
    true = view.truth.at(answer.at_s)
    known = true.screen.keys() if true else set()
    for aspect in sorted(screen.keys() | known):
        if not _speaks_of(answer, aspect) or view.is_skipped(aspect, answer.at_s):
            continue
        if not view.is_true(aspect, screen.get(aspect), from_s, answer.at_s + EARLY_S):
            yield aspect


def _confirmed(view: _View, answer: RestExchange, screen: Screen) -> Iterator[str]:
    """Which of the gap's changes the answer shows as they were at IN_SERVICE."""
    true = view.truth.at(view.from_s)
    for aspect in view.changes:
        if true is not None and _speaks_of(answer, aspect) and screen.get(aspect) == true.screen.get(aspect):
            yield view.change_of(aspect)


def _answered_wrong(view: _View, answer: RestExchange, aspect: Aspect, value: str | None) -> Finding:
    change = view.change_of(aspect) if aspect in view.changes else "none"
    cell = view.cell(change, ANSWERS)
    line = Evidence.of(answer, f"{answer.resource} of {view.agent} shows {aspect}: {value or 'none'}")
    near = view.history.of(
        SwitchLooked,
        agent=view.agent,
        from_s=answer.sent_s - bounds.LOOKED_S,
        to_s=answer.at_s + bounds.LOOKED_S,
    )
    against = [seen for seen in near if not view.is_true(aspect, value, seen.at_s, seen.at_s)]
    if not against:
        return inconclusive(cell, "an answer and what the switch told differ, and the switch was not asked then", line)
    said = Evidence.of(against[0], f"the switch, asked about {view.agent}: {against[0].state}, otherwise than that")
    return violated(cell, "an answer shows what is not so", line, said, *view.one.gap.cited())
