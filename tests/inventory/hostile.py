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


# --- what is no YAML of ours -----------------------------------------------------------------------------------------

NESTED = "\n".join("  " * depth + f"k{depth}:" for depth in range(60))
BOMB = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 12))

FILES: dict[str, tuple[str | bytes, int, str, str]] = {
    "empty": ("", 1, "", "finesse-chaos inventory example"),
    "blank": (" \n\n", 1, "", "finesse-chaos inventory example"),
    "comments": ("# to do\n", 1, "", "finesse-chaos inventory example"),
    "null": ("null\n", 1, "", "key: value"),
    "list": ("- a\n", 1, "", "key: value"),
    "text": ("see the wiki\n", 1, "", "key: value"),
    "number": ("42\n", 1, "", "key: value"),
    "json-array": ("[1, 2]\n", 1, "", "key: value"),
    "two-documents": (WHOLE + "---\nname: b\n", 0, "", "one inventory"),
    "nul": (WHOLE.encode() + b"x: \0\n", 0, "", "remove it"),
    "bell": (WHOLE + "x: \x07\n", 0, "", "remove it"),
    "escape-sequence": (WHOLE + "x: \x1b[31mred\n", 0, "", "remove it"),
    "delete": (WHOLE + "x: \x7f\n", 0, "", "remove it"),
    "nul-escape": (WHOLE.replace("user: boss", 'user: "bo\\0ss"'), 0, "admin.user", "stray blank"),
    "latin-1": (WHOLE.encode() + b"# caf\xe9\n", 0, "", "UTF-8"),
    "utf-16-le": (WHOLE.encode("utf-16-le"), 0, "", ""),
    "utf-16-bom": (WHOLE.encode("utf-16"), 1, "", "UTF-8"),
    "utf-32": (WHOLE.encode("utf-32"), 1, "", "UTF-8"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", 1, "", "UTF-8"),
    "half-a-character": (WHOLE.encode()[:-1] + b"\xe2\x82", 0, "", "UTF-8"),
    "surrogate": (WHOLE.encode() + b"# \xed\xa0\x80\n", 0, "", "UTF-8"),
    "too-large": (b"# " + b"x" * 300_000, 1, "", "the right file"),
    "deep-flow": ("a: " + "[" * 5000, 1, "a[0][0][0][0][0][0][0] …", "six"),
    "deep-block": (NESTED + "\n", 0, "k0.k1.k2.k3.k4.k5.k6.k7 …", "six"),
    "deep-braces": ("{a: " * 200, 1, "a.a.a.a.a.a.a.a …", "six"),
    "billion-laughs": ("b0: &b0 [x, x]\n" + BOMB, 0, "b5[2]", "write out"),
    "alias-of-itself": ("a: &a [*a]\n", 1, "a[0]", "write the value out"),
    "alias-of-nothing": (WHOLE.replace("user: boss", "user: *boss"), 0, "admin.user", "write the value out"),
    "merge-key": (WHOLE + "<<: {a: 1}\n", 0, "<<", "merge keys are not used"),
    "merge-of-an-anchor": (WHOLE.replace("user: boss,", "<<: &m {user: boss},"), 0, "admin.<<", "write the values out"),
    "merge-in-free-names": (WHOLE.replace("  local: {}", "  <<: {}\n  local: {}"), 0, "proxies.<<", "not a path"),
    "tag": (WHOLE.replace("user: boss", "user: !boss x"), 0, "admin.user", "tags are not used"),
    "python-tag": (WHOLE + "x: !!python/object/apply:os.system [id]\n", 0, "x", "the keys here are"),
    "set-tag": (WHOLE + "x: !!set {a}\n", 0, "x", "the keys here are"),
    "int-tag": (WHOLE.replace("5550100", "!!int '5550100'"), 0, "outside_number", "tags are not used"),
    "key-twice": (WHOLE + "name: b\n", 0, "name", "remove one"),
    "key-twice-quoted": (WHOLE + '"name": b\n', 0, "name", "remove one"),
    "key-twice-deep": (WHOLE.replace("user: boss,", "user: boss, user: x,"), 0, "admin.user", "remove one"),
    "consent-twice": (WHOLE.replace("disposable:", "disposable: true\ndisposable:"), 4, "disposable", "remove"),
    "list-as-key": (WHOLE + "? [a]\n: b\n", 0, "", "name: value"),
    "null-as-key": (WHOLE + "~: b\n", 0, "null", "the keys here are"),
    "tab": (WHOLE.replace("  local", "\tlocal"), 0, "", "blanks, not tabs"),
    "open-bracket": (WHOLE + "x: [1,\n", 0, "", ""),
    "open-quote": (WHOLE + "x: 'a\n", 0, "", "close the quote"),
    "bad-escape": (WHOLE + 'x: "\\q"\n', 0, "", ""),
    "impossible-escape": (WHOLE + 'x: "\\UFFFFFFFF"\n', 1, "", "look for"),
    "half-escape": (WHOLE + 'x: "\\ud800"\n', 0, "x", "the keys here are"),
    "colon": (WHOLE.replace("name: lab\n", "name: a: b\n"), 1, "", "contains ': '"),
    "no-colon": (WHOLE.replace("release: 12.6(2)", "release"), 0, "", "': ' after it"),
    "percent": (WHOLE.replace("user: boss", "user: %boss"), 0, "", "quote a value"),
    "at": (WHOLE.replace("user: boss", "user: @boss"), 0, "", "quote a value"),
    "directive": ("%YAML 3.0\n---\n" + WHOLE, 0, "", ""),
    "unknown-key": (WHOLE + "colour: blue\n", 0, "colour", "the keys here are"),
    "misspelled-key": (WHOLE.replace("outside_number", "outside_numbr"), 0, "outside_numbr", "did you mean"),
    "capital-key": (WHOLE.replace("disposable", "Disposable"), 3, "Disposable", "did you mean 'disposable'?"),
    "20000-unknown-keys": (WHOLE + "".join(f"k{n}: 1\n" for n in range(20_000)), 0, "k0", "the keys here are"),
}  # fmt: skip


def files() -> Iterator[Hostile]:
    """Texts that are no inventory at all, and YAML's traps."""
    for name, (text, line, key, remedy) in FILES.items():
        yield Hostile(f"file/{name}", text, line, key, remedy)


# --- keys that nothing reads, hosts, agents --------------------------------------------------------------------------

WINDOWS = f"ssh: {{user: chaos, password: {{env: AW}}, host_key: {host_key(body=bytes([1] * 36))}}}"

# id: (a part of the line, what stands there, what instead, key, part of the remedy)
PLACES: dict[str, tuple[str, str, str, str, str]] = {
    "unread/bosh-port": ("fin-b", "example}", "example, bosh_port: 7443}", "subscriber.bosh_port", "did you"),
    "unread/extra-agents": ("name: lab", "name", "mock: {extra_agents: 9}\nname", "mock.extra_agents", "keys"),
    "name/path": ("name: lab", "name: lab", "name: ../../etc/lab", "name", "not a path"),
    "name/blank": ("name: lab", "name: lab", "name: my lab", "name", "not a path"),
    "name/dots": ("name: lab", "name: lab", "name: ..", "name", "not a path"),
    "name/hidden": ("name: lab", "name: lab", "name: .lab", "name", "not a path"),
    "name/long": ("name: lab", "name: lab", "name: " + "a" * 65, "name", "not a path"),
    "name/empty": ("name: lab", "name: lab", "name: ''", "name", "write the value"),
    "deployment/other": ("deployment", "live", "production", "deployment", "choose one"),
    "deployment/case": ("deployment", "live", "Live", "deployment", "did you mean 'live'?"),
    "release/unknown": ("release", "12.6(2)", "10.5(1)", "release", "did you mean"),
    "release/number": ("release", "12.6(2)", "12.6", "release", "did you mean '12.6("),
    "host/url": ("fin-b", "fin-b.lab.example", "https://fin-b", "subscriber.host", "the name alone"),
    "host/port": ("fin-b", "fin-b.lab.example", "'fin-b:8445'", "subscriber.host", "the name alone"),
    "host/user": ("fin-b", "fin-b.lab.example", "root@fin-b", "subscriber.host", "the name alone"),
    "host/underscore": ("fin-b", "fin-b.lab.example", "fin_b", "subscriber.host", "the name alone"),
    "host/half-address": ("fin-b", "fin-b.lab.example", "10.0.1", "subscriber.host", "four numbers"),
    "host/long": ("fin-b", "fin-b.lab.example", "a" * 300, "subscriber.host", "shorten it"),
    "host/dash": ("fin-b", "fin-b.lab.example", "'-oProxyCommand=id'", "subscriber.host", "the name alone"),
    "host/other-letters": ("fin-b", "fin-b.lab.example", "b\u00fccher.de", "subscriber.host", "xn--bcher-kva.de"),
    "host/fullwidth": ("fin-b", "fin-b.lab.example", "fin\uff42", "subscriber.host", "does: finb"),
    "host/picture": ("fin-b", "fin-b.lab.example", "\u202e.example", "subscriber.host", "the name alone"),
    "host/no-letters-behind": ("fin-b", "fin-b.lab.example", "xn--a", "subscriber.host", "no name in other letters"),
    "host/bare-xn": ("fin-b", "fin-b.lab.example", "fin.XN--0.example", "subscriber.host", "no name in other letters"),
    "host/control": ("fin-b", "fin-b.lab.example", '"fin\\nb"', "subscriber.host", "the name alone"),
    "twice/node-by-name": ("fin-b", "fin-b.lab.example", "fin-a.lab.example", "subscriber.host", "second node"),
    "twice/node-by-dot": ("fin-b", "fin-b.lab.example", "fin-a.lab.example.", "subscriber.host", "second node"),
    "twice/node-is-cti-by-address": ("fin-b", "example}", "example, address: 10.0.0.21}", "cti.a.address", "appliance"),
    "twice/node-is-cti-by-name": ("pg-b", "pg-b", "fin-b", "cti.b.host", "an appliance"),
    "twice/node-is-cti-by-v4-in-v6": (
        "fin-b", "example}", "example, address: '::ffff:10.0.0.22'}", "cti.b.address", "an appliance"
    ),
    "twice/node-is-aw": ("aw-a", "aw-a", "FIN-A", "awdb.primary.host", "an appliance"),
    "twice/node-is-aw-by-key": (
        "aw-a", "example}", f"example, {WINDOWS.replace(host_key(body=bytes([1] * 36)), host_key())}}}",
        "awdb.primary.ssh", "an appliance",
    ),
    "twice/cti": ("pg-b", "10.0.0.22", "10.0.0.21", "cti.b.address", "name the B side"),
    "key/none": ("user: admin", f", host_key: {host_key()}", "", "publisher.ssh.host_key", "ssh-keyscan"),
    "key/fingerprint": ("user: admin", host_key(), "SHA256:abc", "publisher.ssh.host_key", "fingerprint"),
    "key/cut": ("user: admin", host_key(), host_key()[:-5], "publisher.ssh.host_key", "mistyped"),
    "key/dsa": ("user: admin", host_key(), "ssh-dss AAAA", "publisher.ssh.host_key", "ssh-keyscan"),
    "key/list": ("user: admin", host_key(), "[a]", "publisher.ssh.host_key", ""),
    "secret/literal": ("user: boss", "{env: BOSS}", "hunter2", "admin.password", "take the secret out"),
    "secret/number": ("user: boss", "{env: BOSS}", "12345678", "admin.password", "take the secret out"),
    "secret/true": ("user: boss", "{env: BOSS}", "true", "admin.password", "where the secret is"),
    "secret/null": ("user: boss", "{env: BOSS}", "~", "admin.password", "where the secret is"),
    "secret/two": ("user: boss", "{env: BOSS}", "{env: A, file: b}", "admin.password", "keep one"),
    "secret/value-as-name": ("user: boss", "{env: BOSS}", "{env: hunter2!}", "admin.password.env", "never its value"),
    "secret/as-key": ("user: boss", "{env: BOSS}", "{hunter2}", "admin.password", "where the secret is"),
    "secret/home": ("user: boss", "{env: BOSS}", "{file: ~/boss}", "admin.password.file", "not expanded"),
    "secret/nul-path": ("user: boss", "{env: BOSS}", '{file: "a\\0b"}', "admin.password.file", "name the file"),
    "ca/none": ("check_hostname", "ca: ca.pem, ", "", "tls.ca", "both nodes"),
    "ca/list": ("check_hostname", "ca.pem", "[a.pem, b.pem]", "tls.ca", "one path"),
    "agent/id-twice": ("id: 1002", "id: 1002", "id: 1001", "agents[1].id", "correct one"),
    "agent/extension-twice": ("clara", "2003", "2001", "agents[2].extension", "correct one"),
    "agent/login-twice": ("clara", "login: clara", "login: '1002'", "agents[2].login", "correct one"),
    "agent/login-twice-by-case": ("id: 1002", "id: 1002", "id: 1002, login: CLARA", "agents[2].login", "correct one"),
    "agent/id-path": ("id: 1002", "id: 1002", "id: ../1", "agents[1].id", "a part of addresses"),
    "agent/id-query": ("id: 1002", "id: 1002", "id: '1002?x=1'", "agents[1].id", "a part of addresses"),
    "agent/id-long": ("id: 1002", "id: 1002", "id: '" + "1" * 33 + "'", "agents[1].id", "a part of addresses"),
    "agent/extension-word": ("clara", "2003", "desk", "agents[2].extension", "at most 16"),
    "agent/extension-long": ("clara", "2003", "'" + "2" * 17 + "'", "agents[2].extension", "at most 16"),
    "agent/outside-number": ("5550100", "5550100", "2001", "outside_number", "no agent uses"),
    "link/unknown": ("  cti-b: {proxy", "cti-b", "cti-c", "links.cti-c", "did you mean"),
    "link/wildcard": ("  cti-a: {proxy", "10.0.0.5:42027", "0.0.0.0:42027", "links.cti-a.listen", "Finesse dials"),
    "link/port-0": ("  cti-a: {proxy", "10.0.0.5:42027", "10.0.0.5:0", "links.cti-a.listen", "for example"),
    "link/port-big": ("  cti-a: {proxy", "10.0.0.5:42027", "10.0.0.5:65536", "links.cti-a.listen", "for example"),
    "link/name": ("  cti-a: {proxy", "10.0.0.5:42027", "here:42027", "links.cti-a.listen", "write its address"),
    "link/crossed": ("  cti-a: {proxy", "10.0.0.21:42027", "10.0.0.22:42027", "links.cti-a.upstream", "correct one"),
    "link/circle": ("  cti-b: {proxy", "10.0.0.5:43027", "10.0.0.5:42027", "links.cti-b.listen", "of its own"),
    "link/unknown-proxy": ("  cti-b: {proxy", "proxy: local", "proxy: lokal", "links.cti-b.proxy", "correct the name"),
    "proxy/api-path": ("bench:", "8474", "8474/proxies", "proxies.bench.api", "for example"),
    "proxy/api-user": ("bench:", "http://", "http://me:hunter2@", "proxies.bench.api", "leave it out"),
    "proxy/api-https": ("bench:", "http://", "https://", "proxies.bench.api", "for example"),
    "proxy/name-path": ("  local", "local:", "../local:", "proxies.../local", "not a path"),
}  # fmt: skip


def places() -> Iterator[Hostile]:
    """One value, or one key, that cannot be."""
    for name, (part, old, new, key, remedy) in PLACES.items():
        text, line = spoilt_at(part, old, new)
        # What is wrong is said at the later of two places that contradict each other, or at what is around a gap.
        elsewhere = name.startswith("twice/node-is-cti") or name in (
            "agent/login-twice-by-case",
            "agent/outside-number",
        )
        yield Hostile(f"place/{name}", text, 0 if elsewhere or name.startswith("unread/extra") else line, key, remedy)


def table() -> list[Hostile]:
    """All rows, in a fixed order."""
    return [*scalars(), *files(), *places()]
