"""Inventories that must be refused: a generated table, each row with a stable id, its place, its key and its remedy.

Each row spoils one place of the small live lab of `labs.LIVE`. The line is found from the text itself, so that a row
says only what a reader of the file would say: which key is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.inventory.labs import LIVE, host_key, line_of

KEY_OF_FIN_A = host_key()
TIMING = "timing: {probe_interval_s: 1, connect_timeout_s: 5}\n"
WHOLE = LIVE.replace("tls: {ca: ca.pem}", "tls: {ca: ca.pem, check_hostname: true}") + TIMING
"""LIVE with one key of each kind of scalar."""


@dataclass(frozen=True)
class Hostile:
    """One row. text: of the file. line: where it is wrong (0: nowhere in particular). key: its path, as it is said
    ("" for a file that has none). remedy: a part of what the reader is told to do."""

    id: str
    text: str | bytes
    line: int
    key: str
    remedy: str


def spoilt_at(part: str, old: str, new: str, text: str = WHOLE) -> tuple[str, int]:
    """`text` with `old` → `new` in the one line that holds `part`, and that line's number."""
    line = line_of(text, part)
    lines = text.splitlines(keepends=True)
    assert lines[line - 1].count(old) == 1, (part, old)
    lines[line - 1] = lines[line - 1].replace(old, new)
    return "".join(lines), line


# --- scalars ---------------------------------------------------------------------------------------------------------

# key path: (a part of its line, what stands there, the same with a hole)
FLAGS = {
    "disposable": ("disposable: true", "disposable: true", "disposable: {}"),
    "tls.check_hostname": ("check_hostname", "check_hostname: true", "check_hostname: {}"),
    "proxies.bench.embedded": ("bench:", '8474"', '8474", embedded: {}'),
    "agents[2].supervisor": ("clara", "login: clara", "login: clara, supervisor: {}"),
}
NO_FLAGS = {
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "one": "1", "zero": "0", "quoted-true": '"true"',
    "quoted-false": "'false'", "capital": "True", "capitals": "TRUE", "null": "null", "list": "[true]",
    "mapping": "{true: true}", "point": "1.0", "misspelled": "ture",
}  # fmt: skip
NUMBERS = {
    "max_foreign_agents": ("max_foreign_agents", "max_foreign_agents: 2", "max_foreign_agents: {}"),
    "publisher.ssh.port": ("user: admin,", "user: admin,", "user: admin, port: {},"),
    "subscriber.https_port": ("fin-b", "fin-b.lab.example", "fin-b.lab.example, https_port: {}"),
    "cti.b.port": ("pg-b", "10.0.0.22", "10.0.0.22, port: {}"),
    "timing.probe_interval_s": ("probe_interval_s", "probe_interval_s: 1", "probe_interval_s: {}"),
}
NO_NUMBERS = {
    "octal-1.1": "0123", "octal-1.2": "0o17", "hex": "0x1F", "plus": "+5", "exponent": "1e1", "underscore": "1_000",
    "sexagesimal": "22:22", "quoted": '"22"', "true": "true", "nan": ".nan", "infinity": "-.inf", "word": "five",
    "huge": "9" * 40, "beyond-float": "1e999", "negative": "-1", "null": "~", "list": "[5]", "minus-zero": "-0",
}  # fmt: skip


def scalars() -> Iterator[Hostile]:
    """Every boolean and number of the file against everything that only looks like one."""
    for key, (part, old, hole) in FLAGS.items():
        for name, odd in NO_FLAGS.items():
            text, line = spoilt_at(part, old, hole.replace("{}", odd))
            yield Hostile(f"flag/{key}/{name}", text, line, key, "write true or false")
    for key, (part, old, hole) in NUMBERS.items():
        for name, odd in NO_NUMBERS.items():
            if name == "minus-zero" and key == "max_foreign_agents":
                continue  # which is 0, as many readers have it
            text, line = spoilt_at(part, old, hole.replace("{}", odd))
            yield Hostile(f"number/{key}/{name}", text, line, key, "write ")
    for key in ("max_foreign_agents", "cti.b.port"):
        part, old, hole = NUMBERS[key]
        text, line = spoilt_at(part, old, hole.replace("{}", "5.0"))
        yield Hostile(f"number/{key}/point", text, line, key, "write digits alone")


def table() -> list[Hostile]:
    """All rows, in a fixed order."""
    return [*scalars()]
