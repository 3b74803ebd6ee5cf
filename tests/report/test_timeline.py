"""The timeline picture: whole, the same every time, and safe whatever a journal holds."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.journal import (
    About,
    AwdbSeen,
    AwdbStep,
    ConsoleSaid,
    CtiSeen,
    CtiStep,
    DesktopShown,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    LinkProbed,
    Observation,
    RestExchange,
    Screen,
    ServiceSeen,
    SteadyState,
    Step,
    SwitchAct,
    SwitchActed,
    Timeline,
    load,
)
from chaos.report import timeline_svg
from chaos.report.drawing import Shelves, safe, shortened, text_px, wrapped
from chaos.verdicts import Bound, Evidence, Outcome, Span, Verdict
from chaos.verdicts.finding import Finding
from chaos.verdicts.finding import timed as timed_finding
from chaos.verdicts.finding import violated as violation
from chaos.verdicts.grid import Cell
from tests.pace import within_s
from tests.report.forged import (
    AGENTS,
    END_S,
    LOST_S,
    NODES,
    fail_over,
    held,
    inconclusive,
    timed,
    timed_verdict,
    violated,
)
from tests.report.pictures import SVG, outside, overlaps, words

# The width of a picture on Allure's page, in a window 1280 wide.
ALLURE_PX = 839


def _texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def _header(**changed: object) -> Header:
    facts: dict[str, object] = {
        "at_s": 0.0,
        "experiment": "x",
        "title": "An experiment",
        "lab": "mock",
        "deployment": "mock",
        "release": "12.6(2)",
        "started": "2026-11-22T15:00:00+00:00",
        "clock": "virtual",
        "seed": 1,
        "heartbeat_interval_s": 5.0,
        "nodes": NODES,
    }
    return Header(**(facts | changed))  # type: ignore[arg-type]


def test_every_source_has_its_lane_and_every_row_its_name() -> None:
    texts = _texts(timeline_svg(fail_over(), [timed_verdict()]))
    wanted = {"Steady state", "Faults", "CTI side A", "CTI side B", "Agents’ events", "Telephone switch", "Legend"}
    assert wanted <= set(texts)
    assert {f"Finesse {node.partition('.')[0]}" for node in NODES} <= set(texts)
    assert {f"{agent} at {node.partition('.')[0]}" for agent, node in AGENTS.items()} <= set(texts)
    assert {"a-sessions-refused", "b-sessions-refused", "a-sessions-reset"} <= set(texts)
    assert any(text.startswith("requests: 503") for text in texts)
    assert any(text.startswith("requests: no answer") for text in texts)
    assert any(text.startswith("latency, ≤ 2.000 s") for text in texts)
    assert "side A is lost, both sides refuse" in texts
    assert texts.count("OUT_OF_SERVICE") >= len(NODES)


def test_the_picture_of_one_journal_is_the_same_every_time(tmp_path: Path) -> None:
    path = tmp_path / "gap-b-back.jsonl"
    seen = fail_over(path)
    once = timeline_svg(seen, [timed_verdict()])
    assert timeline_svg(load(path), [timed_verdict()]) == once
    assert timeline_svg(fail_over(), [timed_verdict()]) == once


def test_evidence_is_numbered_marked_and_written_out() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict()])
    texts = _texts(svg)
    assert "Cited by the verdict" in texts
    assert "fin-a.mock.test: OUT_OF_SERVICE notice" in texts
    assert "whole run" in texts
    assert svg.count('<line class="H h"') >= 3
    assert "Cited by the verdict" not in _texts(timeline_svg(fail_over()))


def test_no_script_and_no_address_but_the_namespace() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict()])
    assert "<script" not in svg
    assert "@import" not in svg
    assert re.findall(r"url\((?!#)", svg) == []
    assert re.findall(r"https?://[^\s\"'<]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "onload" not in svg


def test_it_tells_screen_readers_what_it_is() -> None:
    root = ET.fromstring(timeline_svg(fail_over(), [timed_verdict()]))
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "Timeline: Both sides refuse, then B is back"
    assert desc is not None
    assert "CTI-04 HELD" in (desc.text or "")
    assert root.get("aria-labelledby") == "title desc"


HOSTILE = "</text><script>alert(1)</script>&'\"\x00\x1b[31m\ud800\U0001f600\nline ]]> <!--"


@pytest.mark.filterwarnings("error")
def test_hostile_texts_stay_texts() -> None:
    seen: list[Observation] = [
        _header(title=HOSTILE, lab=HOSTILE, nodes=(HOSTILE,)),
        Step(at_s=1.0, title=HOSTILE),
        FaultSeen(at_s=1.0, fault=HOSTILE, phase=FaultPhase.INJECTING, detail=HOSTILE),
        CtiSeen(at_s=2.0, side=HOSTILE, connection=1, step=CtiStep.GARBAGE, client=HOSTILE, detail=HOSTILE),
        EventSeen(at_s=3.0, node="n", agent=HOSTILE, about=About.OTHER, event=HOSTILE, source="", garbage=HOSTILE),
        RestExchange(at_s=4.0, sent_s=3.0, node=HOSTILE, agent=HOSTILE, resource=HOSTILE, path="", failure=HOSTILE),
        ConsoleSaid(at_s=5.0, sent_s=4.0, host=HOSTILE, sent=HOSTILE, received=HOSTILE),
        SteadyState(at_s=6.0, when=HOSTILE, ok=False, missing=(HOSTILE,)),
        Ended(at_s=7.0, error=HOSTILE),
    ]
    svg = timeline_svg(Timeline(tuple(seen)), [violated("CTI-01", HOSTILE, Evidence(2.0, HOSTILE))])
    root = ET.fromstring(svg.encode("utf-8"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "pattern", "rect", "line", "path", "text")
    }


@pytest.mark.parametrize("count", [0, 1, 2, 3, 40, 400])
def test_a_journal_that_breaks_off_anywhere_is_drawn_and_says_so(count: int) -> None:
    whole = fail_over()
    torn = Timeline(tuple(whole)[:count], torn=True)
    texts = _texts(timeline_svg(torn, [inconclusive("CTI-04", "too little was seen")]))
    assert any("breaks off" in text for text in texts)
    assert any("too little was seen" in text for text in texts)


def test_a_story_that_was_cut_short_says_why() -> None:
    seen = (_header(), Ended(at_s=3.0, error="fault a-sessions-reset did not bite within 30 s"))
    assert any("did not bite within 30 s" in text for text in _texts(timeline_svg(Timeline(seen))))


def test_a_state_that_lasted_no_time_is_still_seen() -> None:
    def told(at_s: float, status: str) -> EventSeen:
        return EventSeen(
            at_s=at_s, node=NODES[0], agent="1", about=About.SYSTEM, event="PUT", source="", system_status=status
        )

    seen = (
        _header(),
        told(0.0, "IN_SERVICE"),
        told(20.0, "OUT_OF_SERVICE"),
        told(20.0, "IN_SERVICE"),
        Ended(at_s=40.0),
    )
    bars = [
        element
        for element in ET.fromstring(timeline_svg(Timeline(seen))).iter(f"{SVG}rect")
        if "OUT_OF_SERVICE" in (element.findtext(f"{SVG}title") or "")
    ]
    assert [float(bar.get("width", "0")) >= 3 for bar in bars] == [True]


def test_letters_are_never_smaller_than_ten_pixels_where_the_report_shows_the_picture() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict()])
    width = float(ET.fromstring(svg).get("width", "0"))
    assert min(one.size for one in words(svg)) * ALLURE_PX / width >= 10


def test_nothing_that_is_written_overlaps_or_leaves_the_picture() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict(), held("CTI-06", "every request was answered with 503")])
    assert len(words(svg)) > 100
    assert overlaps(svg) == []
    assert outside(svg) == []
    assert fail_over().end_s == END_S


NAMES = st.text(alphabet=st.sampled_from("mMiW.l-x é"), min_size=1, max_size=60)
TIMES = st.floats(0, 3000).map(lambda at_s: round(at_s, 3))


@st.composite
def observations(draw: st.DrawFn) -> tuple[Observation, ...]:
    """Journals that nobody would play: everything at once, long names, one instant or an hour."""
    nodes = tuple(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)))
    seen: list[Observation] = [Step(at_s=at_s, title=draw(NAMES)) for at_s in draw(st.lists(TIMES, max_size=12))]
    for at_s in draw(st.lists(TIMES, max_size=8)):
        phase = draw(st.sampled_from(list(FaultPhase)))
        seen.append(FaultSeen(at_s=at_s, fault=draw(st.sampled_from(nodes)), phase=phase, detail="why"))
    for at_s in draw(st.lists(TIMES, max_size=25)):
        node, agent = draw(st.sampled_from(nodes)), draw(st.sampled_from(["1001", "1002"]))
        told = draw(st.sampled_from(["IN_SERVICE", "OUT_OF_SERVICE", draw(NAMES)]))
        event: dict[str, Any] = {"node": node, "agent": agent, "event": "PUT", "source": ""}
        seen.append(EventSeen(at_s=at_s, about=About.SYSTEM, system_status=told, **event))
        seen.append(EventSeen(at_s=at_s, about=About.USER, user_state=draw(NAMES), **event))
        seen.append(ServiceSeen(at_s=at_s, host=node, service=draw(NAMES), state=told))
        seen.append(ConsoleSaid(at_s=at_s, sent_s=at_s / 2, host=node, sent=draw(NAMES), received=""))
        seen.append(SteadyState(at_s=at_s, when=draw(NAMES), ok=draw(st.booleans())))
    return (_header(nodes=nodes, title=draw(NAMES)), *sorted(seen, key=lambda one: one.at_s), Ended(at_s=3000.0))


@settings(max_examples=60, deadline=None)
@given(seen=observations(), cited=st.lists(st.tuples(st.none() | TIMES, NAMES), max_size=40), reason=NAMES)
def test_labels_never_overlap_whatever_is_drawn(
    seen: tuple[Observation, ...], cited: list[tuple[float | None, str]], reason: str
) -> None:
    evidence = tuple(Evidence(at_s, text, number) for number, (at_s, text) in enumerate(cited, 1))
    measured = timed("CTI-04", reason, Span(1.0, 400.0), Bound(3.0, 5.0, reason), *evidence)
    svg = timeline_svg(Timeline(seen), [measured, violated("CTI-05", reason, *evidence)])
    assert overlaps(svg) == []
    assert outside(svg) == []


@pytest.mark.parametrize(
    ("measured", "bound"),
    [
        (Span(15.0, 15.0), Bound(12.5, 17.5, "x")),
        (Span(1.0, 2.0), Bound(12.5, 17.5, "x")),
        (Span(400.0, 900.0), Bound(0.0, 1.0, "x")),
        (Span(0.0, 0.0), Bound(0.0, 0.0, "x")),
    ],
)
def test_a_bound_stands_in_brackets_with_the_measured_span_and_its_uncertainty(measured: Span, bound: Bound) -> None:
    svg = timeline_svg(fail_over(), [timed("CTI-04", "it", measured, bound)])
    texts = _texts(svg)
    assert any(text.startswith(f"measured {measured.lo_s:.3f}") for text in texts)
    assert any("uncertain by" in text for text in texts) == (measured.hi_s > measured.lo_s)
    assert any(text.startswith("in brackets: the bound, ") for text in texts)
    assert overlaps(svg) == []
    assert outside(svg) == []


def test_a_figure_that_lies_where_it_may_is_not_drawn_under_a_violation() -> None:
    beside = replace(timed("CTI-04", "it", Span(15.0, 15.0), Bound(12.5, 17.5, "x")), outcome=Outcome.VIOLATED)
    assert not any(text.startswith("measured") for text in _texts(timeline_svg(fail_over(), [beside])))


def _wrong(*findings: Finding) -> Verdict:
    told = tuple(replace(one, experiment="gap-b-back") for one in findings)
    evidence = tuple(item for one in told for item in one.evidence)
    return Verdict("CTI-07", Outcome.VIOLATED, told[0].reason, evidence, findings=told)


def test_the_first_divergence_has_a_flag_with_its_time_and_a_line_through_all_lanes() -> None:
    seen = fail_over()
    late = next(one for one in seen.of(RestExchange) if one.status == 202)
    early = next(one for one in seen.of(RestExchange) if one.status == 500)
    cell = Cell.of(node=NODES[0])
    verdict = _wrong(
        *(violation(cell, "answered", Evidence.of(one, f"{one.status}")) for one in (late, early)),
    )
    svg = timeline_svg(seen, [verdict])
    assert f"✗ first divergence, {early.at_s:.3f} s" in _texts(svg)
    assert svg.count('<line class="D v"') == 1
    assert "Violated here" in _texts(svg)
    assert "✗ did not come" not in _texts(svg)
    assert overlaps(svg) == []
    assert "first divergence" not in timeline_svg(seen, [timed_verdict()])


def test_what_did_not_come_has_a_lane_and_its_stretch() -> None:
    seen = fail_over()
    notice = next(one for one in seen.of(EventSeen) if one.system_status == "OUT_OF_SERVICE")
    missed = violation(Cell.of(node=NODES[0], kind="user"), "no event came", Evidence.of(notice, "the gap begins"))
    svg = timeline_svg(seen, [_wrong(replace(missed, from_s=LOST_S, to_s=60.0))])
    texts = _texts(svg)
    assert {"Violated here", "user, fin-a"} <= set(texts)
    assert "✗ did not come" in texts
    assert any(text.endswith(": it did not come") for text in texts)
    assert overlaps(svg) == []


def test_an_agent_who_gets_no_event_has_a_row_that_says_so() -> None:
    seen = (_header(agents=(("1009", NODES[0]),)), Ended(at_s=9.0))
    texts = _texts(timeline_svg(Timeline(seen)))
    assert "1009 at fin-a" in texts
    assert "no event was seen" in texts


def test_dark_is_a_rule_of_the_sheet_and_no_colour_stands_anywhere_else() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict()])
    sheet, _, drawn = svg.partition("</style>")
    assert sheet.count("@media(prefers-color-scheme:dark)") == 1
    assert re.findall(r"#[0-9a-f]{6}|(?:fill|stroke)=", drawn) == []


def test_text_is_cut_to_its_room_and_never_in_an_entity() -> None:
    cut = shortened("<&>" * 50, 100, 10)
    assert cut.endswith("…")
    assert text_px(cut, 10) <= 100
    assert safe(cut).count("&") == len(cut) - 1
    assert shortened("anything", 1, 10) == ""
    assert shortened("short", 100, 10) == "short"


def test_wrapped_text_keeps_its_words_and_its_number_of_lines() -> None:
    assert wrapped("one two three", 1000, 10, 3) == ["one two three"]
    lines = wrapped("word " * 100, 200, 10, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_px(line, 10) <= 200 for line in lines)


def test_a_shelf_takes_what_does_not_touch() -> None:
    shelves = Shelves(2, gap_px=5)
    assert [shelves.place(0, 10), shelves.place(14, 20), shelves.place(15, 20), shelves.place(0, 30)] == [0, 1, 0, None]
    assert shelves.used == 2
    assert shelves.crosses(5, 1)
    assert not shelves.crosses(12.5, 1)


def test_a_state_told_again_and_again_is_written_once() -> None:
    def told(at_s: float, state: str) -> EventSeen:
        return EventSeen(
            at_s=at_s, node=NODES[0], agent="1", about=About.USER, event="PUT", source="", user_state=state
        )

    seen = (_header(), *(told(float(n), "TALKING") for n in range(5)), told(20.0, "READY"), Ended(at_s=40.0))
    svg = timeline_svg(Timeline(seen))
    assert [text for text in _texts(svg) if text in ("TALKING", "READY")] in (
        ["READY", "TALKING"],
        ["TALKING", "READY"],
    )
    assert len(re.findall(r"<title>\d+\.000 s PUT\s+TALKING</title>", svg)) == 5


def test_what_stands_beside_cti_has_lanes_of_its_own() -> None:
    seen: tuple[Observation, ...] = (
        _header(),
        AwdbSeen(at_s=1.0, side="a", connection=1, step=AwdbStep.ATTEMPT),
        AwdbSeen(at_s=2.0, side="a", connection=1, step=AwdbStep.REFUSED),
        AwdbSeen(at_s=2.0, side="b", connection=2, step=AwdbStep.ASKED, size=12, is_ours=True),
        LinkProbed(at_s=3.0, link="awdb-a", outcome="server-down", took_s=0.1),
        ServiceSeen(at_s=4.0, host="fin-a", service="Cisco Finesse Tomcat", state="STOPPED"),
        ServiceSeen(at_s=9.0, host="fin-a", service="Cisco Finesse Tomcat", state="STARTED"),
        DesktopShown(
            at_s=11.0, node=NODES[0], agent="1", screen=Screen.SIGN_IN, asked_s=10.0, ok=False, text="Invalid user ID"
        ),
        ConsoleSaid(at_s=13.0, sent_s=12.0, host="fin-a", sent="utils service list", received="…"),
        Ended(at_s=20.0),
    )
    texts = _texts(timeline_svg(Timeline(seen)))
    assert "Tomcat on fin-a" in texts
    wanted = {"AWDB primary", "AWDB secondary", "Link probes", "Services", "Desktops", "Consoles"}
    assert wanted <= set(texts)
    assert {"refused", "server-down", "STOPPED", "STARTED", "Invalid user ID"} <= set(texts)


def test_a_long_experiment_is_drawn_in_moderate_size() -> None:
    polls = (
        RestExchange(
            at_s=float(n),
            sent_s=float(n),
            node=NODES[n % 2],
            agent=None,
            resource="GET SystemInfo",
            path="",
            status=200,
        )
        for n in range(20_000)
    )
    svg = timeline_svg(Timeline((_header(), *polls, Ended(at_s=20_000.0))))
    assert len(svg) < 60_000


def _crowd() -> Timeline:
    """100,000 observations of all kinds in 2,000 s, of twenty agents."""
    agents = tuple((str(1000 + n), NODES[n % 2]) for n in range(20))
    seen: list[Observation] = [_header(agents=agents)]
    for n in range(25_000):
        at_s, (agent, node) = n / 12.5, agents[n % 20]
        asked: dict[str, Any] = {"resource": "GET User/{id}", "path": "", "status": (200, 503, 500, 404)[n % 4]}
        state = ("READY", "NOT_READY", "TALKING")[n % 3]
        beat: dict[str, Any] = {"side": "ab"[n % 2], "connection": n // 1000, "client": f"Finesse/{node}"}
        told: dict[str, Any] = {"about": About.USER, "event": "PUT", "source": "", "user_state": state}
        seen.append(RestExchange(at_s=at_s, sent_s=at_s - 0.003 * (n % 97), node=node, agent=agent, **asked))
        seen.append(EventSeen(at_s=at_s, node=node, agent=agent, **told))
        seen.append(CtiSeen(at_s=at_s, step=CtiStep.HEARTBEAT_CONF, invoke_id=n, **beat))
        seen.append(SwitchActed(at_s=at_s, act=SwitchAct.SET_STATE, agent=agent, ok=True, value=state))
    return Timeline((*seen, Ended(at_s=2000.0)))


def test_a_hundred_thousand_observations_are_drawn_within_three_seconds_and_stay_legible() -> None:
    timeline = _crowd()
    assert len(timeline) > 100_000
    svg = within_s(3.0, lambda: timeline_svg(timeline))
    assert len(svg) < 400_000
    assert overlaps(svg) == []
    said = next(text for text in _texts(svg) if text.startswith("Left out: "))
    assert re.fullmatch(
        r"Left out: [\d,]+ marks lie on others .*; [\d,]+ labels found no room. The journal has .*", said
    )


def test_more_evidence_than_fits_is_counted() -> None:
    many = tuple(Evidence(float(n), f"piece {n}") for n in range(60))
    texts = _texts(timeline_svg(fail_over(), [violated("CTI-06", "answered with 200", *many)]))
    assert sum(text.startswith("piece ") for text in texts) == 30
    assert any(text.startswith("… and 30 more") for text in texts)


def test_a_wrong_time_is_drawn_with_what_was_allowed() -> None:
    """From the cause the bound in outline, and a mark where what was measured ends."""
    cause, effect = Evidence(32.4, "the socket failed", 3), Evidence(47.4, "the notice", 9)
    late = timed_finding(Cell.of(node=NODES[0], side="a"), "time", Span(15.0, 15.0), Bound(0, 1, "x"), cause, effect)
    svg = timeline_svg(fail_over(), [_wrong(late)])
    assert "fin-a, side a" in _texts(svg)
    hints = re.findall(r"<title>([^<]*)</title>", svg)
    assert "allowed: 32.400 … 33.400 s" in hints
    assert "47.400 s: where it ends that was measured" in hints
    assert "✗ first divergence, 33.400 s" in _texts(svg)
    assert overlaps(svg) == []
