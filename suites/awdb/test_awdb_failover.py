"""AWDB fail-over: Finesse loses the databases against which it authenticates people.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "AWDB Failover".
"""

import pytest

from chaos.plugin import Judge
from chaos.verdicts import awdb
from suites.awdb import experiments as on


@pytest.mark.clause("AWDB-01")
@pytest.mark.plays(
    on.SECONDARY_UNREACHABLE, on.SECONDARY_UNCONFIGURED, on.DISTRIBUTOR_STOPPED, on.OWN_DISTRIBUTOR_STOPPED
)
def test_there_is_no_fail_over_without_its_prerequisites(judge: Judge) -> None:
    """The secondary AWDB must be configured and within Finesse's reach, and its Distributor must run: otherwise nobody
    new is authenticated once the primary is lost."""
    judge(awdb.there_is_no_fail_over_without_prerequisites)


@pytest.mark.clause("AWDB-02")
@pytest.mark.plays(on.BOTH_LOST, on.CACHED, on.EVERYBODY)
def test_credentials_are_cached_for_half_an_hour(judge: Judge) -> None:
    """A request that succeeds makes its credentials good for 30 minutes: just before that they are, just after not."""
    judge(awdb.credentials_are_cached_for_half_an_hour)


@pytest.mark.clause("AWDB-03")
@pytest.mark.plays(on.BOTH_LOST, on.NOBODY_CACHED, on.EVERYBODY, on.BOTH_SILENT)
def test_cached_users_stay_authenticated_without_any_awdb(judge: Judge) -> None:
    """Whoever was authenticated stays so until 30 minutes have passed, even if both AWDBs are lost."""
    judge(awdb.cached_users_stay_authenticated)


@pytest.mark.clause("AWDB-04")
@pytest.mark.plays(on.CACHED, on.BOTH_LOST, on.NOBODY_CACHED, on.EVERYBODY)
def test_no_awdb_is_asked_before_the_cache_expires(judge: Judge) -> None:
    """Finesse asks an AWDB about somebody again only after the cache has expired."""
    judge(awdb.no_awdb_is_asked_before_the_cache_expires)


@pytest.mark.clause("AWDB-05")
@pytest.mark.plays(on.CUT_OFF, on.REFUSING, on.SQL_SERVER_STOPPED, on.SILENT)
def test_finesse_goes_to_the_secondary_when_the_primary_is_lost(judge: Judge) -> None:
    """With the primary AWDB lost, however, whoever is not cached is authenticated by the secondary; and with the
    secondary lost after that, by the primary."""
    judge(awdb.finesse_goes_to_the_other_awdb)


@pytest.mark.clause("AWDB-05")
@pytest.mark.plays(on.SILENT)
def test_settings_can_be_read_and_changed_by_the_awdb_that_is_there(judge: Judge) -> None:
    """With one AWDB lost, the administrator can read settings and change them by the other one."""
    judge(awdb.settings_are_open_by_the_other_awdb)


@pytest.mark.clause("AWDB-06")
@pytest.mark.plays(on.NOBODY_CACHED, on.EVERYBODY)
def test_every_request_makes_finesse_try_until_an_awdb_answers(judge: Judge) -> None:
    """With both AWDBs lost Finesse tries at every request, at both of them, until it can connect to one."""
    judge(awdb.finesse_tries_at_every_request)


@pytest.mark.clause("AWDB-07")
@pytest.mark.plays(on.BOTH_SILENT)
def test_no_request_is_processed_but_events_are_told_while_failing_over(judge: Judge) -> None:
    """While Finesse tries to connect to an AWDB nobody's request is processed, and clients still receive events."""
    judge(awdb.no_request_is_processed_but_events_are_told)


@pytest.mark.clause("AWDB-08")
@pytest.mark.plays(on.NOBODY_CACHED)
def test_sign_in_says_invalid_user_id_or_password(judge: Judge) -> None:
    """With both AWDBs lost and nothing cached the sign-in page says "Invalid user ID or password"."""
    judge(awdb.sign_in_says_invalid)


@pytest.mark.clause("AWDB-09")
@pytest.mark.plays(on.NOBODY_CACHED)
def test_settings_can_neither_be_read_nor_changed(judge: Judge) -> None:
    """With both AWDBs lost and nothing cached administrators can neither retrieve nor update settings."""
    judge(awdb.settings_are_closed)


@pytest.mark.clause("AWDB-10")
@pytest.mark.plays(on.NOBODY_CACHED)
def test_signed_in_users_read_operation_timed_out(judge: Judge) -> None:
    """With both AWDBs lost and nothing cached the desktop says "Operation timed out" to whoever is signed in."""
    judge(awdb.signed_in_users_read_timed_out)


@pytest.mark.clause("AWDB-11")
@pytest.mark.plays(on.NOBODY_CACHED, on.EVERYBODY, on.BOTH_LOST, on.BOTH_SILENT)
def test_requests_get_401(judge: Judge) -> None:
    """With both AWDBs lost and nothing cached requests are answered with 401."""
    judge(awdb.requests_get_401)


@pytest.mark.clause("AWDB-12")
@pytest.mark.plays(on.SILENT)
def test_a_retry_succeeds_after_one_awdb_fell_silent(judge: Judge) -> None:
    """A request to an AWDB that was lost without notice may time out; the same request succeeds at the next try."""
    judge(awdb.a_retry_succeeds)


@pytest.mark.clause("AWDB-12")
@pytest.mark.plays(on.SILENT)
def test_a_retry_of_settings_succeeds_after_one_awdb_fell_silent(judge: Judge) -> None:
    """So it is with settings, about which the administrator asks, by whichever question Finesse meets the loss."""
    judge(awdb.a_retry_of_settings_succeeds)
