"""Toxiproxy's contract: every test runs against the embedded server, on both clocks, and against the Go original.

On the virtual clock times are held to the millisecond. Sources: Toxiproxy's README and API documentation, its change
log (2.12), and measurements of the 2.12.0 server where those say nothing. Toxics: `test_contract_toxics.py`.
"""

import asyncio
import re

import pytest

from tests.toxiproxy.lab import EOF, RST, Lab, Play, port_of

NOT_FOUND = b"404 page not found\n"


# --- API -------------------------------------------------------------------------------------------------------------


def test_the_version_is_json_with_a_line_feed(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        answer = await lab.ask("GET", "/version")
        assert (answer.status, answer.body) == (200, b'{"version": "2.12.0"}\n')
        assert answer.headers["content-type"] == "application/json;charset=utf-8"

    play(scenario)


def test_a_proxy_is_created_shown_listed_and_deleted(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.ask("GET", "/proxies")).body == b"{}"
        wanted = {"name": "p", "listen": "127.0.0.1:0", "upstream": "u:1"}
        made = await lab.ask("POST", "/proxies", wanted)
        shown = (
            f'{{"name":"p","listen":"{made.json["listen"]}","upstream":"u:1","enabled":true,"Logger":{{}},"toxics":[]}}'
        )
        assert (made.status, made.body.decode(), made.headers["content-type"]) == (201, shown, "application/json")
        assert re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]+", made.json["listen"])
        one, every = await lab.ask("GET", "/proxies/p"), await lab.ask("GET", "/proxies")
        assert (one.status, one.body.decode()) == (200, shown)
        assert (every.status, every.body.decode()) == (200, f'{{"p":{shown}}}')
        gone = await lab.ask("DELETE", "/proxies/p")
        assert (gone.status, gone.body, gone.headers.get("content-type")) == (204, b"", None)
        assert (await lab.ask("GET", "/proxies/p")).status == 404

    play(scenario)


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_proxy_is_changed_by_patch_and_by_the_deprecated_post(play: Play, method: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        answer = await lab.ask(method, "/proxies/p", {"upstream": "other:2", "name": "q"})
        assert answer.status == 200
        assert answer.json["upstream"] == "other:2"
        assert (answer.json["name"], answer.json["listen"]) == ("p", f"127.0.0.1:{port}")
        assert (await lab.ask(method, "/proxies/p", {"enabled": False})).json["enabled"] is False

    play(scenario)


@pytest.mark.parametrize(
    ("listen", "shown"),
    [
        ("127.0.0.1:0", r"127\.0\.0\.1:[1-9]\d+"),
        ("localhost:0", r"127\.0\.0\.1:[1-9]\d+"),
        ("0.0.0.0:0", r"\[::\]:[1-9]\d+"),
        (":0", r"\[::\]:[1-9]\d+"),
        ("", r"\[::\]:[1-9]\d+"),
    ],
)
def test_listen_is_rewritten_to_the_bound_address(play: Play, listen: str, shown: str) -> None:
    async def scenario(lab: Lab) -> None:
        made = await lab.ask("POST", "/proxies", {"name": "p", "listen": listen, "upstream": "u:1"})
        assert re.fullmatch(shown, made.json["listen"])

    play(scenario)


def test_a_proxy_created_disabled_keeps_port_0_until_it_is_enabled(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        made = await lab.ask("POST", "/proxies", {"name": "p", "listen": ":0", "upstream": "u:1", "enabled": False})
        assert (made.json["listen"], made.json["enabled"]) == (":0", False)
        assert (await lab.ask("PATCH", "/proxies/p", {"enabled": True})).json["listen"].startswith("[::]:")

    play(scenario)


def test_a_toxic_is_shown_with_its_defaults_and_its_keys_in_order(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        made = await lab.ask("POST", "/proxies/p/toxics", {"type": "slicer", "attributes": {"delay": 3, "nonsense": 1}})
        shown = (
            b'{"attributes":{"average_size":0,"size_variation":0,"delay":3},"name":"slicer_downstream",'
            b'"type":"slicer","stream":"downstream","toxicity":1}'
        )
        assert (made.status, made.body, made.headers["content-type"]) == (200, shown, "application/json")
        assert (await lab.ask("GET", "/proxies/p/toxics/slicer_downstream")).body == shown
        gone = await lab.ask("DELETE", "/proxies/p/toxics/slicer_downstream")
        assert (gone.status, gone.body) == (204, b"")
        assert (await lab.ask("GET", "/proxies/p/toxics")).body == b"[]"

    play(scenario)


def test_toxics_are_listed_upstream_first_and_echo_the_stream_as_sent(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        for name, stream in (("a", "downstream"), ("b", "UpStream"), ("c", "downstream"), ("d", "upstream")):
            wanted = {"name": name, "type": "noop", "stream": stream, "toxicity": -0.5}
            assert (await lab.ask("POST", "/proxies/p/toxics", wanted)).status == 200
        shown = (await lab.ask("GET", "/proxies/p/toxics")).json
        order = [("b", "UpStream"), ("d", "upstream"), ("a", "downstream"), ("c", "downstream")]
        assert [(toxic["name"], toxic["stream"]) for toxic in shown] == order
        assert (await lab.ask("GET", "/proxies/p")).json["toxics"] == shown

    play(scenario)


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_only_attributes_and_toxicity_of_a_toxic_change_field_by_field(play: Play, method: str) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        path = await lab.toxic("latency", latency=5, jitter=2)
        change = {"attributes": {"latency": 9}, "toxicity": 0.25, "name": "x", "type": "noop", "stream": "downstream"}
        answer = await lab.ask(method, path, change)
        shown = (
            b'{"attributes":{"latency":9,"jitter":2},"name":"latency_upstream",'
            b'"type":"latency","stream":"upstream","toxicity":0.25}'
        )
        assert (answer.status, answer.body) == (200, shown)
        assert (await lab.ask(method, path, "{}")).body == shown

    play(scenario)


ERRORS = [
    ("POST", "/proxies", "", 400, "bad request body: EOF"),
    ("POST", "/proxies", "{", 400, "bad request body: unexpected EOF"),
    ("POST", "/proxies", "{}", 400, "missing required field: name"),
    ("POST", "/proxies", '{"name":"q"}', 400, "missing required field: upstream"),
    ("POST", "/proxies", '{"name":"p","upstream":"u:1"}', 409, "proxy already exists"),
    (
        "POST",
        "/proxies",
        '{"name":"q","upstream":"u:1","listen":"bad"}',
        500,
        "listen tcp: address bad: missing port in address",
    ),
    ("PATCH", "/proxies/p", '{"listen":"bad"}', 500, "address bad: missing port in address"),
    ("GET", "/proxies/q", None, 404, "proxy not found"),
    ("PATCH", "/proxies/q", "", 404, "proxy not found"),
    ("DELETE", "/proxies/q", None, 404, "proxy not found"),
    ("GET", "/proxies/q/toxics", None, 404, "proxy not found"),
    ("GET", "/proxies/p/toxics/q", None, 404, "toxic not found"),
    ("PATCH", "/proxies/p/toxics/q", "", 404, "toxic not found"),
    ("DELETE", "/proxies/p/toxics/q", None, 404, "toxic not found"),
    ("POST", "/proxies/p/toxics", "", 400, "bad request body: EOF"),
    ("POST", "/proxies/p/toxics", '{"type":"nonsense"}', 400, "invalid toxic type"),
    (
        "POST",
        "/proxies/p/toxics",
        '{"type":"noop","stream":"sideways"}',
        400,
        "stream was invalid, can be either upstream or downstream",
    ),
    ("POST", "/proxies/p/toxics", '{"type":"noop","name":"taken","stream":"downstream"}', 409, "toxic already exists"),
    (
        "POST",
        "/proxies/p/toxics",
        '{"type":"bandwidth","attributes":{"rate":1.5}}',
        400,
        "bad request body: json: cannot unmarshal number 1.5 into Go struct field BandwidthToxic.attributes.rate"
        " of type int64",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "text"), ERRORS)
def test_errors_are_json_labelled_as_plain_text(
    play: Play, method: str, path: str, body: str | None, status: int, text: str
) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        await lab.ask("POST", "/proxies/p/toxics", {"type": "noop", "name": "taken", "stream": "upstream"})
        answer = await lab.ask(method, path, body)
        assert (answer.status, answer.body.decode()) == (status, f'{{"error":"{text}","status":{status}}}\n')
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.fullmatch("[0-9a-v]{20}", answer.headers["x-toxiproxy-request-id"])

    play(scenario)


def test_browsers_unknown_paths_and_wrong_methods_are_turned_away(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        browser = await lab.ask("GET", "/version", User_Agent="Mozilla/5.0")
        assert (browser.status, browser.body) == (403, b"User agent not allowed\n")
        await lab.proxy("a")
        for path in ("/nonsense", "/proxies/", "/proxies/a/", "/proxies/a%2Fb", "/proxies/a/toxics/b/c"):
            lost = await lab.ask("GET", path, User_Agent="Mozilla/5.0")
            assert (lost.status, lost.body) == (404, NOT_FOUND), path
            assert "x-toxiproxy-request-id" not in lost.headers
        for method, path in (("PUT", "/proxies"), ("GET", "/reset"), ("DELETE", "/version")):
            wrong = await lab.ask(method, path)
            assert (wrong.status, wrong.body) == (405, b"")

    play(scenario)


@pytest.mark.parametrize("word", ["100-continue", "100-Continue"])
def test_who_waits_to_be_told_to_send_a_body_is_told_so(play: Play, word: str) -> None:
    """curl and .NET give up waiting after a second, or a third of one; others wait on."""

    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        reader, writer = await asyncio.open_connection(*lab.api)
        head = f"POST /proxies/p HTTP/1.1\r\nHost: lab\r\nExpect: {word}\r\nContent-Length: 17\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(5):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b'{"enabled":false}')
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()
        assert (await lab.ask("GET", "/proxies/p")).json["enabled"] is False

    play(scenario)


def test_request_ids_differ(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        ids = [(await lab.ask("GET", "/version")).headers["x-toxiproxy-request-id"] for _ in range(3)]
        assert len(set(ids)) == 3

    play(scenario)


def test_metrics_count_the_bytes_of_connections_that_have_ended(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy(name := f"metrics{id(lab)}")
        client, server = await lab.pair(port)
        client.send(b"up")
        await server.receive(2)
        server.send(b"downwards")
        await client.receive(9)
        assert name not in (await lab.ask("GET", "/metrics")).body.decode()
        await client.close()
        assert await server.ending() == EOF
        labels = f'listener="127.0.0.1:{port}",proxy="{name}",upstream="{lab.upstream.address}"'
        expected = [
            f'toxiproxy_proxy_{what}_bytes_total{{direction="{direction}",{labels}}} {count}'
            for what in ("received", "sent")
            for direction, count in (("downstream", 9), ("upstream", 2))
        ]
        for _ in range(300):  # both ends have seen the close a moment before the server counts
            found = await lab.ask("GET", "/metrics")
            if (lines := [line for line in found.body.decode().splitlines() if name in line]) == expected:
                break
            await asyncio.sleep(0.01)
        assert lines == expected
        assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
        assert b"# TYPE toxiproxy_proxy_sent_bytes_total counter\n" in found.body
        assert b"# HELP toxiproxy_proxy_sent_bytes_total \n" in found.body

    play(scenario)


# --- life of a proxy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["disable", "delete", "upstream", "listen"])
def test_disabling_deleting_or_moving_a_proxy_closes_both_sides_at_once(play: Play, how: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        client.send(b"x")
        assert await server.receive(1) == b"x"
        began_s = lab.now()
        if how == "delete":
            assert (await lab.ask("DELETE", "/proxies/p")).status == 204
        else:
            change = {
                "disable": {"enabled": False},
                "upstream": {"upstream": "u:1"},
                "listen": {"listen": "127.0.0.1:0"},
            }
            assert (await lab.ask("PATCH", "/proxies/p", change[how])).status == 200
        assert await client.ending() == EOF
        assert await server.ending() == EOF
        assert lab.took(began_s, 0)
        assert await lab.is_refused(port) == (how != "upstream")

    play(scenario)


def test_disabling_resets_a_client_whose_data_was_not_read(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("bandwidth", rate=0)
        client, _ = await lab.pair(port)
        client.send(bytes(16_000_000))
        assert await client.is_silent(0.2)
        await lab.ask("PATCH", "/proxies/p", {"enabled": False})
        assert await client.ending() == RST

    play(scenario)


def test_disable_and_enable_keep_port_and_toxics(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=200)
        await lab.ask("PATCH", "/proxies/p", {"enabled": False})
        assert await lab.is_refused(port)
        for _ in range(2):
            answer = await lab.ask("PATCH", "/proxies/p", {"enabled": True})
            assert answer.status == 200
            assert port_of(answer.json["listen"]) == port
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(b"x")
        await server.receive(1)
        assert lab.took(began_s, 0.2)

    play(scenario)


def test_moving_to_a_busy_address_disables_and_reset_reports_it(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        busy = f"127.0.0.1:{lab.api[1]}"
        text = f'{{"error":"listen tcp {busy}: bind: address already in use","status":500}}\n'
        moved = await lab.ask("PATCH", "/proxies/p", {"listen": busy})
        assert (moved.status, moved.body.decode()) == (500, text)
        shown = (await lab.ask("GET", "/proxies/p")).json
        assert (shown["listen"], shown["enabled"]) == (busy, False)
        assert await lab.is_refused(port)
        again = await lab.ask("POST", "/reset")
        assert (again.status, again.body.decode()) == (500, text)

    play(scenario)


def test_reset_enables_everything_and_removes_every_toxic(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=1000)
        await lab.toxic("noop", stream="downstream")
        await lab.ask("PATCH", "/proxies/p", {"enabled": False})
        answer = await lab.ask("POST", "/reset")
        assert (answer.status, answer.body) == (204, b"")
        shown = (await lab.ask("GET", "/proxies/p")).json
        assert (shown["enabled"], shown["toxics"], port_of(shown["listen"])) == (True, [], port)

    play(scenario)


def test_populate_leaves_an_equal_proxy_untouched_and_replaces_a_different_one(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("noop")
        same = {"name": "p", "listen": f"127.0.0.1:{port}", "upstream": lab.upstream.address, "enabled": False}
        client, server = await lab.pair(port)
        answer = await lab.ask("POST", "/populate", [same])
        assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
        assert answer.json["proxies"][0]["enabled"] is True
        assert len(answer.json["proxies"][0]["toxics"]) == 1
        client.send(b"x")
        assert await server.receive(1) == b"x"
        answer = await lab.ask("POST", "/populate", [{**same, "upstream": "u:1"}])
        assert (answer.json["proxies"][0]["toxics"], answer.json["proxies"][0]["enabled"]) == ([], False)
        assert await client.ending() == EOF

    play(scenario)


def test_populate_checks_all_first_and_stops_at_the_first_failure(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.ask("POST", "/populate", [])).body == b'{"proxies":null}'
        good = {"name": "a", "listen": "127.0.0.1:0", "upstream": "u:1"}
        answer = await lab.ask("POST", "/populate", [good, {"upstream": "u:1"}])
        text = b'{"error":"missing required field: name at proxy 2","status":400,"proxies":null}'
        assert (answer.status, answer.body, answer.headers["content-type"]) == (400, text, "application/json")
        assert (await lab.ask("GET", "/proxies")).body == b"{}"
        answer = await lab.ask(
            "POST", "/populate", [good, {**good, "name": "b", "listen": "bad"}, {**good, "name": "c"}]
        )
        assert (answer.status, answer.json["error"]) == (500, "listen tcp: address bad: missing port in address")
        assert [proxy["name"] for proxy in answer.json["proxies"]] == ["a"]
        assert set((await lab.ask("GET", "/proxies")).json) == {"a"}

    play(scenario)


def test_populating_a_wildcard_listen_again_restarts_the_proxy(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy(listen="0.0.0.0:0")
        client, _ = await lab.pair(port)
        same = {"name": "p", "listen": f"0.0.0.0:{port}", "upstream": lab.upstream.address}
        assert (await lab.ask("POST", "/populate", [same])).json["proxies"][0]["listen"] == f"[::]:{port}"
        assert await client.ending() == EOF

    play(scenario)


def test_a_refused_upstream_closes_the_client_and_resets_it_if_it_had_sent(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        closed = await lab.proxy("closed", upstream="127.0.0.1:1")
        silent = await lab.connect(closed)
        assert await silent.ending() == EOF
        chatty = await lab.connect(closed)
        chatty.send(b"x" * 1000)
        assert await chatty.ending() in (EOF, RST)  # the bytes may come after the close

    play(scenario)


def test_a_half_closed_connection_is_closed_wholly(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        client, server = await lab.pair(await lab.proxy())
        client.send(b"question")
        client.writer.write_eof()
        assert await server.receive(8) == b"question"
        assert await server.some() == b""
        assert await client.ending() == EOF
        server.send(b"reply that is lost")
        assert await server.ending() in (EOF, RST)

    play(scenario)


@pytest.mark.parametrize("upwards", [True, False])
def test_data_pass_in_order_both_ways_and_a_close_is_passed_on(play: Play, upwards: bool) -> None:
    async def scenario(lab: Lab) -> None:
        client, server = await lab.pair(await lab.proxy())
        sender, receiver = (client, server) if upwards else (server, client)
        data = bytes(range(256)) * 8000
        sender.send(data)
        assert await receiver.receive(len(data)) == data
        await sender.close()
        assert await receiver.ending() == EOF

    play(scenario)
