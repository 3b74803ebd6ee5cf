"""Each bar and each mark of a picture is told of in its legend, and nothing that it does not have."""

import pytest

from chaos.history.desktops import CTI
from chaos.journal import AwdbSeen, AwdbStep, Ended, LinkProbed, RestExchange, ServiceSeen, Timeline
from chaos.report.drawing import GREY, PALE
from chaos.report.lanes import lanes
from chaos.report.legend import legend, signs_of, unexplained
from chaos.report.rows import _name
from tests.report.forged import NODES, fail_over
from tests.report.test_explained import header
from tests.verdicts.desk_stories import MOVES
from tests.verdicts.desks import Forger
from tests.verdicts.handsets import Handset
from tests.verdicts.phone_stories import RETURNS

BESIDE = (
    AwdbSeen(at_s=1.0, side="a", connection=1, step=AwdbStep.ATTEMPT),
    AwdbSeen(at_s=2.0, side="a", connection=1, step=AwdbStep.REFUSED),
    AwdbSeen(at_s=2.0, side="b", connection=2, step=AwdbStep.ASKED, size=12, is_ours=True),
    LinkProbed(at_s=3.0, link="awdb-a", outcome="server-down", took_s=0.1),
    ServiceSeen(at_s=4.0, host="fin-a", service="Cisco Finesse Tomcat", state="STOPPED"),
    ServiceSeen(at_s=9.0, host="fin-a", service="Cisco Finesse Tomcat", state="STARTING"),
    Ended(at_s=20.0),
)  # fmt: skip


@pytest.mark.parametrize(
    "timeline",
    [
        fail_over(),
        Forger(CTI, "Ready").play(f"2 signs-in fin-a 202\n{MOVES}\n200 closes", lasts_s=210.0),
        Handset(CTI).play(RETURNS),
        Timeline([header("beside"), *BESIDE]),
    ],
    ids=("fail-over", "desktops", "phones", "beside"),
)
def test_every_sign_of_every_lane_stands_in_the_legend(timeline: Timeline) -> None:
    shown = lanes(timeline)
    assert {lane.title: unexplained(lane) for lane in shown if unexplained(lane)} == {}
    used = {sign for lane in shown for sign in signs_of(lane)}
    assert {sign[:2] for _, signs in legend(shown) for sign in signs} == used


def look(number: int, at_s: float, status: int | None) -> RestExchange:
    return RestExchange(
        number=number, at_s=at_s, sent_s=at_s - 0.5, node=NODES[0], agent=None, resource="GET SystemInfo", path="",
        status=status, failure=None if status else "reset", system_status="IN_SERVICE" if status else None,
    )  # fmt: skip


def test_a_node_that_gives_no_answer_is_not_drawn_as_in_service() -> None:
    """Tomcat was stopped, and "told its clients" went on in green."""
    looks = [look(2, 1.0, 200), look(3, 11.0, None), look(4, 12.0, None), look(5, 21.0, 200)]
    timeline = Timeline([header("beside"), *looks, Ended(at_s=30.0)])
    rows = [row for lane in lanes(timeline) for row in lane.rows if row.name == "told its clients"]
    row = next(row for row in rows if len(row.bars) > 1)
    told = [(bar.text, bar.from_s, bar.to_s) for bar in row.bars if bar.colour != PALE]
    assert told == [("IN_SERVICE", 1.0, 11.0), ("no answer", 11.0, 21.0), ("IN_SERVICE", 21.0, 30.0)]
    assert next(bar for bar in row.bars if bar.text == "no answer").colour == GREY


def test_a_fault_s_long_name_stands_whole_on_two_lines() -> None:
    (first, second) = _name("publisher-cisco-tomcat-stopped", 50.0)
    assert ">publisher-cisco-tomcat-<" in first
    assert ">stopped<" in second
    (short,) = _name("a-sessions-reset", 50.0)
    assert ">a-sessions-reset<" in short
