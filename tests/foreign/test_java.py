"""Smack, as Maven Central has it."""

from pathlib import Path

from chaos import clock
from tests.foreign.client import running, story, write_authority
from tests.foreign.parts import HERE, part
from tests.mock.finesse.lab import HOST, PASSWORDS, lab


def test_smack_signs_in_by_starttls_subscribes_and_sees_its_agent_change_state(tmp_path: Path) -> None:
    jars = part("java")

    async def main() -> None:
        async with lab() as made:
            told = [str(made.node.notification.starttls_port), HOST, "1101", PASSWORDS["1101"], "foreign"]
            source = str(HERE / "java" / "Smack.java")
            command = ["java", "-Xshare:auto", "-cp", f"{jars}/*", source, *told, str(write_authority(tmp_path))]
            async with running(command, tmp_path, {}) as client:
                await story(made, client)

    clock.run(main(), virtual=False)
