"""Smack, as Maven Central has it."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chaos import clock
from chaos.mock.finesse import FinesseNode
from tests.foreign.client import LIMIT_S, running, story, write_authority
from tests.foreign.parts import HERE, part
from tests.mock.finesse.lab import HOST, PASSWORDS, lab

Port = Callable[[FinesseNode], int]

STARTTLS: Port = lambda node: node.notification.starttls_port  # noqa: E731
BOSH: Port = lambda node: node.notification.web.port  # noqa: E731
BOSH_AT_TOMCAT: Port = lambda node: node.tomcat.port  # noqa: E731


def trusting(authority: Path) -> Sequence[str]:
    """What has a JVM trust that authority alone. Skips the test if the JDK's tool is missing."""
    tool = shutil.which("keytool")
    if tool is None:
        pytest.skip("keytool is not installed")
    store = authority.with_suffix(".p12")
    more = ["-noprompt", "-file", str(authority), "-keystore", str(store), "-storepass", "changeit"]
    subprocess.run([tool, "-importcert", "-alias", "ca", *more], check=True, capture_output=True, timeout=LIMIT_S)
    return [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]


@pytest.mark.parametrize(
    ("way", "port"),
    [
        pytest.param("tcp", STARTTLS, id="STARTTLS"),
        pytest.param("bosh", BOSH, id="BOSH"),
        pytest.param("bosh", BOSH_AT_TOMCAT, id="BOSH on 8445"),
    ],
)
def test_smack_signs_in_subscribes_and_sees_its_agent_change_state(way: str, port: Port, tmp_path: Path) -> None:
    jars = part("java")
    authority = write_authority(tmp_path)
    java = ["java", "-Xshare:auto", *(trusting(authority) if way == "bosh" else ())]

    async def main() -> None:
        async with lab() as made:
            told = [str(port(made.node)), HOST, "1101", PASSWORDS["1101"], "foreign", str(authority), way]
            command = [*java, "-cp", f"{jars}/*", str(HERE / "java" / "Smack.java"), *told]
            async with running(command, tmp_path, {}) as client:
                await story(made, client)

    clock.run(main(), virtual=False)
