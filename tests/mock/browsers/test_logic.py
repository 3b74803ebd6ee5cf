"""The desktop's decisions, sentence by sentence of the failover chapter."""

import pytest

from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.browsers.logic import ALTERNATE_AFTER_S, POLL_S, TABLE, TRIGGERS, Order, Phase, Polls, Seen, decide


def after(*happened: Seen) -> tuple[Phase, list[Order]]:
    """Where a working desktop stands after these, and everything that it did."""
    phase = Phase.WORKING
    done: list[Order] = []
    for seen in happened:
        phase, orders = decide(phase, seen)
        done += orders
    return phase, done


@pytest.mark.parametrize("trigger", [Seen.TOLD_OUT, Seen.FINESSE_GONE])
def test_an_event_and_an_unavailable_finesse_start_the_logic_at_once(trigger: Seen) -> None:
    assert after(trigger) == (Phase.SEEKING, [Order.SEEK])


def test_a_lost_bosh_connection_starts_it_only_when_the_library_has_spent_its_attempts() -> None:
    tried = (Seen.BOSH_LOST, Seen.BOSH_FAILED, Seen.BOSH_FAILED)
    assert after(*tried) == (Phase.RETRYING, [Order.TRY_BOSH] * 3)
    assert after(*tried, Seen.ATTEMPTS_SPENT) == (Phase.SEEKING, [Order.TRY_BOSH] * 3 + [Order.SEEK])


def test_an_attempt_that_succeeds_leaves_the_desktop_working() -> None:
    phase, done = after(Seen.BOSH_LOST, Seen.BOSH_FAILED, Seen.BOSH_UP)
    assert phase is Phase.WORKING
    assert Order.SEEK not in done
    assert done[-1] is Order.CATCH_UP


def test_in_service_and_bosh_up_is_the_return() -> None:
    assert after(Seen.TOLD_OUT, Seen.CURRENT_READY) == (Phase.WORKING, [Order.SEEK, Order.RETURN])


def test_in_service_without_bosh_first_requests_a_bosh_connection() -> None:
    on_the_way = (Seen.TOLD_OUT, Seen.CURRENT_IN_SERVICE)
    assert after(*on_the_way) == (Phase.CONNECTING, [Order.SEEK, Order.CONNECT_BOSH])
    assert after(*on_the_way, Seen.BOSH_UP)[1][-1] is Order.RETURN
    assert after(*on_the_way, Seen.BOSH_FAILED)[0] is Phase.SEEKING


def test_an_available_alternate_is_a_reason_to_look_at_the_current_server_once_more() -> None:
    assert after(Seen.TOLD_OUT, Seen.ALTERNATE_UP) == (Phase.LAST_LOOK, [Order.SEEK, Order.LOOK_ONCE_MORE])


def test_the_last_look_decides_between_staying_and_moving() -> None:
    there = (Seen.TOLD_OUT, Seen.ALTERNATE_UP)
    assert after(*there, Seen.CURRENT_READY)[1][-1] is Order.RETURN
    assert after(*there, Seen.CURRENT_DOWN)[1][-1] is Order.SIGN_IN
    assert after(*there, Seen.CURRENT_IN_SERVICE, Seen.BOSH_UP)[1][-1] is Order.RETURN
    assert after(*there, Seen.CURRENT_IN_SERVICE, Seen.BOSH_FAILED)[1][-1] is Order.SIGN_IN


def test_an_alternate_that_lets_nobody_in_is_looked_at_again() -> None:
    moved = (Seen.TOLD_OUT, Seen.ALTERNATE_UP, Seen.CURRENT_DOWN)
    assert after(*moved, Seen.MOVE_FAILED)[0] is Phase.SEEKING
    assert after(*moved, Seen.MOVED) == (
        Phase.WORKING,
        [Order.SEEK, Order.LOOK_ONCE_MORE, Order.SIGN_IN, Order.SETTLE],
    )


@pytest.mark.parametrize("phase", [one for one in Phase if one not in (Phase.WORKING, Phase.RETRYING)])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_second_trigger_changes_nothing(phase: Phase, trigger: Seen) -> None:
    assert decide(phase, trigger) == (phase, ())


def test_nothing_leads_from_the_server_that_works_to_another_one() -> None:
    """No return by itself: a working desktop moves by a trigger alone."""
    leaving = {seen for (phase, seen), (after_it, _) in TABLE.items() if phase is Phase.WORKING and after_it != phase}
    assert leaving == {*TRIGGERS, Seen.REFUSED}


def test_data_that_are_refused_after_a_reconnection_start_the_logic_too() -> None:
    """Whoever could not be told that the server went out of service learns it from the first thing that he asks for."""
    assert after(Seen.BOSH_LOST, Seen.BOSH_UP, Seen.REFUSED)[0] is Phase.SEEKING


def test_both_servers_are_looked_at_every_ten_seconds_by_the_clock() -> None:
    polls, current, alternate = Polls.begun(100.0), [], []
    while polls.due_s < 170.0:
        now_s = polls.due_s
        looks = polls.at(now_s)
        current += [now_s] if looks[0] else []
        alternate += [now_s] if looks[1] else []
        polls = looks[2]
    assert current == [100.0 + POLL_S * n for n in range(7)]
    assert alternate == [100.0 + ALTERNATE_AFTER_S + POLL_S * n for n in range(7)]


def test_a_look_that_comes_late_makes_the_next_one_no_later() -> None:
    _, _, later = Polls.begun(0.0).at(3.0)
    assert later.current_s == POLL_S


def test_data_that_are_refused_send_it_seeking_though_nothing_was_noticed() -> None:
    hooks = DesktopHooks()
    hooks.signed_in("1001", "fin-a.example")
    assert Order.SEEK in hooks.decide(Phase.WORKING, Seen.REFUSED)[1]
    assert hooks.seeks()
    assert hooks.told("lost", "Lost connection") == ("Lost connection", 0.0)
