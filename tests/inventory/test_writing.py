"""What dump writes, load reads back; and no secret of a live lab is ever in a text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.errors import InventoryError, UsageError
from chaos.inventory import Account, Inventory, Secret, dump, load, resolved
from tests.inventory.labs import LIVE, REPOSITORY, spoilt, written

SHIPPED = [REPOSITORY / "inventories" / "mock.yaml", REPOSITORY / "inventories" / "lab.example.yaml"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_inventory_survives_dump_and_load(tmp_path: Path, path: Path) -> None:
    inventory = load(path)
    assert load(written(tmp_path, dump(inventory))) == inventory


def test_the_shipped_mock_is_duplex_with_people_at_work_and_spare_ones_for_each_question() -> None:
    mock = load(SHIPPED[0])
    assert [host.host for _, host in mock.hosts()] == [
        f"{name}.mock.test" for name in ("fin-a", "fin-b", "pg-a", "pg-b", "aw-a", "aw-b")
    ]
    assert len(mock.agents) == 28
    assert set(mock.links) == {"cti-a", "cti-b", "awdb-a", "awdb-b"}
    assert mock.outside_number is not None


def test_the_defaults_of_ports_and_figures_are_the_documented_ones(tmp_path: Path) -> None:
    lab = load(written(tmp_path, LIVE))
    assert (lab.publisher.https_port, lab.publisher.xmpp_port) == (8445, 5223)
    assert [server.port for server in lab.cti_servers()] == [42027, 43027]
    assert [host.port for host in lab.aw_hosts()] == [1433]
    assert lab.publisher.ssh is not None
    assert (lab.publisher.ssh.port, lab.publisher.ssh.kind) == (22, "vos")
    assert (lab.peripheral_id, lab.cti_protocol, lab.timing.probe_interval_s) == (5000, 24, 1.0)
    assert lab.proxies["local"].embedded
    assert not lab.proxies["bench"].embedded


def test_hosts_agents_and_links_are_found_by_name(tmp_path: Path) -> None:
    lab = load(written(tmp_path, LIVE))
    assert lab.finesse_nodes() == (lab.publisher, lab.subscriber)
    assert dict(lab.hosts())["cti", "b"] == lab.cti.b
    assert [agent.login for agent in lab.agents] == ["1001", "1002", "clara"]
    assert lab.agent("clara") == lab.agent("1003") == lab.agent("2003") == lab.agents[2]
    assert lab.agents[1].extension == "0123"
    assert lab.link("cti-a").relay_at == ("127.0.0.1", 5000)
    assert lab.link("cti-a").upstream_at == ("10.0.0.21", 42027)
    assert lab.link("cti-b").relay_at is None
    assert lab.link_target("cti-b") == lab.cti.b
    assert lab.link_target("awdb-a") == lab.aw_hosts()[0]
    assert lab.link_target("awdb-b") is None
    assert (lab.publisher.dial, lab.cti.a.dial) == ("fin-a.lab.example", "10.0.0.21")
    with pytest.raises(KeyError):
        lab.agent("nobody")
    with pytest.raises(KeyError):
        lab.link("awdb-a")


text = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40)
number = st.integers(1, 65535)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(team=text, secret=text, user=text, ports=st.tuples(number, number), interval_s=st.floats(0.05, 60))
def test_any_text_and_number_survives_dump_and_load(
    tmp_path: Path, team: str, secret: str, user: str, ports: tuple[int, int], interval_s: float
) -> None:
    mock = load(SHIPPED[0])
    agent = mock.agents[0].model_copy(update={"team": team, "password": Secret.model_validate(secret)})
    inventory = resolved(
        mock,
        {
            "agents": (agent, *mock.agents[1:]),
            "publisher.https_port": ports[0],
            "cti.b.port": ports[1],
            "timing.probe_interval_s": interval_s,
            "publisher.ssh": {"user": user, "password": secret},
        },
    )
    assert load(written(tmp_path, dump(inventory))) == inventory


def test_a_secret_is_read_only_when_it_is_revealed(tmp_path: Path) -> None:
    lab = load(written(tmp_path, LIVE))
    assert lab.admin.password.reveal({"BOSS": "hunter2"}) == "hunter2"
    with pytest.raises(InventoryError, match="environment variable BOSS is unset or empty: export it"):
        lab.admin.password.reveal({"BOSS": ""})
    secret = lab.agents[0].password
    with pytest.raises(InventoryError, match="secrets/agents: no such file; check the path"):
        secret.reveal({})
    (tmp_path / "secrets").mkdir()
    file = tmp_path / "secrets" / "agents"
    file.write_bytes(b" hunter 2 \r\n")
    assert secret.reveal({}) == " hunter 2 "
    for content, said in ((b"\n", "is empty"), (b"x" * 70_000, "more than 65536"), (b"\xff", "not UTF-8")):
        file.write_bytes(content)
        with pytest.raises(InventoryError, match=said):
            secret.reveal({})


def test_no_representation_shows_a_literal_secret() -> None:
    mock = load(SHIPPED[0])
    for shown in (repr(mock), str(mock), mock.model_dump_json(), str(mock.model_dump()), repr(mock.admin.password)):
        assert "mock-admin" not in shown
        assert "mock-anna" not in shown
    assert "mock-admin" in dump(mock)  # a printed mock inventory must be usable, and its passwords protect nothing


def test_a_live_inventory_is_never_written_with_a_secret(tmp_path: Path) -> None:
    lab = load(written(tmp_path, LIVE))
    assert "{" not in dump(lab).replace("{}", "")
    assert "env: BOSS" in dump(lab)
    account = Account(user="boss", password=Secret.model_validate("hunter2"))
    with pytest.raises(UsageError, match="literal secret") as caught:
        dump(lab.model_copy(update={"admin": account}))
    assert "hunter2" not in str(caught.value)


def test_an_inventory_cannot_be_changed_in_place(tmp_path: Path) -> None:
    lab = load(written(tmp_path, LIVE))
    with pytest.raises(ValueError, match="frozen"):
        lab.publisher.host = "other"


def test_the_room_imports_nothing_that_talks() -> None:
    for path in (REPOSITORY / "chaos" / "inventory").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for name in ("import socket", "asyncio", "httpx", "subprocess"):
            assert name not in source, (path, name)
        assert ("import os" in source) == (path.name == "files.py"), "one file opens what is opened"


def test_a_mock_in_the_file_stays_a_mock(tmp_path: Path) -> None:
    lab = load(written(tmp_path, spoilt("deployment: live", "deployment: mock\nmock: {cti_variant: active-standby}")))
    assert isinstance(lab, Inventory)
    assert lab.mock is not None
    assert lab.mock.cti_variant == "active-standby"
