"""AWDB-05 and AWDB-12: whoever loses one AWDB goes to the other, and a retry succeeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.asking import UNAUTHORIZED, asked, cited, ever_let_in, verb_of, was_let_in, was_turned_away, who
from chaos.history.awdb_entries import KINDS, SIGN_IN_PAGE
from chaos.history.awdb_links import LOSSES, NAMES, PLACES, SIDES, Stretch, losses, was_there
from chaos.history.awdb_traffic import heard, in_use, is_alone
from chaos.history.credentials import idle_s_min
from chaos.history.lateness import clock_error_s
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbSeen, AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import AGENT_REQUESTS, ASKERS, at
from chaos.verdicts.awdb.coming_in import came_in, comes_in_at_the_retry, comes_in_by_the_other
from chaos.verdicts.awdb.desktop import no_page
from chaos.verdicts.awdb.locked_out import TIMED_OUT, may_be_locked_out, nobody_is_locked_out
from chaos.verdicts.awdb.prerequisites import may_lack_prerequisites
from chaos.verdicts.awdb.staying import LATER, stays_with_the_other
from chaos.verdicts.awdb.wrong import WRONG, wrong_passwords_are_refused
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, timed, violated
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes
from chaos.verdicts.outcome import Outcome

LOST = tuple(PLACES.values())
NEXT, TOGETHER = "the next", "two at once"
THEN = (NEXT, TOGETHER, LATER, TIMED_OUT)


@dataclass(frozen=True, slots=True)
class _Tries:
    """What one person without cached credentials asked of a node, while one AWDB was lost and the other one was there.

    The same request again and again, until it was let in. meets: whether it is the first that needed an AWDB there
    since the loss, and the node had used the lost one before: it is the one that makes the node move.
    """

    requests: Sequence[RestExchange]
    lost: Stretch
    meets: bool

    @property
    def name(self) -> str:
        return f"{who(self.requests[0])} at {self.requests[0].node}"

    @property
    def other(self) -> str:
        return next(side for side in SIDES if side != self.lost.side)

    @property
    def good(self) -> int | None:
        """The how manieth was let in, from 0; None if none was."""
        return next((n for n, one in enumerate(self.requests) if was_let_in(one)), None)

    def cell(self) -> dict[str, str]:
        return at(self.requests[0]) | {"lost": PLACES[self.lost.side]}

    def cited(self) -> tuple[Evidence, ...]:
        return self.lost.cited(), *(cited(one) for one in self.requests[:4])

    def refused(self, history: History) -> tuple[RestExchange, AwdbSeen] | None:
        """The first that was turned away though the other AWDB has answered at it, on a connection by which the node
        had authenticated somebody since the loss: that is noticed, and nobody has to try again any more. And the
        answer.

        What an agent asks of the CTI server may fail for other reasons, but not by 401; and whoever has sent wrong
        passwords, and enough of them, may be locked out.
        """
        requests = self.requests if self.good is None else self.requests[: self.good]
        for one in requests:
            is_of_awdb = one.status == UNAUTHORIZED or (one.status is not None and verb_of(one) == "GET")
            if not was_turned_away(one) or not is_of_awdb or may_be_locked_out(history, one):
                continue
            answer = self.served_by(history, one)
            if answer is not None:
                return one, answer
        return None

    def served_by(self, history: History, one: RestExchange) -> AwdbSeen | None:
        """The answer of the other AWDB at that request, on a connection that has served somebody else before."""
        met = heard(history, one)
        answers = met.of(AwdbStep.ANSWERED, side=self.other)
        is_clear = met.is_certain and met.sides() == {self.other} and not met.of(AwdbStep.ATTEMPT)
        return answers[-1] if is_clear and answers and self._has_served(history, one, answers[-1].connection) else None

    def comes_later(self, history: History) -> bool:
        """Whether the other AWDB has served somebody at that node since the loss."""
        return any(True for _ in self._served(history, self.requests[0]))

    def _has_served(self, history: History, before: RestExchange, connection: int) -> bool:
        return any(seen.connection == connection for seen in self._served(history, before))

    def _served(self, history: History, before: RestExchange) -> Iterator[AwdbSeen]:
        """The other AWDB's answers at requests of that node that were let in since the loss, and before that one."""
        for one in asked(history):
            if one.node == before.node and self.lost.covers(one) and one.at_s < before.sent_s and was_let_in(one):
                yield from heard(history, one).of(AwdbStep.ANSWERED, side=self.other)

    def by_the_other(self, history: History) -> Finding | None:
        """Why the one that was let in shows nothing; None if the other AWDB has answered at it."""
        assert self.good is not None
        good = self.requests[self.good]
        met = heard(history, good)
        cell = Cell.of(**self.cell())
        if not met.of(AwdbStep.ANSWERED, side=self.other):
            return inconclusive(cell, f"{self.name} was let in, but {NAMES[self.other]} was not asked", *self.cited())
        if not met.is_certain:
            return inconclusive(cell, f"at whose request {NAMES[self.other]} answered is open", *self.cited())
        return None


def _tries(history: History) -> Iterator[_Tries]:
    for side in SIDES:
        other = next(one for one in SIDES if one != side)
        for lost in losses(history, side):
            meanwhile = [
                one
                for one in asked(history)
                if lost.covers(one) and was_there(history, other, one) and not may_lack_prerequisites(history, one)
            ]
            for node in history.nodes:
                yield from _at_node(history, [one for one in meanwhile if one.node == node], lost)


def _at_node(history: History, requests: Sequence[RestExchange], lost: Stretch) -> Iterator[_Tries]:
    """requests: of one node, while that AWDB was lost and the other was there. A wrong password needs an AWDB, too: it
    is nobody's try, but whoever comes after it does not meet the loss any more."""
    meets = bool(requests) and in_use(history, requests[0].node, lost.from_s) == lost.side
    open_tries: dict[tuple[str, str], list[RestExchange]] = {}
    first: list[RestExchange] | None = None
    for one in requests:
        if one.wrong_password:
            meets = False
            continue
        key = (who(one), one.resource)
        if key not in open_tries and idle_s_min(history, one) <= bounds.CACHE_GONE_S:
            continue
        tries = open_tries.setdefault(key, [])
        if tries and was_let_in(tries[-1]):
            continue
        tries.append(one)
        if meets and first is None:
            first = tries
    for tries in open_tries.values():
        yield _Tries(tuple(tries), lost, meets=tries is first)


def _one_is_lost(history: History) -> bool:
    return next(_tries(history), None) is not None or came_in(history)


@check(
    grid(
        node=nodes,
        loss=tuple(LOSSES.values()),
        lost=LOST,
        ask=ASKERS,
        request=(*AGENT_REQUESTS, *KINDS),
        then=(LATER,),
        password=(WRONG,),
        pairs=(
            ("node", "loss", "lost", "ask"),
            ("node", "request"),
            ("node", "lost", "then"),
            ("node", "lost", "password"),
        ),
        unfit=any_of(made_by("loss", {"stopped": "sql-server-stopped"}), no_page("request")),
    ),
    needs=_one_is_lost,
    rests_on=(awdb_blind,),
)
def finesse_goes_to_the_other_awdb(history: History) -> Iterator[Finding]:
    """With one AWDB lost, whoever is not cached is authenticated by the other one, at every node."""
    for tries in _tries(history):
        yield _goes(history, tries)
    yield from comes_in_by_the_other(history)
    yield from wrong_passwords_are_refused(history)
    yield from stays_with_the_other(history)


def _goes(history: History, tries: _Tries) -> Finding:
    # Only the request that made the node move says something about that way of losing an AWDB, and of asking.
    part = tries.cell() | {"loss": tries.lost.loss} if tries.meets else {"node": tries.requests[0].node}
    cell, lines = Cell.of(**part), tries.cited()
    if tries.good is None:
        if len(tries.requests) < bounds.TRIES_IN_VAIN:
            return inconclusive(cell, f"{tries.name} asked {len(tries.requests)} time(s) only", *lines)
        if (tries.requests[0].node, who(tries.requests[0])) not in ever_let_in(history):
            return inconclusive(cell, f"{tries.name} was not let in at any other time either", *lines)
        what = f"{NAMES[tries.lost.side]} is lost and {NAMES[tries.other]} is there"
        return violated(cell, f"{tries.name} was not authenticated, though {what}", *lines)
    if tries.good > bounds.RETRIES and tries.lost.met != "silence":
        # Of a loss that nobody could overlook the first request has told the node, if nothing did before.
        tried = f"went to {NAMES[tries.other]} at the {tries.good + 1}th request only"
        return violated(cell, f"{tries.requests[0].node} {tried}, though {NAMES[tries.lost.side]} was lost", *lines)
    shows_nothing = tries.by_the_other(history)
    if shows_nothing is not None:
        return shows_nothing
    if not tries.meets and (refused := tries.refused(history)) is not None:
        return _turned_away(tries, cell, *refused)
    return held(cell, "the other AWDB authenticated whoever was not cached", *lines)


def _turned_away(tries: _Tries, cell: Cell, request: RestExchange, answer: AwdbSeen) -> Finding:
    """By an AWDB that had served others since the loss, before it let him in: that costs nobody a request any more."""
    what = f"{tries.name} was turned away, though {NAMES[tries.other]} was in use already, and has answered"
    line = Evidence.of(answer, f"awdb-{answer.side}: {answer.step}")
    return violated(cell, what, tries.lost.cited(), cited(request), line)


@check(
    # `then`: who asks once somebody has met the loss, and the node has gone to the other AWDB; two who meet it at once;
    # who asks when nobody has needed an AWDB for some time; who has met two time-outs, which lock nobody out.
    grid(
        node=nodes,
        lost=LOST,
        ask=(*ASKERS, SIGN_IN_PAGE),
        then=THEN,
        pairs=(("node", "lost", "ask"), ("node", "lost", "then")),
        unfit=no_page("ask"),
    ),
    needs=_one_is_lost,
    rests_on=(awdb_blind,),
)
def a_retry_succeeds(history: History) -> Iterator[Finding]:
    """With one AWDB lost, a first request may fail, no later than the database time-out; its retry succeeds, and nobody
    who comes after that has to try again.

    That an AWDB is lost without notice is what a silent link does, so only there a request has to be seen to meet it.
    """
    for tries in _tries(history):
        yield from _next(history, tries)
        yield _retried(history, tries)
    yield from _together(history)
    if any(one.met == "silence" for side in SIDES for one in losses(history, side)):
        yield from stays_with_the_other(history)
    yield from comes_in_at_the_retry(history)
    yield from nobody_is_locked_out(history)


def _next(history: History, tries: _Tries) -> Iterator[Finding]:
    """Of somebody who does not meet the loss, since the other AWDB is in use already."""
    if tries.meets or tries.lost.met != "silence":
        return
    cell = Cell.of(node=tries.requests[0].node, lost=PLACES[tries.lost.side], then=NEXT)
    if (refused := tries.refused(history)) is not None:
        if (tries.requests[0].node, who(tries.requests[0])) in ever_let_in(history):
            yield _turned_away(tries, cell, *refused)
    elif tries.good == 0 and tries.comes_later(history) and tries.by_the_other(history) is None:
        yield held(cell, "whoever comes next is let in at once", tries.lost.cited(), cited(tries.requests[0]))


def _together(history: History) -> Iterator[Finding]:
    """Of those whose first requests met a silent loss at once: the retry of each succeeds."""
    known = [one for one in _tries(history) if one.lost.met == "silence"]
    for one in known:
        first = one.requests[0]
        beside = [
            other
            for other in known
            if other is not one
            and (other.lost, other.requests[0].node) == (one.lost, first.node)
            and max(other.requests[0].sent_s, first.sent_s) < min(other.requests[0].at_s, first.at_s)
        ]
        if (
            one.meets
            and beside
            and all(each.good is not None and each.good <= bounds.RETRIES for each in (one, *beside))
        ):
            cell = Cell.of(node=first.node, lost=PLACES[one.lost.side], then=TOGETHER)
            yield held(cell, "of two that met the loss at once each was let in, at the retry at latest", *one.cited())


def _retried(history: History, tries: _Tries) -> Finding:
    cell, lines = Cell.of(**tries.cell()), tries.cited()
    good = tries.good if tries.good is not None else len(tries.requests)
    if good > bounds.RETRIES:
        if (tries.requests[0].node, who(tries.requests[0])) not in ever_let_in(history):
            return inconclusive(cell, f"{tries.name} was not let in at any other time either", *lines)
        return violated(cell, f"{tries.name} tried again, in vain", *lines)
    if tries.good is None:
        return inconclusive(cell, f"{tries.name} did not try again", *lines)
    slowest = max(tries.requests[: good + 1], key=lambda one: one.at_s - one.sent_s)
    took_s, error_s = slowest.at_s - slowest.sent_s, clock_error_s(history, slowest.sent_s, slowest.at_s)
    measured = Span(max(0.0, took_s - error_s), took_s + error_s)
    found = timed(
        cell,
        "whoever met the loss was let in, at the retry at latest; the slowest answer",
        measured,
        bounds.DATABASE_TIMEOUT,
        *lines,
    )
    if found.outcome is Outcome.VIOLATED and is_alone(history, slowest):
        return found  # whoever is asked meanwhile, and by whom: this request had its node for itself
    shows_nothing = tries.by_the_other(history)
    if shows_nothing is not None:
        return shows_nothing
    if tries.meets and tries.lost.met == "silence":
        return found
    # What nobody met fills no cell, but an answer that took too long, or a retry in vain, is one anywhere.
    return found if found.outcome is Outcome.VIOLATED else inconclusive(cell, "nobody met that loss here", *lines)
