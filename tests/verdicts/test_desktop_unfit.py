"""A lab without agents of LOAD 1 is judged on what it has: the cells that it cannot host are unfit, and say why."""

from dataclasses import replace

from chaos.history import History
from chaos.journal import Header
from chaos.verdicts import desktop
from chaos.verdicts.check import Check
from tests.verdicts.script import framed, played

SPARE = tuple((f"{n}", ("fin-a", "fin-b")[n % 2]) for n in range(6))


def unfit(check: Check, logged_out: tuple[str, ...]) -> set[str | None]:
    """The LOADs of the cells that this lab cannot host; None is a cell without one."""
    header = History(played(framed("", lasts_s=100.0))).whole.of(Header)[0]
    header = replace(header, spare=SPARE, logged_out=logged_out)
    return {cell.get("load") for cell in check.grid.cells(header) if check.grid.lacks(header, cell, {})}


def test_load_1_is_unfit_where_there_are_too_few_agents_of_it() -> None:
    for few in ((), ("0", "1", "2", "3")):
        assert unfit(desktop.a_logout_waits_a_minute, few) == {"1"}
        assert unfit(desktop.a_logout_after_the_call, few) == {"1"}
        assert unfit(desktop.load_1_logs_out, few) == {None}
        assert unfit(desktop.load_0_is_not_ready, few) == set()
    every = tuple(agent for agent, _ in SPARE)
    assert unfit(desktop.a_logout_waits_a_minute, every) == set()
    assert unfit(desktop.load_1_logs_out_on_a_call, every) == set()
