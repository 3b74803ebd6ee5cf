"""CTI-08 on forged timelines: what is asked for and is so already."""

import pytest

from chaos.verdicts import Outcome, cti
from tests.verdicts.failing_over import at, without

CHECK = cti.answers_and_publishes_again
HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
STATE, DATA = "a state that one is in", "data that a call has"
RETRIEVED = "the retrieval of a call that is not on hold"


def asked(at_s: float, agent: str, mark: int, status: str = "202", *, told: bool = True) -> tuple[str, ...]:
    """Somebody who is Ready asks to be so, and is told that he is, or not."""
    line = f"{at_s} {agent} asks PUT User/{{id}} {status} work wants=state=READY mark={mark}"
    return (line, *([f"{at_s + 0.05} {agent} hears READY mark={mark}"] if told else []))


def before(cid: str = "202", dan: str = "202", *, told: tuple[bool, ...] = (True, True)) -> tuple[str, ...]:
    """Two who ask before the loss, at each node."""
    there = zip(("ann", "cid"), told, strict=True)
    lines = [line for n, (agent, is_told) in enumerate(there) for line in asked(1.1, agent, n, cid, told=is_told)]
    other = zip(("bob", "dan"), told, strict=True)
    return (
        *lines,
        *(line for n, (agent, is_told) in enumerate(other, 5) for line in asked(1.1, agent, n, dan, told=is_told)),
    )


BEFORE = before()


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (asked(70.6, "cid", 13), HELD),
        (asked(70.6, "cid", 13, told=False), VIOLATED),  # it was told before
        (asked(70.6, "cid", 13, "400", told=False), VIOLATED),
        (asked(71.6, "cid", 13, "400", told=False), None),  # he is Not Ready then, and is to become Ready
        ((*asked(70.6, "cid", 13, told=False), "71 cid hears READY mark=13"), HELD),
    ],
)
def test_what_is_so_already_is_answered_and_told_as_before(later: tuple[str, ...], expected: Outcome | None) -> None:
    assert at(CHECK, *BEFORE, *later, so_already=STATE) is expected


@pytest.mark.parametrize("told", [True, False])
def test_what_a_product_tells_of_it_is_its_own_affair(told: bool) -> None:
    """One that has told nothing of it before, or not always, need not; and may."""
    told_so = before(told=(False, told))
    assert at(CHECK, *told_so, *asked(70.6, "cid", 13, told=False), so_already=STATE) is HELD
    assert at(CHECK, *told_so, *asked(70.6, "cid", 13), so_already=STATE) is HELD


@pytest.mark.parametrize("status", ["202", "400"])
def test_a_product_that_refuses_it_may_go_on_doing_so(status: str) -> None:
    refused = before("400", "400", told=(False, False))
    after = at(CHECK, *refused, *asked(70.6, "cid", 13, status, told=False), so_already=STATE)
    assert after is (HELD if status == "400" else VIOLATED)


@pytest.mark.parametrize("status", ["202", "400"])
def test_a_node_that_was_broken_before_is_told_by_the_other_one(status: str) -> None:
    lines = [line for line in before(status, told=(False, False)) if " ann " in line or " cid " in line]
    lines += [line for line in BEFORE if " bob " in line or " dan " in line]
    assert at(CHECK, *lines, *asked(70.6, "cid", 13, status, told=False), so_already=STATE) is VIOLATED
    assert at(CHECK, *lines, *asked(70.6, "dan", 13), so_already=STATE) is HELD


def test_clients_that_do_not_hear_all_prove_nothing_by_it() -> None:
    deaf = without("12.1 bob gets User")
    assert at(CHECK, *BEFORE, *asked(70.6, "cid", 13, told=False), text=deaf, so_already=STATE) is not VIOLATED


@pytest.mark.parametrize(("value", "expected"), [("70.0", HELD), ("other", None)])
def test_data_that_a_call_has_already_are_not_missing_at_the_switch(value: str, expected: Outcome | None) -> None:
    """ann's call 70 has them since 75 s."""
    wants = f"wants=action=UPDATE_CALL_DATA wants=callVariable1={value}"
    asks = f"76 ann asks PUT Dialog/{{id}} 202 work of=70 {wants} mark=14"
    assert at(CHECK, asks, so_already=DATA) is expected


def retrieved(at_s: float, number: int, told: bool, *people: str) -> list[str]:
    """People ask for the retrieval of a call that is not on hold, which fails later."""
    lines = []
    for n, agent in enumerate(people, round(at_s)):
        wants = f"work of={number} wants=action=RETRIEVE mark={n}"
        lines.append(f"{at_s} {agent} asks PUT Dialog/{{id}} 202 {wants}")
        lines += [f"{at_s + 0.05} {agent} hears failure mark={n}"] if told else []
    return lines


@pytest.mark.parametrize(
    ("before_it", "after_it", "expected"),
    [(True, True, HELD), (True, False, VIOLATED), (False, False, HELD), (False, True, HELD)],
)
def test_that_a_request_has_failed_is_told_as_before(before_it: bool, after_it: bool, expected: Outcome) -> None:
    """ann's and bob's call 60, and cid's and dan's 61, are answered before 4 s; 70 and 71 at 74 s."""
    lines = [f"3 switch {60 + n // 2} {device} CONNECT" for n, device in enumerate((2001, 2002, 2003, 2004))]
    lines += retrieved(4.0, 60, before_it, "ann", "bob") + retrieved(4.0, 61, before_it, "cid", "dan")
    assert at(CHECK, *lines, *retrieved(76.2, 70, after_it, "ann"), so_already=RETRIEVED) is expected
