"""The counters that `GET /metrics` shows, in Prometheus' text format."""

import os
from collections import defaultdict
from pathlib import Path

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
_FDS = Path("/proc/self/fd")
_STATM = Path("/proc/self/statm")

Labels = tuple[str, str, str]  # proxy, listener, upstream


class Metrics:
    """Bytes per proxy and direction, counted when a connection has ended, as Toxiproxy does."""

    def __init__(self, *, proxies: bool, runtime: bool) -> None:
        self._proxies = proxies
        self._runtime = runtime
        self._received: dict[tuple[str, Labels], int] = defaultdict(int)
        self._sent: dict[tuple[str, Labels], int] = defaultdict(int)

    @property
    def are_shown(self) -> bool:
        return self._proxies or self._runtime

    def count(self, direction: str, labels: Labels, received_bytes: int, sent_bytes: int) -> None:
        self._received[direction, labels] += received_bytes
        self._sent[direction, labels] += sent_bytes

    def text(self) -> str:
        lines: list[str] = []
        if self._runtime:
            lines += _runtime_lines()
        if self._proxies:
            lines += _counter_lines("toxiproxy_proxy_received_bytes_total", self._received)
            lines += _counter_lines("toxiproxy_proxy_sent_bytes_total", self._sent)
        return "".join(f"{line}\n" for line in lines)


def _counter_lines(name: str, counts: dict[tuple[str, Labels], int]) -> list[str]:
    if not counts:
        return []
    lines = [f"# HELP {name} ", f"# TYPE {name} counter"]
    for (direction, (proxy, listener, upstream)), total in sorted(counts.items()):
        labels = {"direction": direction, "listener": listener, "proxy": proxy, "upstream": upstream}
        written = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
        lines.append(f"{name}{{{written}}} {total}")
    return lines


def _runtime_lines() -> list[str]:
    used = os.times()
    figures = [("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.")]
    values = [f"{used.user + used.system:.2f}"]
    if _FDS.exists():
        figures.append(("process_open_fds", "gauge", "Number of open file descriptors."))
        values.append(str(len(os.listdir(_FDS))))
    if _STATM.exists():
        figures.append(("process_resident_memory_bytes", "gauge", "Resident memory size in bytes."))
        values.append(str(int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")))
    lines: list[str] = []
    for (name, kind, meaning), value in zip(figures, values, strict=True):
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", f"{name} {value}"]
    return lines


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
