"""The node of a team: whoever subscribed hears of each of its agents, in a summary, and nobody else does."""

from typing import Any

from slixmpp import JID

from chaos.wire.finesse import User
from tests.mock.finesse.lab import HOST, Watcher, lab
from tests.mock.finesse.test_notification import play

TEAM = "/finesse/api/Team/5001/Users"


def of_team(watcher: Watcher) -> list[tuple[str, User]]:
    """Source and user of each event that came by the team's node."""
    found = [(update.source or "", update.payload) for _, node, update in watcher.updates if node == TEAM]
    return [(source, payload) for source, payload in found if isinstance(payload, User)]


def test_a_subscriber_hears_of_each_agent_of_the_team_and_an_agent_who_did_not_subscribe_does_not() -> None:
    async def main() -> None:
        async with lab() as made:
            ann, bob = await made.client("1101"), await made.client("1102")
            pubsub: Any = ann.xmpp.plugin["xep_0060"]
            service = JID(f"pubsub.{HOST}")
            await pubsub.subscribe(service, TEAM, bare=False)
            await bob.sign_in("2002")
            await bob.state("READY", "my-request")
            await ann.xmpp.until(lambda: [user.state for _, user in of_team(ann.xmpp)][-1:] == ["READY"])
            source, user = of_team(ann.xmpp)[-1]
            assert source == "/finesse/api/User/1102"
            assert (user.uri, user.login_id, user.first_name, user.last_name, user.extension) == (
                "/finesse/api/User/1102",
                "1102",
                "Bob",
                "Baker",
                "2002",
            )
            assert user.settings is None, "the whole user was told, and not a summary"
            assert user.state_change_time
            assert of_team(bob.xmpp) == []
            await pubsub.unsubscribe(service, TEAM, bare=False)
            seen = len(of_team(ann.xmpp))
            await bob.state("NOT_READY")
            await bob.xmpp.until(lambda: bob.xmpp.states()[-1] == "NOT_READY")
            assert len(of_team(ann.xmpp)) == seen

    play(main())
