"""What a broken CTI link does: the order of attempts, what is a loss, and when it shows."""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import TypeVar

import pytest

from chaos import clock
from chaos.mock.finesse import Address, Side
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.link import attempts
from tests.mock.finesse.lab import node_defects

T = TypeVar("T")

ADDRESSES = {Side.A: Address("a", 1), Side.B: Address("b", 2)}


def in_loop(work: Callable[[], T]) -> T:
    """Hooks take the time from the running loop."""

    async def main() -> T:
        return work()

    return clock.run(main(), virtual=True)


def order(*texts: str, lost: Side | None = Side.A, how: str = "reset", losses: int = 1, duplex: bool = True) -> str:
    """The first ten sides that are tried."""

    def work() -> str:
        hooks, configured = node_defects(*texts), tuple(ADDRESSES) if duplex else (Side.A,)
        known = hooks.known_sides({side: ADDRESSES[side] for side in configured}, ADDRESSES[Side.B])
        for _ in range(losses if lost else 0):
            hooks.session_found(lost or Side.A)
            hooks.session_lost(lost or Side.A, how)
        tried = hooks.attempts(attempts(lost, configured), known)
        return "".join(side.value for side in islice(tried, 10))

    return in_loop(work)


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("gap-500", "BABABABABA"),
        ("never-fails-over", "AAAAAAAAAA"),
        ("never-fails-over@first=3", "AAAABABABA"),
        ("never-fails-over@loss=silent", "BABABABABA"),
        ("never-fails-over@node=b", "BABABABABA"),
        ("b-twice-in-first-round", "BBABABABAB"),
        ("a-again-before-b", "ABABABABAB"),
        ("a-again-before-b@after=1", "BABABABABA"),
        ("a-again-before-b@loss=silent", "BABABABABA"),
        ("later-rounds-twice", "BABBAABBAA"),
        ("later-rounds-twice@side=A", "BABAABAABA"),
        ("later-rounds-twice@after=2", "BABABBAABB"),
        ("later-rounds-twice@every=3", "BABABBABAA"),
        ("skips-a-turn@side=B", "BAAAAAAAAA"),
        ("skips-a-turn@every=2", "BABBBBBBBB"),
    ],
)
def test_a_defect_of_the_order_changes_its_own_turns_only(text: str, tried: str) -> None:
    assert order(text) == tried


@pytest.mark.parametrize("text", ["b-twice-in-first-round", "a-again-before-b", "later-rounds-twice", "skips-a-turn"])
def test_a_defect_of_fail_over_leaves_the_start_alone(text: str) -> None:
    assert order(text, lost=None) == "ABABABABAB"


@pytest.mark.parametrize("text", ["b-twice-in-first-round", "a-again-before-b"])
def test_after_the_loss_of_side_b_the_clause_about_side_a_says_nothing(text: str) -> None:
    assert order(text, lost=Side.B) == "ABABABABAB"


def test_losses_are_counted_from_the_start_of_the_process() -> None:
    assert order("a-again-before-b@after=1", losses=2) == "ABABABABAB"
    assert order("a-again-before-b@first=1", losses=2) == "BABABABABA"
    assert order("a-again-before-b@loss=silent", how="silent") == "ABABABABAB"


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("gap-500", "AAAAAAAAAA"),
        ("unconfigured-side-tried", "ABABABABAB"),
        ("unconfigured-side-tried@after=4", "AAAABABABA"),
        ("unconfigured-side-tried@node=b", "AAAAAAAAAA"),
    ],
)
def test_without_a_b_side_only_its_defect_knows_one(text: str, tried: str) -> None:
    assert order(text, duplex=False) == tried


def test_a_narrowing_in_seconds_looks_at_the_clock_when_the_attempt_is_made() -> None:
    async def main() -> None:
        hooks = node_defects("never-fails-over@beyond=5s")
        hooks.session_found(Side.A)
        hooks.session_lost(Side.A, "reset")
        tried = hooks.attempts(attempts(Side.A, ADDRESSES), ADDRESSES)
        assert [next(tried), next(tried)] == [Side.B, Side.A]
        await asyncio.sleep(5.1)
        assert [next(tried) for _ in range(4)] == [Side.A] * 4

    clock.run(main(), virtual=True)


def pauses(text: str, *, sides: int, peer_has_session: bool = False) -> list[float]:
    """How long the link waits after each of six attempts in vain."""

    def work() -> list[float]:
        hooks, configured = node_defects(text), tuple(ADDRESSES)[:sides]
        hooks.session_found(Side.A)
        hooks.session_lost(Side.A, "reset")
        peer = node_defects(text)
        if peer_has_session:
            peer.session_found(Side.A)
        hooks.peers = (peer,)
        known = {side: ADDRESSES[side] for side in configured}
        tried = hooks.attempts(attempts(Side.A, configured), known)
        return [hooks.pause_s(next(tried), 2.0, sides=sides) for _ in range(6)]

    return in_loop(work)


def test_a_link_that_gives_up_does_so_in_its_own_deployment_and_after_its_attempts() -> None:
    assert pauses("gives-up-without-b@after=3", sides=1) == [2.0] * 3 + [3600.0] * 3
    assert pauses("gives-up-without-b", sides=2) == [2.0] * 6
    assert pauses("stops-trying", sides=2) == [2.0] + [3600.0] * 5
    assert pauses("stops-trying@after=2,late=30s", sides=2) == [2.0] * 3 + [30.0] * 3
    assert pauses("stops-trying", sides=1) == [2.0] * 6


@pytest.mark.parametrize(("text", "sides"), [("gives-up-beside-peer", 1), ("stops-trying-beside-peer", 2)])
def test_a_link_that_gives_up_beside_its_peer_does_so_while_that_has_a_session(text: str, sides: int) -> None:
    assert pauses(text, sides=sides, peer_has_session=True) == [3600.0] * 6
    assert pauses(text, sides=sides) == [2.0] * 6
    assert pauses(text, sides=3 - sides, peer_has_session=True) == [2.0] * 6


@pytest.mark.parametrize("text", ["a-beside-b", "knocks-at-a-beside-b"])
def test_side_a_is_tried_beside_side_b_only_in_the_first_attempt_after_a_loss_of_a(text: str) -> None:
    async def main() -> None:
        opened: list[Side] = []
        knocked: list[Side] = []

        async def open_in_vain(side: Side) -> None:
            opened.append(side)

        async def knock(side: Side) -> None:
            knocked.append(side)

        hooks = node_defects(text)
        hooks.session_found(Side.A)
        hooks.session_lost(Side.A, "reset")
        tried = hooks.attempts(attempts(Side.A, ADDRESSES), ADDRESSES)
        for _ in range(4):
            for work in hooks.beside(next(tried), open_in_vain, knock):
                await work
        assert (opened, knocked) == (([Side.A], []) if text == "a-beside-b" else ([], [Side.A]))

    clock.run(main(), virtual=True)


def lost_after(answers: str, *texts: str, side: Side = Side.A) -> int | None:
    """How many beats were sent when the link was declared lost. answers: for each beat y or n."""

    def work() -> int | None:
        hooks: NodeDefects = node_defects(*texts)
        hooks.session_opened(side)
        unanswered = 0
        for number, answered in enumerate(answers):
            if hooks.heartbeat_due(unanswered, needed=3):
                return number
            unanswered = 0 if answered == "y" else unanswered + 1
        return None

    return in_loop(work)


@pytest.mark.parametrize(
    ("text", "answers", "lost"),
    [
        ("gap-500", "ynnnnnnn", 4),
        ("two-misses-are-loss", "ynnyyyyy", 3),
        ("two-misses-are-loss@node=b", "ynnyyyyy", None),
        ("two-misses-are-loss@side=B", "ynnyyyyy", None),
        ("four-misses-needed", "ynnnyyyy", None),
        ("four-misses-needed", "ynnnnnnn", 5),
        ("misses-accumulate", "ynynnyyy", 5),
        ("misses-accumulate", "ynyynyyyny", 9),
        ("misses-accumulate", "ynnyyyyy", None),
        ("one-answer-is-not-enough", "ynynnyyy", 5),
        ("one-answer-is-not-enough", "ynyynnyyy", None),
        ("misses-never-are-loss", "ynnnnnnnnnnn", None),
    ],
)
def test_a_defect_of_counting_shifts_the_loss_or_leaves_it(text: str, answers: str, lost: int | None) -> None:
    assert lost_after(answers, text) == lost


def test_counting_begins_anew_with_each_session() -> None:
    def work() -> list[bool]:
        hooks = node_defects("misses-accumulate")
        hooks.session_opened(Side.A)
        seen = [hooks.heartbeat_due(1, needed=3) for _ in range(2)]
        hooks.session_opened(Side.B)
        return [*seen, *(hooks.heartbeat_due(1, needed=3) for _ in range(3))]

    assert in_loop(work) == [False, False, False, False, True]


def test_misses_are_carried_over_into_one_session_only() -> None:
    def work(text: str) -> list[bool]:
        hooks = node_defects(text)
        hooks.session_opened(Side.A)
        seen = [hooks.heartbeat_due(3, needed=3)]
        for _ in range(2):
            hooks.session_opened(Side.B)
            seen += [hooks.heartbeat_due(0, needed=3)]
        return seen

    assert in_loop(lambda: work("misses-carried-over")) == [True, True, False]
    assert in_loop(lambda: work("misses-carried-over@side=A")) == [True, False, False]
    assert in_loop(lambda: work("gap-500")) == [True, False, False]


def test_heartbeats_are_slower_and_other_messages_count_only_by_their_defects() -> None:
    def work(text: str) -> tuple[float, bool]:
        hooks = node_defects(text)
        hooks.session_opened(Side.A)
        return hooks.heartbeat_interval_s(5.0), hooks.counts_as_answer()

    assert in_loop(lambda: work("slow-heartbeats@late=3s")) == (8.0, False)
    assert in_loop(lambda: work("other-traffic-counts")) == (5.0, True)
    assert in_loop(lambda: work("gap-500")) == (5.0, False)


@pytest.mark.parametrize(
    ("text", "reset_s", "closed_s", "silent_s"),
    [
        ("gap-500", 0.0, 0.0, 0.0),
        ("socket-loss-waits", 15.0, 15.0, 0.0),
        ("socket-loss-waits@loss=closed,late=3s", 0.0, 3.0, 0.0),
        ("socket-loss-waits@lost=B", 0.0, 0.0, 0.0),
        ("socket-loss-waits@after=1", 0.0, 0.0, 0.0),
        ("silence-noticed-late@late=4s", 0.0, 0.0, 4.0),
    ],
)
def test_a_loss_shows_late_in_its_own_way_only(text: str, reset_s: float, closed_s: float, silent_s: float) -> None:
    def work() -> tuple[float, ...]:
        hooks = node_defects(text)
        return tuple(hooks.loss_shows_after_s(Side.A, how) for how in ("reset", "closed", "silent"))

    assert in_loop(work) == (reset_s, closed_s, silent_s)
    assert in_loop(lambda: node_defects(text).loss_shows_after_s(Side.A, "ended")) == 0.0


@pytest.mark.parametrize(("missed", "late_s"), [(-1, 0.0), (0, 0.0), (1, 5.0), (2, 5.0)])
def test_a_socket_that_fails_amid_misses_shows_late_by_its_defect(missed: int, late_s: float) -> None:
    def work() -> tuple[float, ...]:
        hooks = node_defects("socket-loss-waits-amid-misses")
        return tuple(hooks.loss_shows_after_s(Side.A, how, missed=missed) for how in ("reset", "closed", "silent"))

    assert in_loop(work) == (late_s, late_s, 0.0)


def test_turns_can_be_wrong_after_attempts_that_were_given_up_alone() -> None:
    async def main() -> None:
        for text, overdue, tried in (
            ("b-twice-in-first-round@failed=overdue", True, "BBAB"),
            ("b-twice-in-first-round@failed=overdue", False, "BABA"),
            ("later-rounds-twice@failed=refused", False, "BABB"),
            ("later-rounds-twice@failed=refused", True, "BABA"),
        ):
            hooks = node_defects(text)
            hooks.session_found(Side.A)
            hooks.session_lost(Side.A, "reset")
            sides = hooks.attempts(attempts(Side.A, (Side.A, Side.B)), ADDRESSES)
            made = []
            for _ in range(4):
                made.append(next(sides).value)
                hooks.attempt_in_vain(overdue=overdue)
            assert "".join(made) == tried, text

    clock.run(main(), virtual=True)
