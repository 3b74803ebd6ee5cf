"""CTI-06, CTI-08 and CTI-09 on forged timelines: what documents say besides states, and what is kept for later."""

import pytest

from chaos.history import History
from chaos.history.likeness import unlike
from chaos.journal import EventSeen
from chaos.verdicts import Outcome, cti
from tests.verdicts.failing_over import LASTS_S, STORY, outcome
from tests.verdicts.script import framed, played

HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED
BOTH = (cti.answers_and_publishes_again, cti.clients_show_the_truth)

# Before the loss: what documents said of somebody at rest, and of a call in which both talk.
TEAM = "0.4 cid hears NOT_READY team=Sales"
TALK = "5.05 cid hears PUT 61 ACTIVE 2003=ACTIVE 2004=ACTIVE may=DROP+HOLD callVariable1=0.5"
# After it: the same, and otherwise.
LIKE = "74.3 cid hears PUT 71 ACTIVE 2003=ACTIVE 2004=ACTIVE may=DROP+HOLD"
LIKE_S = 74.3


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("71.3 cid hears NOT_READY team=Sales", HELD),
        ("71.3 cid hears NOT_READY team=Support", VIOLATED),
        ("71.3 cid hears NOT_READY", VIOLATED),
        ("100.3 cid is NOT_READY team=Support", VIOLATED),
    ],
)
def test_a_user_document_goes_on_saying_what_nothing_at_the_switch_changes(
    check: object, line: str, expected: Outcome
) -> None:
    quiet = _without_bare_user_documents("cid")
    assert outcome(check, TEAM, line, text=quiet) is expected  # type: ignore[arg-type]


def _without_bare_user_documents(agent: str) -> str:
    """The story in which every User document of that agent names its team."""
    said = ("hears READY", "hears NOT_READY", "hears TALKING", "is READY", "is NOT_READY")
    return "\n".join(
        f"{line} team=Sales" if f" {agent} " in line and line.endswith(said) else line for line in STORY.splitlines()
    )


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("event", "source", "expected"),
    [
        ("POST 71", "/finesse/api/User/cid/Dialogs", HELD),
        ("POST 71", "/finesse/api/User/dan/Dialogs", VIOLATED),
        ("POST 71", "/finesse/api/Dialog/71", VIOLATED),
        ("PUT 71", "/finesse/api/Dialog/71", HELD),
        ("PUT 71", "/finesse/api/Dialog/70", VIOLATED),
        ("DELETE 71", "/finesse/api/User/dan/Dialogs", VIOLATED),
        ("READY", "/finesse/api/User/dan", VIOLATED),
    ],
)
def test_an_event_comes_from_what_it_is_about(check: object, event: str, source: str, expected: Outcome) -> None:
    # Of that agent's events of this kind the last, which comes after the loss.
    line = [line for line in STORY.splitlines() if f" cid hears {event}" in line][-1]
    assert outcome(check, text=STORY.replace(line, f"{line} source={source}")) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LIKE, HELD),
        (LIKE.replace("DROP+HOLD", "DROP"), VIOLATED),
        (LIKE.replace("71 ACTIVE", "71 ALERTING"), VIOLATED),
        # Of what a party in that state may do nothing was said before.
        ("72.3 dan hears PUT 71 ALERTING 2003=INITIATED 2004=ALERTING may=ANSWER", HELD),
    ],
)
def test_a_call_is_shown_as_calls_like_it_were_before_the_loss(check: object, line: str, expected: Outcome) -> None:
    assert outcome(check, line, text=_TALKING) is expected  # type: ignore[arg-type]


def differences(*more: str, text: str) -> list[str]:
    """What the last document to cid by the time of LIKE says otherwise than documents before the loss."""
    history = History(played(framed("\n".join((text, *more)), lasts_s=LASTS_S)))
    documents = history.of(EventSeen, lambda seen: seen.at_s == LIKE_S, agent="cid")
    return [what for what, _, _ in unlike(history, "cid", documents[-1], from_s=50.0)]


def _talking() -> str:
    """The story in which every document of a call in which both talk says what may be done."""
    return "\n".join(
        f"{line} may=DROP+HOLD" if " hears PUT " in line and line.count("=ACTIVE") == 2 else line
        for line in STORY.splitlines()
    )


_TALKING = _talking()


def test_what_somebody_may_do_who_has_signed_out_is_compared_with_nothing() -> None:
    """His telephone goes on alone: found by exploring, where somebody signed out while a call rang."""
    bare = LIKE.replace("DROP+HOLD", "DROP")
    left = ("74.29 switch cid LOGOUT", "74.29 cid does set-state LOGOUT", "74.295 cid hears LOGOUT")
    told = [one for extra in ((), left) for one in [differences(bare, *extra, text=_TALKING)]]
    assert told[0] == ["what may be done to a call"]
    assert told[1] == []


def test_a_call_that_is_over_for_somebody_who_has_signed_out_is_compared_with_nothing() -> None:
    """His part is no agent's then: found by exploring, where somebody signed out while his telephone rang."""
    told = "\n".join((STORY, "5.9 cid hears DELETE 61 DROPPED 2003=DROPPED 2004=ACTIVE may=DROP"))
    over = "74.3 cid hears DELETE 71 DROPPED 2003=DROPPED 2004=ACTIVE may=HOLD"
    left = ("74.29 switch cid LOGOUT", "74.29 cid does set-state LOGOUT", "74.295 cid hears LOGOUT")
    assert differences(over, text=told) == ["what may be done to a call"]
    assert differences(over, *left, text=told) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ((), HELD),
        # dan is put into Ready after the fail-over, and nobody did it.
        (("55 switch dan AVAILABLE", "55.1 dan hears READY"), VIOLATED),
        (("55 switch dan AVAILABLE", "55 dan does set-state AVAILABLE", "55.1 dan hears READY"), HELD),
        (("55 switch dan AVAILABLE", "54.9 cid asks PUT User/{id} 202 work", "55.1 dan hears READY"), HELD),
    ],
)
def test_what_was_refused_in_the_gap_is_not_carried_out_after_it(more: tuple[str, ...], expected: Outcome) -> None:
    refused = "46.9 dan asks PUT User/{id} 503 work wants=state=READY"
    assert outcome(cti.requests_get_503, refused, *more) is expected


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(("since", "expected"), [("noon", VIOLATED), ("later", HELD)])
def test_another_state_has_another_time(check: object, since: str, expected: Outcome) -> None:
    told = ("70.2 cid hears READY since=noon", f"71.3 cid hears NOT_READY since={since}")
    # What is told without a time in between would be the state before.
    quiet = STORY.replace("71.1 cid hears NOT_READY", "").replace("71 cid hears NOT_READY", "")
    quiet = "\n".join(line for line in quiet.splitlines() if not _tells_at_seventy(line))
    assert outcome(check, *told, text=quiet) is expected  # type: ignore[arg-type]


def _tells_at_seventy(line: str) -> bool:
    words = line.split()
    return len(words) > 2 and 70 <= float(words[0]) < 72 and words[1:3] == ["cid", "hears"]


def test_a_call_that_was_refused_in_the_gap_is_not_made_after_it() -> None:
    refused = "46.9 cid asks POST User/{id}/Dialogs 503 work wants=action=MAKE_CALL wants=number=2001"
    made = ("56 switch 99 2003 INITIATE", "57 switch 99 2003 NULL")
    assert outcome(cti.requests_get_503, refused) is HELD
    assert outcome(cti.requests_get_503, refused, *made) is VIOLATED
    assert outcome(cti.requests_get_503, refused, *made, "56 cid does make-call 99 =2001") is HELD


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # cid and dan talk from 74 s on, at rest they are Not Ready.
        ("76 dan asks PUT Dialog/{id} 400 work of=71 wants=action=HOLD", VIOLATED),
        ("76 dan asks PUT Dialog/{id} 400 work of=71 wants=action=RETRIEVE", HELD),
        ("80 cid asks PUT User/{id} 400 work wants=state=READY", VIOLATED),
        ("80 cid asks PUT User/{id} 400 work wants=state=LOGIN", HELD),
        ("80 cid asks POST User/{id}/Dialogs 404 work wants=action=MAKE_CALL wants=number=2004", VIOLATED),
        ("76 cid asks POST User/{id}/Dialogs 400 work wants=action=MAKE_CALL wants=number=2004", HELD),
    ],
)
def test_what_could_be_done_is_not_refused(asked: str, expected: Outcome) -> None:
    assert outcome(cti.answers_and_publishes_again, asked) is expected
