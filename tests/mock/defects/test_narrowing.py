"""Narrowings: their text, what is refused, and what falls under them."""

import pytest

from chaos.mock.defects import Axis, BadBreak, Break, CtiDefect, Narrowing, parse_break

TEXTS = (
    "gap-500",
    "gap-500@node=b,verb=PUT,within=3s",
    "gap-500@node=a+b,verb=GET+PUT,resource=Dialog+User,by=agent,agent=anna,lost=A,loss=reset+silent",
    "socket-loss-waits@loss=closed,after=1,late=2.5s",
    "cache-lasts@by=administrator,minutes=20",
    "asks-every-time@every=3,beyond=1200s",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_break_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_break(text)) == text
    assert parse_break(str(parse_break(text))) == parse_break(text)


def test_the_order_of_axes_and_words_does_not_matter() -> None:
    one, other = parse_break("gap-500@verb=PUT+GET,node=b"), parse_break("gap-500@node=b,verb=GET+PUT")
    assert one == other
    assert hash(one) == hash(other)


def test_a_name_of_old_is_read_as_what_it_stands_for() -> None:
    assert parse_break("cache-29-minutes") == parse_break("cache-lasts@minutes=29")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gap-501", "no defect 'gap-501'; `finesse-chaos clauses` lists them"),
        ("", "no defect ''"),
        ("gap-500@", "ends with its '@'"),
        ("gap-500@node", "'node' of defect 'gap-500' has no value: write node=a"),
        ("gap-500@node=", "has no value"),
        ("gap-500@nod=b", "knows no axis 'nod': it takes node, verb"),
        ("gap-500@side=A", "can not be narrowed by 'side'"),
        ("gap-500@node=c", "node=c can never be with defect 'gap-500': node is a, b"),
        ("gap-500@verb=PUT+", "verb= can never be"),
        ("gap-500@node=b,node=a", "narrowed by 'node' twice"),
        ("gap-500@first=0", "first=0 .* is no count"),
        ("gap-500@first=3s", "is no count"),
        ("gap-500@within=3", "is no time: write seconds, within=3s"),
        ("gap-500@within=0s", "is no time"),
        ("gap-500@within=-1s", "is no time"),
        ("gap-500@within=1e3s", "is no time"),
        ("gap-500@verb=POST,resource=User", "no such resource takes POST"),
        ("gap-500@by=administrator,agent=anna", "an administrator is no agent"),
        ("gap-500@first=2,after=2", "the first 2 occasions are over after 2"),
        ("gap-500@first=2,every=3", "no 3th among the first 2"),
        ("gap-500@within=3s,beyond=3s", "nothing lasts longer than 3 s and not longer than 3 s"),
        ("settings-readable-without-database@resource=User", "resource=User can never be"),
        ("settings-readable-without-database@node=b", "can not be narrowed by 'node'"),
    ],
)
def test_what_is_no_break_is_refused_with_the_part_and_a_remedy(text: str, said: str) -> None:
    with pytest.raises(BadBreak, match=said):
        parse_break(text)


def narrowed(text: str) -> Narrowing:
    return parse_break(f"gap-500@{text}").narrowing


def test_an_occasion_falls_under_a_narrowing_when_each_of_its_axes_does() -> None:
    narrowing = narrowed("node=b,verb=GET+PUT")
    facts = {Axis.NODE: ("b",), Axis.VERB: ("PUT",), Axis.RESOURCE: ("User",)}
    assert narrowing.takes(facts, 0.0)
    assert not narrowing.takes({**facts, Axis.NODE: ("a",)}, 0.0)
    assert not narrowing.takes({**facts, Axis.VERB: ("POST",)}, 0.0)
    assert not narrowing.takes({Axis.NODE: ("b",)}, 0.0), "what is not known is not so"


def test_any_name_of_an_agent_will_do() -> None:
    narrowing = narrowed("agent=anna")
    assert narrowing.takes({Axis.AGENT: {"1001001", "anna"}}, None)
    assert not narrowing.takes({Axis.AGENT: {"1001002", "bert"}}, None)


def test_both_edges_of_a_time_belong_to_within() -> None:
    assert [narrowed("within=3s").takes({}, at_s) for at_s in (0.0, 3.0, 3.001)] == [True, True, False]
    assert [narrowed("beyond=3s").takes({}, at_s) for at_s in (0.0, 3.0, 3.001)] == [False, False, True]
    assert not narrowed("within=3s").takes({}, None)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("node=b", [1, 2, 3, 4, 5, 6, 7]),
        ("first=2", [1, 2]),
        ("after=2", [3, 4, 5, 6, 7]),
        ("every=3", [3, 6]),
        ("after=3,every=2", [4, 6]),
        ("after=1,first=3", [2, 3]),
    ],
)
def test_counts_say_which_occasions_are_meant(text: str, numbers: list[int]) -> None:
    assert [number for number in range(1, 8) if narrowed(text).falls_on(number)] == numbers


def test_a_figure_is_the_defects_own_unless_narrowed() -> None:
    assert Break(CtiDefect.SOCKET_LOSS_WAITS).number(Axis.LATE) == 15.0
    assert parse_break("socket-loss-waits@late=2.5s").number(Axis.LATE) == 2.5
