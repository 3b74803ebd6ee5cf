"""People whose credentials are cached nowhere, and controls: who is chosen, how long is waited for, what is asked."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chaos.clients.events import Leaving
from chaos.clock import now
from chaos.errors import UsageError
from chaos.experiment.casting import one_at_each
from chaos.experiment.draws import Draws
from chaos.experiment.stage import AWAITED_S, FORGOTTEN_AFTER_S, WRONG_IN_A_ROW, Stage
from chaos.history import History
from chaos.history.awdb_traffic import heard_times_s
from chaos.journal import LinkProbed, RestExchange
from tests.experiment.labs import OpenLab, in_lab


def stage(on: OpenLab) -> Stage:
    journal = on.journal()
    return Stage(on.lab, journal, on.field(journal), Draws(None, "a test"))


def test_each_row_has_somebody_of_each_node_who_is_not_at_work_and_nobody_waits_for_them() -> None:
    async def story(on: OpenLab) -> None:
        began_s = now()
        rows = await stage(on).fresh(3)
        assert now() == began_s
        nodes = [node.host for node in on.lab.inventory.finesse_nodes()]
        assert [[one.node.host for one in row] for row in rows] == [nodes] * 3
        people = {one.id for row in rows for one in row}
        assert len(people) == 6
        assert not people & {one.id for one in on.lab.agents}

    in_lab(story)


@dataclass(frozen=True)
class _Agent:
    load: int


@dataclass(frozen=True)
class _Somebody:
    id: str
    node: SimpleNamespace
    agent: _Agent


@pytest.mark.parametrize(
    ("loads", "chosen"),
    [
        ("0a 0b 0a 0b", "23"),
        ("0a 0b 1a 1b", "01"),  # who is not logged out goes before
        ("1a 1b 1a 1b", "23"),  # a lab may have nobody else
        ("1a 0b 1a 1b", "21"),
        ("0a 0a", ""),  # one node has nobody
    ],
)
def test_one_at_each_node_may_be_of_any_load(loads: str, chosen: str) -> None:
    nodes = [SimpleNamespace(host=host) for host in "ab"]
    people = [_Somebody(str(n), nodes["ab".index(one[1])], _Agent(int(one[0]))) for n, one in enumerate(loads.split())]
    found = one_at_each(cast("Any", people), cast("Any", nodes))
    assert "".join(one.id for one in found) == chosen


def test_whoever_succeeded_before_is_chosen_last_and_waited_for() -> None:
    async def story(on: OpenLab) -> None:
        everybody = on.lab.spare
        for one in everybody[:-2]:
            assert (await one.user()).status == 200
        assert set((await stage(on).fresh(1))[0]) == set(everybody[-2:])
        for one in everybody[-2:]:
            assert (await one.user()).status == 200
        began_s = now()
        again = (await stage(on).fresh(1))[0]
        assert not set(again) & set(everybody[-2:])
        assert now() - began_s == pytest.approx(FORGOTTEN_AFTER_S, abs=5.0)

    in_lab(story)


def test_what_fails_for_what_was_asked_caches_nothing_but_whoever_was_never_known_comes_first() -> None:
    async def story(on: OpenLab) -> None:
        someone = on.lab.spare[0]
        assert (await someone.ask("GET Dialog/{id}")).status == 404
        assert someone.rest.last_good_s is None
        assert someone.rest.last_let_in_s is not None
        began_s = now()
        rows = await stage(on).fresh(len(on.lab.spare) // 2)
        assert now() == began_s
        assert someone in rows[-1]

    in_lab(story)


def test_more_than_there_are_is_a_mistake_of_the_experiment() -> None:
    async def story(on: OpenLab) -> None:
        with pytest.raises(UsageError, match="spare"):
            await stage(on).fresh(len(on.lab.spare))

    in_lab(story)


def test_who_had_a_client_is_not_taken_while_a_forced_logout_may_be_due() -> None:
    async def story(on: OpenLab) -> None:
        on_stage = stage(on)
        first, second, third = on.lab.spare[:3]
        began_s = now()
        await on_stage.until_not_awaited(first)
        assert now() == began_s
        for one in (first, on_stage.elsewhere(second)):  # at whatever node it was
            assert await one.events.open()
            await one.events.leave(Leaving.GOODBYE)
        left_s = now()
        await on_stage.until_not_awaited(third)
        assert now() == left_s
        await asyncio.sleep(20.0)
        for one in (second, first):
            await on_stage.until_not_awaited(one)
            assert now() == pytest.approx(left_s + AWAITED_S, abs=0.1)

    in_lab(story)


def test_who_signs_in_at_a_desktop_is_remembered_like_who_asks() -> None:
    async def story(on: OpenLab) -> None:
        on_stage = stage(on)
        someone = on.lab.spare[0]
        assert await on_stage.desktop(someone).sign_in()
        assert someone.rest.last_good_s is not None

    in_lab(story)


def test_a_control_is_heard_at_each_node_and_locks_nobody_out() -> None:
    async def story(on: OpenLab) -> None:
        on_stage = stage(on)
        for _ in range(4 * WRONG_IN_A_ROW):
            await on_stage.hear()
        for one in on.lab.agents:
            assert (await one.user()).status == 200
        history = History(on_stage._journal.timeline())
        asked = history.of(RestExchange, lambda seen: seen.wrong_password)
        assert {seen.status for seen in asked} == {401}
        for node in on.lab.inventory.finesse_nodes():
            assert len(heard_times_s(history, node.host)) >= 4 * WRONG_IN_A_ROW

    in_lab(story)


def test_both_links_are_looked_at_at_once() -> None:
    async def story(on: OpenLab) -> None:
        on_stage = stage(on)
        await on_stage.look_at_awdbs()
        probes = on_stage._journal.timeline().of(LinkProbed)
        assert {(seen.link, seen.outcome) for seen in probes} == {("awdb-a", "open"), ("awdb-b", "open")}

    in_lab(story)


def test_the_administrator_is_waited_for_whoever_asked_in_that_name() -> None:
    async def story(on: OpenLab) -> None:
        assert on.lab.admin is not None
        assert (await on.lab.admin.get("SystemConfig", "SystemConfig")).status == 200
        began_s = now()
        on_stage = stage(on)
        publisher, subscriber = on_stage.administrators
        await on_stage.until_lapsed(subscriber)
        assert now() == began_s
        await on_stage.until_lapsed(publisher)
        assert now() - began_s == pytest.approx(FORGOTTEN_AFTER_S, abs=1.0)

    in_lab(story)
