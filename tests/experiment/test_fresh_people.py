"""People whose credentials are cached nowhere: who is chosen, and how long is waited for."""

import pytest

from chaos.clock import now
from chaos.errors import UsageError
from chaos.experiment.stage import FORGOTTEN_AFTER_S, Stage
from tests.experiment.labs import OpenLab, in_lab


def stage(on: OpenLab) -> Stage:
    journal = on.journal()
    return Stage(on.lab, journal, on.field(journal))


def test_people_of_both_nodes_are_chosen_who_are_not_at_work_and_nobody_waits_for_them() -> None:
    async def story(on: OpenLab) -> None:
        began_s = now()
        people = await stage(on).fresh(4)
        assert now() == began_s
        nodes = [node.host for node in on.lab.inventory.finesse_nodes()]
        assert [one.node.host for one in people] == nodes * 2
        assert len({one.id for one in people}) == 4
        assert not {one.id for one in people} & {one.id for one in on.lab.agents}

    in_lab(story)


def test_whoever_was_let_in_before_is_chosen_last_and_waited_for() -> None:
    async def story(on: OpenLab) -> None:
        everybody = on.lab.spare
        for one in everybody[:-2]:
            assert (await one.user()).status == 200
        fresh = await stage(on).fresh(2)
        assert set(fresh) == set(everybody[-2:])
        for one in fresh:
            assert (await one.user()).status == 200
        began_s = now()
        again = await stage(on).fresh(2)
        assert not set(again) & set(fresh)
        assert now() - began_s == pytest.approx(FORGOTTEN_AFTER_S, abs=5.0)

    in_lab(story)


def test_a_request_in_vain_caches_nothing() -> None:
    async def story(on: OpenLab) -> None:
        someone = on.lab.spare[0]
        await someone.rest.get("User/{id}", "User/0")
        assert someone.rest.last_good_s is None

    in_lab(story)


def test_more_than_there_are_is_a_mistake_of_the_experiment() -> None:
    async def story(on: OpenLab) -> None:
        with pytest.raises(UsageError, match="spare"):
            await stage(on).fresh(len(on.lab.spare) + 1)

    in_lab(story)
