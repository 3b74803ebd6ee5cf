"""CTI-05 on forged timelines: a socket that fails is a loss at once."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.journal import Timeline
from chaos.verdicts import Outcome, cti
from chaos.verdicts.ruling import found
from tests.verdicts.losses import ALONE, HELD, INCONCLUSIVE, TICK_S, VIOLATED, findings, said
from tests.verdicts.script import alone, framed, played


def socket_lost(*, tried_s: float | None, told_s: float | None) -> str:
    """One node; the order to break its socket is given at 10 s, and it is seen broken at 10.25 s."""
    lines = ["0 fin-a a stands", "10.25 fin-a a is-reset"]
    lines += [] if tried_s is None else [f"{tried_s} fin-a b opens"]
    lines += [] if told_s is None else [f"{told_s} fin-a says OUT"]
    return "\n".join(lines)


def at_once(text: str, **how: object) -> set[Outcome]:
    return said(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE, **how)


# --- CTI-05 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noticed_s", "outcome"),
    [
        (10.25 + TICK_S, HELD),
        (11.0, HELD),  # a second after the order, which is the worst that it can have been
        (11.0 + TICK_S, INCONCLUSIVE),
        (11.25, INCONCLUSIVE),
        (11.25 + 2 * TICK_S, VIOLATED),
        (25.0, VIOLATED),
    ],
)
def test_a_failed_socket_is_told_within_a_fifth_of_an_interval(noticed_s: float, outcome: Outcome) -> None:
    assert at_once(socket_lost(tried_s=10.5, told_s=noticed_s)) == {outcome}


@pytest.mark.parametrize(
    ("beats", "cell"),
    [
        ("5 fin-a a beat", None),
        ("5 fin-a a miss", "missing"),
        ("4 fin-a a miss\n9 fin-a a miss", "missing"),
        ("4 fin-a a miss\n9 fin-a a beat", None),
        ("5 fin-a a beat\n9.9 fin-a a miss", "missing"),
        ("5 fin-a a miss\n5.5 fin-b a beat", "missing"),  # of another session
    ],
)
@pytest.mark.parametrize(("told_s", "outcome"), [(10.5, HELD), (15.25, VIOLATED)])
def test_a_socket_that_fails_while_a_heartbeat_is_missing_is_a_loss_of_its_own_kind(
    beats: str, cell: str | None, told_s: float, outcome: Outcome
) -> None:
    text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=told_s) + "\n" + beats
    found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
    assert {(one.outcome, one.cell.get("beats")) for one in found_ if one.cell.get("node") == "fin-a"} == {
        (outcome, cell)
    }


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        ("9 ann asks PUT User/{id} 202", "just before"),
        ("4 ann asks PUT User/{id} 202", None),
        ("9 ann asks GET User/{id} 200", None),
        ("9 bob asks PUT User/{id} 202", None),
        ("10.3 ann asks PUT User/{id} 202", None),
    ],
)
def test_a_loss_just_after_the_cti_server_has_confirmed_something_is_looked_at_by_itself(
    asked: str, cell: str | None
) -> None:
    for told_s, outcome in ((10.5, HELD), (15.0, VIOLATED)):
        text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=told_s) + "\n" + asked
        found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
        assert {(one.outcome, one.cell.get("asked")) for one in found_ if one.cell.get("node") == "fin-a"} == {
            (outcome, cell)
        }


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("9 ann asks PUT User/{id} 400", "the request that was to show it was refused: 400"),
        ("8 ann asks PUT User/{id} 400\n9 ann asks PUT User/{id} 202", None),
        ("4 ann asks PUT User/{id} 400", None),
        ("9 ann asks PUT User/{id} 503", None),
    ],
)
def test_a_refusal_of_what_was_to_be_asked_just_before_a_loss_is_why_nobody_looked_there(
    asked: str, why: str | None
) -> None:
    """It said "nobody looked there" of ten requests that were answered with 400."""
    text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=10.5) + "\n" + asked
    found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
    doubts = [one for one in found_ if one.outcome is INCONCLUSIVE and one.cell.get("asked")]
    assert [one.reason for one in doubts] == ([why] if why else [])
    assert all("PUT User/{id} → 400" in one.evidence[0].text for one in doubts)
    assert HELD in {one.outcome for one in found_ if one.cell.get("node") == "fin-a" and one not in doubts}


def test_a_socket_that_failed_is_not_owed_to_what_was_injected_just_after_that() -> None:
    """Two faults in one instant: the notice came before the second, and was not early for it."""
    later = "\n10.4 fault cut injecting\n10.4 fault cut injected\n10.4 fault cut bitten"
    assert at_once(socket_lost(tried_s=10.5, told_s=10.3) + later) <= {HELD, INCONCLUSIVE}


def test_a_loss_that_was_told_already_is_not_owed_to_the_fault_that_came_then() -> None:
    """Heartbeats are withheld from 0 s on; the link is cut when clients are told, just before the session is closed."""
    text = "0 fin-a a stands\n20 fin-a says OUT\n20.1 fault cut injecting\n20.2 fin-a a is-closed\n20.3 fin-a b opens"
    text += "\n20.1 fault cut injected\n20.3 fault cut bitten\n28 fault cut held\n30 fault cut rolling-back"
    text += "\n30 ann hears IN"
    assert VIOLATED not in said(cti.socket_failure_is_loss_at_once, text, fault="withheld-xxx", lasts_s=60, nodes=ALONE)


def test_a_session_that_is_lost_before_the_node_is_back_is_not_told_again() -> None:
    text = "0 fin-a a stands\n8 fin-a says OUT\n9 fin-a a opens\n10.25 fin-a a is-reset\n20 fin-a a opens"
    assert at_once(text + "\n20.1 fin-a says IN") == set()


LEFT_OUT = "0 fin-a a stands\n10.25 fin-a a is-reset\n10.5 fin-a b opens\n10.4 ann hears OUT"


@pytest.mark.parametrize(
    ("more", "outcomes"),
    [
        ("", {HELD}),  # nobody knows whether she hears
        ("30 cid hears IN", {HELD, VIOLATED}),
        ("10.9 cid hears OUT\n30 cid hears IN", {HELD}),
        ("20 cid stream lost\n30 cid hears IN", {HELD}),
    ],
)
def test_whoever_is_not_told_and_hears_later_on_was_left_out(more: str, outcomes: set[Outcome]) -> None:
    assert at_once(f"{LEFT_OUT}\n{more}") == outcomes


def _not_at_work(text: str, who: str) -> History:
    """As of a lab in which that agent is one to spare."""
    timeline = played(framed(text, lasts_s=60), nodes=ALONE)
    agents = tuple(one for one in timeline.header.agents if one[0] != who)
    header = replace(timeline.header, agents=agents, spare=((who, "fin-a"),))
    return History(Timeline((header, *list(timeline)[1:])))


LOOKS_ON = "0.1 cid moves fin-a\n0.2 looked cid LOGOUT"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (LOOKS_ON, set()),  # nobody knows whether he heard anything then
        (f"{LOOKS_ON}\n10.4 cid hears OUT", {HELD}),
        (f"{LOOKS_ON}\n14 cid hears OUT", {VIOLATED}),
        (f"{LOOKS_ON}\n20 cid hears IN", {VIOLATED}),
        (f"{LOOKS_ON}\n14 cid leaves drop\n20 cid hears IN", set()),
        ("0.1 cid moves fin-a\n0.2 looked cid NOT_READY\n10.4 cid hears OUT", set()),  # who is signed in
    ],
)
def test_who_is_there_and_signed_out_is_told_like_those_at_work(more: str, expected: set[Outcome]) -> None:
    text = f"{socket_lost(tried_s=10.5, told_s=None)}\n10.3 ann hears OUT\n{more}"
    seen = found(alone(cti.socket_failure_is_loss_at_once), _not_at_work(text, "cid"))
    assert {one.outcome for one in seen if one.cell.get("state") == "signed out"} == expected


@pytest.mark.parametrize(
    ("heard", "expected"),
    [("10.3 ann hears OUT", HELD), ("13.3 ann hears OUT", VIOLATED), ("30 ann hears IN", VIOLATED)],
)
def test_whoever_hears_by_another_kind_of_door_is_told_like_anybody(heard: str, expected: Outcome) -> None:
    text = f"{socket_lost(tried_s=10.5, told_s=None)}\n0.1 ann moves fin-a bosh\n10.3 cid hears OUT\n{heard}"
    seen = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE)
    assert {one.outcome for one in seen if one.cell.get("stream") == "BOSH"} == {expected}


SILENT = "0 fin-a a stands\n17.5 fin-a a is-closed\n18 fin-a b opens\n40.1 fin-a b is-reset"


def ends_with_silence(*, told_s: float | None, asked: str) -> set[Outcome]:
    """A silence from 10 s on ends from 17.4 s to 17.6 s; afterwards another fault is played."""
    phases = ((17.4, "rolling-back"), (17.6, "rolled-back"), (17.6, "lifted"))
    over = "\n".join(f"{at_s} fault silent {phase}" for at_s, phase in phases)
    begun = "10 fault silent injecting\n10 fault silent injected\n17.2 fault silent bitten\n17.3 fault silent held"
    told = "" if told_s is None else f"{told_s} fin-a says OUT\n{told_s + 0.5} fin-a says IN"
    text = framed(f"{SILENT}\n{begun}\n{over}\n{told}\n{asked}", lasts_s=60, fault="reset-b", fault_at_s=40.0)
    seen = found(alone(cti.socket_failure_is_loss_at_once), History(played(text, nodes=ALONE)))
    return {one.outcome for one in seen if one.cell.get("asked") == "under way"}


@pytest.mark.parametrize(("first", "expected"), [("18 fin-a b opens", set()), ("18 fin-a a opens", {VIOLATED})])
def test_who_lost_side_a_as_a_silence_ended_tries_b_first_whatever_was_under_way(
    first: str, expected: set[Outcome]
) -> None:
    phases = ((17.4, "rolling-back"), (17.6, "rolled-back"), (17.6, "lifted"))
    over = "\n".join(f"{at_s} fault silent {phase}" for at_s, phase in phases)
    begun = "10 fault silent injecting\n10 fault silent injected\n17.2 fault silent bitten\n17.3 fault silent held"
    lost = f"0 fin-a a stands\n17.5 fin-a a is-closed\n{first}"
    text = framed(f"{lost}\n{begun}\n{over}\n17.7 fin-a says OUT", lasts_s=60, fault="reset-b", fault_at_s=40.0)
    again = "\n25 fin-a b refused\n26 fin-a a is-reset\n26 fault reset injecting"
    seen = found(alone(cti.b_is_tried_once_before_a), History(played(text + again, nodes=ALONE)))
    assert {one.outcome for one in seen if "before side B" in one.reason} == expected


WAITING = "18.2 ann asks PUT User/{id} 500 for=2"

AT_ONCE = "16.2 ann asks PUT User/{id} 202 for=0.1"


@pytest.mark.parametrize("asked", [WAITING, AT_ONCE])
@pytest.mark.parametrize(
    ("told_s", "expected"), [(17.7, HELD), (18.3, HELD), (18.5, INCONCLUSIVE), (18.7, VIOLATED), (22.0, VIOLATED)]
)
def test_a_session_that_is_closed_while_requests_wait_is_a_loss_at_once(
    asked: str, told_s: float, expected: Outcome
) -> None:
    assert ends_with_silence(told_s=told_s, asked=asked) == {expected}


@pytest.mark.parametrize("asked", ["", "9 ann asks PUT User/{id} 202", "16.2 ann asks PUT User/{id} 400 for=0.1"])
def test_without_a_request_under_way_that_says_nothing(asked: str) -> None:
    assert ends_with_silence(told_s=22.0, asked=asked) == {INCONCLUSIVE}


def test_a_silence_that_was_a_loss_before_it_ended_is_judged_by_its_heartbeats() -> None:
    assert ends_with_silence(told_s=16.0, asked=WAITING) == set()


def test_a_loss_that_nobody_is_told_of_is_a_violation_if_they_hear() -> None:
    text = socket_lost(tried_s=10.5, told_s=None)
    assert VIOLATED not in at_once(text)
    assert VIOLATED in at_once(text + "\n30 fin-a says IN")


def test_another_server_may_be_looked_for_later_than_the_loss_is_told() -> None:
    assert at_once(socket_lost(tried_s=12.5, told_s=10.3)) == {HELD}


def test_a_late_loop_straddles_the_edge_of_at_once() -> None:
    assert at_once(socket_lost(tried_s=10.5, told_s=10.9) + "\n12 late 0.2", clock="real") == {INCONCLUSIVE}


def test_who_heard_nothing_blames_only_a_node_that_still_takes_itself_for_in_service() -> None:
    deaf = socket_lost(tried_s=10.5, told_s=None)
    assert at_once(deaf) == {INCONCLUSIVE}
    assert at_once(deaf + "\n20 fin-a shows IN") == {INCONCLUSIVE}, "it looked for another server before"
    assert at_once(socket_lost(tried_s=None, told_s=None) + "\n20 fin-a shows IN") == {VIOLATED}
    assert at_once(socket_lost(tried_s=None, told_s=None) + "\n20 fin-a shows OUT") == {INCONCLUSIVE}


def test_kinds_of_loss_are_told_apart() -> None:
    for fault, kind in (("reset", "reset"), ("closed", "close"), ("cut", "cut"), ("killed", "killed process")):
        text = socket_lost(tried_s=10.5, told_s=10.5)
        assert {
            one.cell["loss"] for one in findings(cti.socket_failure_is_loss_at_once, text, fault=fault, nodes=ALONE)
        } == {kind}
