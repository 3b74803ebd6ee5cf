"""Where a mock's hosts are put."""

import pytest

from chaos import clock
from chaos.run import places
from chaos.run.places import Places


def test_no_port_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_free_block", lambda: None)
    ports = iter([4001, 4001, 4002, 4002, 4001, 4003])
    monkeypatch.setattr(places, "_free_port", lambda address: next(ports))

    async def main() -> None:
        given = Places(None)
        assert [given.at("127.0.0.1", 8445).port for _ in range(3)] == [4001, 4002, 4003]

    clock.run(main(), virtual=False)


def test_hosts_are_numbered_in_a_block() -> None:
    given = Places("127.9.9")
    assert [given.host(), given.host()] == ["127.9.9.1", "127.9.9.2"]
    assert str(given.at("127.9.9.1", 8445)) == "127.9.9.1:8445"
