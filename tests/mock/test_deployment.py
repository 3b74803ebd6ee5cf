"""The whole deployment: started, stopped and started again; services answer for what they are."""

import asyncio

import pytest

from chaos.wire.finesse import SystemInfo, SystemStatus
from tests.experiment.labs import OpenLab, in_lab


async def _status(on: OpenLab, node: int) -> SystemStatus | str | None:
    answer = await on.lab.probes[node].get("SystemInfo", "SystemInfo")
    return answer.document.status if isinstance(answer.document, SystemInfo) else answer.failure


def test_a_deployment_that_was_started_is_in_service_and_one_that_was_stopped_is_gone() -> None:
    async def story(on: OpenLab) -> None:
        assert [await _status(on, node) for node in (0, 1)] == [SystemStatus.IN_SERVICE] * 2
        await on.mock.stop()
        await on.mock.stop()
        assert [await _status(on, node) for node in (0, 1)] == ["refused"] * 2

    in_lab(story)


def test_one_node_stops_alone() -> None:
    async def story(on: OpenLab) -> None:
        await on.mock.nodes["fin-b.mock.test"].stop()
        assert await _status(on, 0) == SystemStatus.IN_SERVICE
        assert await _status(on, 1) == "refused"

    in_lab(story)


def test_without_a_cti_server_nodes_are_out_of_service_and_come_back_by_themselves() -> None:
    async def story(on: OpenLab) -> None:
        await on.mock.pair.stop()
        await asyncio.sleep(30.0)
        assert await _status(on, 0) == SystemStatus.OUT_OF_SERVICE
        await on.mock.pair.start()
        await asyncio.sleep(60.0)
        assert [await _status(on, node) for node in (0, 1)] == [SystemStatus.IN_SERVICE] * 2

    in_lab(story)


@pytest.mark.parametrize("defect", ["ghost-call", "gap-500"])
def test_a_defect_reaches_the_nodes_and_the_cti_servers(defect: str) -> None:
    async def story(on: OpenLab) -> None:
        assert {str(one) for one in on.mock.blueprint.breaks} == {defect}

    in_lab(story, defects=[defect])
