"""The control over HTTP: who gets in, what is shown, what orders do, and that nothing is left when it stops."""

import asyncio
import contextlib
import itertools
import ssl

import pytest

from chaos.mock.control.server import CONNECTIONS
from chaos.mock.finesse.doors.listener import LINGERING_S
from chaos.wire.finesse import UserState
from tests.mock.control.lab import TOKEN, A, B, Room, agent, in_room, service, until

ANNA, BERT = "1001001", "1001002"


def test_the_page_and_the_state_are_served_at_the_address_with_the_token_and_nowhere_else() -> None:
    async def work(room: Room) -> None:
        page = await room.ask("")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"<script src=" in page.body
        kinds = [(await room.ask(name)).headers["content-type"] for name in ("page.js", "page.css", "state")]
        assert [kind.split(";")[0] for kind in kinds] == ["text/javascript", "text/css", "application/json"]
        for token in ("", "x", "a-token-that-is-tolD", "a-token-that-is-told%00", ".."):
            refused = [await room.ask(path, token=token) for path in ("", "state", "page.js")]
            refused.append(await room.ask("orders", b'{"do": "cut", "link": "cti-a"}', token=token))
            assert {one.status for one in refused} <= {400, 404}, token
        assert not room.links.is_cut
        for answer in (page, refused[0]):
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"

    in_room(work)


def test_without_the_page_programs_are_served_all_the_same() -> None:
    async def work(room: Room) -> None:
        assert [(await room.ask(path)).status for path in ("", "page.js", "state")] == [404, 404, 200]
        told = (await room.ask("")).body.decode()
        assert told.startswith("the page is off")
        assert "'mock up --web' serves it" in told
        assert b"page is off" not in (await room.ask("", token="x")).body

    in_room(work, has_page=False)


def test_a_page_of_somebody_else_can_order_nothing() -> None:
    async def work(room: Room) -> None:
        own = "http://{}:{}".format(*room.at)
        order = b'{"do": "cut", "link": "cti-a"}'
        foreign = [
            await room.ask("orders", order, Origin="http://evil.test"),
            await room.ask("orders", order, Origin="null", Sec_Fetch_Site="cross-site"),
            await room.ask("orders", order, Host="evil.test:8475", Origin="http://evil.test:8475"),
            await room.ask("orders", order, Host=""),
            await room.ask("state", Origin="http://evil.test"),
            await room.ask("", Host="evil.test"),
            await room.ask("orders", method="OPTIONS", Origin="http://evil.test"),
        ]
        assert [one.status for one in foreign] == [403, 403, 403, 400, 403, 403, 403]
        assert not any(name.startswith("access-control") for one in foreign for name in one.headers)
        form = await room.ask("orders", order, Origin=own, Content_Type="text/plain")
        assert (form.status, room.links.is_cut) == (415, False)
        assert (await room.ask("orders", order, Origin=own, Sec_Fetch_Site="same-origin")).status == 200
        assert room.links.is_cut

    in_room(work)


def test_every_request_has_a_largest_size_and_a_longest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.mock.control.server.BODY_S", 0.3)

    async def work(room: Room) -> None:
        huge = await room.ask("orders", b'{"do": "cut", "link": "cti-a' + b" " * 5000 + b'"}')
        assert huge.status == 413
        long_head = await room.ask("state", Cookie="x" * 70_000)
        assert long_head.status == 400
        promised = await room.ask("orders", b"{", Content_Length="4000")
        assert promised.status == 408
        assert (await room.ask("state")).status == 200
        assert not room.links.is_cut

    in_room(work)


def test_a_state_that_the_client_has_is_not_sent_again() -> None:
    async def work(room: Room) -> None:
        first = await room.ask("state")
        again = await room.ask("state", If_None_Match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert float(again.headers["mock-clock-s"]) >= float(first.headers["mock-clock-s"])
        await room.order(do="cut", link="cti-a")
        changed = await room.ask("state", If_None_Match=first.headers["etag"])
        assert (changed.status, changed.json["links"][0]["state"]) == (200, "cut")

    in_room(work)


def test_agents_sign_in_change_state_and_talk_and_the_node_hears_of_it() -> None:
    async def work(room: Room) -> None:
        for who in (ANNA, BERT):
            assert (await room.order(do="state", agent=who, state="LOGIN")).status == 200
        ready = await room.order(do="state", agent=ANNA, state="AVAILABLE")
        assert ready.json == {"said": f"agent {ANNA}: AVAILABLE"}
        made = await room.order(do="call", phone="2002", number="2001")
        call = (await room.ask("state")).json["calls"][0]["id"]
        assert made.json == {"said": f"2002 calls 2001: call {call}"}
        assert agent((await room.ask("state")).json, ANNA)["state"] == "RESERVED"
        assert (await room.order(do="answer", call=call, phone="2001")).status == 200

        async def node_knows() -> bool:
            return room.mock.nodes[A].webapp.user(ANNA).state == UserState.TALKING

        await until(node_knows)
        assert (await room.order(do="hold", call=call, phone="2002")).status == 200
        assert (await room.order(do="retrieve", call=call, phone="2002")).status == 200
        assert (await room.order(do="hang-up", call=call, phone="2001")).status == 200
        assert (await room.ask("state")).json["calls"] == []
        assert agent((await room.ask("state")).json, ANNA)["state"] == "AVAILABLE"

    in_room(work)


def test_what_cannot_be_done_is_refused_with_its_reason() -> None:
    async def work(room: Room) -> None:
        refused = [
            (await room.order(do="state", agent=ANNA, state="AVAILABLE"), "cannot go from LOGOUT to AVAILABLE"),
            (await room.order(do="state", agent="7", state="LOGIN"), "there is no agent '7'"),
            (await room.order(do="call", phone="2001", number="no number"), "no number"),
            (await room.order(do="answer", call=1, phone="2001"), "1"),
            (await room.order(do="stop", service="tomcat"), "there is no service 'tomcat'; there are notification-pub"),
            (await room.order(do="cut", link="cti-c"), "there is no link 'cti-c'; there are cti-a"),
            (await room.order(do="disconnect", node=A, client="x@y/z"), f"x@y/z is not connected to {A}"),
            (await room.order(do="disconnect", node="z", client="x@y/z"), "there is no node 'z'"),
        ]
        assert [(answer.status, said in answer.json["said"]) for answer, said in refused] == [(409, True)] * 8
        room.links.listens = False
        await room.order(do="cut", link="cti-a")
        taken = await room.order(do="mend", link="cti-a")
        assert (taken.status, taken.json["said"]) == (409, "x:1 is taken")
        assert (await room.order(do="fly")).status == 400

    in_room(work)


def test_services_stop_start_and_die_as_their_consoles_have_it() -> None:
    async def work(room: Room) -> None:
        assert (await room.order(do="stop", service="webapp-publisher")).status == 200
        state = (await room.ask("state")).json
        assert service(state, "webapp-publisher")["state"] == "Stopped"
        assert state["nodes"][0]["status"] == "OUT_OF_SERVICE"
        assert state["nodes"][1]["status"] == "IN_SERVICE"
        assert service(state, "webapp-publisher")["orders"] == ["start"]
        assert (await room.order(do="start", service="webapp-publisher")).status == 200
        await room.until(lambda state: state["nodes"][0]["status"] == "IN_SERVICE")

        assert (await room.order(do="kill", service="cti-b")).status == 200
        assert (await room.order(do="stop", service="awdb-primary")).status == 200
        state = (await room.ask("state")).json
        assert service(state, "cti-b")["state"] == "Stopped"  # until its Node Manager starts it again
        assert room.mock.windows["pg-b.mock.test"].list()[1].state.name == "STARTED"
        assert [service(state, id)["state"] for id in ("awdb-primary", "sql-agent-primary")] == ["Stopped"] * 2

    in_room(work)


def test_what_takes_its_time_is_under_way_and_a_second_order_waits_for_nobody() -> None:
    async def work(room: Room) -> None:
        assert (await room.order(do="kill", service="tomcat-publisher")).status == 200
        started = await room.order(do="start", service="tomcat-publisher")
        assert (started.status, started.json["said"]) == (202, f"start Tomcat on {A}: under way")
        state = (await room.ask("state")).json
        assert (service(state, "tomcat-publisher")["state"], state["nodes"][0]["status"]) == ("Starting", "down")
        again = await room.order(do="start", service="tomcat-publisher")
        assert (again.status, again.json["said"]) == (409, f"Tomcat on {A} is starting: wait for that")
        inside = await room.order(do="start", service="webapp-publisher")
        assert (inside.status, "start that first" in inside.json["said"]) == (409, True)
        await room.until(lambda state: state["nodes"][0]["status"] == "IN_SERVICE")

    in_room(work)


def test_a_start_that_fails_later_is_shown_with_its_reason() -> None:
    async def work(room: Room) -> None:
        tomcat = room.mock.nodes[A].tomcat
        await room.order(do="kill", service="tomcat-publisher")
        taken = await asyncio.start_server(lambda r, w: w.close(), room.mock.nodes[A].config.listen, tomcat.port)
        try:
            assert (await room.order(do="start", service="tomcat-publisher")).status == 202
            state = await room.until(lambda state: state["failures"])
        finally:
            taken.close()
            await taken.wait_closed()
        assert state["failures"][0]["number"] == 1
        assert state["failures"][0]["said"].startswith(f"start Tomcat on {A}: ")
        assert service(state, "tomcat-publisher")["state"] == "Stopped"

    in_room(work)


def test_clients_are_listed_by_their_doors_and_can_be_cut_off() -> None:
    async def work(room: Room) -> None:
        notification = room.mock.nodes[A].notification
        context = ssl.create_default_context(cadata=room.mock.authority.cert_pem.bytes().decode())
        reader, writer = await asyncio.open_connection(
            room.mock.nodes[A].config.listen, notification.port, ssl=context, server_hostname=A
        )
        room.writers.append(writer)
        await sign_in(reader, writer)
        client = (await room.ask("state")).json["nodes"][0]["clients"]
        assert client == [{"jid": f"{ANNA}@{A}/<b>", "door": "XMPP over TLS", "available": False}]
        assert (await room.order(do="disconnect", node=A, client=f"{ANNA}@{A}/<b>")).status == 200
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        assert (await room.ask("state")).json["nodes"][0]["clients"] == []
        assert len((await room.ask("state")).json["sides"][0]["sessions"]) == 2  # the nodes'
        assert room.mock.nodes[B].notification.sessions == ()

    in_room(work)


async def sign_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As Anna, by literal bytes."""
    names = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
    stream = f"<stream:stream {names} version='1.0' to='{A}'>"
    auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADEwMDEwMDEAbW9jay1hbm5h</auth>"
    bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>&lt;b&gt;</resource></bind>"
    iq, features = f"<iq type='set' id='1'>{bind}</iq>", b"</stream:features>"
    for said, end in ((stream, features), (auth, b"<success"), (stream, features), (iq, b"</iq>")):
        writer.write(said.encode())
        await asyncio.wait_for(reader.readuntil(end), 5)


def test_nothing_is_left_when_it_stops_with_requests_and_orders_under_way() -> None:
    async def work(room: Room) -> None:
        before = asyncio.all_tasks()
        await room.order(do="kill", service="tomcat-subscriber")
        await room.order(do="start", service="tomcat-subscriber")
        half = [await room.connect() for _ in range(20)]
        unfinished = f"POST /{TOKEN}/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        beginnings = (b"", b"GET /", f"{unfinished}Content-Length: 9\r\n\r\n{{".encode())
        for (_, writer), said in zip(half, itertools.cycle(beginnings), strict=False):
            writer.write(said)
        await room.ask("state")  # they were read before it
        async with asyncio.timeout(5):
            await room.server.stop()
        await asyncio.sleep(LINGERING_S)
        left = [repr(task) for task in asyncio.all_tasks() - before if not task.done()]
        ours = ("mock/control", "RequestHandler", "start Tomcat")
        assert [task for task in left if any(name in task for name in ours)] == []
        with pytest.raises(ConnectionRefusedError):
            await room.connect()

    in_room(work)


def test_more_connections_than_there_is_room_for_are_turned_away_and_do_no_harm() -> None:
    async def work(room: Room) -> None:
        many = [await room.connect() for _ in range(CONNECTIONS + 16)]
        *_, (last, _) = many
        assert await asyncio.wait_for(last.read(), 5) == b""
        for _, writer in many:
            writer.close()

        async def is_served() -> bool:
            with contextlib.suppress(IndexError, ConnectionError):  # turned away still
                return (await room.ask("state")).status == 200
            return False

        await until(is_served)

    in_room(work)
