"""The checks of AWDB-01 … AWDB-12: journal in, verdict out.

What Finesse asks of its AWDBs is seen as traffic only, and belongs to the request during which it was seen; so people
ask one after the other. A check raises EvidenceError where too little was seen; whoever calls it makes that
INCONCLUSIVE.
"""

from chaos.verdicts.awdb.cache import asked_only_after_expiry, cached_for_half_an_hour, cached_users_stay
from chaos.verdicts.awdb.errors import (
    requests_get_401,
    settings_are_closed,
    sign_in_says_invalid,
    signed_in_says_timed_out,
)
from chaos.verdicts.awdb.failover import (
    asks_at_every_request,
    goes_to_the_secondary,
    retry_succeeds,
    serves_nobody_but_tells_events,
)
from chaos.verdicts.awdb.prerequisites import no_fail_over_without

__all__ = [
    "asked_only_after_expiry",
    "asks_at_every_request",
    "cached_for_half_an_hour",
    "cached_users_stay",
    "goes_to_the_secondary",
    "no_fail_over_without",
    "requests_get_401",
    "retry_succeeds",
    "serves_nobody_but_tells_events",
    "settings_are_closed",
    "sign_in_says_invalid",
    "signed_in_says_timed_out",
]
