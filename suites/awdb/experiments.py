"""The experiments of the AWDB family: how Finesse is made to lose its databases, and what is asked of it meanwhile."""

from suites.awdb.both_lost import BOTH_LOST, BOTH_SILENT
from suites.awdb.cached import CACHED
from suites.awdb.everybody import EVERYBODY
from suites.awdb.nobody_cached import NOBODY_CACHED
from suites.awdb.one_lost import (
    CUT_OFF,
    DISTRIBUTOR_STOPPED,
    OWN_DISTRIBUTOR_STOPPED,
    REFUSING,
    SECONDARY_UNCONFIGURED,
    SECONDARY_UNREACHABLE,
    SILENT,
    SQL_SERVER_STOPPED,
)

__all__ = [
    "BOTH_LOST",
    "BOTH_SILENT",
    "CACHED",
    "CUT_OFF",
    "DISTRIBUTOR_STOPPED",
    "EVERYBODY",
    "NOBODY_CACHED",
    "OWN_DISTRIBUTOR_STOPPED",
    "REFUSING",
    "SECONDARY_UNCONFIGURED",
    "SECONDARY_UNREACHABLE",
    "SILENT",
    "SQL_SERVER_STOPPED",
]
