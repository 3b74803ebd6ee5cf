"""strophe.js, stanza and @xmpp/client under Node, as npm ships them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos import clock
from chaos.mock.finesse import FinesseNode, NodeOptions
from tests.foreign.client import asked, running, story, write_authority
from tests.foreign.parts import HERE, part
from tests.mock.finesse.lab import lab

Service = Callable[[FinesseNode], str]

BOSH: Service = lambda node: f"https://127.0.0.1:{node.notification.web.port}/http-bind/"  # noqa: E731
BOSH_AT_TOMCAT: Service = lambda node: f"https://127.0.0.1:{node.tomcat.port}/http-bind"  # noqa: E731
BOSH_IN_THE_CLEAR: Service = lambda node: f"http://127.0.0.1:{node.notification.web.clear_port}/http-bind/"  # noqa: E731
WEBSOCKET: Service = lambda node: f"wss://127.0.0.1:{node.notification.web.port}/ws/"  # noqa: E731
WEBSOCKET_AT_TOMCAT: Service = lambda node: f"wss://127.0.0.1:{node.tomcat.port}/ws"  # noqa: E731
STARTTLS: Service = lambda node: f"xmpp://127.0.0.1:{node.notification.starttls_port}"  # noqa: E731
TLS: Service = lambda node: f"xmpps://127.0.0.1:{node.notification.port}"  # noqa: E731


@pytest.mark.parametrize(
    ("script", "service"),
    [
        pytest.param("strophe.mjs", BOSH, id="strophe.js by BOSH"),
        pytest.param("strophe.mjs", BOSH_AT_TOMCAT, id="strophe.js by BOSH on 8445"),
        pytest.param("strophe.mjs", BOSH_IN_THE_CLEAR, id="strophe.js by BOSH in the clear"),
        pytest.param("strophe.mjs", WEBSOCKET, id="strophe.js by WebSocket"),
        pytest.param("stanza.mjs", BOSH, id="stanza by BOSH"),
        pytest.param("stanza.mjs", WEBSOCKET, id="stanza by WebSocket"),
        pytest.param("stanza.mjs", WEBSOCKET_AT_TOMCAT, id="stanza by WebSocket on 8445"),
        pytest.param("xmppjs.mjs", WEBSOCKET, id="@xmpp/client by WebSocket"),
        pytest.param("xmppjs.mjs", STARTTLS, id="@xmpp/client by STARTTLS"),
        pytest.param("xmppjs.mjs", TLS, id="@xmpp/client by TLS"),
    ],
)
def test_it_signs_in_subscribes_and_sees_its_agent_change_state(script: str, service: Service, tmp_path: Path) -> None:
    modules = part("node") / "node_modules"
    for source in (HERE / "node").glob("*.mjs"):
        shutil.copy(source, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)

    async def main() -> None:
        async with lab(options=NodeOptions(insecure_xmpp=service is BOSH_IN_THE_CLEAR)) as made:
            command = ["node", script, asked(service(made.node))]
            environment = {"NODE_EXTRA_CA_CERTS": str(write_authority(tmp_path))}
            async with running(command, tmp_path, environment) as client:
                await story(made, client)

    clock.run(main(), virtual=False)
