"""Desktops in browsers in the picture: where they are signed in, and what they show."""

from chaos.history.desktops import CTI
from chaos.report.drawing import GREEN, VERMILION
from chaos.report.lanes_desktops import browsers
from chaos.report.timeline import timeline_svg
from tests.verdicts.desk_stories import MOVES
from tests.verdicts.desks import Forger


def test_a_desktop_that_moves_has_two_homes_and_its_notices_as_labels() -> None:
    timeline = Forger(CTI, "Ready").play(f"2 signs-in fin-a 202\n{MOVES}\n200 closes", lasts_s=210.0)
    (lane,) = browsers(timeline)
    (row,) = lane.rows
    assert [(bar.text, round(bar.from_s), round(bar.to_s)) for bar in row.bars] == [
        ("fin-a", 2, 95),
        ("fin-b", 95, 200),
    ]
    assert [mark.label for mark in row.marks if mark.label] == ["Lost connection to fin-a."]
    assert "Desktops in browsers" in timeline_svg(timeline)


def test_an_answer_that_a_server_is_out_of_service_is_told_apart_by_more_than_colour() -> None:
    timeline = Forger(CTI, "Ready").play(f"2 signs-in fin-a 202\n{MOVES}\n200 closes", lasts_s=210.0)
    (lane,) = browsers(timeline)
    shapes = {(mark.colour, mark.shape) for row in lane.rows for mark in row.marks if "SystemInfo" in mark.hint}
    assert {colour for colour, _ in shapes} == {GREEN, VERMILION}
    assert len({shape for _, shape in shapes}) == 2


def test_without_browsers_there_is_no_lane() -> None:
    timeline = Forger(CTI, "Ready").play("", lasts_s=20.0)
    assert [lane for lane in browsers(timeline) for row in lane.rows if row.bars] == []
