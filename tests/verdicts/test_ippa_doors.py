"""What nodes' own records prove about IP phones, on forged timelines: good, bad, and short of evidence."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION
from chaos.history.phones import phone_losses
from chaos.verdicts import ippa
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ippa import doors
from chaos.verdicts.ippa.doors import no_records
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found, judged
from tests.verdicts.handsets import A, B, Handset

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
BEFORE = f"2 marks {B}\n2 marks {A}\n3 table {B}\n3 table {A}"
TABLES = "\n".join(f"{at_s} table {node}" for at_s in (50, 100, 135) for node in (A, B))
AFTER = f"{TABLES}\n135 marks {B}\n135 marks {A}"
SHOWN = "25 shows unavailable"


def _findings(check: Check, text: str, *, before: str = BEFORE, reason: str = CTI) -> list[Finding]:
    lost = Handset(reason, doors=(A, B)).play(text, lasts_s=140.0, before=before)
    return found(check, History(lost))


def _doors(text: str, *, before: str = BEFORE) -> dict[str, set[Outcome]]:
    """What came of each door."""
    outcomes: dict[str, set[Outcome]] = {}
    for one in _findings(ippa.the_alternate_is_never_asked, f"{SHOWN}\n120 mends\n121 probe IN\n{text}", before=before):
        if (door := one.cell.get("door")) is not None:
            outcomes.setdefault(door, set()).add(one.outcome)
    return outcomes


def test_doors_to_which_nothing_came_between_two_marks_are_held() -> None:
    assert _doors(AFTER) == {"web": {HELD}, "XMPP": {HELD}}


@pytest.mark.parametrize(
    ("line", "door"),
    [
        (f"60 log {B} {A} SystemInfo", "web"),
        (f"60 log {B} {A} User", "web"),
        (f"60 log {B} ann", "web"),
        (f"134.2 log {B} {A} SystemInfo", "web"),  # after the return
        (f"60 table {B} {A}:5223", "XMPP"),
        (f"60 table {B} {A}:8445", "XMPP"),
    ],
)
def test_whatever_comes_of_the_lost_node_or_of_its_phone_is_a_violation(line: str, door: str) -> None:
    assert _doors(f"{AFTER}\n{line}")[door] == {VIOLATED}


def test_who_has_opened_the_other_service_himself_may_ask_there() -> None:
    goes = f"58 presses Exit\n58 shows services\n60 opens {B}\n60 sends {B}\n63 log {B} ann"
    assert _doors(f"{AFTER}\n{goes}")["web"] == {HELD}


def test_what_goes_on_without_a_loss_too_blames_nobody() -> None:
    before = f"{BEFORE}\n4 log {B} {A} SystemInfo\n5 table {B} {A}:5223"
    found = _doors(f"{AFTER}\n60 log {B} {A} SystemInfo\n60 table {B} {A}:5223", before=before)
    assert found == {"web": {INCONCLUSIVE}, "XMPP": {INCONCLUSIVE}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE.replace(f"2 marks {B}", f"2 marks {B} unseen"), AFTER),
        (BEFORE, AFTER.replace(f"135 marks {B}", f"135 marks {B} unseen")),
        (BEFORE, TABLES),
    ],
)
def test_a_log_without_what_we_asked_on_purpose_before_or_after_proves_nothing(before: str, after: str) -> None:
    assert _doors(after, before=before)["web"] == {INCONCLUSIVE}


@pytest.mark.parametrize(
    "tables",
    [
        f"50 table {A}\n50 table {B}\n135 table {A}\n135 table {B}",
        f"50 table {A}\n100 table {A}\n135 table {A}",
        TABLES.replace(f"100 table {B}", f"100 table {B} - 0"),
    ],
)
def test_a_table_that_was_seldom_looked_at_or_has_nobody_proves_nothing(tables: str) -> None:
    assert _doors(tables)["XMPP"] == {INCONCLUSIVE}


def test_a_line_that_was_noted_and_is_missing_means_that_nothing_is_believed() -> None:
    timeline = Handset(CTI, doors=(A, B)).play(
        f"{SHOWN}\n120 mends\n121 probe IN\n{AFTER}\n60 log {B} {A}", lasts_s=140.0, before=BEFORE
    )
    kept = type(timeline)([seen for seen in timeline if getattr(seen, "came_from", None) != A])
    outcomes = {one.outcome for one in found(ippa.the_alternate_is_never_asked, History(kept))}
    assert outcomes == {INCONCLUSIVE}


def test_a_lab_whose_nodes_tell_nothing_has_unfit_cells_with_the_remedy() -> None:
    lost = History(Handset(CTI).play(f"{SHOWN}\n120 mends\n121 probe IN", lasts_s=140.0))
    verdict = judged("IPPA-04", ippa.the_alternate_is_never_asked, [lost])
    unfit = [one for one in verdict.grid if one.outcome == "UNFIT"]
    assert {one.cell.get("door") for one in unfit} == {"web", "XMPP"}
    assert all("access_log" in one.reason for one in unfit)
    assert no_records(lost.header, unfit[0].cell, {}) is not None


# --- tries ------------------------------------------------------------------------------------------------------------


def _polls(*at_s: float) -> str:
    return "\n".join(f"{one} log {A} itself SystemInfo" for one in at_s)


def _tried(text: str, *, before: str = BEFORE, reason: str = CTI) -> set[Outcome]:
    return {
        one.outcome
        for one in _findings(
            ippa.three_tries_take_fifteen_seconds,
            f"{text}\n120 mends\n121 probe IN\n{AFTER}",
            before=before,
            reason=reason,
        )
        if reason != CTI or one.cell.get("polls") is not None or one.outcome is VIOLATED
    }


def _every(every_s: float, first_s: float = 10.0) -> str:
    return _polls(*(first_s + n * every_s for n in range(1, int((119.0 - first_s) / every_s) + 1)))


def test_three_tries_every_5_s_are_held_by_the_nodes_own_log() -> None:
    assert _tried(f"{SHOWN}\n{_every(5.0)}") == {HELD}


@pytest.mark.parametrize(("first_s", "shown_s"), [(8.0, 23.0), (10.0, 25.0), (12.0, 27.0)])
def test_the_phase_of_its_tries_blames_nobody(first_s: float, shown_s: float) -> None:
    assert _tried(f"{shown_s} shows unavailable\n{_every(5.0, first_s)}") == {HELD}


@pytest.mark.parametrize(
    ("polls", "shown_s"),
    [
        (_every(4.0), 22.0),  # too often
        (_every(4.5), 23.5),
        (_every(6.0), 28.0),  # too seldom
        (_every(5.0), 30.0),  # four in vain
        (_every(5.0), 20.5),  # two
        (_polls(12.0, 17.0) + "\n" + _every(5.0, 20.0), 25.0),  # three, after 2, 5 and 8 s
        (_polls(23.5) + "\n" + _every(5.0, 23.5), 23.5),  # by time
        (_polls(15.0, 20.0, 25.0) + "\n" + _every(10.0, 25.0), 25.0),  # three, and then seldom
    ],
)
def test_another_pace_or_number_of_tries_is_a_violation(polls: str, shown_s: float) -> None:
    assert VIOLATED in _tried(f"{shown_s} shows unavailable\n{polls}")


@pytest.mark.parametrize(("polls", "is_good"), [((15.9, 21.1, 26.3), True), ((15.9, 21.1), False)])
def test_of_two_phones_the_last_try_may_come_after_the_first_message(
    polls: tuple[float, ...], is_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by phones that tried every 5 s and a little: a try of the one came after the message of the other."""
    text = f"{SHOWN}\n{_polls(15.0, 20.0, 25.0, *polls)}\n120 mends\n121 probe IN\n{AFTER}"
    history = History(Handset(CTI, doors=(A, B)).play(text, lasts_s=140.0, before=BEFORE))
    (ann,) = phone_losses(history)
    bob = replace(ann, seen=tuple(replace(one, at_s=one.at_s + 1.4) for one in ann.seen))
    monkeypatch.setattr(doors, "phone_losses", lambda _: (ann, bob))
    monkeypatch.setattr(doors, "_paced", lambda *_: "")
    monkeypatch.setattr(doors, "_SLACK_S", -0.5)  # as where a log tells parts of a second
    found = doors.tries(history, ann)
    assert found is not None
    assert (found.problem == "") is is_good


def test_a_key_that_tries_too_is_not_counted() -> None:
    text = f"{SHOWN}\n25.4 presses Retry\n25.4 log {A} itself SystemInfo\n{_every(5.0)}"
    assert _tried(text) == {HELD}


def test_who_asks_past_the_log_or_asks_without_a_loss_too_is_not_judged_by_it() -> None:
    assert _tried(SHOWN) == {INCONCLUSIVE}
    assert _tried(f"{SHOWN}\n{_every(4.0)}", before=f"{BEFORE}\n4 log {A} itself SystemInfo") == {INCONCLUSIVE}


def test_tries_of_xmpp_leave_no_trace_and_are_not_asked_for() -> None:
    assert _tried(SHOWN, reason=NOTIFICATION) == {HELD}
