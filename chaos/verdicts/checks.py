"""Which checks judge which clause, for whoever has journals and no suite: soaks and explored schedules.

The suites' tests name the same pairs, each with what is played for it; a test holds both against each other.
"""

from collections.abc import Mapping

from chaos.history.desktops import BOSH, CTI, EVENT, NOTIFICATION, PRESENCE, TOMCAT, WEBAPP
from chaos.verdicts import awdb, client, cti
from chaos.verdicts.check import Check

CHECKS: Mapping[str, tuple[Check, ...]] = {
    "CTI-01": (cti.fails_over_to_b, cti.only_a_is_tried),
    "CTI-02": (cti.b_is_tried_once_before_a,),
    "CTI-03": (cti.alternates_until_success,),
    "CTI-04": (
        cti.misses_are_tolerated,
        cti.confirmed_sessions_are_kept,
        cti.three_misses_are_loss,
        cti.silence_is_loss_after_three_misses,
    ),
    "CTI-05": (cti.socket_failure_is_loss_at_once,),
    "CTI-06": (cti.requests_get_503,),
    "CTI-07": (cti.no_events_in_the_gap,),
    "CTI-08": (cti.answers_and_publishes_again,),
    "CTI-09": (cti.clients_show_the_truth,),
    "CTI-10": (cti.a_call_of_the_gap_leaves_no_trace,),
    "CTI-11": (cti.a_conference_is_survived,),
    "AWDB-01": (awdb.there_is_no_fail_over_without_prerequisites,),
    "AWDB-02": (awdb.credentials_are_cached_for_half_an_hour,),
    "AWDB-03": (awdb.cached_users_stay_authenticated,),
    "AWDB-04": (awdb.no_awdb_is_asked_before_the_cache_expires,),
    "AWDB-05": (awdb.finesse_goes_to_the_other_awdb,),
    "AWDB-06": (awdb.finesse_tries_at_every_request,),
    "AWDB-07": (awdb.no_request_is_processed_but_events_are_told,),
    "AWDB-08": (awdb.sign_in_says_invalid,),
    "AWDB-09": (awdb.settings_are_closed,),
    "AWDB-10": (awdb.signed_in_users_read_timed_out,),
    "AWDB-11": (awdb.requests_get_401,),
    "AWDB-12": (awdb.a_retry_succeeds,),
    "CLIENT-01": (client.agent_is_told_of_the_loss,),
    "CLIENT-02": (client.current_is_checked,),
    "CLIENT-03": (client.alternate_is_checked,),
    "CLIENT-04": (client.agent_is_signed_in_automatically,),
    "CLIENT-05": (client.agent_is_told_of_the_return,),
    "CLIENT-06": (client.each_trigger_alone[EVENT],),
    "CLIENT-07": (client.each_trigger_alone[BOSH],),
    "CLIENT-08": (client.each_trigger_alone[PRESENCE],),
    "CLIENT-09": (client.current_is_looked_at_every_ten_seconds,),
    "CLIENT-10": (client.bosh_is_requested_when_in_service,),
    "CLIENT-11": (client.data_are_refreshed,),
    "CLIENT-12": (client.alternate_is_looked_at_every_ten_seconds,),
    "CLIENT-13": (client.it_looks_once_more_before_it_moves,),
    "CLIENT-14": (client.it_moves_if_that_look_finds_it_down,),
    "CLIENT-15": (client.it_never_goes_back,),
    "CLIENT-16": (client.three_attempts_come_first,),
    "CLIENT-17": (client.fails_over_because_of[TOMCAT],),
    "CLIENT-18": (client.fails_over_because_of[WEBAPP],),
    "CLIENT-19": (client.fails_over_because_of[NOTIFICATION],),
    "CLIENT-20": (client.fails_over_because_of[CTI],),
}
