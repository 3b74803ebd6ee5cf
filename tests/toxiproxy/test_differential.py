"""The same calls to the embedded server and to the Go original; the answers have to be the same, to the byte."""

import json
import re

import pytest

from tests.toxiproxy.lab import Answer, Lab, play_embedded, play_foreign

P, T = "/proxies", "/proxies/p/toxics"
NEW = {"upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"}

Call = tuple[str, str, object]


def _made(name: str, **fields: object) -> Call:
    return "POST", P, {"name": name, **NEW, **fields}


SCRIPTS: dict[str, list[Call]] = {
    "bodies of proxies": [
        ("POST", P, body)
        for body in (
            *("", "{", "[]", "null", "5", "nope", '"x"', '{"name":5}', '{"name":"a","enabled":"x"}', '{"name":"a",}'),
            *(
                '{"name":"a" "b"}',
                '{"name":"a","upstream":[1]}',
                '{"name":"a","upstream":null}',
                "\u00ff",
                '{"name":"a\n"}',
            ),
            *(
                '{"name":1.5,"upstream":{}}',
                '{"name":tru}',
                '{"name":"\\x"}',
                '{"name":"a","upstream":"u:1","Logger":5}',
            ),
            *(
                '{"Name":"a","UPSTREAM":"u:1","listen":"127.0.0.1:0"} tail',
                '{"name":"b","upstream":"u:1","Logger":{"a":1}}',
            ),
            {"name": 'c <>&é\u2028"', **NEW},
        )
    ]
    + [("GET", P, None), ("GET", f"{P}/c%20%3C%3E&%C3%A9%E2%80%A8%22", None)],
    "listen addresses": [
        call
        for number, listen in enumerate(
            (
                *(
                    "bad",
                    "127.0.0.1:99999",
                    "127.0.0.1:x",
                    ":0",
                    "0.0.0.0:0",
                    "localhost:0",
                    "127.0.0.1:-1",
                    "127.0.0.1:",
                ),
                *("", "::1:80", "192.0.2.1:0", "[::1", "[::]:0", "[127.0.0.1]:0", "1:2:3", "[::1]x:1", "[::1]"),
            )
        )
        for call in (
            _made(f"l{number}", listen=listen),
            ("PATCH", f"{P}/l{number}", {"listen": "bad", "enabled": False}),
            _made(f"m{number}", listen=listen, enabled=False),
            ("PATCH", f"{P}/m{number}", {"listen": listen}),
            ("PATCH", f"{P}/m{number}", {"enabled": True}),
        )
    ],
    "names": [_made("a/b"), ("GET", f"{P}/a/b", None), ("GET", f"{P}/a%2Fb", None), ("GET", "//proxies", None)]
    + [("GET", "/proxies/./x", None), ("GET", "/proxies/../version", None), ("GET", "/proxies?x=1", None)]
    + [
        (method, path, None)
        for method in ("GET", "PUT", "DELETE", "PATCH")
        for path in (P, "/reset", "/", "/x", f"{P}/")
    ],
    "bodies of toxics": [_made("p")]
    + [
        ("POST", T, body)
        for body in (
            *(
                "",
                "{}",
                '{"type":5}',
                {"type": "latency"},
                {"type": "latency"},
                {"type": "latency", "stream": "UpStream"},
            ),
            *({"type": "bogus"}, {"type": "bogus", "stream": "x"}, {"type": "bandwidth", "attributes": {"rate": "x"}}),
            *({"type": "bandwidth", "attributes": 5}, {"type": "bandwidth", "name": "n", "attributes": None}),
            *(
                {"type": "slicer", "toxicity": "x"},
                {"type": "slicer", "toxicity": 0.1, "attributes": {"average_size": 9, "z": 1}},
            ),
            *({"type": "limit_data", "toxicity": -3, "attributes": {"Bytes": 10}}, {"type": "noop", "toxicity": 1e-7}),
            *(
                {"type": "timeout", "attributes": {"timeout": 10**20}},
                {"type": "timeout", "attributes": {"timeout": 1e3}},
            ),
            *(
                {"type": "timeout", "attributes": [1]},
                {"type": "slow_close", "attributes": {"delay": -5}, "toxicity": 16777217},
            ),
            *(
                {"type": "reset_peer", "attributes": {"timeout": True}},
                {"type": "reset_peer", "attributes": {"timeout": {}}},
            ),
            {"type": "slicer", "name": "s", "attributes": {"size_variation": "a", "average_size": "b"}},
            '{"type":"latency","name":"twice","attributes":{"latency":1},"attributes":{"jitter":2}}',
            *(
                '{"type":"latency","name":"d","toxicity":1e400}',
                '{"type":"latency","name":null}',
                '{"type":"latency","stream":""}',
            ),
        )
    ]
    + [("GET", T, None), ("GET", f"{P}/p", None), ("PATCH", f"{T}/latency_downstream", "")]
    + [
        ("PATCH", f"{T}/latency_downstream", body)
        for body in (
            *(
                {"attributes": {"latency": 5}, "toxicity": 0.3, "name": "z"},
                {"attributes": {"jitter": 7}},
                {"attributes": None},
            ),
            *(
                {"toxicity": None},
                {"attributes": {"latency": None}},
                {"attributes": 5},
                {"toxicity": "x"},
                "[]",
                "null",
            ),
        )
    ]
    + [
        ("DELETE", f"{T}/n", None),
        ("DELETE", f"{T}/n", None),
        ("GET", T, None),
        ("POST", "/reset", None),
        ("GET", P, None),
    ],
    "populate": [
        ("POST", "/populate", body)
        for body in (
            *("", "[]", "{}", "null", "[null]", "[5]", '[{"name":"p"}]', '[{"upstream":"p"}]', '[{"name":5}]'),
            *('[{"name":"a","enabled":5}]', '{"name":"x"}', '"x"', "5"),
            [{"name": "a", **NEW}, {"name": "b"}],
            [{"name": "a", **NEW}, {"name": "b", **NEW, "listen": "bad"}, {"name": "c", **NEW}],
            [{"name": "d", "upstream": "u:1", "enabled": False}],
            [{"name": "d", "upstream": "u:1", "enabled": True}],
            '[{"name":"a","upstream":"u:1","listen":"bad"}]',
        )
    ]
    + [("GET", P, None)],
    "life": [
        *(_made("p"), _made("p"), ("PATCH", f"{P}/p", {"enabled": False}), ("PATCH", f"{P}/p", {"enabled": False})),
        *(("POST", f"{P}/p", {"enabled": True}), ("PATCH", f"{P}/p", {"upstream": ""}), ("PATCH", f"{P}/p", "null")),
        *(("PATCH", f"{P}/p", {"listen": "127.0.0.1:1234567"}), ("GET", f"{P}/p", None), ("DELETE", f"{P}/p", None)),
        *(("DELETE", f"{P}/p", None), ("GET", P, None)),
    ],
}


def _essence(answer: Answer) -> tuple[int, dict[str, str], str]:
    """Status, headers and body without what differs by chance: ports, ids, the name of the implementation, the date."""
    kept = ("content-type", "x-content-type-options", "x-toxiproxy-request-id", "location")
    headers = {name: re.sub("^[0-9a-v]{20}$", "ID", answer.headers[name]) for name in kept if name in answer.headers}
    return answer.status, headers, re.sub(r'("listen":"[^"]*):[1-9]\d{3,4}"', r'\1:PORT"', answer.body.decode())


@pytest.mark.timeout(360)
@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_both_servers_answer_the_same(script: str, go_api_alone: tuple[str, int]) -> None:
    async def scenario(lab: Lab) -> None:
        found.append([_essence(await lab.ask(method, path, body)) for method, path, body in SCRIPTS[script]])

    found: list[list[tuple[int, dict[str, str], str]]] = []
    play_embedded(scenario, virtual=False)
    play_foreign(scenario, go_api_alone)
    for call, ours, theirs in zip(SCRIPTS[script], *found, strict=True):
        assert ours == theirs, json.dumps(call)
