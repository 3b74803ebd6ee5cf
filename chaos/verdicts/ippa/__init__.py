"""IPPA-01 to IPPA-12: what the IP Phone Agent does about its server. Source: failover chapter, "Finesse IP Phone Agent
Failover"."""

from chaos.verdicts.ippa.going_on import (
    it_asks_to_sign_in_when_both_are_back,
    nothing_else_goes_on,
    the_agent_goes_over_by_hand,
    the_alternate_is_never_asked,
)
from chaos.verdicts.ippa.telling import (
    happens_without,
    lost_xmpp_is_noticed,
    only_a_slow_cti_fail_over_is_shown,
    out_of_service_is_noticed,
    the_phone_says_unavailable,
    the_phone_tells_the_return,
    three_tries_take_fifteen_seconds,
)

__all__ = [
    "happens_without",
    "it_asks_to_sign_in_when_both_are_back",
    "lost_xmpp_is_noticed",
    "nothing_else_goes_on",
    "only_a_slow_cti_fail_over_is_shown",
    "out_of_service_is_noticed",
    "the_agent_goes_over_by_hand",
    "the_alternate_is_never_asked",
    "the_phone_says_unavailable",
    "the_phone_tells_the_return",
    "three_tries_take_fifteen_seconds",
]
