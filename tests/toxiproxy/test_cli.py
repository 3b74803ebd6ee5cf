"""toxiproxy-cli as its authors ship it says the same of the embedded server and of the Go original."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.toxiproxy import go_server
from tests.toxiproxy.lab import Lab, Scenario, play_embedded, play_foreign

LIMIT_S = 30.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

ORDERS = (
    "list",
    "create -l 127.0.0.1:0 -u 127.0.0.1:1 one",
    "create -l 127.0.0.1:0 -u 127.0.0.1:1 one",
    "create -l nowhere -u 127.0.0.1:1 two",
    "list",
    "inspect one",
    "inspect nobody",
    "toggle one",
    "toggle one",
    "toxic add -t latency -a latency=100 -a jitter=5 one",
    "toxic add -t latency -a latency=100 one",
    "toxic add -t bandwidth -a rate=10 -n slow --upstream --toxicity 0.3 one",
    "toxic add -t nonsense one",
    "toxic add -t latency -a latency=abc one",
    "toxic add -t latency nobody",
    "inspect one",
    "toxic update -n slow -a rate=20 one",
    "toxic update -n slow --toxicity 0.9 -a rate=30 one",
    "toxic update -n nobody -a rate=30 one",
    "inspect one",
    "toxic remove -n slow one",
    "toxic remove -n slow one",
    "list",
    "delete one",
    "delete one",
    "list",
)


async def _said(client: Path, lab: Lab) -> list[str]:
    """What the client prints at each order, without colours and ports."""
    host, port = lab.api
    said = []
    for order in ORDERS:
        process = await asyncio.create_subprocess_exec(
            str(client),
            *("--host", f"http://{host}:{port}", *order.split()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(LIMIT_S):
            out, _ = await process.communicate()
        plain = re.sub(r"127\.0\.0\.1:[1-9][0-9]+", "127.0.0.1:PORT", _COLOUR.sub("", out.decode()))
        said.append(f"{order} -> {process.returncode}: {plain.strip()}")
    return said


@pytest.mark.timeout(2 * go_server.BUILD_S + 120)
def test_the_client_of_the_original_says_the_same_of_both_servers(go_api_alone: tuple[str, int]) -> None:
    try:
        client = go_server.built("cli")
    except go_server.Missing as why:
        pytest.skip(f"toxiproxy-cli was not tried: {why}")
    heard: dict[str, list[str]] = {}

    def scenario(server: str) -> Scenario:
        async def play(lab: Lab) -> None:
            heard[server] = await _said(client, lab)

        return play

    play_foreign(scenario("original"), api=go_api_alone)
    play_embedded(scenario("embedded"), virtual=False)
    assert heard["embedded"] == heard["original"]
    told = {line.partition(" -> ")[0]: line for line in heard["embedded"]}
    assert "-> 0: Added downstream latency toxic" in told["toxic add -t latency -a latency=100 -a jitter=5 one"]
    assert "-> 0: Deleted proxy one" in heard["embedded"][-3]
