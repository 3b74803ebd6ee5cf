"""The benchmark of `scripts/bench-proxy`, played small: every figure is there, and what is missing is said."""

import os

import pytest

from tests.toxiproxy import go_server
from tests.toxiproxy.bench import __main__ as bench


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="reads what a process has used from /proc")
def test_a_small_round_gives_every_figure_and_says_what_was_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise go_server.Missing("there is no `go` to build it with")

    monkeypatch.setattr(go_server, "built", missing)
    scale = bench.Scale(rounds=1, megabytes=4, requests=50, connections=40, idle=50, rate=50, for_s=0.3)
    figures, said = bench.measure(scale)
    assert "Go 2.12.0 was not measured: there is no `go` to build it with" in said
    assert set(figures) >= {"embedded"}
    rows = figures["embedded"]
    assert len(rows) == 12
    for name, value in rows.items():
        assert value > 0 or "delay" in name or "memory" in name, (name, value)
    assert bench.table(figures).count("\n") == 13
