"""CTI-07 to CTI-09 on forged timelines: what is told of a team, what comes after a call, and when a state began."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from chaos.history import History
from chaos.journal import EventSeen, Observation, Timeline
from chaos.verdicts import Outcome, cti
from chaos.verdicts.cti.failover import fail_overs
from chaos.verdicts.cti.pending import pending_invented, pending_untold
from chaos.verdicts.cti.strays import changed_after_end, told_twice
from tests.verdicts.failing_over import LASTS_S, STORY, outcome
from tests.verdicts.script import NODES, framed, played

HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED
AGAIN, TRUTH, SILENT = cti.answers_and_publishes_again, cti.clients_show_the_truth, cti.no_events_in_the_gap
_STATES = ("READY", "NOT_READY", "TALKING", "HOLD", "LOGOUT")


def _followed(story: str) -> str:
    """The story in which ann is told of cid's states, too, as one who follows the team."""
    lines = []
    for line in story.splitlines():
        lines.append(line)
        at_s, *words = line.split()
        if words[:2] == ["cid", "hears"] and words[2] in _STATES:
            lines.append(f"{float(at_s) + 0.01:.2f} ann team cid {words[2]}")
    return "\n".join(lines)


TEAM = _followed(STORY)


def _but(text: str, *, left_out: str) -> str:
    assert left_out in text, left_out
    return "\n".join(line for line in text.splitlines() if line != left_out)


@pytest.mark.parametrize("check", [AGAIN, TRUTH, SILENT])
def test_what_is_told_of_a_team_as_before_is_no_violation(check: object) -> None:
    assert outcome(check, text=TEAM) is HELD  # type: ignore[arg-type]


def test_a_state_of_somebody_in_the_team_that_is_not_told_any_more_is_a_violation() -> None:
    assert outcome(AGAIN, text=_but(TEAM, left_out="71.11 ann team cid NOT_READY")) is VIOLATED
    # Himself he is told of it all the same.
    assert outcome(AGAIN, text=STORY) is HELD


def test_a_state_that_somebody_in_the_team_came_to_in_the_gap_is_to_be_told_after_it() -> None:
    assert outcome(TRUTH, text=_but(TEAM, left_out="50.31 ann team cid READY")) is VIOLATED
    late = TEAM.replace("50.31 ann team cid READY", "55.00 ann team cid READY")
    assert outcome(TRUTH, text=late) is HELD


def test_whoever_was_not_told_all_of_a_team_before_the_loss_is_owed_nothing() -> None:
    text = _but(_but(TEAM, left_out="1.61 ann team cid NOT_READY"), left_out="71.11 ann team cid NOT_READY")
    assert outcome(AGAIN, text=text) is HELD


def test_a_supervisor_is_told_of_the_team_whatever_was_told_before() -> None:
    team = ("0.2 ann follows Sales", "0.3 cid hears NOT_READY id=Sales")
    assert outcome(AGAIN, *team) is VIOLATED
    assert outcome(AGAIN, "0.2 ann follows Support", team[1]) is HELD
    assert outcome(AGAIN, "0.2 ann follows Sales alone", team[1]) is HELD  # no supervisor


@pytest.mark.parametrize("at_s", ["10.6", "30.0", "49.0"])
def test_what_is_told_of_a_team_in_the_gap_is_a_violation(at_s: str) -> None:
    assert outcome(SILENT, f"{at_s} ann team cid NOT_READY", text=TEAM) is VIOLATED


@pytest.mark.parametrize("at_s", ["10.45", "50.15"])
def test_what_is_told_of_a_team_just_before_the_gap_or_after_it_is_none(at_s: str) -> None:
    assert outcome(SILENT, f"{at_s} ann team cid NOT_READY", text=TEAM) is HELD


# --- what comes after a call -----------------------------------------------------------------------------------------

BEFORE = ("3.2 switch cid TALKING", "4.0 switch cid TALKING next=WORK_NOT_READY", "4.1 cid hears TALKING next=WORK")
AFTER = "75.0 switch cid TALKING next=WORK_READY"


def test_what_comes_after_a_call_is_to_be_told_after_a_fail_over_as_before_it() -> None:
    assert outcome(AGAIN, *BEFORE, AFTER, "75.1 cid hears TALKING next=WORK_READY") is HELD
    assert outcome(AGAIN, *BEFORE, AFTER) is VIOLATED
    assert outcome(AGAIN, *BEFORE, AFTER, "75.1 cid hears TALKING next=WORK") is VIOLATED


def test_what_the_agent_asked_for_is_to_be_told_in_any_case() -> None:
    asked = "74.9 cid asks PUT User/{id} 202 work wants=state=WORK_READY"
    assert _pending(AFTER, asked) == ["cid"]
    assert not _pending(AFTER, asked, "75.1 cid hears TALKING next=WORK_READY")
    assert not _pending(AFTER, asked.replace("202", "400"))


def _pending(*lines: str) -> list[str]:
    """Who is not told what comes after a call."""
    history = History(played(framed("\n".join((STORY, *lines)), lasts_s=LASTS_S)))
    return [one.cell["agent"] for each in fail_overs(history) for one in pending_untold(history, each)]


def test_a_product_that_never_tells_what_comes_after_a_call_owes_it_to_nobody() -> None:
    assert outcome(AGAIN, *BEFORE[:2], AFTER) is HELD
    assert outcome(AGAIN, AFTER) is HELD


NEXT = "75.1 cid hears TALKING next=WORK_READY"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (BEFORE, VIOLATED),
        ((*BEFORE, AFTER), HELD),  # the switch says so as well
        ((*BEFORE, "49 switch cid TALKING next=WORK_READY"), HELD),  # it did
        ((*BEFORE, "74 cid asks PUT User/{id} 202 wants=state=WORK_READY"), HELD),
        ((*BEFORE, "74 cid asks PUT User/{id} 503 wants=state=WORK_READY"), VIOLATED),
        ((*BEFORE, "74 cid does set-state WORK_READY"), HELD),
        (BEFORE[:2], HELD),  # it never tells what comes next
        (
            (*BEFORE, "3 switch bob TALKING", "8.5 bob hears TALKING next=READY"),
            HELD,
        ),  # it names what the switch does not
    ],
)
def test_no_state_is_named_as_the_next_of_which_nobody_has_said_anything(
    lines: tuple[str, ...], expected: Outcome
) -> None:
    history = History(played(framed("\n".join((STORY, *lines, NEXT)), lasts_s=LASTS_S)))
    invented = [one.cell["agent"] for each in fail_overs(history) for one in pending_invented(history, each)]
    assert invented == (["cid"] if expected is VIOLATED else [])


# --- heartbeats ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("75 fin-a b beat\n78 fin-a shows IN beat=failure", VIOLATED),
        ("75 fin-a b beat\n78 fin-a shows IN beat=Failure", VIOLATED),
        ("75 fin-a b beat\n78 fin-a shows IN beat=success", HELD),
        ("75 fin-a b beat\n78 fin-a shows IN", HELD),
        ("75 fin-a b miss\n78 fin-a shows IN beat=failure", HELD),
        ("78 fin-a shows IN beat=failure", HELD),  # no heartbeat was seen
        ("52 fin-a b beat\n55 fin-a shows IN beat=failure", HELD),  # its session is young
    ],
)
def test_a_node_does_not_say_that_heartbeats_fail_which_are_confirmed(lines: str, expected: Outcome) -> None:
    assert outcome(AGAIN, *lines.splitlines()) is expected


_STOOD = "78 fin-a shows IN clock=2027-01-15T08:01:18Z"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("79 fin-a shows IN clock=2027-01-15T08:01:19Z\n90 fin-a shows IN clock=2027-01-15T08:01:30Z", HELD),
        ("90 fin-a shows IN clock=2027-01-15T08:01:18Z", VIOLATED),
        ("82 fin-a shows IN clock=2027-01-15T08:01:18Z", HELD),  # it may be told to some seconds
        ("90 fin-a shows IN", HELD),  # no time is told any more
    ],
)
def test_a_node_that_is_back_does_not_show_one_time_for_ever(lines: str, expected: Outcome) -> None:
    went = [f"{at_s} fin-a shows IN clock=2027-01-15T08:00:0{n}Z" for n, at_s in enumerate((0.3, 3))]
    assert outcome(AGAIN, *went, _STOOD, *lines.splitlines()) is expected
    # A product whose time stood still before, too, means something else by it.
    assert outcome(AGAIN, went[0], _STOOD, *lines.splitlines()) is HELD


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("78 fin-a shows IN primary=fin-a\n79 fin-b shows IN primary=fin-a", HELD),
        ("78 fin-a shows IN primary=FIN-A", HELD),
        ("78 fin-a shows IN primary=fin-b", VIOLATED),
        ("78 fin-b shows IN primary=Fin-B", VIOLATED),
        ("78 fin-b shows IN primary=10.0.0.1", HELD),  # it has another name for it than the inventory
        ("78 fin-b shows IN", HELD),
    ],
)
def test_a_node_that_is_back_calls_the_publisher_the_primary_node(lines: str, expected: Outcome) -> None:
    assert outcome(AGAIN, *lines.splitlines()) is expected


# --- since when ------------------------------------------------------------------------------------------------------


def _stamped(story: str, *, from_s: float = 0.0, off_s: float = 0.0, clock_s: float = 0.0) -> str:
    """The story in which User events tell when the state began; off_s: too late, from then on. clock_s: how far the
    nodes' clocks are off, which they tell, too."""
    began_s = 1_800_000_000 + clock_s
    lines = [f"{at_s} {node} shows IN clock={_written(began_s + at_s)}" for at_s in (0.3, 60.0) for node in NODES]
    for line in story.splitlines():
        at_s, *words = line.split()
        if words[1] == "hears" and words[2] in _STATES:
            line += f" since={_written(began_s + float(at_s) - 0.1 + (off_s if float(at_s) >= from_s else 0.0))}"
        lines.append(line)
    return "\n".join(lines)


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("check", [AGAIN, TRUTH])
@pytest.mark.parametrize(("off_s", "expected"), [(0.0, HELD), (-3.0, HELD), (-3600.0, VIOLATED), (30.0, VIOLATED)])
def test_a_state_that_began_after_the_gap_is_told_to_have_begun_then(
    check: object, off_s: float, expected: Outcome
) -> None:
    text = _stamped(STORY, from_s=60.0, off_s=off_s)
    assert outcome(check, text=text) is expected  # type: ignore[arg-type]


def test_a_node_whose_clock_is_an_hour_off_all_the_time_is_not_blamed() -> None:
    assert outcome(AGAIN, text=_stamped(STORY, clock_s=3600.0)) is HELD


def test_a_time_that_is_told_no_more_is_a_violation() -> None:
    text = "\n".join(
        line if float(line.split()[0]) < 60.0 else line.partition(" since=")[0] for line in _stamped(STORY).splitlines()
    )
    assert outcome(AGAIN, text=text) is VIOLATED


@pytest.mark.parametrize("since_s", [77.0, 95.0])
def test_a_state_that_is_entered_again_for_another_reason_may_have_begun_then_or_before(since_s: float) -> None:
    """Found by people who were made Not Ready by a loss, and went there by themselves afterwards."""
    written = _written(1_800_000_000 + since_s)
    again = f"95 switch cid NOT_READY 11\n95.1 cid hears NOT_READY why=11 since={written}"
    assert outcome(AGAIN, *again.splitlines(), text=_stamped(STORY)) is HELD
    assert outcome(AGAIN, again.splitlines()[1], text=_stamped(STORY)) is (HELD if since_s == 77.0 else VIOLATED)


@pytest.mark.parametrize(
    ("then_s", "since", "expected"),
    [
        (95.8, "01:35Z", HELD),  # both began in that second, and are told to seconds
        (95.8, "01:35.00Z", VIOLATED),
        (99.0, "01:35Z", VIOLATED),
        (99.0, "01:39Z", HELD),
    ],
)
def test_two_states_of_one_second_may_have_one_time_if_times_are_told_to_seconds(
    then_s: float, since: str, expected: Outcome
) -> None:
    first = since.replace("39", "35")
    lines = (
        f"95 switch cid READY\n95.1 cid hears READY since=2027-01-15T08:{first}\n"
        f"{then_s} switch cid NOT_READY 11\n{then_s + 0.1} cid hears NOT_READY why=11 since=2027-01-15T08:{since}"
    )
    assert outcome(AGAIN, *lines.splitlines(), text=_stamped(STORY)) is expected
    once_more = f"{then_s + 1.2} cid hears NOT_READY why=11 since=2027-01-15T08:{since}"
    assert outcome(AGAIN, *lines.splitlines(), once_more, text=_stamped(STORY)) is expected


def test_a_state_that_is_told_anew_in_the_instant_of_its_end_gives_the_next_one_its_time() -> None:
    """Found by people in a call who were to be Not Ready after it, which is told of the state that stands."""
    was, now = (f"since=2027-01-15T08:01:{at}Z" for at in ("35.000", "38.000"))
    lines = (
        f"95 switch cid READY\n95.1 cid hears READY {was}\n97.9 cid hears READY {now}\n"
        f"98 switch cid NOT_READY 11\n98.1 cid hears NOT_READY why=11 {now}"
    )
    assert outcome(AGAIN, *lines.splitlines(), text=_stamped(STORY)) is HELD


# --- parties of calls ------------------------------------------------------------------------------------------------

_BEGAN_S = {"60": 2.5, "61": 2.5, "70": 72.0, "71": 72.0}
_ANSWERED_S = 2.0


def _timed(*, of: str = "stateChangeTime", from_s: float = 0.0, off_s: float = 0.0) -> str:
    """The story in which events of calls tell since when each party is so (or in the call, `of` startTime); off_s: too
    late, from then on."""
    began_s = 1_800_000_000
    lines = [f"{at_s} {node} shows IN clock={_written(began_s + at_s)}" for at_s in (0.3, 60.0) for node in NODES]
    for line in STORY.splitlines():
        at_s, *words = line.split()
        if len(words) > 3 and words[1] == "hears" and words[2] in ("POST", "PUT") and words[3] in _BEGAN_S:
            is_answered = words[2] == "PUT" and of == "stateChangeTime"
            since_s = _BEGAN_S[words[3]] + (_ANSWERED_S if is_answered else 0.0)
            said = _written(began_s + since_s + (off_s if float(at_s) >= from_s else 0.0))
            line += "".join(f" {of}/{device}={said}" for device in ("2001", "2002", "2003", "2004"))
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("check", [AGAIN, TRUTH])
@pytest.mark.parametrize("of", ["stateChangeTime", "startTime"])
@pytest.mark.parametrize(("off_s", "expected"), [(0.0, HELD), (-3.0, HELD), (-3600.0, VIOLATED), (60.0, VIOLATED)])
def test_a_party_of_a_call_that_began_after_the_gap_is_told_since_when_it_is_so(
    check: object, of: str, off_s: float, expected: Outcome
) -> None:
    assert outcome(check, text=_timed(of=of, from_s=60.0, off_s=off_s)) is expected  # type: ignore[arg-type]


def test_a_product_whose_parties_never_tell_that_rightly_is_not_blamed_for_the_fail_over() -> None:
    assert outcome(AGAIN, text=_timed(off_s=-3600.0)) is HELD


@pytest.mark.parametrize("check", [AGAIN, TRUTH])
@pytest.mark.parametrize(
    ("said", "expected"), [("reason-id=16", HELD), ("reason-id=17", VIOLATED), ("reason-id=-1", VIOLATED)]
)
def test_a_reason_has_the_id_that_it_had_before(check: object, said: str, expected: Outcome) -> None:
    known = ("0.2 switch cid NOT_READY 10", "0.3 cid hears NOT_READY why=10 reason-id=16")
    told = ("71.5 switch cid NOT_READY 10", f"71.6 cid hears NOT_READY why=10 {said}")
    assert outcome(check, *known, *told) is expected  # type: ignore[arg-type]


# --- what lasts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("GET ReasonCodes 200 like=abc", "GET ReasonCodes 200 like=abc", HELD),
        ("GET ReasonCodes 200 like=abc", "GET ReasonCodes 200 like=xyz", VIOLATED),
        ("GET SystemConfig 200 like=abc", "GET SystemConfig 404", VIOLATED),
        ("GET SystemConfig 403", "GET SystemConfig 200 like=abc", VIOLATED),
        ("GET Dialog/{id} 404", "GET Dialog/{id} 200", VIOLATED),
        # It was there once, and may be so again.
        ("GET Dialog/{id} 200", "GET Dialog/{id} 404", HELD),
    ],
)
def test_what_nobody_changes_is_shown_as_before_the_loss(before: str, after: str, expected: Outcome) -> None:
    usual = "\n".join(line for line in STORY.splitlines() if f"asks {after.partition(' 200')[0][:12]}" not in line)
    assert outcome(AGAIN, f"0.4 admin fin-a asks {before}", f"62 admin fin-a asks {after}", text=usual) is expected


IS_OVER, CHANGES = "64.1 ann hears DELETE 7 DROPPED", "ann hears PUT 7 ACTIVE 2001=ACTIVE 2002=ACTIVE"
ALWAYS_SO = "9.1 ann hears DELETE 5 DROPPED\n9.8 ann hears PUT 5 ACTIVE 2001=ACTIVE 2002=ACTIVE"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"65.0 {CHANGES}", VIOLATED),
        (f"64.3 {CHANGES}", HELD),  # sent together, it may be overtaken
        (f"65.0 ann hears POST 7 ACTIVE 2001=ACTIVE 2002=ACTIVE\n65.2 {CHANGES}", HELD),  # another matter
        ("65.0 ann hears DELETE 7 DROPPED", VIOLATED),
        (f"{ALWAYS_SO}\n65.0 {CHANGES}", HELD),  # it always does so
    ],
)
def test_a_change_of_a_call_does_not_come_after_its_end(lines: str, expected: Outcome) -> None:
    assert IS_OVER in STORY
    found = list(changed_or_twice(f"{STORY}\n{lines}"))
    assert (VIOLATED if found else HELD) is expected, found


@pytest.mark.parametrize(
    ("at_s", "items", "expected"),
    [
        (64.2, ("7d1f-12", "7d1f-12"), HELD),  # delivered again
        (64.2, ("7d1f-12", "7d1f-13"), VIOLATED),  # published again
        (64.2, ("", ""), VIOLATED),
        (66.0, ("7d1f-12", "7d1f-12"), VIOLATED),  # much later
    ],
)
def test_an_item_that_is_delivered_again_is_told_once(at_s: float, items: tuple[str, str], expected: Outcome) -> None:
    found = list(changed_or_twice(f"{STORY}\n{at_s} ann hears DELETE 7 DROPPED", {64.1: items[0], at_s: items[1]}))
    assert (VIOLATED if found else HELD) is expected, found


def changed_or_twice(text: str, items: Mapping[float, str] = MappingProxyType({})) -> list[str]:
    """items: ids of the items that Ann hears at these times."""

    def named(seen: Observation) -> Observation:
        if not isinstance(seen, EventSeen) or seen.agent != "ann":
            return seen
        return replace(seen, item=items.get(seen.at_s, ""))

    history = History(Timeline(map(named, played(framed(text, lasts_s=LASTS_S), clock="virtual"))))
    some = [one for one in fail_overs(history) if one.node == NODES[0]]
    return [
        found.reason
        for one in some
        for look in (told_twice, changed_after_end)
        for found in look(history, one, "ann")
        if found.outcome is VIOLATED
    ]
