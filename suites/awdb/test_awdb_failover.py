"""AWDB fail-over: Finesse loses the databases against which it authenticates people.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "AWDB Failover".
"""

import pytest

from chaos.plugin import Judge, Play
from chaos.verdicts import awdb
from suites.awdb import experiments as on


@pytest.mark.clause("AWDB-01")
def test_no_fail_over_when_no_secondary_is_configured(play: Play, judge: Judge) -> None:
    """Without a secondary AWDB in Finesse's administration nobody new is authenticated once the primary is lost."""
    judge(awdb.no_fail_over_without, play(on.SECONDARY_UNCONFIGURED), "no secondary AWDB is configured")


@pytest.mark.clause("AWDB-01")
def test_no_fail_over_when_the_secondary_cannot_be_reached(play: Play, judge: Judge) -> None:
    """If Finesse cannot connect to the secondary AWDB nobody new is authenticated once the primary is lost."""
    judge(awdb.no_fail_over_without, play(on.SECONDARY_UNREACHABLE), "the secondary AWDB cannot be reached")


@pytest.mark.clause("AWDB-01")
def test_no_fail_over_when_the_secondary_has_no_distributor(play: Play, judge: Judge) -> None:
    """If the Distributor does not run on the secondary's host nobody new is authenticated once the primary is lost."""
    judge(awdb.no_fail_over_without, play(on.DISTRIBUTOR_STOPPED), "the secondary's Distributor does not run")


@pytest.mark.clause("AWDB-02")
def test_credentials_are_cached_for_half_an_hour(play: Play, judge: Judge) -> None:
    """A request that succeeds makes its credentials good for 30 minutes: 29:59 after it they are, 30:01 not."""
    judge(awdb.cached_for_half_an_hour, play(on.BOTH_LOST))


@pytest.mark.clause("AWDB-03")
def test_cached_users_stay_authenticated_without_any_awdb(play: Play, judge: Judge) -> None:
    """Whoever is cached is let in although both AWDBs are lost."""
    judge(awdb.cached_users_stay, play(on.BOTH_LOST))


@pytest.mark.clause("AWDB-04")
def test_no_awdb_is_asked_before_the_cache_expires(play: Play, judge: Judge) -> None:
    """As long as credentials are cached no AWDB hears of them, though one is there; afterwards one does."""
    judge(awdb.asked_only_after_expiry, play(on.PRIMARY_LOST))


@pytest.mark.clause("AWDB-05")
def test_finesse_goes_to_the_secondary_when_the_primary_is_cut_off(play: Play, judge: Judge) -> None:
    """With the primary lost, whoever is not cached is authenticated by the secondary: here the link is cut."""
    judge(awdb.goes_to_the_secondary, play(on.PRIMARY_LOST))


@pytest.mark.clause("AWDB-05")
def test_finesse_goes_to_the_secondary_when_the_primary_is_stopped(play: Play, judge: Judge) -> None:
    """With the primary lost, whoever is not cached is authenticated by the secondary: here SQL Server is down."""
    judge(awdb.goes_to_the_secondary, play(on.PRIMARY_STOPPED))


@pytest.mark.clause("AWDB-06")
def test_every_request_makes_finesse_try_until_an_awdb_answers(play: Play, judge: Judge) -> None:
    """With both AWDBs lost Finesse tries at every request, at both of them, until one answers."""
    judge(awdb.asks_at_every_request, play(on.BOTH_LOST))


@pytest.mark.clause("AWDB-07")
def test_no_request_is_processed_but_events_are_told_while_failing_over(play: Play, judge: Judge) -> None:
    """While Finesse tries to connect to an AWDB nobody's request is processed, and clients still receive events."""
    judge(awdb.serves_nobody_but_tells_events, play(on.BOTH_SILENT))


@pytest.mark.clause("AWDB-08")
def test_sign_in_says_invalid_user_id_or_password(play: Play, judge: Judge) -> None:
    """With both AWDBs lost and nothing cached the sign-in page says "Invalid user ID or password"."""
    judge(awdb.sign_in_says_invalid, play(on.BOTH_LOST_AT_THE_DESKTOP))


@pytest.mark.clause("AWDB-09")
def test_settings_can_neither_be_read_nor_changed(play: Play, judge: Judge) -> None:
    """With both AWDBs lost and nothing cached administrators can neither retrieve nor update settings."""
    judge(awdb.settings_are_closed, play(on.BOTH_LOST))


@pytest.mark.clause("AWDB-10")
def test_signed_in_users_read_operation_timed_out(play: Play, judge: Judge) -> None:
    """With both AWDBs lost and nothing cached the desktop says "Operation timed out" to whoever is signed in."""
    judge(awdb.signed_in_says_timed_out, play(on.BOTH_LOST_AT_THE_DESKTOP))


@pytest.mark.clause("AWDB-11")
def test_requests_get_401(play: Play, judge: Judge) -> None:
    """With both AWDBs lost and nothing cached requests are answered with 401."""
    judge(awdb.requests_get_401, play(on.BOTH_LOST))


@pytest.mark.clause("AWDB-12")
def test_a_retry_succeeds_after_one_awdb_fell_silent(play: Play, judge: Judge) -> None:
    """A request to an AWDB that was lost without notice may time out; the same request succeeds at the next try."""
    judge(awdb.retry_succeeds, play(on.PRIMARY_SILENT))
