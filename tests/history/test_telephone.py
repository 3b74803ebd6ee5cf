"""Whether our telephone at the switch heard all that was told there."""

from chaos.history import History
from chaos.history.telephone import telephone_missed
from chaos.journal import Ended, Header, Journal, Observation, SteadyState, SwitchAgentSeen, SwitchLooked


def _missed(*seen: Observation) -> str | None:
    """Of a journal of these, where Ann is at work and Zed has a desktop."""
    journal = Journal(None, lambda: 1.0)
    journal.record(
        Header(
            experiment="forged",
            title="A forged timeline",
            lab="forged",
            deployment="mock",
            release="12.6(2)",
            started="2026-11-22T15:00:00+00:00",
            clock="virtual",
            seed=1,
            heartbeat_interval_s=5.0,
            nodes=("fin-a", "fin-b"),
            agents=(("ann", "fin-a"),),
            extensions=(("ann", "2001"), ("zed", "2026")),
        )
    )
    for one in (SteadyState(when="before", ok=True), *seen, SteadyState(when="after", ok=True), Ended()):
        journal.record(one)
    return telephone_missed(History(journal.timeline()))


def test_what_the_switch_says_of_anybody_when_asked_must_have_been_told_before() -> None:
    """Also of who is not at work all the time: agents at desktops and phones were left out once."""
    before, after = SwitchLooked(agent="zed", state="NOT_READY"), SwitchLooked(agent="zed", state="LOGOUT")
    told = SwitchAgentSeen(agent="zed", state="LOGOUT", reason_code=50002)
    assert _missed(before, before) is None
    assert _missed(before, told, after) is None
    assert "missed something about zed" in str(_missed(before, after))
