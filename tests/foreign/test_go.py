"""gosrc.io/xmpp, as Go's module proxy has it: what the public Go client of Finesse is made with."""

from pathlib import Path

import pytest

from chaos import clock
from tests.foreign.client import asked, running, story, write_authority
from tests.foreign.parts import part
from tests.foreign.test_node import WEBSOCKET, WEBSOCKET_AT_TOMCAT, Service
from tests.mock.finesse.lab import lab

STARTTLS: Service = lambda node: f"127.0.0.1:{node.notification.starttls_port}"  # noqa: E731


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(STARTTLS, id="STARTTLS"),
        pytest.param(WEBSOCKET, id="WebSocket"),
        pytest.param(WEBSOCKET_AT_TOMCAT, id="WebSocket on 8445"),
    ],
)
def test_it_signs_in_subscribes_and_sees_its_agent_change_state(service: Service, tmp_path: Path) -> None:
    client = part("go") / "client"

    async def main() -> None:
        async with lab() as made:
            environment = {"SSL_CERT_FILE": str(write_authority(tmp_path))}
            async with running([str(client), asked(service(made.node))], tmp_path, environment) as going:
                await story(made, going)

    clock.run(main(), virtual=False)
