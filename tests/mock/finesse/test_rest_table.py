"""Every resource, every verb, every caller: what stands in the table is what Tomcat answers."""

import base64
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest

from chaos import clock
from chaos.mock.finesse.config import NodeOptions, UserRecord
from chaos.mock.finesse.resources.route import Route, Who
from chaos.wire.finesse import parse_api_errors
from tests.mock.finesse.lab import OTHER, Lab, agents, lab

API = "/finesse/api"
XML = {"Content-Type": "application/xml"}

SUPERVISOR, MEMBER, STRANGER, ADMIN = "1103", "1101", "1102", "admin"
TEAM, OTHER_TEAM = "5001", "5002"


def people() -> tuple[UserRecord, ...]:
    """Ann and her supervisor Cid are in one team, Bob is in another."""
    first, second, third = (UserRecord(a.agent_id, a.login_name, a.first_name, a.last_name) for a in agents())
    return (
        first,
        replace(second, team_id=OTHER_TEAM, team_name="Service"),
        replace(third, roles=("Agent", "Supervisor")),
    )


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


GOOD = {
    "id": MEMBER,
    "user": MEMBER,
    "team": TEAM,
    "queue": TEAM,
    "dialog": "1",
    "number": "1",
    "book": "1",
    "mrd": "1",
}
UNKNOWN = dict.fromkeys(GOOD, "999999")

BODIES = {
    ("PUT", "User/{id}"): "<User><state>READY</state></User>",
    ("POST", "User/{id}/Dialogs"): "<Dialog><requestedAction>MAKE_CALL</requestedAction></Dialog>",
    ("PUT", "Dialog/{dialog}"): "<Dialog><requestedAction>DROP</requestedAction></Dialog>",
    ("POST", "User/{id}/ClientLog"): "<ClientLog><logData>hello</logData></ClientLog>",
    ("POST", "performance"): '{"type": "list"}',
}

ALLOWED: dict[Who, set[str]] = {
    Who.ANYBODY: {"nobody", MEMBER, STRANGER, SUPERVISOR, ADMIN},
    Who.USER: {MEMBER, STRANGER, SUPERVISOR, ADMIN},
    Who.SELF: {MEMBER},
    Who.OWN: {MEMBER, ADMIN},
    Who.LED: {MEMBER, SUPERVISOR, ADMIN},
    Who.TEAM: {MEMBER, SUPERVISOR, ADMIN},
    Who.SUPERVISOR: {SUPERVISOR, ADMIN},
    Who.ADMINISTRATOR: {ADMIN},
    Who.PRIMARY: {ADMIN},
    Who.CONFIGURING: {ADMIN},
}


@dataclass(frozen=True)
class Cell:
    """One route and one caller."""

    route: Route
    caller: str

    def __str__(self) -> str:
        return f"{self.route.verb} {self.route.path} by {self.caller}"


def cells(made: Lab) -> Iterator[Cell]:
    for route in made.node.tomcat.routes:
        for caller in ("nobody", MEMBER, STRANGER, SUPERVISOR, ADMIN):
            yield Cell(route, caller)


def address(route: Route, values: dict[str, str]) -> str:
    return f"{API}/{route.path.format(**values)}"


async def ask(made: Lab, cell: Cell, values: dict[str, str], body: str | None = None) -> httpx.Response:
    given = BODIES.get((cell.route.verb, cell.route.path), "<Nothing/>") if body is None else body
    async with made.rest(None if cell.caller == "nobody" else cell.caller) as client:
        return await client.request(
            cell.route.verb,
            address(cell.route, values),
            content=given if cell.route.verb in ("PUT", "POST") else None,
            headers=XML,
        )


def error(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, parse_api_errors(answer.content).errors[0].error_type


def test_who_may_ask_is_let_in_and_everybody_else_gets_the_documented_refusal() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            for cell in cells(made):
                answer = await ask(made, cell, GOOD)
                refused = answer.status_code in (401, 403)
                if cell.caller in ALLOWED[cell.route.who]:
                    odd = cell.route.path == "User/{id}" and cell.route.verb == "PUT" and cell.caller == ADMIN
                    assert refused is odd, f"{cell}: {answer.status_code} {answer.text}"
                    assert answer.status_code < 500, f"{cell}: {answer.text}"
                    continue
                status, kind = error(answer)
                assert status == 401, f"{cell}: {answer.status_code}"
                mismatch = {Who.SELF, Who.OWN, Who.LED}
                if cell.caller == "nobody":
                    assert kind == "Authorization Failure", str(cell)
                    assert answer.headers["WWW-Authenticate"].startswith("Basic"), str(cell)
                elif cell.route.who in mismatch:
                    assert kind in ("Invalid Authorization User Specified", "Invalid Supervisor"), str(cell)
                else:
                    assert kind == "Authorization Failure", str(cell)

    play(main())


@pytest.mark.parametrize("odd", ["\u00b2", "\u0663", "9" * 4400, "-1", "1_0", "+1"], ids=ascii)
def test_what_only_looks_like_a_number_names_nothing(odd: str) -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            for cell in cells(made):
                if cell.caller != ADMIN or not {"{number}", "{book}"} & set(cell.route.path.split("/")):
                    continue
                answer = await ask(made, cell, {**GOOD, "number": quote(odd), "book": quote(odd)})
                # Of one's own, and of a team, there are other refusals before.
                assert 400 <= answer.status_code < 500, f"{cell}: {answer.status_code} {answer.text[:80]}"

    play(main())


def test_what_is_unknown_is_not_found_and_never_more_than_that() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            for cell in cells(made):
                if "{" not in cell.route.path or cell.caller != ADMIN or cell.caller not in ALLOWED[cell.route.who]:
                    continue
                answer = await ask(made, cell, UNKNOWN)
                assert error(answer)[0] == 404, f"{cell}: {answer.status_code} {answer.text}"
                assert "Not Found" in (error(answer)[1] or ""), f"{cell}: {answer.text}"

    play(main())


def test_a_body_that_is_no_document_is_a_bad_request() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            for body in ("", "<", "{", "<!DOCTYPE a><a/>", "<Other/>", "[1]", "\x00", "<a>" * 200):
                for cell in cells(made):
                    fits = cell.caller in ALLOWED[cell.route.who] and cell.caller in (MEMBER, ADMIN)
                    if cell.route.verb not in ("PUT", "POST") or not fits or cell.route.path.startswith("Dialog/"):
                        continue
                    if cell.route.path == "User/{id}" and cell.caller == ADMIN:
                        continue  # he may not act at all
                    answer = await ask(made, cell, GOOD, body)
                    assert error(answer) in ((400, "Bad Request"), (404, "Not Found")), f"{cell}: {answer.text}"

    play(main())


def test_on_the_secondary_node_configuration_is_forbidden_and_the_rest_is_served() -> None:
    async def main() -> None:
        async with lab(primary_host=OTHER, users=people()) as made:
            for cell in cells(made):
                if cell.caller != ADMIN:
                    continue
                answer = await ask(made, cell, GOOD)
                configuring = cell.route.who in (Who.PRIMARY, Who.CONFIGURING)
                assert (answer.status_code == 403) is configuring, f"{cell}: {answer.status_code}"
                if configuring:
                    assert error(answer) == (403, "Forbidden"), str(cell)

    play(main())


def test_out_of_service_everything_but_system_info_gets_503() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            await made.node.webapp.stop()
            for cell in cells(made):
                answer = await ask(made, cell, GOOD)
                if cell.route.path == "SystemInfo":
                    assert "<status>OUT_OF_SERVICE</status>" in answer.text
                    continue
                first = parse_api_errors(answer.content).errors[0]
                assert (answer.status_code, first.error_type, first.error_message) == (
                    503,
                    "Service Unavailable",
                    "SERVER_OUT_OF_SERVICE",
                ), str(cell)

    play(main())


@pytest.mark.parametrize("verb", ["GET", "PUT", "POST", "DELETE", "PATCH", "TRACE"])
def test_a_verb_that_a_resource_does_not_have_is_not_allowed_and_options_says_which_it_has(verb: str) -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(ADMIN) as client, made.rest(None) as nobody:
            had: dict[str, set[str]] = {}
            for route in made.node.tomcat.routes:
                had.setdefault(route.path, set()).add(route.verb)
            for path, verbs in had.items():
                at = f"{API}/{path.format(**GOOD)}"
                allowed = ",".join(sorted(verbs | {"OPTIONS"} | ({"HEAD"} if "GET" in verbs else set())))
                told = await nobody.options(at)
                assert (told.status_code, told.headers["Allow"], told.content) == (200, allowed, b""), path
                if verb in verbs:
                    continue
                answer = await client.request(verb, at)
                assert error(answer) == (405, "Method Not Allowed"), path
                assert answer.headers["Allow"] == allowed, path

    play(main())


def test_head_is_get_without_its_body() -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(ADMIN) as client:
            for route in made.node.tomcat.routes:
                if route.verb != "GET" or route.who is Who.SELF:
                    continue
                at = address(route, GOOD)
                got, head = await client.get(at), await client.head(at)
                assert head.status_code == got.status_code, route
                assert head.content == b"", route
                if route.path != "SystemInfo":  # the time that it shows goes on
                    assert head.headers["Content-Length"] == str(len(got.content)), route

    play(main())


def test_every_answer_is_a_well_formed_document_of_its_resource() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            for cell in cells(made):
                if cell.route.verb != "GET" or cell.caller not in (MEMBER, ADMIN):
                    continue
                answer = await ask(made, cell, GOOD)
                if answer.status_code != 200:
                    continue
                assert answer.headers["Content-Type"] == "application/xml; charset=utf-8", str(cell)
                assert answer.content.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'), str(
                    cell
                )
                name = [part for part in cell.route.path.split("/") if not part.startswith("{")][-1]
                root = ElementTree.fromstring(answer.content).tag
                others = {
                    "default": "LayoutConfig",
                    "Media": "MediaList",
                    "MediaDomain": "MediaDomains",
                    "WorkFlows": "Workflows",
                }
                if cell.route.path == "Team/{team}/LayoutConfig":
                    name = "TeamLayoutConfig"
                assert root == others.get(name, name), str(cell)

    play(main())


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("/finesse/api/User/1101/", 200),
        ("/finesse/api//User/1101", 200),
        ("//finesse/api/User/1101", 200),
        ("//finesse//api/User/1101?x=y", 200),
        ("/finesse/api/User/1101;jsessionid=0123456789ABCDEF", 200),
        ("/finesse;x=y/api;/User/1101?a=;b", 200),
        ("/finesse/api/Team/../User/./1101", 200),
        ("/finesse/api/User/x/..", 404),
        ("/../../finesse/api/SystemInfo", 200),
        ("//fin-b.test/finesse/api/SystemInfo", 404),
        ("/finesse/api/User//1101//", 200),
        ("/finesse/api/User/%31101", 200),
        ("/finesse/api/User/a%2Eagent", 200),
        ("/finesse/api/SystemInfo/", 200),
        ("/finesse/api/User/a%2Fagent", 401),
        ("/finesse/api/User/%00", 401),
        ("/finesse/api/User/%E4%B8%AD", 401),
        ("/finesse/api/User/%ff", 401),
        ("/finesse/api/User/1101?x=y&x=%", 200),
        ("/finesse/api/user/1101", 404),
        ("/finesse/api/USER/1101", 404),
        ("/finesse/API/User/1101", 404),
        ("/finesse/api/User", 404),
        ("/finesse/api", 404),
        ("/finesse/api/", 404),
        ("/finesse/api/User/1101/Dialogs/5/6", 404),
        ("/finesse", 404),
        ("/", 404),
    ],
)
def test_slashes_and_encoded_ids_do_not_matter_and_letter_case_does(spelt: str, meant: int) -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(MEMBER) as client:
            url = client.base_url.copy_with(raw_path=spelt.encode())
            answer = await client.send(client.build_request("GET", url))
            assert answer.status_code == meant, answer.text
            if meant != 200:
                assert error(answer)[0] == meant

    play(main())


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/json"},
        {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        {"Accept": "nonsense"},
        {"Content-Type": "text/xml"},
        {"Content-Type": "application/xml;charset=UTF-8"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Accept-Encoding": "identity;q=1, *;q=0"},
    ],
)
def test_whatever_a_client_says_it_sends_or_wants_xml_is_read_and_answered(headers: dict[str, str]) -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(MEMBER) as client:
            got = await client.get(f"{API}/User/1101", headers=headers)
            assert (got.status_code, got.headers["Content-Type"]) == (200, "application/xml; charset=utf-8")
            body = "<User><state>LOGIN</state><extension>2001</extension></User>"
            assert (await client.put(f"{API}/User/1101", content=body, headers=headers)).status_code == 202

    play(main())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (
            "<ReasonCode><category>NOT_READY</category><code>77</code><label>Büro</label><forAll>true</forAll></ReasonCode>",
            c,
        )
        for c in ("application/xml; charset=utf-8", "application/xml; charset=iso-8859-1", 'text/xml; charset="UTF-16"')
    ],
)
def test_a_body_is_read_in_the_charset_that_its_content_type_names(body: str, content_type: str) -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(ADMIN) as client:
            charset = content_type.partition("charset=")[2].strip('"')
            sent = await client.post(
                f"{API}/ReasonCode", content=body.encode(charset), headers={"Content-Type": content_type}
            )
            assert sent.status_code == 200, sent.text
            assert "<label>Büro</label>" in (await client.get(sent.headers["Location"])).text

    play(main())


def test_credentials_are_read_as_utf_8_and_a_password_may_have_colons() -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(None) as client:
            for given in (b"1101:secret1", b"a.agent:wrong", b"1101", b":", b"1101:sec\xffret"):
                header = {"Authorization": "Basic " + base64.b64encode(given).decode()}
                answer = await client.get(f"{API}/User/1101", headers=header)
                assert answer.status_code == (200 if given == b"1101:secret1" else 401)

    play(main())


def test_user_auth_mode_can_be_switched_off() -> None:
    async def main() -> None:
        async with lab(users=people()) as made, made.rest(None) as nobody:
            assert "<authMode>NON_SSO</authMode>" in (await nobody.get(f"{API}/UserAuthMode/a.agent")).text
        async with lab(users=people(), options=NodeOptions(user_auth_mode=False)) as made, made.rest(None) as nobody:
            answer = await nobody.get(f"{API}/UserAuthMode/a.agent")
            assert error(answer) == (403, "Forbidden")
            assert "UserAuthModeService is disabled" in answer.text

    play(main())


def test_a_reason_is_demanded_where_some_are_configured_for_that_state() -> None:
    """Developer guide, User—Change Agent State With Reason Code: mandatory, if codes are configured for the state."""

    async def main() -> None:
        options = NodeOptions(reasons_required=True)
        async with lab(users=people(), options=options) as made, made.rest("1101") as ann, made.rest("1102") as bob:

            async def put(who: httpx.AsyncClient, user: str, body: str) -> httpx.Response:
                return await who.put(f"{API}/User/{user}", content=f"<User>{body}</User>")

            login = "<state>LOGIN</state><extension>2001</extension>"
            assert (await put(ann, "1101", login)).status_code == 202
            assert (await put(ann, "1101", "<state>READY</state>")).status_code == 202
            for state in ("NOT_READY", "LOGOUT"):
                refused = await put(ann, "1101", f"<state>{state}</state>")
                assert error(refused) == (400, "Parameter Missing")
                assert "<ErrorData>reasonCodeId</ErrorData>" in refused.text
            wrong = "<state>LOGOUT</state><reasonCodeId>16</reasonCodeId>"  # one of Not Ready
            assert error(await put(ann, "1101", wrong)) == (400, "Invalid Input")
            away = "<state>NOT_READY</state><reasonCodeId>16</reasonCodeId>"
            assert (await put(ann, "1101", away)).status_code == 202
            leaving = "<state>LOGOUT</state><reasonCodeId>26</reasonCodeId>"
            assert (await put(ann, "1101", leaving)).status_code == 202

            # Nobody has one for signing out any more.
            assert (await put(bob, "1102", login.replace("2001", "2002"))).status_code == 202
            async with made.rest("admin") as admin:
                assert (await admin.delete(f"{API}/ReasonCode/26")).status_code == 200
            assert (await put(bob, "1102", "<state>LOGOUT</state>")).status_code == 202

    play(main())
