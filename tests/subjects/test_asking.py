"""What agents and administrators can ask on a whole lab: nothing is changed by it, and the journal names it."""

from dataclasses import replace

import pytest

from chaos.history.asking import ask_of, was_let_in
from chaos.journal import Journal, RestExchange
from chaos.subjects.agent import HARMLESS
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
from chaos.verdicts.awdb.settings import ON_THE_PUBLISHER
from chaos.wire.finesse import UserState
from tests.experiment.labs import OpenLab, in_lab


def last(journal: Journal) -> RestExchange:
    return journal.timeline().of(RestExchange)[-1]


def test_verdicts_and_agents_know_the_same_requests() -> None:
    assert set(AGENT_REQUESTS) == set(HARMLESS)


@pytest.mark.parametrize("request_", AGENT_REQUESTS)
def test_each_request_of_an_agent_is_let_in_and_named_and_a_stranger_is_cached_by_few(request_: str) -> None:
    async def story(on: OpenLab) -> None:
        journal = on.journal()
        for someone in (on.lab.agents[0], on.lab.spare[0]):
            await someone.ask(request_)
            assert ask_of(last(journal)) == request_
            assert was_let_in(last(journal))
        asks_for_own = request_ in ("GET User/{id}", "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes")
        assert (on.lab.spare[0].rest.last_good_s is not None) is asks_for_own

    in_lab(story)


def test_a_wrong_password_is_refused_and_noted() -> None:
    async def story(on: OpenLab) -> None:
        journal = on.journal()
        await on.lab.agents[0].ask_wrongly()
        assert (last(journal).status, last(journal).wrong_password) == (401, True)
        await on.lab.agents[0].user()
        assert (last(journal).status, last(journal).wrong_password) == (200, False)

    in_lab(story)


def test_administrators_ask_at_every_node_and_nobodys_user_is_not_found() -> None:
    async def story(on: OpenLab) -> None:
        journal = on.journal()
        for administrator in on.lab.administrators.values():
            assert (await administrator.ask("GET User/{id}")).status == 404
            assert administrator.rest.last_good_s is None
            for request in ADMINISTRATOR_REQUESTS:
                await administrator.ask(request.removeprefix("administrator "))
                assert ask_of(last(journal)) == request
                assert last(journal).status == 200

    in_lab(story)


def test_settings_are_saved_as_they_were_read() -> None:
    async def story(on: OpenLab) -> None:
        on.journal()
        saved = on.mock.administration

        def settings() -> list[object]:
            database = saved.database
            assert database is not None
            shown = [saved.system_config(), saved.enterprise_database_config(), saved.cluster_config()]
            return [*shown, replace(database, former_secondary=None), database.password]

        before = settings()
        publisher = next(iter(on.lab.administrators.values()))
        for setting in ON_THE_PUBLISHER:
            assert await publisher.save(setting) is None
            assert (await publisher.read(setting)).status == 200
            answer = await publisher.save(setting)
            assert answer is not None
            assert answer.status == 200
        assert settings() == before

    in_lab(story)


def test_who_is_told_that_a_reason_is_demanded_names_one_from_then_on() -> None:
    """Developer guide, User—Change Agent State With Reason Code: where codes are configured they are mandatory."""

    async def story(on: OpenLab) -> None:
        journal, someone = on.journal(), on.lab.agents[0]
        for node in on.launched.deployment.nodes.values():
            node.webapp.options = replace(node.webapp.options, reasons_required=True)
        await someone.sign_in()
        assert (await someone.set_state(UserState.READY)).status == 202
        assert (await someone.set_state(UserState.NOT_READY)).status == 202
        asked = [(seen.resource, seen.status, dict(seen.wanted)) for seen in journal.timeline().of(RestExchange)]
        assert asked[1:] == [
            ("PUT User/{id}", 202, {"state": "READY"}),
            ("PUT User/{id}", 400, {"state": "NOT_READY"}),
            ("GET User/{id}/ReasonCodes", 200, {}),
            ("PUT User/{id}", 202, {"state": "NOT_READY"}),
        ]
        assert (await someone.ask("PUT User/{id}")).status == 202
        assert (await someone.set_state(UserState.LOGOUT)).status == 202
        assert journal.timeline().of(RestExchange)[-1].wanted == (("state", "LOGOUT"),)

    in_lab(story)


def test_a_harmless_request_that_is_refused_for_want_of_a_reason_asks_for_nothing_else() -> None:
    """What succeeds caches credentials, and people in AWDB experiments are not to be cached by it."""

    async def story(on: OpenLab) -> None:
        journal, (learned, other) = on.journal(), on.lab.agents[:2]
        for node in on.launched.deployment.nodes.values():
            node.webapp.options = replace(node.webapp.options, reasons_required=True)
        for someone in (learned, other):
            await someone.sign_in()
        await learned.learn_reasons()
        before = len(journal.timeline().of(RestExchange))
        assert (await other.ask("PUT User/{id}")).status == 400
        assert (await other.ask("PUT User/{id}")).status == 400
        assert (await learned.ask("PUT User/{id}")).status == 202
        assert (await learned.ask("PUT User/{id}")).status == 202
        seen = [(one.agent, one.resource, one.status) for one in journal.timeline().of(RestExchange)[before:]]
        assert seen == [
            (other.id, "PUT User/{id}", 400),
            (other.id, "PUT User/{id}", 400),
            (learned.id, "PUT User/{id}", 400),
            (learned.id, "PUT User/{id}", 202),
            (learned.id, "PUT User/{id}", 202),
        ]

    in_lab(story)


def test_who_asks_for_the_state_that_he_is_in_names_a_reason_where_one_is_demanded() -> None:
    async def story(on: OpenLab) -> None:
        journal, someone = on.journal(), on.lab.agents[0]
        for node in on.launched.deployment.nodes.values():
            node.webapp.options = replace(node.webapp.options, reasons_required=True)
        await someone.sign_in()
        before = len(journal.timeline().of(RestExchange))
        for _ in range(2):
            assert (await someone.stay_in(UserState.NOT_READY)).status == 202
        seen = [(one.resource, one.status) for one in journal.timeline().of(RestExchange)[before:]]
        assert seen == [
            ("PUT User/{id}", 400),
            ("GET User/{id}/ReasonCodes", 200),
            ("PUT User/{id}", 202),
            ("PUT User/{id}", 202),
        ]

    in_lab(story)
