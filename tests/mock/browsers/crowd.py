"""A crowd of simulated browsers that loses its server at once: `python -m tests.mock.browsers.crowd 1000`."""

import argparse
import asyncio
import resource
import sys
from collections import Counter
from statistics import median, quantiles

from pydantic import SecretStr

from chaos import clock
from chaos.clients.devtools import Devtools
from chaos.errors import UsageError
from chaos.inventory import Agent, Inventory, Secret, load
from chaos.run.descriptors import raise_limit
from chaos.run.launcher import launch
from tests.mock.browsers.lab import ROOT, A, B, Seat

_OF_THE_LAB = 400
_DESCRIPTORS_EACH = 8
"""A browser keeps three connections and has four while it moves, of two sockets each: both ends are in this process."""


def crowd(count: int) -> Inventory:
    """The mock's inventory with so many agents."""
    agents = tuple(
        Agent(
            id=str(2_000_000 + n),
            password=Secret(literal=SecretStr(f"mock-{n}")),
            extension=str(50_000 + n),
        )
        for n in range(count)
    )
    return load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}, "agents": agents})


async def fail_over(inventory: Inventory) -> list[float]:
    """Everybody signs in at the publisher, whose Webapp goes; how long each was without a server, in seconds.

    Raises AssertionError: somebody was lost, or is not signed in exactly once.
    """
    launched = await launch(inventory, fast=True)
    mock = launched.deployment
    assert launched.inventory.browsers is not None
    devtools = Devtools(launched.inventory.browsers.devtools, timeout_s=600.0)
    try:
        await asyncio.gather(*(node.until_in_service() for node in mock.nodes.values()))
        await devtools.open()
        seats = [Seat(launched, devtools) for _ in inventory.agents]
        for seat, agent in zip(seats, inventory.agents, strict=True):
            await seat.sit_down()
            await seat.sign_in(A, agent.password.reveal({}), who=agent.id, extension=agent.extension)
        await asyncio.sleep(5.0)
        lost_s = asyncio.get_running_loop().time()
        await mock.nodes[A].webapp.stop()
        await asyncio.sleep(60.0)
        there = Counter(client.partition("@")[0] for client in mock.nodes[B].notification.clients)
        lost = [agent.id for agent in inventory.agents if there[agent.id] != 1]
        assert not lost, f"{len(lost)} are not connected exactly once to the other server, as {lost[:3]}"
        assert not mock.nodes[A].notification.clients, "somebody is still connected to the server that was lost"
        blind = []
        for seat in seats:
            signed_in_s = [at_s for at_s, end in seat.asked(f"{B}:8445/finesse/api/User/") if end == 202]
            assert len(signed_in_s) == 1, f"signed in {len(signed_in_s)} times: {seat.requests[-5:]}"
            assert seat.notices[-1] == f"Successfully connected to {B}."
            blind.append(signed_in_s[0] - lost_s)
        return blind
    finally:
        await devtools.close()
        await launched.stop()


def peak_mib() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("count", type=int, nargs="?", default=1000)
    count = parser.parse_args().count
    try:
        raise_limit(_OF_THE_LAB + count * _DESCRIPTORS_EACH, f"{count} browsers", "ask for fewer browsers")
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with clock.stopwatch() as elapsed_s:
        blind = clock.run(fail_over(crowd(count)), virtual=True)
        took_s = elapsed_s()
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(
        f"{count} desktops, all signed in exactly once at the other server; without a server for {median(blind):.1f} s "
        f"(median), {quantiles(blind, n=20)[-1]:.1f} s (95 %), {max(blind):.1f} s (worst)\n"
        f"{took_s:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of a processor, {peak_mib():.0f} MiB\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
