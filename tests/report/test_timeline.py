"""The timeline picture: whole, the same every time, and safe whatever a journal holds."""

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chaos.journal import (
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
    Timeline,
    load,
)
from chaos.journal.observations import About
from chaos.report import timeline_svg
from chaos.report.drawing import Shelves, safe, shortened, text_px, wrapped
from chaos.verdicts import Evidence
from tests.report.forged import AGENTS, END_S, NODES, fail_over, held, inconclusive, timed_verdict, violated

SVG = "{http://www.w3.org/2000/svg}"


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
    assert {f"Finesse {node}" for node in NODES} <= set(texts)
    assert {f"{agent} at {node.partition('.')[0]}" for agent, node in AGENTS.items()} <= set(texts)
    assert {"a-sessions-refused", "b-sessions-refused", "a-sessions-reset"} <= set(texts)
    assert any(text.startswith("requests: 503") for text in texts)
    assert any(text.startswith("requests: no answer") for text in texts)
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
    assert svg.count('stroke="#f0c800"') >= 3
    assert "Cited by the verdict" not in _texts(timeline_svg(fail_over()))


def test_no_script_no_style_sheet_and_no_address_but_the_namespace() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict()])
    assert "<script" not in svg
    assert "<style" not in svg
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
        *("svg", "title", "desc", "defs", "pattern", "rect", "line", "path", "text")
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


def test_labels_of_one_row_never_overlap() -> None:
    svg = timeline_svg(fail_over(), [timed_verdict(), held("CTI-06", "every request was answered with 503")])
    by_line: dict[str, list[tuple[float, float]]] = {}
    for element in ET.fromstring(svg).iter(f"{SVG}text"):
        if element.get("font-size") != "10.5" or element.get("fill") is not None:
            continue
        x, width = float(element.get("x", "0")), text_px(element.text or "", 10.5)
        left = x - width if element.get("text-anchor") == "end" else x
        by_line.setdefault(element.get("y", ""), []).append((left, left + width))
    assert sum(len(spans) > 1 for spans in by_line.values()) >= 5
    for spans in by_line.values():
        ordered = sorted(spans)
        assert all(one[1] <= other[0] + 0.5 for one, other in itertools.pairwise(ordered))


def test_everything_lies_inside_the_picture() -> None:
    root = ET.fromstring(timeline_svg(fail_over(), [timed_verdict()]))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for element in root.iter(f"{SVG}text"):
        x, y = float(element.get("x", "0")), float(element.get("y", "0"))
        right = x + (0 if element.get("text-anchor") == "end" else text_px(element.text or "", 9))
        assert x >= 0
        assert right <= width + 8, element.text
        assert 0 < y < height
    assert fail_over().end_s == END_S


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
    assert len(svg) < 1_000_000


def test_more_evidence_than_fits_is_counted() -> None:
    many = tuple(Evidence(float(n), f"piece {n}") for n in range(60))
    texts = _texts(timeline_svg(fail_over(), [violated("CTI-06", "answered with 200", *many)]))
    assert sum(text.startswith("piece ") for text in texts) == 30
    assert any(text.startswith("… and 30 more") for text in texts)
