"""When a node was out of service, and which sessions it lost."""

from dataclasses import replace

import pytest

from chaos.errors import EvidenceError
from chaos.history import History
from chaos.history.gaps import gaps
from chaos.history.sessions import losses, named_attempts, own_clients
from chaos.journal import CtiSeen, Timeline
from chaos.verdicts.cti.failover import fail_overs
from tests.verdicts.script import framed, played

SESSIONS = """
    0 fin-a a stands
    0 fin-b a stands
    10 fin-a a is-reset
    11 fin-a b refused
    20 fin-a b opens
"""


def history(text: str) -> History:
    return History(played(framed(text, lasts_s=200.0)))


def test_a_gap_lasts_from_the_first_word_of_it_to_the_event_that_says_that_it_is_over() -> None:
    (gap,) = gaps(history(SESSIONS + "10.1 fin-a shows OUT\n10.2 fin-a says OUT\n60 fin-a says IN"))
    assert (gap.node, gap.told_s, gap.back_s) == ("fin-a", 10.1, 60.0)
    assert gap.reconnected_s == pytest.approx(20.0, abs=1e-5)
    out, back = gap.own("cid") or (None, None)
    assert out is not None
    assert back is not None
    assert (round(out.at_s, 3), round(back.at_s, 3)) == (10.2, 60.0)
    assert gap.own("bob") is None
    assert all(item.number for item in gap.cited())


def test_whatever_a_node_says_it_is_not_back_before_it_has_a_session() -> None:
    (gap,) = gaps(history(SESSIONS + "10.2 fin-a says OUT\n15 fin-a shows IN\n16 fin-a says IN\n60 fin-a says IN"))
    assert gap.back_s == 60.0


def test_a_fail_over_may_be_faster_than_its_events() -> None:
    """A busy node: its new session stood before clients heard that the old one was lost."""
    quick = SESSIONS.replace("11 fin-a b refused", "").replace("20 fin-a b opens", "10.1 fin-a b opens")
    (gap,) = gaps(history(quick + "10.3 fin-a says OUT\n10.4 fin-a says IN"))
    assert (gap.told_s, gap.back_s) == (10.3, 10.4)
    assert gap.reconnected_s == pytest.approx(10.1, abs=1e-5)
    (one,) = fail_overs(history(quick + "10.3 fin-a says OUT\n10.4 fin-a says IN"))
    assert (one.lost, one.back) == ("a", "b")


def test_who_hears_of_a_short_gap_when_another_has_heard_of_its_end_hears_of_the_same() -> None:
    quick = SESSIONS.replace("11 fin-a b refused", "").replace("20 fin-a b opens", "10.1 fin-a b opens")
    in_turn = "10.3 ann hears OUT\n10.31 ann hears IN\n10.32 cid hears OUT\n10.33 cid hears IN"
    (gap,) = gaps(history(quick + in_turn))
    assert {agent: back is not None for agent, _, back in gap.heard} == {"ann": True, "cid": True}
    again = in_turn + "\n10.4 ann hears OUT\n10.5 ann hears IN"
    assert len(gaps(history(quick + again))) == 2


def test_a_fail_over_before_the_story_is_none_of_it_however_late_it_is_told() -> None:
    late = "0 fin-a a stands\n0 fin-b a stands\n0.5 fin-a says OUT\n0.6 fin-a says IN"
    assert not fail_overs(history(late))


def test_a_word_that_no_new_session_stands_behind_ends_nothing() -> None:
    """It has had its session for long: the node is not back by saying so."""
    (gap,) = gaps(history("0 fin-a a stands\n0 fin-b a stands\n50 fin-a says OUT\n50.1 fin-a says IN"))
    assert gap.back is None


def test_an_answer_ends_a_gap_only_where_no_event_does() -> None:
    (gap,) = gaps(history(SESSIONS + "10.2 fin-a says OUT\n25 fin-a shows IN"))
    assert gap.back_s == 25.0
    (gap,) = gaps(history(SESSIONS + "10.2 fin-a says OUT\n25 fin-a shows IN\n26 fin-a says IN"))
    assert gap.back_s == 26.0


def test_a_gap_may_never_end() -> None:
    (gap,) = gaps(
        history("0 fin-a a stands\n0 fin-b a stands\n10 fin-a a is-reset\n10.1 fin-a says OUT\n60 fin-a says IN")
    )
    assert gap.back is None
    assert gap.ends_s == 200.0


def test_every_gap_of_a_node_counts() -> None:
    first, second = gaps(
        history(
            SESSIONS
            + "10.2 fin-a says OUT\n21 fin-a says IN\n90 fin-a b is-reset\n90.1 fin-a says OUT\n91 fin-a a opens\n"
            + "92 fin-a says IN"
        )
    )
    assert (first.back_s, first.until_s) == (21.0, 90.1)
    assert (second.told_s, second.back_s, second.until_s) == (90.1, 92.0, 200.0)


def test_an_odd_answer_while_the_session_stands_begins_no_gap() -> None:
    assert len(gaps(history(SESSIONS + "10.2 fin-a says OUT\n21 fin-a says IN\n30 fin-a shows OUT"))) == 1


def test_each_loss_has_the_attempts_until_the_next_one() -> None:
    text = SESSIONS + "90 fin-a b is-reset\n91 fin-a a refused\n92 fin-a b opens\n95 fin-b a is-reset\n96 fin-b b opens"
    found = [
        (loss.client, loss.side, round(loss.lost_s, 3), [one.side for one in loss.tries])
        for loss in losses(history(text))
    ]
    assert found == [
        ("fin-a", "a", 10.0, ["b", "b"]),
        ("fin-a", "b", 90.0, ["a", "b"]),
        ("fin-b", "a", 95.0, ["b"]),
    ]


def of_one_name(text: str) -> History:
    """The same seen by relays to which all nodes go by one name, as before protocol 24."""
    seen = played(framed(text, lasts_s=200.0)).observations
    return History(Timeline([replace(one, client="Finesse") if isinstance(one, CtiSeen) else one for one in seen]))


def test_nodes_of_one_name_are_no_node_of_two_sessions() -> None:
    """Nothing is said of sessions and requests that may be either's; gaps are told by what each tells its clients."""
    text = SESSIONS + "10.1 fin-a says OUT\n60 fin-a says IN"
    with pytest.raises(EvidenceError, match="go by one name, as before protocol 24"):
        named_attempts(of_one_name(text))
    with pytest.raises(EvidenceError, match="take one node out of service"):
        own_clients(of_one_name(text), "fin-a")
    (gap,) = gaps(of_one_name(text))
    assert (gap.told_s, gap.back_s) == (10.1, 60.0)


def test_one_node_alone_may_have_any_name() -> None:
    alone = SESSIONS.replace("0 fin-b a stands", "")
    assert list(named_attempts(of_one_name(alone))) == ["Finesse"]
    assert own_clients(of_one_name(alone), "fin-a") == {"Finesse"}
