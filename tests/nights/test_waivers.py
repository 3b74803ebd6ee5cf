"""Waivers: what is known is told as known and stays VIOLATED; what has lapsed is told loudly."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chaos.errors import UsageError
from chaos.nights.waivers import Waiver, became_of, known_issues, parsed, read_waivers
from chaos.report import Judged, front_page, junit, mark_known
from chaos.verdicts import Outcome
from chaos.verdicts import finding as found
from chaos.verdicts.grid import Cell, grid
from chaos.verdicts.ruling import ruled
from chaos.verdicts.verdict import Verdict
from tests.report.test_summary import _summary
from tests.suites.runs import ROOT, play
from tests.verdicts.test_grid import header

TODAY = date(2026, 11, 28)
GRID = grid(node=("fin-a", "fin-b"), verb=("GET", "PUT"))
GOOD = """
waivers:
  - {clause: CTI-06, cell: {node: fin-b}, release: 12.6(2), reason: known, ticket: FIN-1, expires: 2026-12-31}
"""


def _verdict(*wrong: tuple[str, str]) -> Verdict:
    cells = [(node, verb) for node in ("fin-a", "fin-b") for verb in ("GET", "PUT")]
    findings = [
        (found.violated if cell in wrong else found.held)(Cell.of(node=cell[0], verb=cell[1]), "said so")
        for cell in cells
    ]
    return ruled("CTI-06", GRID, header(), findings)


def _waiver(**given: object) -> Waiver:
    (one,) = parsed(GOOD, "waivers.yaml")
    return replace(one, **given)  # type: ignore[arg-type]


def _known(verdict: Verdict, *waivers: Waiver, today: date = TODAY, release: str = "12.6(2)") -> tuple[str, ...]:
    return known_issues(verdict, waivers, release, today)


def test_a_violation_inside_a_waivers_cell_is_known_under_its_ticket() -> None:
    assert _known(_verdict(("fin-b", "GET"), ("fin-b", "PUT")), _waiver()) == ("FIN-1 (until 2026-12-31)",)


def test_one_violation_outside_every_waiver_makes_all_of_it_count() -> None:
    verdict = _verdict(("fin-b", "GET"), ("fin-a", "PUT"))
    assert _known(verdict, _waiver()) == ()
    another = _waiver(cell=(("node", "fin-a"), ("verb", "PUT")), ticket="FIN-2")
    assert _known(verdict, _waiver(), another) == ("FIN-1 (until 2026-12-31)", "FIN-2 (until 2026-12-31)")


@pytest.mark.parametrize(
    "waiver",
    [
        _waiver(expires=date(2026, 11, 27)),
        _waiver(release="15.0(1)"),
        _waiver(clause="CTI-07"),
        _waiver(cell=(("node", "fin-c"),)),
    ],
)
def test_a_waiver_that_has_lapsed_or_is_for_something_else_applies_to_nothing(waiver: Waiver) -> None:
    assert _known(_verdict(("fin-b", "GET")), waiver) == ()


def test_a_waiver_applies_on_its_last_day() -> None:
    assert _known(_verdict(("fin-b", "GET")), _waiver(expires=TODAY))


@pytest.mark.parametrize("outcome", [Outcome.HELD, Outcome.INCONCLUSIVE])
def test_nothing_but_a_violation_is_a_known_issue(outcome: Outcome) -> None:
    assert _known(Verdict("CTI-06", outcome, "x"), _waiver(cell=())) == ()


def _row(verdict: Verdict, *waivers: Waiver) -> Judged:
    return Judged("CTI-06", "s::test_gap", "X.", "e", verdict, known=_known(verdict, *waivers))


@pytest.mark.parametrize(
    ("waiver", "verdict", "state", "told"),
    [
        (_waiver(), _verdict(("fin-b", "GET")), "applied", "CTI-06 is VIOLATED there, which is known"),
        (_waiver(), _verdict(), "not needed", "strike waivers.yaml, waiver 1"),
        (_waiver(expires=date(2026, 1, 1)), _verdict(("fin-b", "GET")), "lapsed", "LAPSED on 2026-01-01: CTI-06 is"),
        (_waiver(expires=date(2026, 1, 1)), _verdict(), "lapsed", "nothing is VIOLATED there: strike it"),
        (_waiver(release="15.0(1)"), _verdict(), "of another release", "for release 15.0(1), and this lab has 12.6(2)"),
        (_waiver(clause="CTI-07"), _verdict(), "not judged", "CTI-07 was not judged"),
        (_waiver(cell=(("nod", "fin-b"),)), _verdict(), "names no cell", "has no axis 'nod' (did you mean node?)"),
        (_waiver(cell=(("node", "fin-bb"),)), _verdict(), "names no cell", "never 'fin-bb' (did you mean fin-b?)"),
    ],
)
def test_what_became_of_a_waiver_is_told_with_what_to_do(
    waiver: Waiver, verdict: Verdict, state: str, told: str
) -> None:
    (row,) = became_of([waiver], [_row(verdict)], "12.6(2)", TODAY)
    assert row.state == state
    assert told in row.said
    assert row.is_loud == (state in ("lapsed", "names no cell", "not needed"))


def test_a_known_issue_stays_violated_in_every_form(tmp_path: Path) -> None:
    waiver = _waiver()
    row = _row(_verdict(("fin-b", "GET")), waiver)
    summary = replace(_summary(row), waivers=became_of([waiver], [row], "12.6(2)", TODAY))
    assert summary.clauses[0].verdict == "VIOLATED"
    assert summary.conclusion().startswith("1 clause: 1 VIOLATED. Known issues: CTI-06.")
    assert "<failure" in junit(summary)
    assert '<property name="known issue" value="FIN-1 (until 2026-12-31)"' in junit(summary)
    assert "waiver of CTI-06 at node fin-b (FIN-1)" in front_page(summary, [row]).replace("\\", "")
    result = {"fullName": "s#test_gap", "status": "failed", "labels": [{"name": "clause", "value": "CTI-06"}]}
    (tmp_path / "a-result.json").write_text(json.dumps(result))
    (tmp_path / "b-result.json").write_text(json.dumps(result | {"fullName": "s#test_other"}))
    mark_known(tmp_path, [row])
    known, other = (json.loads((tmp_path / f"{name}-result.json").read_text()) for name in "ab")
    assert (known["status"], known["statusDetails"]["known"]) == ("failed", True)
    assert "Known issue FIN-1" in known["statusDetails"]["message"]
    assert other == result | {"fullName": "s#test_other"}


def test_a_lapsed_waiver_stands_in_the_conclusion() -> None:
    waiver = _waiver(expires=date(2026, 1, 1))
    row = _row(_verdict(("fin-b", "GET")), waiver)
    summary = replace(_summary(row), waivers=became_of([waiver], [row], "12.6(2)", TODAY))
    assert "WAIVERS HAVE LAPSED: CTI-06 (FIN-1)." in summary.conclusion()
    assert "Known" not in summary.conclusion()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no waivers: it begins with 'waivers:'"),
        ("waivers: [", "expected YAML"),
        ("waivers: {}", "holds no waivers"),
        ("waivers: [1]", "w.yaml:1:11: waiver 1 is '1'"),
        (GOOD.replace("CTI-06", "CTI-66"), "there is no clause 'CTI-66' (did you mean CTI-06?)"),
        (GOOD.replace("CTI-06", "cti-06"), "there is no clause 'cti-06' (did you mean CTI-06?)"),
        (GOOD.replace("ticket", "TICKET"), "has no key 'TICKET' (did you mean ticket?)"),
        (GOOD.replace("ticket", "tiket"), "has no key 'tiket' (did you mean ticket?)"),
        (GOOD.replace("ticket: FIN-1,", ""), "w.yaml:3:5: waiver 1 has no ticket"),
        (GOOD.replace("reason: known", "reason: ''"), "has no reason"),
        (GOOD.replace("{node: fin-b}", "{}"), "for the whole clause say 'cell: all'"),
        (GOOD.replace("{node: fin-b}", "[fin-b]"), "cell is a list of 1: give axes"),
        (GOOD.replace("12.6(2)", "12.6"), "there is no release '12.6'"),
        (GOOD.replace("2026-12-31", "soon"), "w.yaml:3:91: waiver 1: expires is 'soon', which is no day"),
        (GOOD.replace("2026-12-31", "2026-02-30"), "which is no day"),
        (GOOD + GOOD.replace("waivers:", "").lstrip("\n"), "w.yaml:4:5: waiver 2 is the same as waiver 1"),
        ("waivers: " + "[" * 20_000, "expected at most 32 levels"),
    ],
)
def test_a_wrong_waiver_is_told_with_its_place_the_value_and_a_remedy(text: str, told: str) -> None:
    with pytest.raises(UsageError) as wrong:
        parsed(text, "w.yaml")
    assert told in str(wrong.value)


def test_all_that_is_wrong_in_waivers_is_told_at_once_and_a_misspelt_key_only_once() -> None:
    text = GOOD.replace("CTI-06", "CTI-66").replace("2026-12-31", "soon") + GOOD.splitlines()[2].replace(
        "reason", "raeson"
    )
    with pytest.raises(UsageError) as wrong:
        parsed(text, "w.yaml")
    head, *lines = str(wrong.value).splitlines()
    assert head == "w.yaml: 3 problems; nothing was touched"
    assert [line.partition(": ")[0] for line in lines] == ["w.yaml:3:6", "w.yaml:3:91", "w.yaml:4:61"]
    assert "has no key 'raeson' (did you mean reason?)" in lines[2]


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.yaml"):
        with pytest.raises(UsageError, match=str(path)):
            read_waivers(path)


def test_a_run_with_nothing_but_known_issues_has_a_status_of_its_own(tmp_path: Path) -> None:
    """Neither green nor the red of something new."""
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(GOOD.replace("CTI-06", "CTI-05").replace("{node: fin-b}", "all"))
    defect = ("--mock-defect", "socket-loss-waits", "--waivers", str(waivers))
    ran = play("CTI-05", *defect, folder=tmp_path / "known")
    assert ran.status == 6, ran.said
    assert ran.verdicts() == {"CTI-05": "VIOLATED"}
    assert "CTI-05 VIOLATED (known: FIN-1 (until 2026-12-31))" in ran.out
    waivers.write_text(waivers.read_text().replace("2026-12-31", "2026-01-31"))
    lapsed = play("CTI-05", *defect, folder=tmp_path / "lapsed")
    assert lapsed.status == 1, lapsed.said
    assert "the waiver of CTI-05 (FIN-1) LAPSED on 2026-01-31" in lapsed.out.splitlines()[1]
    assert "WAIVERS HAVE LAPSED" in lapsed.summary()["conclusion"]
    assert (ROOT / "docs" / "nights.md").exists()
