"""The IP Phone Agent's table: every line of it, and what is on none."""

import itertools

import pytest

from chaos.mock.finesse.fippa.logic import TABLE, Order, Phase, Seen, decide, found


@pytest.mark.parametrize(("trigger"), [Seen.TOLD_OUT, Seen.XMPP_LOST])
def test_three_tries_in_vain_show_that_the_server_is_unavailable(trigger: Seen) -> None:
    phase, orders = decide(Phase.WORKING, trigger)
    assert (phase, orders) == (Phase.TRYING, (Order.TRY,))
    for tries in (1, 2):
        phase, orders = decide(phase, found(False, False, tries))
        assert (phase, orders) == (Phase.TRYING, (Order.TRY,))
    assert decide(phase, found(False, False, 3)) == (Phase.UNAVAILABLE, (Order.SHOW_UNAVAILABLE, Order.TRY))


def test_one_of_both_is_not_back() -> None:
    for in_service, xmpp_up in ((True, False), (False, True), (False, False)):
        assert decide(Phase.UNAVAILABLE, found(in_service, xmpp_up, 9))[0] is Phase.UNAVAILABLE
    assert decide(Phase.UNAVAILABLE, found(True, True, 9)) == (Phase.SIGNED_OUT, (Order.SHOW_SIGN_IN,))


def test_whoever_is_back_in_time_shows_nothing() -> None:
    assert decide(Phase.TRYING, found(True, True, 2)) == (Phase.WORKING, (Order.WORK_ON,))


def test_whatever_else_happens_changes_nothing() -> None:
    for phase, seen in itertools.product(Phase, Seen):
        if (phase, seen) not in TABLE:
            assert decide(phase, seen) == (phase, ())
