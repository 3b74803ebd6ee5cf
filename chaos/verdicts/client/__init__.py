"""CLIENT-01 to CLIENT-20: the fail-over of the Finesse desktop. Source: failover chapter, "Finesse Client Failover"."""

from chaos.verdicts.client.logic import (
    bosh_is_requested_when_in_service,
    data_are_refreshed,
    each_trigger_alone,
    fails_over_because_of,
    three_attempts_come_first,
)
from chaos.verdicts.client.looking import (
    alternate_is_checked,
    alternate_is_looked_at_every_ten_seconds,
    current_is_checked,
    current_is_looked_at_every_ten_seconds,
)
from chaos.verdicts.client.moving import (
    agent_is_signed_in_automatically,
    agent_is_signed_in_once,
    it_looks_once_more_before_it_moves,
    it_moves_if_that_look_finds_it_down,
    it_never_goes_back,
)
from chaos.verdicts.client.telling import agent_is_told_of_the_loss, agent_is_told_of_the_return

__all__ = [
    "agent_is_signed_in_automatically",
    "agent_is_signed_in_once",
    "agent_is_told_of_the_loss",
    "agent_is_told_of_the_return",
    "alternate_is_checked",
    "alternate_is_looked_at_every_ten_seconds",
    "bosh_is_requested_when_in_service",
    "current_is_checked",
    "current_is_looked_at_every_ten_seconds",
    "data_are_refreshed",
    "each_trigger_alone",
    "fails_over_because_of",
    "it_looks_once_more_before_it_moves",
    "it_moves_if_that_look_finds_it_down",
    "it_never_goes_back",
    "three_attempts_come_first",
]
