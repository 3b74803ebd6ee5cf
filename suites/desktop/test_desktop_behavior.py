"""Presence, forced logout and refresh tokens: what becomes of agents whose desktop is gone, or whose sign-on is over.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "Desktop Behavior".
"""

import pytest

from chaos.plugin import Judge
from chaos.verdicts import desktop
from suites.desktop import experiments as on


@pytest.mark.clause("DESKTOP-01")
@pytest.mark.plays(on.GONE)
def test_by_default_whoever_is_logged_out_by_force_is_not_ready(judge: Judge) -> None:
    """With LOAD 0, which is the default, the CTI server makes the agent Not Ready."""
    judge(desktop.load_0_is_not_ready)


@pytest.mark.clause("DESKTOP-02")
@pytest.mark.plays(on.AWAY, on.BROWSERS_LEFT)
def test_a_crashed_browser_is_noticed_within_two_minutes(judge: Judge) -> None:
    """A browser that crashes in silence is unavailable within 120 s, as another window of the same person is told."""
    judge(desktop.a_crash_is_noticed)


@pytest.mark.clause("DESKTOP-03")
@pytest.mark.plays(on.GONE, on.BROWSERS_LEFT)
def test_a_forced_logout_comes_a_minute_after_unavailable(judge: Judge) -> None:
    """From Unavailable presence Finesse waits 60 s before it asks for the forced logout."""
    judge(desktop.a_logout_waits_a_minute)


@pytest.mark.clause("DESKTOP-03")
@pytest.mark.plays(on.GONE, on.AWAY, on.BROWSERS_LEFT)
def test_nobody_who_is_there_gets_a_forced_logout(judge: Judge) -> None:
    """Whoever has a client at a node is not logged out by it, whatever becomes of his other clients there."""
    judge(desktop.nobody_who_is_there_is_logged_out)


@pytest.mark.clause("DESKTOP-04")
@pytest.mark.plays(on.AWAY, on.BROWSERS_LEFT)
def test_a_crash_ends_in_a_sign_out_within_three_minutes(judge: Judge) -> None:
    """120 s until it is noticed and 60 s of waiting are the most that a crash takes to the forced logout."""
    judge(desktop.a_crash_ends_in_a_logout)


@pytest.mark.clause("DESKTOP-05")
@pytest.mark.plays(on.GONE, on.AWAY, on.BROWSERS_LEFT)
def test_a_closed_browser_ends_in_a_forced_logout_with_code_255(judge: Judge) -> None:
    """Whose browser is closed, left or dies is logged out by force after a minute, with code 255."""
    judge(desktop.a_closed_browser_ends_in_code_255)


@pytest.mark.clause("DESKTOP-06")
@pytest.mark.plays(on.AWAY)
def test_a_forced_logout_of_somebody_signed_out_does_no_harm(judge: Judge) -> None:
    """Race 1: the agent is signed out already when the forced logout comes."""
    judge(desktop.a_logout_of_nobody_does_no_harm)


@pytest.mark.clause("DESKTOP-06")
@pytest.mark.plays(on.AWAY)
def test_a_forced_logout_of_somebody_signed_out_hurts_nobody_else(judge: Judge) -> None:
    """Race 1, and those who are at work meanwhile."""
    judge(desktop.a_logout_of_nobody_hurts_nobody_else)


@pytest.mark.clause("DESKTOP-07")
@pytest.mark.plays(on.AWAY)
def test_a_sign_in_at_the_other_node_may_meet_the_forced_logout_of_a_crash(judge: Judge) -> None:
    """Race 2: crashed at one node and signed in at the other, the agent may be signed out or Not Ready there."""
    judge(desktop.a_sign_in_before_the_crash_is_noticed)


@pytest.mark.clause("DESKTOP-08")
@pytest.mark.plays(on.AWAY)
def test_a_goodbye_that_does_not_arrive_ends_like_a_crash(judge: Judge) -> None:
    """On a slow network no Unavailable presence comes: 120 s and 60 s, as after a crash."""
    judge(desktop.a_slow_goodbye_is_like_a_crash)


@pytest.mark.clause("DESKTOP-09")
@pytest.mark.plays(on.RECONNECTED)
def test_who_was_not_ready_is_so_for_the_lost_connection_after_a_reconnect(judge: Judge) -> None:
    """Not Ready before the fail-over is Not Ready, "Connection Failure", after it."""
    judge(desktop.not_ready_says_why)


@pytest.mark.clause("DESKTOP-10")
@pytest.mark.plays(on.RECONNECTED)
def test_who_was_ready_is_not_ready_for_the_lost_connection_the_next_time(judge: Judge) -> None:
    """Ready before the fail-over stays, and shows "Connection Failure" at the next change to Not Ready."""
    judge(desktop.ready_says_why_next)


@pytest.mark.clause("DESKTOP-11")
@pytest.mark.plays(on.AWAY, on.BROWSERS_LEFT)
def test_a_page_that_is_refreshed_within_a_minute_logs_nobody_out(judge: Judge) -> None:
    """Unavailable, and back within 60 s: no forced logout; back later: too late."""
    judge(desktop.who_is_back_in_time_stays)


@pytest.mark.clause("DESKTOP-12")
@pytest.mark.plays(on.AWAY)
def test_the_first_node_logs_out_who_went_to_the_other_one(judge: Judge) -> None:
    """A network glitch takes the client to the other node; the first one, in service, sends the forced logout."""
    judge(desktop.a_logout_at_the_first_node)


@pytest.mark.clause("DESKTOP-13")
@pytest.mark.plays(on.AWAY)
def test_on_a_call_the_first_node_waits_for_its_end(judge: Judge) -> None:
    """Race 3: the forced logout comes after the call; then the agent is signed out or Not Ready at the other node."""
    judge(desktop.a_logout_after_the_call)


@pytest.mark.clause("DESKTOP-14")
@pytest.mark.plays(on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED, on.EXPIRED_MOVED)
def test_an_expired_token_ends_in_a_forced_logout_at_the_cti_server(judge: Judge) -> None:
    """The desktop asks Finesse for a forced logout, which forwards it to the CTI server, on a call, too."""
    judge(desktop.forwards_the_forced_logout)


@pytest.mark.clause("DESKTOP-15")
@pytest.mark.plays(on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED, on.EXPIRED_MOVED)
def test_a_dialog_warns_ten_and_five_minutes_before_the_end(judge: Judge) -> None:
    """Ten and five minutes before the refresh token expires a dialog says so."""
    judge(desktop.warns_ten_and_five_minutes_before)


@pytest.mark.clause("DESKTOP-16")
@pytest.mark.plays(on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED, on.EXPIRED_MOVED)
def test_the_last_minute_is_counted_down(judge: Judge) -> None:
    """In the last minute a timer shows the seconds that are left."""
    judge(desktop.counts_the_last_minute_down)


@pytest.mark.clause("DESKTOP-17")
@pytest.mark.plays(on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED, on.EXPIRED_MOVED)
def test_at_zero_the_agent_is_logged_out_and_has_to_sign_in(judge: Judge) -> None:
    """At zero comes the forced logout, and the desktop shows nothing until somebody signs in."""
    judge(desktop.logs_out_at_zero)


@pytest.mark.clause("DESKTOP-18")
@pytest.mark.plays(on.GONE)
def test_load_0_makes_not_ready_for_connection_failure(judge: Judge) -> None:
    """LOAD 0, and Not Ready, Ready or Wrap-Up: Not Ready, "Connection Failure"."""
    judge(desktop.load_0_says_connection_failure)


@pytest.mark.clause("DESKTOP-19")
@pytest.mark.plays(on.GONE)
def test_load_0_waits_for_the_end_of_the_call(judge: Judge) -> None:
    """LOAD 0, and Talking: Not Ready, "Connection Failure", once the call has ended."""
    judge(desktop.load_0_waits_for_the_call)


@pytest.mark.clause("DESKTOP-20")
@pytest.mark.plays(on.GONE)
def test_load_1_logs_out_for_system_failure(judge: Judge) -> None:
    """LOAD 1, and Not Ready, Ready or Wrap-Up: Logged Out, "System Failure"."""
    judge(desktop.load_1_logs_out)


@pytest.mark.clause("DESKTOP-21")
@pytest.mark.plays(on.GONE)
def test_load_1_logs_out_in_the_middle_of_a_call(judge: Judge) -> None:
    """LOAD 1, and Talking: Logged Out, "System Failure", at once; the call lives on."""
    judge(desktop.load_1_logs_out_on_a_call)


@pytest.mark.clause("DESKTOP-22")
@pytest.mark.plays(on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED)
def test_a_token_lasts_its_full_life_unless_cookies_were_left(judge: Judge) -> None:
    """Stale cookies can let the refresh token expire early; a sign-in with cleared cookies gives it its full life."""
    judge(desktop.cleared_cookies_make_a_full_life)
