"""CTI-06 and CTI-07 on forged timelines: requests and events while failing over."""

import pytest

from chaos.history import History
from chaos.journal import ControlSent, EventSeen, Header, RestExchange
from chaos.verdicts import Outcome, cti
from chaos.verdicts.check import Check
from chaos.verdicts.ruling import found
from tests.verdicts.failing_over import LASTS_S, STORY, at, findings, instead, outcome, without
from tests.verdicts.script import alone, framed, played
from tests.verdicts.script import without as missing

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
ALL = (
    cti.requests_get_503,
    cti.no_events_in_the_gap,
    cti.answers_and_publishes_again,
    cti.clients_show_the_truth,
    cti.a_call_of_the_gap_leaves_no_trace,
)
EACH = pytest.mark.parametrize("check", ALL, ids=lambda check: check.name)
ASKED = [f"ann asks {ask}" for ask in cti.AGENT_ASKS] + [f"admin fin-b asks {ask}" for ask in cti.ADMIN_ASKS]


@EACH
def test_a_good_story_is_held_wherever_it_can_be_seen(check: Check) -> None:
    all_found = findings(check)
    assert {finding.outcome for finding in all_found} == {HELD}, [str(one) for one in all_found if one.outcome != HELD]
    assert all(item.number for finding in all_found for item in finding.evidence if item.at_s is not None)


@EACH
def test_a_story_without_any_gap_says_nothing(check: Check) -> None:
    text = "\n".join(line for line in STORY.splitlines() if not any(word in line for word in (" OUT", "is-reset")))
    assert not check.needs(History(played(framed(text, lasts_s=LASTS_S))))


@EACH
def test_missing_one_observation_never_makes_a_good_story_a_violation(check: Check) -> None:
    """Except an event that had to be published: that it was not seen is all that can be seen of its being missing."""
    timeline = played(framed(STORY, lasts_s=LASTS_S))
    common = (RestExchange, EventSeen, ControlSent)
    rare = [seen for seen in timeline if not isinstance(seen, (Header, *common))]
    some = [seen for kind in common for seen in timeline.of(kind)[::11]]
    for gone in (*rare, *some):
        if isinstance(gone, EventSeen) and not gone.control:
            continue
        against = [one for one in found(alone(check), History(missing(timeline, gone))) if one.outcome is VIOLATED]
        assert not against, (gone, str(against[0]), [str(item) for item in against[0].evidence])


@EACH
def test_clients_that_miss_one_control_prove_nothing_by_what_they_did_not_hear(check: Check) -> None:
    """One event in twenty is lost on the way, or one kind, or in the gap only: it shows in what was for them."""
    for gone in ("12.1 cid gets User PUT", "34.1 dan gets Dialog PUT", "51.1 bob gets Dialogs POST"):
        outcomes = {one.outcome for one in findings(check, without(gone))}
        assert VIOLATED not in outcomes
        if check is cti.requests_get_503:
            assert outcomes == {HELD}
        elif check is cti.no_events_in_the_gap:
            assert outcomes == {INCONCLUSIVE}
        else:
            assert INCONCLUSIVE in outcomes


@EACH
def test_our_own_lateness_near_it_takes_the_edge_off_a_violation(check: Check) -> None:
    bad = dict(
        zip(
            (one.name for one in ALL),
            (
                "30 ann asks GET User/{id} 200",
                "30 ann hears READY",
                "60 ann asks GET User/{id} 503",
                "61 ann hears READY",
                "61 cid hears POST 9 ACTIVE",
            ),
            strict=True,
        )
    )[check.name]
    assert outcome(check, bad, clock="real") is VIOLATED
    assert outcome(check, bad, "62 late 25", clock="real") is INCONCLUSIVE


@EACH
def test_a_node_whose_webapp_we_have_stopped_has_no_fail_over(check: Check) -> None:
    ours = [f"{at} fault webapp {phase}" for at, phase in ((9.5, "injecting"), (9.6, "injected"), (70, "rolled-back"))]
    assert {one.cell["node"] for one in findings(check)} == {"fin-a", "fin-b"}
    assert {one.cell["node"] for one in findings(check, "\n".join((STORY, *ours)))} == {"fin-b"}


# --- CTI-06 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("answer", ["200", "202", "500", "401", "404", "timeout", "refused"])
@pytest.mark.parametrize("at_s", ["10.8", "30", "49"])
def test_any_other_answer_than_503_in_the_gap_is_a_violation(asked: str, answer: str, at_s: str) -> None:
    assert outcome(cti.requests_get_503, f"{at_s} {asked} {answer}") is VIOLATED


@pytest.mark.parametrize("asked", ASKED)
def test_what_was_never_asked_at_a_moment_of_the_gap_is_not_judged_there(asked: str) -> None:
    text = without(f"47.0 {asked} 503")
    ask = ("administrator " if asked.startswith("admin") else "agent ") + asked.partition(" asks ")[2]
    node = "fin-b" if asked.startswith("admin") else "fin-a"
    assert at(cti.requests_get_503, text=STORY, ask=ask, node=node, moment="end") is HELD
    left = without(f"47.0 {asked} 503", "47.0 cid asks") if asked.startswith("ann") else text
    assert at(cti.requests_get_503, text=left, ask=ask, node=node, moment="end") is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10.4 ann asks GET User/{id} 500", HELD),  # the loss is not yet noticed
        ("10.6 ann asks GET User/{id} 500 for=0.2", HELD),  # sent before the notice
        ("10.6 ann asks GET User/{id} 500", VIOLATED),
        ("20 ann asks GET User/{id} 401 wrongly", HELD),  # whose password is wrong is turned away for that first
        ("20 ann asks GET User/{id} 200 wrongly", VIOLATED),
        ("20 ann asks GET User/{id} timeout for=9", VIOLATED),
        ("49 ann asks GET User/{id} 200", VIOLATED),
        ("50.2 ann asks GET User/{id} 200 for=0.5", HELD),  # answered after the node was back
        ("51 ann asks PUT User/{id} 202 for=21", VIOLATED),  # kept waiting until it was
        ("30 fin-a shows IN", VIOLATED),
        ("49 fin-b shows IN", VIOLATED),
        ("30 ann asks GET SystemInfo 503", HELD),  # recorded, not judged
        ("30 ann asks GET SystemInfo timeout for=9", HELD),  # nothing was said
        ("30 ann asks GET SystemInfo 500", VIOLATED),
        ("30 ann asks GET SystemInfo 404", VIOLATED),
        ("30 ann asks GET SystemInfo 200", VIOLATED),  # without any status
    ],
)
def test_what_is_judged_is_sent_after_the_notice_and_before_the_end(line: str, expected: Outcome) -> None:
    assert outcome(cti.requests_get_503, line) is expected


@pytest.mark.parametrize(
    ("wanted", "done", "expected"),
    [
        ("action=DROP", "53 end-of 7 2001\n53 end-of 7 2002", VIOLATED),
        ("action=DROP", "53 end-of 7 2001\n53 end-of 7 2002\n53.1 bob does clear 7", HELD),
        ("action=UPDATE_CALL_DATA wants=callVariable10=asked", "53 switch 7 data callVariable10=asked", VIOLATED),
        ("action=UPDATE_CALL_DATA wants=callVariable10=asked", "53 switch 7 data callVariable10=other", HELD),
        ("state=LOGOUT", "53 switch cid LOGOUT", HELD),  # it was somebody else who asked
    ],
)
def test_what_was_refused_is_not_carried_out_later_either(wanted: str, done: str, expected: Outcome) -> None:
    asked = f"30 ann asks PUT Dialog/{{id}} 503 work of=7 wants={wanted}"
    assert outcome(cti.requests_get_503, asked, *done.splitlines()) is expected


_READING = instead("50 fin-a b opens", "45 fin-a b opens")
_SLOWLY = tuple(
    f"{at_s} fault slow-b {phase}"
    for at_s, *phases in (
        (43, "injecting", "injected", "bitten"),
        (49, "held", "rolling-back", "rolled-back", "lifted"),
    )
    for phase in phases
)


def test_what_is_asked_while_agents_and_calls_are_read_is_asked_in_the_gap() -> None:
    where = {"node": "fin-a", "session": "open, and not in service", "ask": "agent GET User/{id}"}
    assert at(cti.requests_get_503, text=STORY, **where) is None
    assert at(cti.requests_get_503, text=_READING, **where) is HELD
    for status in ("200", "500", "404"):
        assert at(cti.requests_get_503, f"47.1 ann asks GET User/{{id}} {status}", text=_READING, **where) is VIOLATED
    # A session that is over was none any more; nor has a node one before it has heard of it.
    assert at(cti.requests_get_503, "46 fin-a b is-reset", "50 fin-a b opens", text=_READING, **where) is None
    assert at(cti.requests_get_503, *_SLOWLY, text=_READING, **where) is None
    assert at(cti.requests_get_503, *_SLOWLY, "48.1 ann asks GET User/{id} 503", text=_READING, **where) is HELD
    # What the node says of itself is not what a CTI server says, which we keep back.
    assert at(cti.requests_get_503, *_SLOWLY, "48.1 ann asks GET User/{id} 200", text=_READING, **where) is VIOLATED


def test_a_gap_lasts_until_in_service_however_long_ago_its_session_opened() -> None:
    """b3: 45 to 140 s may pass between the reopened session and IN_SERVICE; until then there is nothing but 503."""
    slow = instead("50 fin-a b opens", "20 fin-a b opens")
    assert outcome(cti.requests_get_503, text=slow) is HELD
    assert outcome(cti.requests_get_503, "40 ann asks GET User/{id} 200", text=slow) is VIOLATED
    assert outcome(cti.no_events_in_the_gap, "40 ann hears READY", text=slow) is VIOLATED


def test_the_gap_of_a_node_lasts_until_its_own_session_opens() -> None:
    """fin-a is back at 50 s, fin-b at 60 s only: what fin-b answers in between belongs to its gap."""
    later = without("50.6 bob", "50.6 dan", "50.6 admin fin-b", "50.6 fin-b shows", "51.1 bob", "51.1 dan")
    later = instead("50 fin-b b opens", "60 fin-b b opens", later).replace("50.1 fin-b says IN", "60.1 fin-b says IN")
    assert outcome(cti.requests_get_503, text=later) is HELD
    assert outcome(cti.requests_get_503, "55 bob asks GET User/{id} 200", text=later) is VIOLATED


def test_nobody_answers_a_machine_that_is_cut_off_from_the_node() -> None:
    """b2: nothing came from that node to us for 25 s, SystemInfo neither: the way there was gone, not the product."""
    silent = ["36 ann asks GET User/{id} timeout for=5", "37 ann asks GET SystemInfo timeout for=5"]
    assert outcome(cti.requests_get_503, *silent) is INCONCLUSIVE
    assert outcome(cti.requests_get_503, silent[0]) is VIOLATED


# --- CTI-07 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "10.6 dan hears NOT_READY",
        "30 bob hears READY",
        "30 ann hears DELETE 7 DROPPED",
        "30 ann hears PUT 7 ACTIVE",
        "49 cid hears POST 9 ACTIVE",
        "20 ann hears IN",
    ],
)
def test_any_event_in_the_gap_is_a_violation(line: str) -> None:
    assert outcome(cti.no_events_in_the_gap, line) is VIOLATED


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("10.4 ann hears READY",), HELD),  # before its notice
        (("10.5 ann hears OUT", "12 fin-b says OUT"), HELD),  # the announcement, told twice
        (("30 ann hears OUT",), VIOLATED),
        (("31 fin-b says OUT",), VIOLATED),
        (("29 fin-a b opens", "29.9 fin-a b is-reset", "30 ann hears OUT"), HELD),  # another loss is announced
        (("49.8 ann hears OUT",), HELD),  # too near its end
    ],
)
def test_the_announcement_is_no_event_of_the_gap_and_is_made_once(lines: tuple[str, ...], expected: Outcome) -> None:
    assert outcome(cti.no_events_in_the_gap, *lines) is expected


def test_a_stream_that_is_opened_anew_may_bring_the_last_notice() -> None:
    lines = ("28 ann stream lost", "30 ann hears OUT")
    assert outcome(cti.no_events_in_the_gap, *lines) is not VIOLATED


def test_silence_counts_only_between_two_controls_of_that_agent_and_kind() -> None:
    where = {"agent": "cid", "event": "Dialogs POST"}
    assert at(cti.no_events_in_the_gap, **where) is HELD
    # Nothing that cid sent itself, and nothing that happened to cid after the gap: who knows whether it hears then?
    alone = [
        line
        for line in STORY.splitlines()
        if not any(word in line for word in ("sends Dialogs POST", "gets Dialogs POST"))
    ]
    text = "\n".join(line for line in alone if "switch 71" not in line and " 71 " not in line)
    assert at(cti.no_events_in_the_gap, text=text, **where) is INCONCLUSIVE


def test_silence_about_what_did_not_happen_says_nothing() -> None:
    quiet = without("switch 9 ", "31.2")
    assert at(cti.no_events_in_the_gap, text=quiet, agent="cid", event="Dialogs POST", moment="middle") is None
    assert at(cti.no_events_in_the_gap, text=quiet, agent="cid", event="Dialogs POST", moment="end") is HELD


def test_a_stream_that_was_lost_proves_no_silence() -> None:
    assert outcome(cti.no_events_in_the_gap, "30 cid stream lost") is INCONCLUSIVE


def test_a_late_notice_of_one_agent_does_not_make_its_events_events_of_the_gap() -> None:
    """The notice of IN_SERVICE never reached bob: what it hears once fin-b is back is no event of the gap."""
    text = instead("50.1 fin-b says IN", "50.1 dan hears IN")
    assert outcome(cti.no_events_in_the_gap, text=text) is HELD


def test_where_no_message_is_passed_on_all_that_happens_before_the_first_loss_must_be_told() -> None:
    text = without("gets ", "0.6 ann hears READY")
    assert at(cti.no_events_in_the_gap, text=text, agent="cid", event="User PUT") is INCONCLUSIVE


def test_a_lab_that_passes_no_message_on_is_judged_by_what_happened_before_and_after() -> None:
    text = without("gets ")
    assert at(cti.no_events_in_the_gap, text=text, agent="cid", event="User PUT") is HELD


MORE = "ann asks GET TeamMessages"
DELETES = "admin fin-a asks DELETE ReasonCode/{id}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"20 {MORE} 503", HELD),
        (f"20 {MORE} 200", VIOLATED),
        (f"5 {MORE} 200\n20 {MORE} 404", VIOLATED),
        (f"5 {MORE} 404\n20 {MORE} 404", HELD),  # this release has no such thing
        (f"5 {MORE} 404\n20 {MORE} 200", VIOLATED),
        ("5 ann asks HEAD User/{id} 405\n20 ann asks HEAD User/{id} 405", HELD),
        ("5 ann asks HEAD User/{id} 200\n20 ann asks HEAD User/{id} 405", VIOLATED),
        ("5 ann asks GET User/{id} 404\n20 ann asks GET User/{id} 404", VIOLATED),  # which every release has
        (f"5 {DELETES} 404\n20 {DELETES} 404", VIOLATED),  # which only a node in service knows
        ("5 ann asks GET User/{id}/ 404\n20 ann asks GET User/{id}/ 404", HELD),
        ("5 ann asks GET User/{id}/ 404\n20 ann asks GET User/{id}/ 200", VIOLATED),
        ("20 ann asks POST User/{id}/ClientLog 503", HELD),
        ("20 ann asks POST User/{id}/ClientLog 202", VIOLATED),
        ("5 ann asks PUT User/{id} 400\n20 ann asks PUT User/{id} 400", VIOLATED),  # for a body that is no document
    ],
)
def test_what_a_release_does_not_have_need_not_be_answered_with_503(lines: str, expected: Outcome) -> None:
    assert outcome(cti.requests_get_503, *lines.splitlines()) is expected
