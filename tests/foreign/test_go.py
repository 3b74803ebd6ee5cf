"""gosrc.io/xmpp, as Go's module proxy has it: what the public Go client of Finesse is made with.

Over WebSocket it does all of this as well, but its reader and its Disconnect get into each other's way when it leaves,
one time in a few: that is for people to try, and no test.
"""

from pathlib import Path

from chaos import clock
from tests.foreign.client import asked, running, story, write_authority
from tests.foreign.parts import part
from tests.foreign.test_node import Service
from tests.mock.finesse.lab import lab

STARTTLS: Service = lambda node: f"127.0.0.1:{node.notification.starttls_port}"  # noqa: E731


def test_it_signs_in_subscribes_and_sees_its_agent_change_state(tmp_path: Path) -> None:
    client = part("go") / "client"

    async def main() -> None:
        async with lab() as made:
            environment = {"SSL_CERT_FILE": str(write_authority(tmp_path))}
            async with running([str(client), asked(STARTTLS(made.node))], tmp_path, environment) as going:
                await story(made, going)

    clock.run(main(), virtual=False)
