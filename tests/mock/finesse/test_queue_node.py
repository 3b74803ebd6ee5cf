"""The node of a queue: statistics for whoever subscribed, at most every ten seconds, and only if they changed."""

import asyncio
from typing import Any

from slixmpp import JID

from chaos import clock
from chaos.mock.finesse.queue_notices import EVERY_S
from chaos.wire.finesse import UnknownPayload
from tests.mock.finesse.lab import HOST, Watcher, lab
from tests.mock.finesse.test_notification import play

QUEUE = "/finesse/api/Queue/5001"


def of_queue(watcher: Watcher) -> list[tuple[float, str]]:
    """When each event of the queue came, and its document."""
    found = [(at_s, update) for at_s, node, update in watcher.updates if node == QUEUE]
    assert all((str(update.event), update.source) == ("PUT", QUEUE) for _, update in found)
    return [(at_s, update.payload.xml) for at_s, update in found if isinstance(update.payload, UnknownPayload)]


def test_whoever_subscribed_is_told_the_latest_statistics_ten_seconds_after_a_change_and_not_more_often() -> None:
    async def main() -> None:
        async with lab() as made:
            ann, bob = await made.client("1101"), await made.client("1102")
            pubsub: Any = ann.xmpp.plugin["xep_0060"]
            await pubsub.subscribe(JID(f"pubsub.{HOST}"), QUEUE, bare=False)
            await pubsub.subscribe(JID(f"pubsub.{HOST}"), "/finesse/api/User/1101/Queues", bare=False)
            began_s = clock.now()
            await bob.sign_in("2002")
            for state in ("READY", "NOT_READY", "READY"):
                await bob.state(state)
                await asyncio.sleep(1)
            assert of_queue(ann.xmpp) == []
            await asyncio.sleep(3 * EVERY_S)
            ((at_s, shown),) = of_queue(ann.xmpp)
            assert at_s - began_s <= EVERY_S + 1
            for part in ("<queue>", "<agentsReady>1</agentsReady>", "<agentsLoggedOn>1</agentsLoggedOn>"):
                assert part in shown
            await bob.state("READY")
            await asyncio.sleep(3 * EVERY_S)
            assert len(of_queue(ann.xmpp)) == 1, "nothing has changed"
            await bob.state("NOT_READY")
            await asyncio.sleep(EVERY_S + 1)
            assert len(of_queue(ann.xmpp)) == 2
            assert of_queue(bob.xmpp) == []

    play(main())
