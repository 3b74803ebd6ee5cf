"""What the built-in mock does when it is ordered to, where a live lab has commands."""

import pytest

from chaos import clock
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.inventory import MOCK_ORDERS, load
from chaos.journal import Journal
from chaos.wire.console.service import ServiceState
from tests.experiment.labs import MOCK, OpenLab, in_lab


def test_no_console_of_a_node_lists_a_web_application() -> None:
    async def story(on: OpenLab) -> None:
        for node in on.lab.inventory.finesse_nodes():
            names = [line.name for line in await on.lab.consoles[node.host].services()]
            assert "Cisco Finesse Tomcat" in names
            assert not [name for name in names if "webapp" in name.lower()]

    in_lab(story)


@pytest.mark.parametrize("order", MOCK_ORDERS)
def test_the_mock_stops_a_web_application_alone_when_it_is_ordered_to(order: str) -> None:
    """The fault bites and lifts by the order's own word, and Tomcat goes on meanwhile."""

    async def story(on: OpenLab) -> None:
        node = list(on.launched.deployment.nodes.values())[MOCK_ORDERS.index(order)]
        journal = Journal(None, clock.now)
        field, fault = on.field(journal), StoppedByCommand(order)
        assert fault.unfit(on.lab.inventory) is None
        await fault.inject(field)
        assert node.webapp.state.name == "STOPPED"
        assert node.tomcat.state.name == "STARTED"
        assert fault.bitten(journal.timeline(), 0.0, field)
        await fault.rollback(field)
        assert node.webapp.state.name == "STARTED"
        assert fault.lifted(journal.timeline(), 0.0, field)
        assert on.lab.undo.owed() == ()
        assert (await on.lab.commands[order].service()).state is ServiceState.STARTED

    in_lab(story)


def test_a_live_lab_needs_a_command_of_that_name() -> None:
    mock = load(MOCK)
    assert mock.orders == MOCK_ORDERS
    live = mock.model_copy(update={"deployment": "live"})
    why = StoppedByCommand("webapp-publisher").unfit(live)
    assert why is not None
    assert "commands.webapp-publisher" in why
