"""CTI-06 … CTI-10 on forged timelines of one fail-over: both nodes are out of service from 10.5 s to 50 s.

The good story is put together from parts, so that a bad one can leave a part out or put another in its place.
"""

from collections.abc import Callable

import pytest

from chaos.journal import EventSeen, RestExchange, SwitchAct, SwitchActed, SwitchAgentSeen
from chaos.run.session import judged
from chaos.verdicts import Outcome, Verdict, cti
from tests.verdicts.script import each_node, framed, played, verdict, without

LASTS_S = 130.0
LINKS = each_node("0 NODE a stands\n10 NODE a is-reset\n11 NODE b refused\n50 NODE b opens")
NOTICES = each_node("10.5 NODE says OUT\n50.1 NODE says IN")
POLLS = each_node("12 NODE shows OUT\n49 NODE shows OUT\n51 NODE shows IN")
ASKED_IN_GAP = each_node("\n".join(f"30 AGENT asks {resource} 503" for resource in cti.RESOURCES))
AFTERWARDS = {
    "GET User/{id}": 200,
    "PUT User/{id}": 202,
    "GET User/{id}/Dialogs": 200,
    "POST User/{id}/Dialogs": 400,
    "GET Dialog/{id}": 404,
    "PUT Dialog/{id}": 404,
    "GET User/{id}/ReasonCodes": 200,
}
ASKED_AFTER = each_node("\n".join(f"85 AGENT asks {resource} {status}" for resource, status in AFTERWARDS.items()))
AT_WORK = each_node("86 switch AGENT AVAILABLE\n86 AGENT does set-state AVAILABLE\n86.2 AGENT hears READY")
# A call that there was before ends in the gap, another begins and ends in it, bob and cid become ready.
BEFORE = "5 ann does make-call 7 2002\n6 bob does answer 7\n6.1 ann hears POST 7 ACTIVE\n6.1 bob hears POST 7 ACTIVE"
ENDED = "20 switch 7 cleared\n20 ann does clear 7"
GHOST = "22 ann does make-call 8\n23 bob does answer 8\n24 switch 8 cleared\n24 ann does clear 8"
READY = """25 switch bob AVAILABLE
25 bob does set-state AVAILABLE
25.5 switch cid AVAILABLE
25.5 cid does set-state AVAILABLE"""
END_TOLD = "50.3 ann hears DELETE 7 DROPPED\n50.3 bob hears DELETE 7 DROPPED"
READY_TOLD = "50.2 bob hears READY\n50.2 cid hears READY"
PARTS = (
    LINKS,
    NOTICES,
    POLLS,
    ASKED_IN_GAP,
    ASKED_AFTER,
    AT_WORK,
    BEFORE,
    ENDED,
    GHOST,
    READY,
    END_TOLD,
    READY_TOLD,
)
CHANGES = (SwitchAct.SET_STATE, SwitchAct.CLEAR)


def story(*more: str, instead_of: str | None = None, but: tuple[str, str] | None = None) -> str:
    """The good story with something more, without one part, or with every `but[0]` in it replaced."""
    text = "\n".join([*(part for part in PARTS if part != instead_of), *more])
    if but is not None:
        assert but[0] in text, but
        text = text.replace(*but)
    return text


def outcome(check: Callable[..., Verdict], text: str, *details: object, lasts_s: float = LASTS_S) -> Outcome:
    """Of the story as far as `lasts_s`."""
    text = "\n".join(line for line in text.splitlines() if not line or float(line.split()[0]) <= lasts_s)
    return verdict(check, text, *details, lasts_s=lasts_s).outcome


ALL = (
    (cti.requests_get_503, ()),
    (cti.no_events_in_the_gap, ()),
    (cti.answers_and_publishes_again, ()),
    (cti.gap_changes_are_published, CHANGES),
    (cti.gap_call_leaves_no_event, ()),
)
NAMED = pytest.mark.parametrize(("check", "details"), ALL, ids=[check.__name__ for check, _ in ALL])


@NAMED
def test_a_good_story_is_held(check: Callable[..., Verdict], details: tuple[object, ...]) -> None:
    found = verdict(check, story(), *details, lasts_s=LASTS_S)
    assert found.outcome is Outcome.HELD, found


@NAMED
def test_a_node_that_never_says_that_it_is_out_of_service_is_inconclusive(
    check: Callable[..., Verdict], details: tuple[object, ...]
) -> None:
    text = "\n".join(line for line in story().splitlines() if not ("fin-b" in line and "OUT" in line))
    assert outcome(check, text, *details) is Outcome.INCONCLUSIVE


@NAMED
def test_a_gap_that_never_ends_is_inconclusive(check: Callable[..., Verdict], details: tuple[object, ...]) -> None:
    text = story(but=("b opens", "b refused"))
    assert outcome(check, text, *details) is Outcome.INCONCLUSIVE


@NAMED
def test_our_own_session_does_not_end_the_gap(check: Callable[..., Verdict], details: tuple[object, ...]) -> None:
    assert outcome(check, story("15 ours b opens"), *details) is Outcome.HELD


@NAMED
def test_missing_one_observation_never_makes_a_good_story_a_violation(
    check: Callable[..., Verdict], details: tuple[object, ...]
) -> None:
    """Except an event that had to be published: that it was not seen is all that can be seen of its being missing."""
    timeline = played(framed(story(), lasts_s=LASTS_S))
    for gone in timeline:
        found = judged("CTI-00", check, without(timeline, gone), *details)
        if isinstance(gone, EventSeen) and check in (cti.answers_and_publishes_again, cti.gap_changes_are_published):
            continue
        assert found.outcome is not Outcome.VIOLATED, (gone, found)


# --- CTI-06 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", cti.RESOURCES)
@pytest.mark.parametrize("answer", ["200", "202", "500", "401", "404", "timeout", "refused"])
def test_any_other_answer_than_503_in_the_gap_is_a_violation(resource: str, answer: str) -> None:
    assert outcome(cti.requests_get_503, story(f"40 bob asks {resource} {answer}")) is Outcome.VIOLATED


@pytest.mark.parametrize("resource", cti.RESOURCES)
def test_a_resource_that_one_node_was_never_asked_for_is_inconclusive(resource: str) -> None:
    text = story(but=(f"30 bob asks {resource} 503", ""))
    found = verdict(cti.requests_get_503, text, lasts_s=LASTS_S)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "fin-b" in found.reason


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10.4 ann asks GET User/{id} 500", Outcome.HELD),  # the loss is not yet noticed
        ("10.6 ann asks GET User/{id} 500 for=0.2", Outcome.HELD),  # sent before the notice
        ("10.6 ann asks GET User/{id} 500", Outcome.VIOLATED),
        ("20 ann asks GET User/{id} timeout for=9", Outcome.VIOLATED),
        ("49.9 ann asks GET User/{id} 200", Outcome.VIOLATED),
        ("50.05 ann asks GET User/{id} 200 for=0.5", Outcome.HELD),  # answered after the session had opened
    ],
)
def test_what_is_judged_is_sent_after_the_notice_and_answered_before_the_end(line: str, expected: Outcome) -> None:
    assert outcome(cti.requests_get_503, story(line)) is expected


def test_requests_that_are_parked_until_the_gap_is_over_are_not_taken_for_503() -> None:
    text = story(but=("30 bob asks PUT User/{id} 503", "51 bob asks PUT User/{id} 202 for=21"))
    assert outcome(cti.requests_get_503, text) is Outcome.INCONCLUSIVE


def test_a_503_of_system_info_in_the_gap_is_not_judged() -> None:
    assert outcome(cti.requests_get_503, story("30 ann asks GET SystemInfo 503")) is Outcome.HELD


def test_the_gap_of_a_node_lasts_until_its_own_session_opens() -> None:
    """fin-a is back at 50 s, fin-b at 60 s only: what fin-b answers in between belongs to its gap."""
    later = story(but=("50 fin-b b opens", "60 fin-b b opens")).replace("50.1 fin-b says IN", "60.1 fin-b says IN")
    assert outcome(cti.requests_get_503, later) is Outcome.HELD
    assert outcome(cti.requests_get_503, later + "\n55 bob asks GET User/{id} 200") is Outcome.VIOLATED
    assert outcome(cti.no_events_in_the_gap, later + "\n55 bob hears READY") is Outcome.VIOLATED
    # Clients whose names do not say which node they are: the first session may be anybody's.
    nameless = later.replace("fin-a a ", "one a ").replace("fin-a b ", "one b ")
    nameless = nameless.replace("fin-b a ", "two a ").replace("fin-b b ", "two b ")
    assert outcome(cti.requests_get_503, nameless + "\n55 bob asks GET User/{id} 200") is Outcome.HELD


# --- CTI-07 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["30 bob hears READY", "30 ann hears DELETE 7 DROPPED", "49.9 cid hears POST 9 ACTIVE"]
)
def test_any_event_in_the_gap_is_a_violation(line: str) -> None:
    assert outcome(cti.no_events_in_the_gap, story(line)) is Outcome.VIOLATED


def test_events_before_the_notice_and_further_notices_are_no_events_of_the_gap() -> None:
    more = ("10.4 ann hears READY", "30 ann hears OUT", "31 fin-b says OUT")
    assert outcome(cti.no_events_in_the_gap, story(*more)) is Outcome.HELD


def test_an_event_and_a_notice_in_one_instant_are_judged_in_the_order_of_the_stream() -> None:
    before = "10.5 ann hears NOT_READY\n10.5 ann hears OUT\n10.5 cid hears OUT\n10.5 fin-b says OUT"
    after = "10.5 ann hears OUT\n10.5 ann hears NOT_READY\n10.5 cid hears OUT\n10.5 fin-b says OUT"
    back = each_node("50.1 NODE says IN")
    assert outcome(cti.no_events_in_the_gap, story(before, back, instead_of=NOTICES)) is Outcome.HELD
    assert outcome(cti.no_events_in_the_gap, story(after, back, instead_of=NOTICES)) is Outcome.VIOLATED


def test_a_node_that_goes_on_publishing_and_gives_no_notice_by_event_is_not_green() -> None:
    text = story(each_node("50.1 NODE says IN"), "30 bob hears READY", instead_of=NOTICES)
    assert outcome(cti.no_events_in_the_gap, text) is Outcome.INCONCLUSIVE


def test_an_agent_who_was_not_told_by_her_own_stream_shows_nothing_by_silence() -> None:
    told = "10.5 cid hears OUT\n10.5 dan hears OUT\n" + each_node("50.1 NODE says IN")
    text = story(told, instead_of=NOTICES, but=("25.5 cid does set-state AVAILABLE", ""))
    assert outcome(cti.no_events_in_the_gap, text) is Outcome.INCONCLUSIVE


def test_silence_is_worth_nothing_if_nothing_happened_to_an_agent_of_the_node() -> None:
    text = "\n".join(part for part in PARTS if part not in (ENDED, GHOST, READY))
    assert outcome(cti.no_events_in_the_gap, text) is Outcome.INCONCLUSIVE
    too_late = text + "\n49.5 bob does set-state AVAILABLE\n49.5 ann does set-state AVAILABLE"
    assert outcome(cti.no_events_in_the_gap, too_late) is Outcome.INCONCLUSIVE
    refused = text + "\n30 bob fails set-state AVAILABLE\n30 ann fails set-state AVAILABLE"
    assert outcome(cti.no_events_in_the_gap, refused) is Outcome.INCONCLUSIVE


def test_a_lost_stream_shows_nothing_by_silence() -> None:
    assert outcome(cti.no_events_in_the_gap, story("15 bob stream lost")) is Outcome.INCONCLUSIVE


# --- CTI-08 ------------------------------------------------------------------------------------------------------


def test_no_notice_though_the_node_is_in_service_again_is_a_violation() -> None:
    assert outcome(cti.answers_and_publishes_again, story(but=("50.1 fin-b says IN", ""))) is Outcome.VIOLATED


def test_one_agent_who_is_never_told_is_a_violation_when_she_was_watched_long_enough() -> None:
    text = story(but=("50.1 fin-b says IN", "50.1 bob hears IN"))
    assert outcome(cti.answers_and_publishes_again, text) is Outcome.VIOLATED
    assert outcome(cti.answers_and_publishes_again, text + "\n55 dan stream lost") is Outcome.INCONCLUSIVE
    late = text + "\n57 dan hears IN"
    assert outcome(cti.answers_and_publishes_again, late) is Outcome.HELD


def test_a_node_that_does_not_come_back_is_inconclusive() -> None:
    text = "\n".join(line for line in story().splitlines() if not ("fin-b" in line and " IN" in line))
    assert outcome(cti.answers_and_publishes_again, text) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("answer", ["503", "500", "401", "403", "timeout", "reset"])
def test_a_request_that_is_refused_after_the_notice_is_a_violation(answer: str) -> None:
    assert outcome(cti.answers_and_publishes_again, story(f"90 bob asks GET User/{{id}} {answer}")) is Outcome.VIOLATED


def test_a_request_under_way_when_the_notice_came_is_not_judged() -> None:
    text = story("50.3 bob asks GET User/{id} 503 for=1")
    assert outcome(cti.answers_and_publishes_again, text) is Outcome.HELD


@pytest.mark.parametrize("resource", ["GET User/{id}", "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes"])
def test_answers_that_never_are_the_thing_itself_are_a_violation(resource: str) -> None:
    text = story(but=(f"85 bob asks {resource} 200", f"85 bob asks {resource} 404"))
    assert outcome(cti.answers_and_publishes_again, text) is Outcome.VIOLATED


@pytest.mark.parametrize("resource", cti.RESOURCES)
def test_a_resource_that_was_not_asked_for_afterwards_is_inconclusive(resource: str) -> None:
    text = story(but=(f"85 bob asks {resource} {AFTERWARDS[resource]}", ""))
    assert outcome(cti.answers_and_publishes_again, text) is Outcome.INCONCLUSIVE


def test_a_node_that_stays_mute_is_a_violation_and_one_to_which_nothing_happens_inconclusive() -> None:
    assert outcome(cti.answers_and_publishes_again, story(but=("86.2 bob hears READY", ""))) is Outcome.VIOLATED
    assert outcome(cti.answers_and_publishes_again, story(but=("86 bob does set-state AVAILABLE", ""))) is (
        Outcome.INCONCLUSIVE
    )
    wrong = story(but=("86.2 bob hears READY", "86.2 bob hears NOT_READY"))
    assert outcome(cti.answers_and_publishes_again, wrong) is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("told_s", "expected"), [(115.9, Outcome.HELD), (116.1, Outcome.VIOLATED), (85.5, Outcome.VIOLATED)]
)
def test_what_happens_is_told_within_the_time_of_a_resync(told_s: float, expected: Outcome) -> None:
    text = story(but=("86.2 bob hears READY", f"{told_s} bob hears READY"))
    assert outcome(cti.answers_and_publishes_again, text) is expected


def test_a_mute_stream_that_was_lost_is_inconclusive_but_refused_requests_stay_a_violation() -> None:
    mute = story("86.1 bob stream lost", but=("86.2 bob hears READY", ""))
    assert outcome(cti.answers_and_publishes_again, mute) is Outcome.INCONCLUSIVE
    refusing = mute + "\n90 bob asks GET User/{id} 503"
    assert outcome(cti.answers_and_publishes_again, refusing) is Outcome.VIOLATED


def test_what_happens_too_late_to_be_told_is_not_judged() -> None:
    assert outcome(cti.answers_and_publishes_again, story(), lasts_s=115.0) is Outcome.INCONCLUSIVE


# --- CTI-09 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "50.2 bob hears READY",
        "50.2 cid hears READY",
        "50.3 ann hears DELETE 7 DROPPED",
        "50.3 bob hears DELETE 7 DROPPED",  # the other party of the call that she hung up
    ],
)
def test_a_change_that_is_never_told_is_a_violation(line: str) -> None:
    assert outcome(cti.gap_changes_are_published, story(but=(line, "")), *CHANGES) is Outcome.VIOLATED


def test_a_change_that_is_not_told_on_a_lost_stream_is_inconclusive() -> None:
    text = story("50.05 bob stream lost", but=("50.2 bob hears READY", ""))
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("told_s", "expected"), [(79.9, Outcome.HELD), (80.1, Outcome.VIOLATED)])
def test_changes_are_told_within_the_time_of_a_resync(told_s: float, expected: Outcome) -> None:
    text = story(but=("50.2 cid hears READY", f"{told_s} cid hears READY"))
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is expected


@pytest.mark.parametrize("lie", ["60 bob hears NOT_READY", "60 bob hears LOGOUT", "60 ann hears PUT 7 ACTIVE"])
def test_the_truth_that_is_belied_afterwards_is_a_violation(lie: str) -> None:
    assert outcome(cti.gap_changes_are_published, story(lie), *CHANGES) is Outcome.VIOLATED


@pytest.mark.parametrize(
    "cause", ["59 switch bob NOT_READY", "59 bob does set-state NOT_READY", "59 bob asks PUT User/{id} 202"]
)
def test_a_state_that_somebody_changed_after_the_gap_is_no_lie(cause: str) -> None:
    assert outcome(cti.gap_changes_are_published, story(cause, "60 bob hears NOT_READY"), *CHANGES) is Outcome.HELD


def test_of_several_changes_in_the_gap_only_the_last_is_left_to_be_told() -> None:
    text = story("24.5 bob does set-state NOT_READY")
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is Outcome.HELD
    stale = story("26 bob does set-state NOT_READY")  # and bob is told READY
    assert outcome(cti.gap_changes_are_published, stale, *CHANGES) is Outcome.VIOLATED


def test_changes_outside_the_gap_are_not_changes_in_it() -> None:
    text = story("51 bob does set-state AVAILABLE\n9 cid does set-state AVAILABLE", instead_of=READY)
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is Outcome.INCONCLUSIVE


def test_what_was_done_to_a_call_that_then_ended_need_not_be_told_any_more() -> None:
    text = begun("15 ann does set-data 7 changed", ENDED, END_TOLD)
    assert outcome(cti.gap_changes_are_published, text, SwitchAct.CLEAR) is Outcome.HELD
    assert outcome(cti.gap_changes_are_published, text, SwitchAct.CLEAR, SwitchAct.SET_DATA) is Outcome.INCONCLUSIVE


def test_the_end_of_a_call_whose_beginning_was_not_seen_may_be_that_of_one_which_lived_in_the_gap_only() -> None:
    text = story(but=("22 ann does make-call 8", ""))
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is Outcome.HELD


def test_clients_that_were_not_watched_for_a_resync_are_inconclusive() -> None:
    assert outcome(cti.gap_changes_are_published, story(), *CHANGES, lasts_s=79.0) is Outcome.INCONCLUSIVE


def test_the_end_of_one_party_s_part_is_not_the_end_for_the_other() -> None:
    """ann leaves a call that goes on between others: bob has no end to be told of."""
    text = story(but=("20 switch 7 cleared", "")).replace("50.3 bob hears DELETE 7 DROPPED", "")
    assert outcome(cti.gap_changes_are_published, text, *CHANGES) is Outcome.HELD


DATA = "30 ann does set-data 7 changed"
DATA_TOLD = "50.3 ann hears PUT 7 ACTIVE callVariable1=changed\n50.3 bob hears PUT 7 ACTIVE callVariable1=changed"
BEGUN = "31 cid does make-call 9\n32 dan does answer 9"
BEGUN_TOLD = "50.3 cid hears POST 9 ACTIVE\n50.3 dan hears POST 9 ACTIVE"
BEGIN_AND_DATA = (SwitchAct.MAKE_CALL, SwitchAct.ANSWER, SwitchAct.SET_DATA)


def begun(*parts: str) -> str:
    return "\n".join([LINKS, NOTICES, BEFORE, *parts])


def test_a_call_begun_and_data_changed_in_the_gap_are_told_to_both_parties() -> None:
    assert outcome(cti.gap_changes_are_published, begun(DATA, DATA_TOLD, BEGUN, BEGUN_TOLD), *BEGIN_AND_DATA) is (
        Outcome.HELD
    )


@pytest.mark.parametrize("line", [*DATA_TOLD.splitlines(), *BEGUN_TOLD.splitlines()])
@pytest.mark.parametrize("instead", ["", "stale", "over"])
def test_a_call_or_its_data_untold_stale_or_over_is_a_violation(line: str, instead: str) -> None:
    stale = line.replace("=changed", "=old") if instead else ""
    if instead == "over" or stale == line:
        stale = line.replace("ACTIVE", "DROPPED").replace("POST", "DELETE").replace("=changed", "=old")
    text = begun(DATA, DATA_TOLD, BEGUN, BEGUN_TOLD).replace(line, stale)
    assert outcome(cti.gap_changes_are_published, text, *BEGIN_AND_DATA) is Outcome.VIOLATED


def test_a_call_that_is_told_and_then_told_to_be_over_though_it_goes_on_is_a_violation() -> None:
    text = begun(DATA, DATA_TOLD, BEGUN, BEGUN_TOLD, "60 dan hears DELETE 9 DROPPED")
    assert outcome(cti.gap_changes_are_published, text, *BEGIN_AND_DATA) is Outcome.VIOLATED
    assert outcome(cti.gap_changes_are_published, text + "\n59 switch 9 cleared", *BEGIN_AND_DATA) is Outcome.HELD


# --- CTI-10 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "50.4 bob hears POST 8 ACTIVE",
        "50.4 ann hears DELETE 8 DROPPED",
        "23.5 bob hears POST 8 ALERTING",
        "129 cid hears PUT 8 DROPPED",
        "55 ann sees 8",
    ],
)
def test_any_mention_of_the_call_is_a_violation(line: str) -> None:
    assert outcome(cti.gap_call_leaves_no_event, story(line)) is Outcome.VIOLATED


def test_other_calls_may_be_mentioned() -> None:
    assert outcome(cti.gap_call_leaves_no_event, story("60 ann hears POST 11 ACTIVE\n61 ann sees 11")) is Outcome.HELD


def test_no_call_wholly_inside_the_gap_is_inconclusive() -> None:
    assert outcome(cti.gap_call_leaves_no_event, story(instead_of=GHOST)) is Outcome.INCONCLUSIVE
    outlives = story(but=("24 ann does clear 8", "51 ann does clear 8"))
    assert outcome(cti.gap_call_leaves_no_event, outlives) is Outcome.INCONCLUSIVE
    older = story(but=("22 ann does make-call 8", "9 ann does make-call 8"))
    assert outcome(cti.gap_call_leaves_no_event, older) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_those_whose_call_it_was_must_have_been_listening(who: str) -> None:
    assert outcome(cti.gap_call_leaves_no_event, story(f"55 {who} stream lost")) is Outcome.INCONCLUSIVE
    deaf = [line for line in story().splitlines() if not (f"{who} hears" in line and float(line.split()[0]) > 50)]
    home = "fin-a" if who == "ann" else "fin-b"
    other = "cid" if who == "ann" else "dan"
    text = "\n".join(deaf).replace(f"50.1 {home} says IN", f"50.1 {other} hears IN")
    assert outcome(cti.gap_call_leaves_no_event, text) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("lasts_s", "expected"), [(80.2, Outcome.HELD), (80.0, Outcome.INCONCLUSIVE)])
def test_the_call_is_looked_for_as_long_as_a_resync_may_take(lasts_s: float, expected: Outcome) -> None:
    assert outcome(cti.gap_call_leaves_no_event, story(), lasts_s=lasts_s) is expected


def test_the_forged_story_is_as_rich_as_a_played_one() -> None:
    """Lest a part be lost by a slip of the script, and with it what the tests above prove."""
    timeline = played(framed(story(), lasts_s=LASTS_S))
    assert len(timeline.of(RestExchange, lambda seen: seen.agent is not None)) == 4 * len(cti.RESOURCES)
    assert len(timeline.of(SwitchActed)) == 10
    assert len(timeline.of(SwitchAgentSeen)) == 4
    assert len(timeline.of(EventSeen)) == 16
