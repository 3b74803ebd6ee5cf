"""Tomcat: REST by httpx, and what its life means for the Webapp."""

import asyncio
from collections.abc import Coroutine
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from chaos import clock
from chaos.mock.finesse import NodeOptions
from chaos.wire.finesse import ApiErrors, SystemConfig, User, parse_api_errors, parse_user, write_system_config
from tests.mock.finesse.lab import OTHER, PASSWORDS, lab

API = "/finesse/api"
XML = {"Content-Type": "application/xml"}


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def error(answer: httpx.Response) -> tuple[int, str | None, str | None, str | None]:
    first = parse_api_errors(answer.content).errors[0]
    return answer.status_code, first.error_type, first.error_message, first.error_data


def user(state: str, **fields: str) -> str:
    more = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<User><state>{state}</state>{more}</User>"


def test_system_info_needs_no_credentials_and_ignores_wrong_ones() -> None:
    async def main() -> None:
        async with lab() as found, found.rest(None) as nobody, found.rest("1101", "wrong") as wrong:
            for client in (nobody, wrong):
                answer = await client.get(f"{API}/SystemInfo")
                assert answer.status_code == 200
                assert "<status>IN_SERVICE</status>" in answer.text

    play(main())


def test_answers_are_dated_by_the_labs_clock() -> None:
    async def main() -> None:
        async with lab() as found, found.rest(None) as nobody:
            dates = []
            for _ in range(2):
                answer = await nobody.get(f"{API}/SystemInfo")
                dates.append(parsedate_to_datetime(answer.headers["Date"]))
                assert abs((dates[-1] - clock.wall_now()).total_seconds()) <= 1.0
                await asyncio.sleep(3600.0)
            assert (dates[1] - dates[0]).total_seconds() == pytest.approx(3600.0, abs=1.0)

    play(main())


def test_the_user_document_of_a_signed_in_agent_and_of_a_signed_out_one() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            out = parse_user((await ann.get("User/1101")).content)
            assert (out.state, out.extension, out.reason_code_id) == ("LOGOUT", "", -1)
            await ann.sign_in("2001")
            assert (await ann.put("User/1101", user("NOT_READY", reasonCodeId="17"), "why")).status_code == 202
            await ann.xmpp.until(lambda: len(ann.xmpp.states()) == 2)
            event = ann.xmpp.updates[-1][2]
            shown = parse_user((await ann.get("User/a.agent")).content)
            assert event.request_id == "why"
            assert isinstance(event.payload, User)
            for document in (event.payload, shown):
                assert document.reason_code is not None
                assert (document.reason_code_id, document.reason_code.code) == (17, 11)
                assert (document.login_name, document.extension, document.team_name) == ("a.agent", "2001", "Sales")

    play(main())


def test_a_request_that_changes_nothing_and_a_second_sign_in_keep_the_state_and_still_get_their_event() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            await ann.state("READY", "one")
            await ann.xmpp.until(lambda: ann.xmpp.states()[-1] == "READY")
            assert (await ann.state("READY", "two")).status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.updates[-1][2].request_id == "two")
            answer = await ann.put("User/1101", user("LOGIN", extension="2001"), "three")
            assert answer.status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.updates[-1][2].request_id == "three")
            assert ann.xmpp.states() == ["NOT_READY", "READY", "READY", "READY"]

    play(main())


def test_what_the_cti_server_refuses_is_told_by_an_event_with_put_in_lower_case() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            answer = await ann.put("User/1101", user("LOGIN", extension="9999"), "bad-device")
            assert answer.status_code == 202
            await ann.xmpp.until(lambda: bool(ann.xmpp.updates))
            _, node, update = ann.xmpp.updates[0]
            assert node == update.source == "/finesse/api/User/1101"
            assert update.request_id == "bad-device"
            assert isinstance(update.payload, ApiErrors)
            assert (update.payload.errors[0].error_type, update.payload.errors[0].error_data) == (
                "Invalid Device",
                "260",
            )
            assert parse_user((await ann.get("User/1101")).content).state == "LOGOUT"

    play(main())


def test_a_failed_call_action_is_a_call_operation_failure() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            body = (
                "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress>"
                "<toAddress>{}</toAddress></Dialog>"
            )
            assert (await ann.post("User/1101/Dialogs", body.format("2002"), "first")).status_code == 202
            await ann.xmpp.until(lambda: bool(ann.xmpp.dialog_events()))
            assert (await ann.post("User/1101/Dialogs", body.format("2003"), "second")).status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.updates[-1][2].request_id == "second")
            update = ann.xmpp.updates[-1][2]
            assert isinstance(update.payload, ApiErrors)
            assert update.payload.errors[0].error_type == "Call Operation Failure"

    play(main())


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("PUT", "User/1101", "<User></User>", (400, "Parameter Missing", "State Parameter missing", "state")),
        ("PUT", "User/1101", user("SLEEPING"), (400, "Invalid Input", None, "state")),
        ("PUT", "User/1101", user("LOGIN"), (400, "Parameter Missing", None, "extension")),
        ("PUT", "User/1101", user("LOGIN", extension="abc"), (400, "Bad Request", None, "abc")),
        ("PUT", "User/1101", user("NOT_READY", reasonCodeId="lunch"), (400, "Bad Request", None, None)),
        ("PUT", "User/1101", user("READY", reasonCodeId="16"), (400, "Invalid Input", None, "reasonCodeId")),
        ("PUT", "User/1101", user("READY"), (400, "Invalid State", None, "1101")),
        ("PUT", "User/1101", "<User", (400, "Bad Request", None, None)),
        ("PUT", "User/1101", "<!DOCTYPE a><User/>", (400, "Bad Request", None, None)),
        ("PUT", "User/1101", "<Dialog/>", (400, "Bad Request", None, None)),
        ("PUT", "User/1102", user("READY"), (401, "Invalid Authorization User Specified", None, "1102")),
        ("GET", "User/1102", "", (401, "Invalid Authorization User Specified", None, "1102")),
        ("GET", "Users", "", (401, "Authorization Failure", "UNAUTHORIZED", "1101")),
        ("GET", "Dialog/4711", "", (404, "Dialog Not Found", "Invalid dialogId specified for dialog", "4711")),
        ("PUT", "Dialog/x", "<Dialog/>", (404, "Dialog Not Found", None, "x")),
        ("GET", "Nothing", "", (404, "Not Found", None, None)),
        ("DELETE", "User/1101", "", (405, "Method Not Allowed", None, None)),
        ("POST", "User/1101/Dialogs", "<Dialog/>", (400, "Parameter Missing", None, "requestedAction")),
        ("GET", "SystemConfig", "", (401, "Authorization Failure", None, "1101")),
    ],
)
def test_requests_that_finesse_itself_refuses(
    method: str, path: str, body: str, expected: tuple[int, str, str | None, str | None]
) -> None:
    async def main() -> None:
        async with lab() as found, found.rest("1101") as client:
            answer = await client.request(
                method, f"{API}/{path}", content=body, headers={**XML, "requestId": "echo-me"}
            )
            status, kind, message, subject = error(answer)
            assert (status, kind) == expected[:2]
            assert expected[2] in (None, message)
            assert expected[3] in (None, subject)
            assert answer.headers["requestId"] == "echo-me"
            if status == 405:
                assert answer.headers["Allow"] == "GET,HEAD,OPTIONS,PUT"

    play(main())


def test_without_or_with_unreadable_credentials_a_request_is_unauthorized() -> None:
    async def main() -> None:
        async with lab() as found, found.rest(None) as nobody:
            for given in ({}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}):
                answer = await nobody.get(f"{API}/User/1101", headers=given)
                assert error(answer)[:3] == (401, "Authorization Failure", "UNAUTHORIZED")
                assert answer.headers["WWW-Authenticate"].startswith("Basic")

    play(main())


def test_five_wrong_passwords_lock_a_user_out_for_five_minutes() -> None:
    async def main() -> None:
        async with lab() as found, found.rest("1101") as good, found.rest("1101", "wrong") as bad:
            for _ in range(4):
                assert (await bad.get(f"{API}/User/1101")).status_code == 401
            assert (await good.get(f"{API}/User/1101")).status_code == 200
            for _ in range(5):
                assert (await bad.get(f"{API}/User/1101")).status_code == 401
            assert (await good.get(f"{API}/User/1101")).status_code == 401
            await asyncio.sleep(299)
            assert (await good.get(f"{API}/User/1101")).status_code == 401
            await asyncio.sleep(1.1)
            assert (await good.get(f"{API}/User/1101")).status_code == 200

    play(main())


def test_an_administrator_reads_users_and_reason_codes() -> None:
    async def main() -> None:
        async with lab() as found, found.rest("admin") as admin:
            assert (await admin.get(f"{API}/Users")).text.count("<User>") == 3
            assert (await admin.get(f"{API}/User/1102")).status_code == 200
            assert error(await admin.get(f"{API}/User/9"))[:3] == (404, "User Not Found", "UNKNOWN_USER")
            reasons = await admin.get(f"{API}/ReasonCodes?category=LOGOUT")
            assert (reasons.text.count("<ReasonCode>"), "End of Shift" in reasons.text) == (1, True)
            assert (await admin.get(f"{API}/ReasonCode/16")).text.count("<label>Training</label>") == 1
            assert "<host>fin-b.lab.example</host>" in (await admin.get(f"{API}/ClusterConfig")).text

    play(main())


def test_a_change_of_system_config_takes_effect_at_the_next_start_of_tomcat() -> None:
    async def main() -> None:
        async with lab() as found, found.rest("admin") as admin:
            wanted = SystemConfig("127.0.0.1", found.b.port, peripheral_id=5000)
            answer = await admin.put(f"{API}/SystemConfig", content=write_system_config(wanted), headers=XML)
            assert answer.status_code == 200
            assert f"<port>{found.b.port}</port>" in (await admin.get(f"{API}/SystemConfig")).text
            assert (len(found.a.sessions), len(found.b.sessions)) == (1, 0)
            await found.node.tomcat.stop()
            await found.node.tomcat.start()
            await found.node.until_in_service()
            assert (len(found.a.sessions), len(found.b.sessions)) == (0, 1)

    play(main())


@pytest.mark.parametrize(
    ("config", "kind", "subject"),
    [
        (SystemConfig("", 1), "Parameter Missing", "host"),
        (SystemConfig("a_b", 1), "Invalid Input", "host"),
        (SystemConfig("a", 70000), "Invalid Input", "port"),
        (SystemConfig("a"), "Parameter Missing", "port"),
        (SystemConfig("a", 1, "a", 1), "Invalid Input", "backupHost"),
        (SystemConfig("a", 1, None, 2), "Parameter Missing", "backupHost"),
        (SystemConfig("a", 1, peripheral_id=0), "Invalid Input", "peripheralId"),
    ],
)
def test_a_wrong_setting_is_refused_and_changes_nothing(config: SystemConfig, kind: str, subject: str) -> None:
    async def main() -> None:
        async with lab() as found, found.rest("admin") as admin:
            before = found.administration.cti
            answer = await admin.put(f"{API}/SystemConfig", content=write_system_config(config), headers=XML)
            assert error(answer)[:2] == (400, kind)
            assert error(answer)[3] == subject
            assert found.administration.cti == before

    play(main())


def test_the_secondary_node_is_configured_on_the_primary_one() -> None:
    async def main() -> None:
        async with lab() as found, found.rest("admin") as admin:
            body = "<ClusterConfig><secondaryNode><host>{}</host></secondaryNode></ClusterConfig>"
            answer = await admin.put(f"{API}/ClusterConfig", content=body.format("fin-c.lab.example"), headers=XML)
            assert answer.status_code == 200
            assert "fin-c.lab.example" in (await admin.get(f"{API}/ClusterConfig")).text
            for host, kind in (("", "Parameter Missing"), ("a b", "Invalid Input")):
                answer = await admin.put(f"{API}/ClusterConfig", content=body.format(host), headers=XML)
                assert error(answer)[:2] == (400, kind)
            assert found.administration.secondary_host == "fin-c.lab.example"

    play(main())


def test_configuration_is_forbidden_on_the_secondary_node() -> None:
    async def main() -> None:
        async with lab(primary_host=OTHER) as found, found.rest("admin") as admin:
            assert error(await admin.get(f"{API}/SystemConfig"))[:2] == (403, "Forbidden")

    play(main())


def test_a_webapp_that_died_leaves_503_and_an_unavailable_finesse_and_comes_back() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            for end in (found.node.webapp.die, found.node.webapp.stop):
                await end()
                await ann.xmpp.until(lambda: ann.xmpp.finesse[-1] == "unavailable")
                assert error(await ann.get("User/1101"))[:3] == (503, "Service Unavailable", "SERVER_OUT_OF_SERVICE")
                assert "OUT_OF_SERVICE" in (await ann.get("SystemInfo")).text
                await asyncio.sleep(0.1)
                assert found.a.sessions == found.b.sessions == ()
                await found.node.webapp.start()
                await found.node.until_in_service()
                await ann.xmpp.until(lambda: ann.xmpp.finesse[-1] == "available")
                assert parse_user((await ann.get("User/1101")).content).state == "NOT_READY"

    play(main())


def test_tomcat_stopped_or_dead_closes_its_port_and_takes_the_webapp_with_it() -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(tomcat_start_s=32.0)) as found:
            ann = await found.client()
            tomcat = found.node.tomcat
            for end in (tomcat.stop, tomcat.die):
                await end()
                await ann.xmpp.until(lambda: ann.xmpp.finesse[-1] == "unavailable")
                with pytest.raises(httpx.ConnectError):
                    await found.rest("1101").get(f"{API}/SystemInfo")
                start_s = clock.now()
                await tomcat.start()
                assert clock.now() - start_s == pytest.approx(32.0)
                await found.node.until_in_service()
                assert (await ann.get("User/1101")).status_code == 200

    play(main())


def test_without_the_notification_service_the_node_is_out_of_service() -> None:
    async def main() -> None:
        async with lab() as found, found.rest("1101") as client:
            await found.node.notification.stop()
            assert (await client.get(f"{API}/User/1101")).status_code == 503
            assert "OUT_OF_SERVICE" in (await client.get(f"{API}/SystemInfo")).text
            await found.node.notification.start()
            assert (await client.get(f"{API}/User/1101")).status_code == 200

    play(main())


def test_requests_on_one_user_take_turns_behind_a_cti_server_that_does_not_answer() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            link = found.node.webapp._link
            assert link is not None
            assert link._connection is not None
            link._connection.send = lambda message: None  # type: ignore[method-assign]
            start_s = clock.now()
            answers = await asyncio.gather(*(ann.state("READY") for _ in range(3)), ann.get("User/1101"))
            assert [answer.status_code for answer in answers] == [500, 500, 500, 200]
            assert error(answers[0])[:3] == (500, "Internal Server Error", "RUNTIME_EXCEPTION")
            assert clock.now() - start_s == pytest.approx(6.0, abs=0.1)

    play(main())


def test_everyone_can_sign_in() -> None:
    async def main() -> None:
        async with lab() as found:
            for number, name in enumerate(name for name in PASSWORDS if name != "admin"):
                client = await found.client(name)
                await client.sign_in(f"200{number + 1}")

    play(main())
