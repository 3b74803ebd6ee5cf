"""Each kind of trouble, made for real at the mock: it is found, named with its remedy, and costs the right clauses."""

import asyncio
import re
from pathlib import Path

import pytest

from chaos.clients.events import EventStream
from chaos.clients.tls import client_context
from chaos.clients.toxiproxy import Toxic
from chaos.inventory import Secret
from chaos.mock.consoles import ServerKey
from chaos.mock.finesse.config import Address
from chaos.preflight import State, Survey, survey
from chaos.verdicts import CLAUSES
from tests.preflight.lab import Rig, is_bad, play, row, trouble


def wrong(folder: Path) -> Secret:
    path = folder / "wrong"
    path.write_text("not the password\n", encoding="utf-8")
    return Secret(file=path)


def test_a_healthy_lab_is_clean_fit_for_every_clause_and_left_as_it_was(tmp_path: Path) -> None:
    found = play(tmp_path, Rig.look)
    assert trouble(found) == {}
    assert found.fit() == tuple(clause.id for clause in CLAUSES)
    assert {one.finding.state for one in found.rows} == {State.OK}


def test_a_healthy_active_standby_pair_leaves_a_word_about_the_side_that_refuses(tmp_path: Path) -> None:
    found = play(tmp_path, Rig.look, mock__cti_variant="active-standby")
    assert set(trouble(found)) == {"CTI side B"}
    assert row(found, "CTI side B").finding.state is State.WARN
    assert "standby" in row(found, "CTI side B").finding.seen
    assert not found.unfit()


def test_the_administrators_wrong_password_is_tried_once_and_costs_what_needs_administration(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        found = await rig.look(admin__password=wrong(tmp_path))
        for _ in range(3):  # the fifth wrong password in a row would lock: so far there was one
            is_bad(await rig.look(["administrator"], admin__password=wrong(tmp_path)), "administrator")
        assert row(await rig.look(["administrator"]), "administrator").finding.state is State.OK
        return found

    found = play(tmp_path, scene)
    assert "refused the administrator" in is_bad(found, "administrator")
    assert row(found, "administration: cti-a").finding.state is State.SKIPPED
    assert set(found.unfit()) == {"CTI-01", "AWDB-01", "AWDB-09"}


def test_after_the_first_agent_who_is_refused_nobody_else_is_tried(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        spoilt = [agent.model_dump() for agent in rig.inventory.agents]
        for number in (1, 2):
            spoilt[number]["password"] = wrong(tmp_path)
        for number in range(len(spoilt)):
            if number not in (1, 2):
                spoilt[number]["password"] = rig.inventory.agents[number].password
        return await rig.look(agents=tuple(spoilt))

    found = play(tmp_path, scene)
    said = is_bad(found, "agents: passwords")
    assert "1001002 was refused" in said
    assert "8 more not tried" in said
    assert found.fit() == ()


def test_a_wrong_console_password_is_tried_at_one_host_only(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        spoilt = wrong(tmp_path)
        return await rig.look(
            awdb__primary__ssh__password=spoilt,
            awdb__secondary__ssh__password=spoilt,
            cti__a__ssh__password=spoilt,
            cti__b__ssh__password=spoilt,
        )

    found = play(tmp_path, scene)
    consoles = [row(found, f"{host}.mock.test: console").finding for host in ("pg-a", "pg-b", "aw-a", "aw-b")]
    assert sorted(finding.state for finding in consoles) == [State.BAD, State.SKIPPED, State.SKIPPED, State.SKIPPED]
    refused = next(finding for finding in consoles if finding.state is State.BAD)
    assert "did not let user" in refused.seen
    assert "check the account" in refused.remedy
    assert all("might lock the account" in finding.seen for finding in consoles if finding.state is State.SKIPPED)
    assert row(found, "fin-a.mock.test: console").finding.state is State.OK


def test_a_changed_host_key_is_refused_with_the_line_that_pins_it(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, str]:
        other = ServerKey.generate().public
        return await rig.look(publisher__ssh__host_key=other), rig.deployment.host_keys["fin-a.mock.test"].public

    found, key = play(tmp_path, scene)
    finding = row(found, "fin-a.mock.test: console").finding
    assert "has changed" in finding.seen
    assert f'host_key: "{key}"' in finding.remedy
    assert row(found, "fin-a.mock.test: services").finding.state is State.SKIPPED
    assert "CLIENT-17" in found.unfit()
    assert "CTI-04" in found.fit()


def test_a_stopped_notification_service_is_named_with_the_command_that_starts_it(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        await rig.deployment.nodes["fin-b.mock.test"].notification.stop()
        return await rig.look()

    found = play(tmp_path, scene)
    said = is_bad(found, "fin-b.mock.test: services")
    assert "Cisco Finesse Notification Service is STOPPED" in said
    assert "utils service start Cisco Finesse Notification Service" in said
    assert "refuses connections" in is_bad(found, "fin-b.mock.test: XMPP")
    assert found.fit() == ()


def test_a_stopped_distributor_costs_the_awdb_clauses_and_no_other(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        await rig.deployment.aw_hosts["aw-b.mock.test"].distributor.stop()
        return await rig.look()

    found = play(tmp_path, scene)
    assert 'sc.exe start "Cisco ICM ucce Distributor"' in is_bad(found, "aw-b.mock.test: services")
    assert set(found.unfit()) == {clause.id for clause in CLAUSES if clause.family == "AWDB"}


def test_a_lab_without_a_b_side_in_finesses_administration_cannot_judge_fail_over(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        settings = rig.deployment.administration
        object.__setattr__(settings.cti, "b", None)
        return await rig.look()

    found = play(tmp_path, scene)
    assert "names no CTI side B" in is_bad(found, "administration: cti-b")
    assert "CTI-02" in found.unfit()
    assert "AWDB-05" in found.fit()


def test_a_simplex_inventory_cannot_judge_fail_over(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        links = {name: link for name, link in rig.inventory.links.items() if name != "cti-b"}
        cti = rig.inventory.cti.model_copy(update={"b": None})
        return await rig.look_with({"cti": cti, "links": links})

    found = play(tmp_path, scene)
    assert "simplex" in is_bad(found, "inventory: CTI links")
    assert set(trouble(found)) == {"inventory: CTI links"}
    assert "CTI-03" in found.unfit()


def test_a_missing_secondary_awdb_is_missed(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        settings = rig.deployment.administration.database
        assert settings is not None
        object.__setattr__(settings, "secondary", None)
        return await rig.look()

    found = play(tmp_path, scene)
    assert "names no backup host" in is_bad(found, "administration: secondary AWDB")
    assert {"AWDB-01", "AWDB-05"} <= set(found.unfit())
    assert {"AWDB-02", "CTI-01"} <= set(found.fit())


@pytest.mark.parametrize(
    ("port", "said"), [(42027, "the server itself, past the proxy"), (40000, "not the proxy of cti-a")]
)
def test_an_administration_that_does_not_name_the_proxy_is_told_what_to_be_set_to(
    tmp_path: Path, port: int, said: str
) -> None:
    async def scene(rig: Rig) -> Survey:
        settings = rig.deployment.administration
        object.__setattr__(settings.cti, "a", Address(rig.inventory.cti.a.dial, port))
        found = await rig.look()
        assert (
            str(rig.inventory.link("cti-a").listen).partition(":")[0]
            in row(found, "administration: cti-a").finding.remedy
        )
        return found

    found = play(tmp_path, scene)
    told = is_bad(found, "administration: cti-a")
    assert said in told
    assert "restart Cisco Finesse Tomcat" in told


def test_a_foreign_agent_who_is_signed_in_keeps_everything_from_starting(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, Survey]:
        rig.deployment.peripheral.agents.login("1001010", None, "2010")
        await asyncio.sleep(1)
        ours = rig.inventory.agents[:9]
        tolerant = {"agents": ours, "max_foreign_agents": 1}
        return await rig.look_with({"agents": ours}), await rig.look_with(tolerant)

    found, tolerated = play(tmp_path, scene)
    told = is_bad(found, "agents: foreign")
    assert "1 agents that are not ours are signed in (1001010), at most 0" in told
    assert found.fit() == ()
    assert trouble(tolerated).keys() == {"inventory: IP phones"}, "at the lines of people who are not ours here"


def test_an_agent_who_is_signed_in_elsewhere_or_whose_device_is_taken_is_not_free(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        rig.deployment.peripheral.agents.login("1001002", None, "2003")
        await asyncio.sleep(1)
        return await rig.look()

    told = is_bad(play(tmp_path, scene), "agents: free")
    assert "agent 1001002 is signed in at 2003, not at 2002" in told
    assert "extension 2003 of agent 1001003 is used by agent 1001002" in told


def test_agents_at_their_own_phones_are_ours_and_their_streams_are_left_alone(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        for agent in rig.inventory.agents:
            rig.deployment.peripheral.agents.login(agent.id, None, agent.extension)
        await asyncio.sleep(1)
        found = await rig.look()
        await asyncio.sleep(300)  # a stream that ended would sign its agent out by force in between
        ours = {agent.id for agent in rig.inventory.agents}
        states = {one.state.name for one in rig.deployment.peripheral.agents.all() if one.agent_id in ours}
        assert states == {"NOT_READY"}
        return found

    found = play(tmp_path, scene)
    assert trouble(found) == {}
    assert "10 signed in at their own extensions" in row(found, "agents: free").finding.seen
    assert row(found, "fin-a.mock.test: events").finding.state is State.SKIPPED


def test_spare_agents_are_not_asked_so_that_their_credentials_stay_unknown(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        return await survey(rig.inventory, rig.env, only={"agents: passwords", "agents: free"}, agents_asked=4)

    found = play(tmp_path, scene)
    assert re.match(r"4 agents are let in; \d+ spare agents not asked", row(found, "agents: passwords").finding.seen)


def test_a_wrong_peripheral_protocol_and_heartbeat_are_told(tmp_path: Path) -> None:
    found = play(tmp_path, lambda rig: rig.look(peripheral_id=5001, cti_protocol=25))
    assert "say peripheral_id: 5000" in is_bad(found, "fin-a.mock.test: CTI link")
    assert "cti_protocol" in is_bad(found, "CTI side A")
    assert found.fit() == ()


def test_a_node_that_lost_its_cti_servers_is_out_of_service_and_so_is_the_lab(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        for side in ("cti-a", "cti-b"):
            await rig.proxies.update(side, enabled=False)
        await asyncio.sleep(60)
        return await rig.look()

    found = play(tmp_path, scene)
    assert "OUT_OF_SERVICE" in is_bad(found, "fin-a.mock.test: in service")
    assert "switched off" in row(found, "link cti-a: proxy").finding.seen
    assert "heal" in row(found, "link cti-a: proxy").finding.remedy
    assert row(found, "administrator").finding.state is State.SKIPPED
    assert found.fit() == ()


def test_before_the_runs_own_proxies_are_up_out_of_service_is_expected_and_looked_at_later(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        for side in ("cti-a", "cti-b"):
            await rig.proxies.delete(side)
        await asyncio.sleep(60)
        return await rig.look(proxies__local__api=None, proxies__local__embedded=True)

    found = play(tmp_path, scene)
    assert row(found, "fin-a.mock.test: in service").finding.state is State.WARN
    assert {"agents: passwords", "administrator", "fin-a.mock.test: in service"} <= found.waiting()
    assert set(found.unfit()) <= {clause.id for clause in CLAUSES if clause.family == "AWDB"}  # its proxies are up


def test_left_over_toxics_moved_and_foreign_proxies_are_told(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        await rig.proxies.add_toxic("cti-a", Toxic("latency", attributes={"latency": 0}))
        b, awdb_a = await rig.proxies.proxy("cti-b"), await rig.proxies.proxy("awdb-a")
        assert b
        assert awdb_a
        await rig.proxies.update("cti-b", listen="127.0.0.1:0")
        await rig.proxies.delete("awdb-a")
        await rig.proxies.create("somebodys", awdb_a.listen, awdb_a.upstream)
        return await rig.look([f"link {name}: proxy" for name in ("cti-a", "cti-b", "awdb-a", "awdb-b")])

    found = play(tmp_path, scene)
    assert "latency_downstream" in row(found, "link cti-a: proxy").finding.seen
    assert "a run moves it" in row(found, "link cti-b: proxy").finding.seen
    assert "another proxy, 'somebodys'" in is_bad(found, "link awdb-a: proxy")
    assert row(found, "link awdb-b: proxy").finding.state is State.OK


def test_where_users_are_not_listed_connected_users_beyond_our_own_are_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_: object) -> tuple[()]:
        return ()

    async def scene(rig: Rig) -> tuple[Survey, Survey]:
        agents = rig.inventory.agents
        stranger, node = agents[9], rig.inventory.publisher
        password = stranger.password.reveal({})
        stream = EventStream(
            node, stranger, password, node.host, lambda: None, tls=client_context(rig.inventory), timeout_s=5.0
        )
        await stream.open()
        try:
            with_stranger = await rig.look_with({"agents": agents[:9]})
        finally:
            await stream.close()
        return with_stranger, await rig.look_with({"agents": agents[:9]})

    monkeypatch.setattr("chaos.preflight.people._everybody", nobody)
    found, alone = play(tmp_path, scene)
    assert "1 agents that are not ours are signed in, at most 0" in is_bad(found, "agents: foreign")
    assert "agents: foreign" not in trouble(alone), "our own stream is not counted"


def test_a_release_that_tells_nothing_of_others_is_told_to_tell_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_: object) -> tuple[()]:
        return ()

    monkeypatch.setattr("chaos.preflight.people._everybody", nobody)
    monkeypatch.setattr("chaos.preflight.people._total_in", lambda _: None)
    found = play(tmp_path, lambda rig: rig.look(["agents: foreign"]))
    assert row(found, "agents: foreign").finding.state is State.SKIPPED
    assert "it is not known who else" in row(found, "agents: foreign").finding.seen


def test_nodes_that_were_exchanged_in_the_inventory_are_told_apart_by_what_they_call_themselves(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, Survey]:
        a, b = rig.inventory.publisher, rig.inventory.subscriber
        assert b is not None
        exchanged = await rig.look_with({"publisher": b, "subscriber": a})
        alias = a.model_copy(update={"host": a.address, "ssh": None})
        return exchanged, await rig.look_with({"publisher": alias, "subscriber": None})

    exchanged, alias = play(tmp_path, scene)
    assert "exchange 'publisher' and 'subscriber'" in is_bad(exchanged, "fin-a.mock.test: in service")
    assert "403" in is_bad(exchanged, "administrator")
    assert exchanged.fit() == ()
    assert [one.finding.state for one in alias.problems() if "in service" in one.check] == [State.WARN]
    assert "single-node" in is_bad(alias, "inventory: subscriber")
    assert "CTI-04" in alias.fit()
    assert {"CLIENT-13", "CLIENT-17"} <= set(alias.unfit())


def test_the_agents_whose_streams_are_tried_are_those_who_will_work_at_that_node(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        for agent in rig.inventory.agents[1:3]:
            rig.deployment.peripheral.agents.login(agent.id, None, agent.extension)
        await asyncio.sleep(1)
        return await rig.look()

    found = play(tmp_path, scene)
    assert "agent 1001001 signed in" in row(found, "fin-a.mock.test: events").finding.seen
    assert "agent 1001004 signed in" in row(found, "fin-b.mock.test: events").finding.seen


def test_the_proxys_address_with_another_port_is_not_the_proxy(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        listen = rig.inventory.link("cti-a").listen_at
        assert listen is not None
        object.__setattr__(rig.deployment.administration.cti, "a", Address(listen.host, listen.port + 1))
        return await rig.look(["administration: cti-a"])

    assert "not the proxy of cti-a" in is_bad(play(tmp_path, scene), "administration: cti-a")


def test_agents_and_a_database_that_are_described_otherwise_are_told_and_cost_nothing(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> Survey:
        people = [
            agent.model_dump(exclude={"password"}) | {"password": agent.password} for agent in rig.inventory.agents
        ]
        people[0]["team"] = "Chaos"
        people[1]["login"] = "somebody"
        people[2]["supervisor"] = False
        return await rig.look(
            ["agents: as described", "administration: awdb-a"], agents=people, awdb__database="x_awdb"
        )

    found = play(tmp_path, scene)
    assert not found.unfit()
    told = trouble(found)
    assert "agent 1001001 has team Default, the inventory says Chaos" in told["agents: as described"]
    assert "agent 1001002 has login bert, the inventory says somebody" in told["agents: as described"]
    assert "agent 1001003 has role supervisor, the inventory says agent" in told["agents: as described"]
    assert "the database is ucce_awdb, the inventory says x_awdb" in told["administration: awdb-a"]
