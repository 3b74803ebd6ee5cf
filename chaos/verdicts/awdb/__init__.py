"""The checks of AWDB-01 … AWDB-12: history in, findings out.

What Finesse asks of its AWDBs is seen as traffic only, and belongs to the request during which it was seen; so people
ask one after the other, and whatever cannot be told apart is INCONCLUSIVE.
"""

from chaos.verdicts.awdb.asking import no_awdb_is_asked_before_the_cache_expires
from chaos.verdicts.awdb.cache import cached_users_stay_authenticated, credentials_are_cached_for_half_an_hour
from chaos.verdicts.awdb.desktop import sign_in_says_invalid, signed_in_users_read_timed_out
from chaos.verdicts.awdb.failing_over import no_request_is_processed_but_events_are_told
from chaos.verdicts.awdb.going import a_retry_succeeds, finesse_goes_to_the_other_awdb
from chaos.verdicts.awdb.prerequisites import there_is_no_fail_over_without_prerequisites
from chaos.verdicts.awdb.settings import settings_are_closed
from chaos.verdicts.awdb.settings_open import a_retry_of_settings_succeeds, settings_are_open_by_the_other_awdb
from chaos.verdicts.awdb.trying import finesse_tries_at_every_request
from chaos.verdicts.awdb.unauthorized import requests_get_401

__all__ = [
    "a_retry_of_settings_succeeds",
    "a_retry_succeeds",
    "cached_users_stay_authenticated",
    "credentials_are_cached_for_half_an_hour",
    "finesse_goes_to_the_other_awdb",
    "finesse_tries_at_every_request",
    "no_awdb_is_asked_before_the_cache_expires",
    "no_request_is_processed_but_events_are_told",
    "requests_get_401",
    "settings_are_closed",
    "settings_are_open_by_the_other_awdb",
    "sign_in_says_invalid",
    "signed_in_users_read_timed_out",
    "there_is_no_fail_over_without_prerequisites",
]
