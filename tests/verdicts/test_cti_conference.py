"""CTI-11 on forged timelines: ann and bob confer with somebody outside, call 7, all through a fail-over."""

import pytest

from chaos.history import History
from chaos.verdicts import Outcome, cti
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, each_node, framed, played

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
LASTS_S = 120.0
LINKS = each_node("0 NODE a stands\n10 NODE a is-reset\n10.5 NODE says OUT\n19 NODE b opens\n20 NODE says IN")
GOOD = (
    LINKS
    + """
0.1 looked ann NOT_READY
0.1 looked bob NOT_READY
1 switch 7 2001 CONNECT
1 switch 7 2002 CONNECT
1 switch ann TALKING
1 switch bob TALKING
1.1 ann hears POST 7 ACTIVE 2001=ACTIVE 2002=ACTIVE
1.1 bob hears POST 7 ACTIVE 2001=ACTIVE 2002=ACTIVE
1.1 ann hears TALKING
1.1 bob hears TALKING
3 ann does consult 5550100
4 ann does conference 7
25 ann sees 7
50 switch 7 2001 HOLD
50 ann does hold 7
52 switch 7 2001 CONNECT
52 ann does retrieve 7
54 switch 7 2001 NULL
54 switch ann NOT_READY
54 ann does clear 7
54.1 ann hears DELETE 7 DROPPED
54.1 ann hears NOT_READY
90 looked ann
90.1 ann sees nothing
90.1 ann is NOT_READY
"""
)


_NEXT = "User PUT of the next state"


def findings(*more: str, but: tuple[str, str] | None = None) -> list[Finding]:
    text = "\n".join([GOOD, *more])
    if but is not None:
        assert but[0] in text, but
        text = text.replace(*but)
    return found(alone(cti.a_conference_is_survived), History(played(framed(text, lasts_s=LASTS_S))))


def at(works: str, *more: str, but: tuple[str, str] | None = None) -> Outcome | None:
    outcomes = [one.outcome for one in findings(*more, but=but) if one.cell.get("works") == works]
    return next((one for one in (VIOLATED, INCONCLUSIVE, HELD) if one in outcomes), None)


def test_a_phone_that_works_on_and_a_desktop_that_is_exact_after_the_drop_are_right() -> None:
    seen = {(one.cell["node"], one.cell["works"], one.outcome) for one in findings()}
    works = ("hold", "retrieve", "drop off", "events after the drop", "answers after the drop", _NEXT)
    assert seen == {("fin-a", what, HELD) for what in works}


@pytest.mark.parametrize(
    "shown", ["25 ann sees nothing", "25 ann sees 7 8", "25 ann sees 9", "25 ann hears DELETE 7 DROPPED"]
)
def test_whatever_is_shown_between_the_fail_over_and_the_drop_is_documented(shown: str) -> None:
    assert {one.outcome for one in findings(but=("25 ann sees 7", shown))} == {HELD}
    timeline = played(framed(GOOD.replace("25 ann sees 7", shown), lasts_s=LASTS_S))
    assert not [one for one in found(alone(cti.clients_show_the_truth), History(timeline)) if one.outcome is VIOLATED]


@pytest.mark.parametrize(("act", "works"), [("hold", "hold"), ("retrieve", "retrieve"), ("clear", "drop off")])
def test_a_phone_operation_that_fails_after_the_fail_over_is_a_violation(act: str, works: str) -> None:
    assert at(works, but=(f"ann does {act} 7", f"ann fails {act} 7")) is VIOLATED


@pytest.mark.parametrize(("act", "works"), [("hold", "hold"), ("retrieve", "retrieve"), ("clear", "drop off")])
def test_a_phone_operation_that_was_not_tried_is_not_judged(act: str, works: str) -> None:
    assert at(works, but=(f"ann does {act} 7", "ann does set-state NOT_READY")) is None


def test_an_operation_that_failed_before_the_fail_over_or_on_another_call_is_not_judged() -> None:
    assert {one.outcome for one in findings("5 ann fails hold 7", "50 ann fails hold 8")} == {HELD}


@pytest.mark.parametrize(
    ("old", "new", "works"),
    [
        ("90.1 ann sees nothing", "90.1 ann sees 7", "answers after the drop"),
        ("90.1 ann is NOT_READY", "90.1 ann is TALKING", "answers after the drop"),
        ("54.1 ann hears DELETE 7 DROPPED", "", "events after the drop"),
        ("54.1 ann hears NOT_READY", "", "events after the drop"),
    ],
)
def test_a_desktop_that_is_not_exact_after_the_drop_is_a_violation(old: str, new: str, works: str) -> None:
    assert at(works, but=(old, new)) is VIOLATED


@pytest.mark.parametrize(
    ("said", "expected"),
    [("ann:NOT_READY,bob:TALKING", HELD), ("bob:TALKING,ann:TALKING", VIOLATED)],
)
def test_a_list_of_users_that_an_administrator_is_shown_is_exact_too(said: str, expected: Outcome) -> None:
    assert at("answers after the drop", f"91 admin fin-a asks GET Users 200 lists={said}") is expected
    # The other node has not failed over here, and says its own.
    assert at("answers after the drop", f"91 admin fin-b asks GET Users 200 lists={said}") is HELD


@pytest.mark.parametrize(("answer", "expected"), [("400", VIOLATED), ("202", VIOLATED), ("400 but", HELD)])
def test_who_has_dropped_off_is_not_refused_what_can_be_done(answer: str, expected: Outcome) -> None:
    """Nor is it accepted and left undone; what he asks for while a call is up may be turned down."""
    asked = f"70 ann asks PUT User/{{id}} {answer.partition(' ')[0]} work wants=state=READY"
    busy = ("69 switch ann TALKING", "69.1 ann hears TALKING") if "but" in answer else ()
    story = (asked, *busy, "90.05 switch ann NOT_READY", "90.06 ann hears NOT_READY")
    assert at("answers after the drop", *story) is expected


def test_a_desktop_that_shows_the_wrong_thing_for_a_few_seconds_after_the_drop_is_not_judged_yet() -> None:
    assert at("answers after the drop", "55 ann sees 7") is HELD


NEXT = """
70 switch 8 2001 INITIATE
70 switch 8 2002 ALERTING
70.1 ann hears POST 8 ALERTING 2001=INITIATED 2002=ALERTING
72 switch 8 2001 CONNECT
72 switch 8 2002 CONNECT
72.1 ann hears PUT 8 ACTIVE 2001=ACTIVE 2002=ACTIVE
74 switch 8 2001 NULL
74 switch 8 2002 NULL
74.1 ann hears DELETE 8 DROPPED
"""


@pytest.mark.parametrize(
    ("untold", "kind"),
    [("hears POST 8", "Dialogs POST"), ("hears PUT 8", "Dialog PUT"), ("hears DELETE 8", "Dialogs DELETE")],
)
def test_the_next_call_is_told_as_any_other(untold: str, kind: str) -> None:
    assert at(f"{kind} of the next call", NEXT) is HELD
    silent = "\n".join(line for line in NEXT.splitlines() if untold not in line)
    assert at(f"{kind} of the next call", silent) is VIOLATED


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("54.1 ann hears NOT_READY", HELD),
        ("63 ann hears NOT_READY", HELD),  # late, as what a node is still busy with
        ("54.1 ann hears WORK", VIOLATED),
        ("65 ann hears NOT_READY", VIOLATED),
        ("40 ann hears NOT_READY", None),  # it was shown without a call, and so had nothing to be told
    ],
)
def test_the_state_that_follows_on_the_drop_is_told(told: str, expected: Outcome | None) -> None:
    assert at(_NEXT, but=("54.1 ann hears NOT_READY", told)) is expected


@pytest.mark.parametrize(
    ("asked", "told", "expected"),
    [
        ("53.9", "202", HELD),
        ("45", "202", VIOLATED),  # nothing came of it, until she used her telephone
        ("45", "404", HELD),  # on a desktop where the call is missing there is nothing to drop
        ("45\n44 ann hears PUT 7 ACTIVE 2001=ACTIVE", "400", VIOLATED),  # there it stood
    ],
)
def test_who_drops_off_at_the_desktop_is_off(asked: str, told: str, expected: Outcome) -> None:
    at_s, *more = asked.splitlines()
    asks = f"{at_s} ann asks PUT Dialog/{{id}} {told} work of=7 wants=action=DROP"
    assert at("drop off at the desktop", asks, *more) is expected


def test_a_conference_of_agents_only_has_no_caveat() -> None:
    assert findings(but=("3 ann does consult 5550100", "3 ann does consult 2003")) == []


def test_a_conference_that_was_over_before_is_none_of_this() -> None:
    early = "\n".join(line.replace("54 switch 7 2001", "9 switch 7 2001") for line in GOOD.splitlines())
    early += "\n9 switch 7 2002 NULL"
    assert not cti.a_conference_is_survived.needs(History(played(framed(early, lasts_s=LASTS_S))))


@pytest.mark.parametrize(
    ("told", "answer", "expected"),
    [
        ("hears PUT 7 ACTIVE 2001=ACTIVE", "400", VIOLATED),
        ("hears PUT 7 ACTIVE 2001=ACTIVE", "202", VIOLATED),
        ("hears PUT 7 ACTIVE 2001=HELD", "400", HELD),  # there is nothing to put on hold, says the node
        ("is TALKING", "404", HELD),  # it may be missing
        ("is TALKING", "202", VIOLATED),
    ],
)
def test_of_what_a_desktop_asks_about_the_conference_something_comes(told: str, answer: str, expected: Outcome) -> None:
    asked = f"40 ann asks PUT Dialog/{{id}} {answer} work of=7 wants=action=HOLD"
    assert at("hold", f"30 ann {told}", asked) is expected


def test_a_hold_that_a_desktop_asks_for_is_done() -> None:
    done = ("40.1 switch 7 2001 HOLD", "43 switch 7 2001 CONNECT")
    assert at("hold", "40 ann asks PUT Dialog/{id} 202 work of=7 wants=action=HOLD", *done) is HELD


def test_a_conference_that_is_missing_need_not_be_found_by_its_number() -> None:
    story = GOOD + "40 ann asks GET Dialog/{id} 404 of=7\n40 ann asks PUT Dialog/{id} 404 work of=7 wants=action=HOLD"
    timeline = played(framed(story, lasts_s=LASTS_S))
    assert not [
        one for one in found(alone(cti.answers_and_publishes_again), History(timeline)) if one.outcome is VIOLATED
    ]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("63 ann hears DELETE 7 DROPPED", HELD),
        ("70 ann hears DELETE 7 DROPPED", VIOLATED),
        ("70 ann hears PUT 7 ACTIVE 2001=DROPPED 2002=ACTIVE\n70.1 ann hears DELETE 7 DROPPED", VIOLATED),
        ("70 bob hears PUT 7 ACTIVE 2001=DROPPED 2002=ACTIVE", HELD),
    ],
)
def test_long_after_its_end_nothing_more_is_told_of_a_conference(told: str, outcome: Outcome) -> None:
    assert at("events after the drop", told) is outcome


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("40 ann hears PUT 9 ACTIVE 2003=ACTIVE 2004=ACTIVE", VIOLATED),
        ("40 ann hears POST 9 ALERTING 2003=INITIATED", VIOLATED),
        ("40 ann hears PUT 7 ACTIVE 2002=ACTIVE", HELD),
        ("40 bob hears PUT 7 ACTIVE 2002=ACTIVE", HELD),
        ("5 ann hears PUT 8 ACTIVE 2003=ACTIVE\n40 ann hears PUT 9 ACTIVE 2003=ACTIVE 2004=ACTIVE", HELD),
    ],
)
def test_who_is_in_it_is_not_told_of_calls_of_others(told: str, outcome: Outcome) -> None:
    assert at("events after the drop", told) is outcome


SECOND = """
70 switch 17 2001 CONNECT
70 switch 17 2002 CONNECT
70 switch 17 5550100 CONNECT
70.1 ann hears POST 17 ACTIVE 2001=ACTIVE 2002=ACTIVE
72.1 ann hears PUT 17 ACTIVE {told}
85 looked ann
85.2 ann sees 17:{asked}
89 switch 17 2001 NULL
89.1 ann hears DELETE 17 DROPPED
"""
_WHOLE, _INSIDE = "2001=ACTIVE 2002=ACTIVE 5550100=ACTIVE", "2001=ACTIVE 2002=ACTIVE"


@pytest.mark.parametrize(
    ("told", "asked", "works"),
    [(_INSIDE, _WHOLE, "events after the drop"), (_WHOLE, _INSIDE, "answers after the drop")],
)
def test_a_conference_that_begins_after_the_drop_is_shown_with_its_party_of_no_agent(
    told: str, asked: str, works: str
) -> None:
    def outcome(told: str, asked: str, *more: str) -> Outcome | None:
        return at(works, SECOND.format(told=told, asked=asked.replace(" ", "+")), *more)

    assert outcome(told, asked) is VIOLATED
    assert outcome(_WHOLE, _WHOLE) is HELD
    # By another number, or by a product that shows no such party in any conference.
    assert outcome(told.replace("2002=ACTIVE", "2002=ACTIVE 2004=DROPPED 5550100=ACTIVE"), _WHOLE) is HELD
    assert outcome(_INSIDE, _INSIDE) is HELD
    # Something has just become of it.
    changing = f"{84 if 'events' in works else 85.1} switch 17 data callVariable1=new"
    assert outcome(told, asked, changing) is not VIOLATED


@pytest.mark.parametrize(("before", "expected"), [("", VIOLATED), ("1.2 ann hears PUT 7 ACTIVE 2001=ACTIVE", HELD)])
def test_nobody_is_shown_alone_in_a_call_with_somebody_outside(before: str, expected: Outcome) -> None:
    text = "\n".join(line for line in SECOND.splitlines() if "17 2002" not in line and "hears POST" not in line)
    alone_in_it = text.format(told="2001=ACTIVE", asked="2001=ACTIVE+5550100=ACTIVE")
    assert at("events after the drop", alone_in_it, before) is expected
