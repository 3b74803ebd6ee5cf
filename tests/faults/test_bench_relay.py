"""The benchmark of the relay measures what it says."""

import pytest

from tests.faults import bench_relay


def test_the_relay_costs_less_than_a_millisecond_of_processor_time_a_heartbeat() -> None:
    """Processor time, because waiting for a processor on a busy machine is not the relay's doing."""
    direct, relayed = bench_relay.run(20, 100, 0.0)
    assert len(direct.trips_s) == len(relayed.trips_s) == 100
    assert 0 < bench_relay.percentile_s(direct.trips_s, 50) < bench_relay.percentile_s(direct.trips_s, 100)
    assert set(relayed.undisturbed_s) <= set(relayed.trips_s)
    assert relayed.processor_s - direct.processor_s <= 0.001


def test_the_benchmark_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    status = bench_relay.main(["--sessions", "3", "--beats", "10", "--pause-ms", "0"])
    printed = capsys.readouterr().out
    assert "3 sessions, 10 heartbeats each way" in printed
    assert printed.strip().endswith("within 1 ms" if status == 0 else "ABOVE 1 ms")
