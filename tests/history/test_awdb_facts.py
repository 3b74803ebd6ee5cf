"""Facts of the AWDB family: when an AWDB was lost, whose traffic it is, how old credentials are."""

from dataclasses import replace

import pytest

from chaos.errors import EvidenceError
from chaos.history import History
from chaos.history.asking import asked
from chaos.history.awdb_links import darks, is_deaf, stretches, was_dark, was_there
from chaos.history.awdb_traffic import connections, heard, in_use, is_alone, talks_unasked
from chaos.history.credentials import agains, idle_s_min
from chaos.history.faults import fault_spans
from chaos.journal import AwdbSeen, AwdbStep, FaultSeen, LinkProbed, ProbeLeft
from tests.verdicts.awdb_forged import Forged


def spans(history: History, side: str) -> list[tuple[str, float, float]]:
    return [(one.met, one.from_s, one.to_s) for one in stretches(history, side)]


def test_a_loss_lasts_from_the_first_look_that_met_it_to_the_last() -> None:
    forged = Forged().look(1).looks(10, 100, "reset").look(110)
    assert spans(forged.history(), "a") == [("open", 1, 1), ("reset", 10, 100), ("open", 110, 110)]


def test_looks_too_far_apart_leave_open_what_was_between_them() -> None:
    assert spans(Forged().look(10, "reset").look(90, "reset").history(), "a") == [("reset", 10, 10), ("reset", 90, 90)]


def test_an_answer_that_finesse_got_belies_the_loss_between_two_looks() -> None:
    forged = Forged().looks(10, 130, "reset").asks(80, "ann", 200, by="a")
    assert spans(forged.history(), "a") == [("reset", 10, 70), ("reset", 130, 130)]
    assert spans(Forged().looks(10, 130, "reset").asks(80, "ann", 200, by="b").history(), "a") == [("reset", 10, 130)]


def test_both_are_lost_where_both_were_and_the_order_is_told() -> None:
    forged = Forged().look(5, "open", "reset").looks(10, 130, "silence", "reset").look(140, "open", "reset")
    (dark,) = darks(forged.history())
    assert (dark.from_s, dark.to_s, dark.order) == (10, 130, "secondary first")
    with pytest.raises(EvidenceError, match="no time"):
        darks(Forged().looks(10, 130, "reset").history())
    assert not was_dark(Forged().history())


def test_whoever_is_new_was_asked_about_whatever_finesse_asks_by_itself_at_other_times() -> None:
    forged = Forged(is_new=True).asks(10, "ann", 200, by="a").asks(20, "cid", 200, by="a").traffic(50, "a")
    one, other = agains(forged.asks(100, "ann", 200).asks(110, "cid", 200).history())
    assert one.age is not None
    assert one.age.lo_s == pytest.approx(90, abs=0.1)
    assert other.age is None  # cid works there, and may have been cached before
    known = replace(forged, cached=(("fin-a", "ann", 100.0),)).history()
    assert agains(known)[0].age is None


def test_an_awdb_was_there_only_between_two_looks() -> None:
    history = Forged().look(10).look(20).asks(15, "ann", 200).asks(25, "ann", 200).history()
    assert [was_there(history, "a", one) for one in asked(history)] == [True, False]


@pytest.mark.parametrize(("met", "deaf"), [("silence", True), ("refused", True), ("reset", False), ("open", False)])
def test_what_is_asked_at_a_silent_or_a_cut_link_may_not_be_seen(met: str, deaf: bool) -> None:
    history = Forged().look(10).look(20, met).asks(15, "ann", 200).history()
    assert is_deaf(history, asked(history)[0]) is deaf


def test_a_connection_is_a_nodes_that_alone_had_something_under_way() -> None:
    forged = Forged().asks(10, "ann", 200, by="a").asks(20, "bob", 200, by="b")
    forged.asks(30, "ann", 200, took_s=1.0).asks(30.2, "bob", 200, by="a")
    assert [one.node for one in connections(forged.history()).values()] == ["fin-a", "fin-b", None]
    assert not talks_unasked(forged.history(), "fin-a")


def test_what_is_asked_while_nobody_has_something_under_way_is_finesses_own_doing() -> None:
    forged = Forged().asks(10, "ann", 200, by="a").traffic(15, "a")
    assert talks_unasked(forged.history(), "fin-a")
    assert talks_unasked(forged.history(), "fin-b")


def test_traffic_belongs_to_a_request_that_is_alone_at_its_node() -> None:
    forged = Forged().asks(10, "ann", 200, by="a", took_s=1.0).asks(10.5, "cid", 200).asks(20, "ann", 200, by="b")
    history = forged.history()
    first, second, third = asked(history)
    assert not is_alone(history, first)
    assert not heard(history, first).is_certain
    assert heard(history, third).is_certain
    assert heard(history, third).sides() == {"b"}
    assert in_use(history, "fin-a", 15) == "a"
    assert in_use(history, "fin-a", 25) == "b"
    assert second.agent == "cid"


SILENCE = LinkProbed(at_s=15.0, link="awdb-a", outcome="silence", took_s=5.0)
LEFT = ProbeLeft(at_s=10.7, link="awdb-a", took_s=0.7)


def probed(*attempts_s: float, probe: LinkProbed | ProbeLeft = SILENCE) -> History:
    """A probe of ours meets silence from 10 to 15 s, or is broken off; at these times connections arrive."""
    forged = Forged().asks(9, "ann", 401, took_s=10.0)
    forged.lines.append(probe)
    for n, at_s in enumerate(attempts_s):
        forged.lines.append(AwdbSeen(at_s=at_s, side="a", connection=n, step=AwdbStep.ATTEMPT))
    return forged.history()


def test_a_probe_that_met_silence_is_the_first_attempt_after_it_began() -> None:
    assert [one.is_ours for one in connections(probed(9.5, 10.1, 10.6)).values()] == [False, True, False]


def test_a_probe_that_was_broken_off_is_ours_and_no_question_of_finesses() -> None:
    history = probed(9.5, 10.1, 10.6, probe=LEFT)
    assert [one.is_ours for one in connections(history).values()] == [False, True, False]
    after = probed(20.0, probe=ProbeLeft(at_s=21.0, link="awdb-a", took_s=1.0))
    assert not talks_unasked(after, "fin-a"), "nobody had anything under way then"


def test_a_probe_whose_silence_ended_in_a_reset_as_the_link_was_mended_is_ours() -> None:
    reset = LinkProbed(at_s=10.8, link="awdb-a", outcome="reset", took_s=0.8)
    assert [one.is_ours for one in connections(probed(10.1, 10.6, probe=reset)).values()] == [True, False]


def test_a_probe_that_said_who_it_is_leaves_attempts_beside_it_to_their_nodes() -> None:
    forged = Forged().asks(9, "ann", 401, took_s=10.0)
    forged.lines.append(LinkProbed(at_s=10.2, link="awdb-a", outcome="reset", took_s=0.2))
    for n, is_ours in enumerate((True, False)):
        forged.lines.append(
            AwdbSeen(at_s=10.1 + n / 100, side="a", connection=n, step=AwdbStep.ATTEMPT, is_ours=is_ours)
        )
    assert [one.node for one in connections(forged.history()).values()] == [None, "fin-a"]


def test_attempts_that_cannot_be_told_from_a_probe_are_nobodys() -> None:
    assert [one.node for one in connections(probed(10.1, 10.12, 10.6)).values()] == [None, None, "fin-a"]


def test_age_counts_from_the_question_to_the_awdb_and_idleness_from_the_last_success() -> None:
    forged = Forged().asks(10, "ann", 200, by="a").asks(50, "ann", 200).asks(60, "ann", 404).asks(100, "ann", 200)
    last = agains(forged.history())[-1]
    assert last.age is not None
    assert [last.age.lo_s, last.age.hi_s] == pytest.approx([89.99, 90.01])
    assert [last.idle.lo_s, last.idle.hi_s] == pytest.approx([49.99, 50.01])


def test_lateness_near_either_request_widens_an_age_and_lateness_in_between_does_not() -> None:
    forged = Forged(clock="real").asks(10, "ann", 200, by="a").asks(100, "ann", 200).late(50, 9.0).late(12, 0.5)
    last = agains(forged.late(101, 0.2).history())[-1]
    assert last.error_s == 0.5


def test_whoever_is_let_in_without_an_awdbs_answer_is_cached_then() -> None:
    forged = Forged().asks(10, "ann", 404).asks(50, "ann", 404, by="a").asks(70, "ann", 401)
    history = forged.history()
    assert [idle_s_min(history, one) for one in asked(history)] == [
        float("inf"), pytest.approx(39.99), pytest.approx(59.99),
    ]  # fmt: skip


def test_a_fault_that_is_injected_twice_has_two_spans() -> None:
    forged = Forged().fault(10, 20, "CutAwdbLink", "awdb-a").fault(30, 40, "CutAwdbLink", "awdb-a")
    forged.lines = [replace(line, fault="awdb-a-cut") if isinstance(line, FaultSeen) else line for line in forged.lines]
    cut = [one for one in fault_spans(forged.history()) if one.kind == "CutAwdbLink"]
    assert [(one.injecting_s, one.rolling_back_s) for one in cut] == [(10, 20), (30, 40)]
