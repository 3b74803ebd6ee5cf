"""What agents and supervisors do to calls, over the node, the CTI link and the switch."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chaos import clock
from chaos.wire.finesse import (
    ApiErrors,
    Dialog,
    DialogsChange,
    parse_api_errors,
    parse_dialog,
    parse_dialogs,
    parse_user,
)
from tests.mock.finesse.lab import Client, Lab, lab
from tests.mock.finesse.test_rest_table import people


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def body(action: str, **fields: str) -> str:
    more = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<Dialog><requestedAction>{action}</requestedAction>{more}</Dialog>"


def error(answer: httpx.Response) -> tuple[int, str | None, str | None]:
    first = parse_api_errors(answer.content).errors[0]
    return answer.status_code, first.error_type, first.error_data


async def dialogs(client: Client) -> list[Dialog]:
    return list(parse_dialogs((await client.get(f"User/{client.user}/Dialogs")).content).dialogs)


def parties(dialog: Dialog) -> dict[str, str]:
    return {str(one.media_address): str(one.state) for one in dialog.participants or ()}


@dataclass
class Talk:
    """Ann (2001), her supervisor Cid (2003) and Bob (2002) of another team are signed in; Ann talks to Bob."""

    made: Lab
    ann: Client
    bob: Client
    cid: Client
    dialog: str

    async def act(self, client: Client, action: str, dialog: str = "", **fields: str) -> httpx.Response:
        return await client.put(f"Dialog/{dialog or self.dialog}", body(action, **fields), "mine")

    async def settled(self) -> None:
        await asyncio.sleep(0.2)


@asynccontextmanager
async def talking() -> AsyncIterator[Talk]:
    async with lab(users=people()) as made:
        ann, bob, cid = [await made.client(user) for user in ("1101", "1102", "1103")]
        for client, extension in ((ann, "2001"), (bob, "2002"), (cid, "2003")):
            await client.sign_in(extension)
        call = body("MAKE_CALL", fromAddress="2001", toAddress="2002")
        assert (await ann.post("User/1101/Dialogs", call)).status_code == 202
        await bob.xmpp.until(lambda: bool(bob.xmpp.dialog_events()))
        dialog = bob.xmpp.dialog_events()[0][1]
        assert (await bob.put(f"Dialog/{dialog}", body("ANSWER", targetMediaAddress="2002"))).status_code == 202
        await bob.xmpp.until(lambda: bob.xmpp.states()[-1] == "TALKING")
        yield Talk(made, ann, bob, cid, dialog)


def test_call_data_are_changed_without_saying_whose_they_are() -> None:
    async def main() -> None:
        async with talking() as talk:
            given = body("UPDATE_CALL_DATA", mediaProperties="<wrapUpReason>Sales</wrapUpReason>")
            assert (await talk.ann.put(f"Dialog/{talk.dialog}", given)).status_code == 202
            await talk.settled()
            (shown,) = await dialogs(talk.bob)
            assert shown.media_properties is not None
            assert shown.media_properties.wrap_up_reason == "Sales"

    play(main())


def test_what_does_not_fit_into_a_cti_field_is_refused_by_the_name_that_clients_know() -> None:
    async def main() -> None:
        async with talking() as talk:
            given = body("UPDATE_CALL_DATA", mediaProperties=f"<wrapUpReason>{'w' * 200}</wrapUpReason>")
            assert error(await talk.ann.put(f"Dialog/{talk.dialog}", given)) == (400, "Invalid Input", "wrapUpReason")
            call = body("MAKE_CALL", fromAddress="2003", toAddress="9" * 3000)
            refused = await talk.cid.post("User/1103/Dialogs", call)
            assert error(refused) == (400, "Invalid Input", "toAddress")

    play(main())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 202),
        ("0123456789*#ABCD", 202),
        ("", (400, "Parameter Missing", "dtmfString")),
        ("12x", (400, "Invalid Input", "dtmfString")),
        ("1" * 40, (400, "Invalid Input", "dtmfString")),
    ],
)
def test_tones_are_sent_as_the_guide_has_them(value: str, expected: Any) -> None:
    async def main() -> None:
        async with talking() as talk:
            params = f"<ActionParam><name>dtmfString</name><value>{value}</value></ActionParam>"
            answer = await talk.act(talk.ann, "SEND_DTMF", targetMediaAddress="2001", actionParams=params)
            assert (answer.status_code if expected == 202 else error(answer)) == expected
            await talk.settled()
            assert not any(isinstance(u.payload, ApiErrors) for _, _, u in talk.ann.xmpp.updates)

    play(main())


def test_tones_into_a_held_call_are_an_invalid_state() -> None:
    async def main() -> None:
        async with talking() as talk:
            await talk.act(talk.ann, "HOLD", targetMediaAddress="2001")
            await talk.settled()
            params = "<ActionParam><name>dtmfString</name><value>1</value></ActionParam>"
            answer = await talk.act(talk.ann, "SEND_DTMF", targetMediaAddress="2001", actionParams=params)
            assert error(answer)[:2] == (401, "Invalid State")

    play(main())


def test_a_single_step_transfer_drops_who_asked_for_it_and_rings_at_the_other() -> None:
    async def main() -> None:
        async with talking() as talk:
            for fields, expected in (
                ({}, (400, "Parameter Missing", "toAddress")),
                ({"toAddress": "2002"}, (400, "Invalid Destination", "2002")),
            ):
                answer = await talk.act(talk.ann, "TRANSFER_SST", targetMediaAddress="2001", **fields)
                assert error(answer) == expected
            answer = await talk.act(talk.ann, "TRANSFER_SST", targetMediaAddress="2001", toAddress="2003")
            assert answer.status_code == 202
            await talk.cid.xmpp.until(lambda: bool(talk.cid.xmpp.dialog_events()))
            await talk.settled()
            assert await dialogs(talk.ann) == []
            gone = [u.payload for _, _, u in talk.ann.xmpp.updates if str(u.event) == "DELETE"]
            first = gone[0]
            assert isinstance(first, DialogsChange)
            assert (first.dialogs[0].state, parties(first.dialogs[0])["2001"]) == ("DROPPED", "DROPPED")
            (shown,) = await dialogs(talk.cid)
            assert shown.id == talk.dialog
            assert (parties(shown)["2002"], parties(shown)["2003"]) == ("ACTIVE", "ALERTING")
            assert (await talk.act(talk.cid, "ANSWER", targetMediaAddress="2003")).status_code == 202
            await talk.settled()
            assert parties((await dialogs(talk.bob))[0])["2003"] == "ACTIVE"

    play(main())


def test_a_consultation_names_its_call_and_is_named_by_what_becomes_of_both() -> None:
    async def main() -> None:
        async with talking() as talk:
            answer = await talk.act(talk.ann, "CONSULT_CALL", targetMediaAddress="2001", toAddress="2003")
            assert answer.status_code == 202
            await talk.settled()
            (consulting,) = await dialogs(talk.cid)
            assert consulting.associated_dialog_uri == f"/finesse/api/Dialog/{talk.dialog}"
            assert consulting.media_properties is not None
            assert consulting.media_properties.call_type == "CONSULT"
            assert (
                await talk.act(talk.cid, "ANSWER", str(consulting.id), targetMediaAddress="2003")
            ).status_code == 202
            await talk.settled()
            assert (await talk.act(talk.ann, "CONFERENCE", targetMediaAddress="2001")).status_code == 202
            await talk.settled()
            for client in (talk.ann, talk.bob, talk.cid):
                (joined,) = await dialogs(client)
                assert (joined.id, joined.secondary_id) == (talk.dialog, consulting.id)
                assert joined.associated_dialog_uri == ""
            # Only a supervisor who takes part may drop somebody else.
            refused = await talk.act(talk.bob, "PARTICIPANT_DROP", targetMediaAddress="2001")
            assert error(refused)[:2] == (401, "Authorization Failure")
            unknown = await talk.act(talk.cid, "PARTICIPANT_DROP", targetMediaAddress="2009")
            assert error(unknown)[:2] == (400, "Generic Error")
            assert (await talk.act(talk.cid, "PARTICIPANT_DROP", targetMediaAddress="2001")).status_code == 202
            await talk.settled()
            assert await dialogs(talk.ann) == []
            (left,) = await dialogs(talk.bob)
            assert parties(left) == {"2001": "DROPPED", "2002": "ACTIVE", "2003": "ACTIVE"}

    play(main())


def test_a_supervisor_hears_a_call_of_his_agent_and_barges_in() -> None:
    async def main() -> None:
        async with talking() as talk:
            cases = (
                (talk.ann, "1101", {"fromAddress": "2001", "toAddress": "2002"}, (401, "Authorization Failure")),
                (talk.cid, "1103", {"fromAddress": "2003"}, (400, "Parameter Missing")),
                (talk.cid, "1103", {"fromAddress": "2003", "toAddress": "2002"}, (400, "Invalid Destination")),
                (talk.cid, "1103", {"fromAddress": "2003", "toAddress": "2009"}, (400, "Invalid Destination")),
                (talk.cid, "1103", {"fromAddress": "2009", "toAddress": "2001"}, (400, "Invalid Input")),
            )
            for client, user, fields, expected in cases:
                answer = await client.post(f"User/{user}/Dialogs", body("SILENT_MONITOR", **fields))
                assert error(answer)[:2] == expected
            monitor = body("SILENT_MONITOR", fromAddress="2003", toAddress="2001")
            await talk.cid.state("READY")
            await talk.settled()
            assert error(await talk.cid.post("User/1103/Dialogs", monitor))[:2] == (400, "Invalid State")
            await talk.cid.state("NOT_READY")
            await talk.settled()
            assert (await talk.cid.post("User/1103/Dialogs", monitor)).status_code == 202
            await talk.settled()
            (heard,) = await dialogs(talk.cid)
            assert heard.media_properties is not None
            assert heard.media_properties.call_type == "SUPERVISOR_MONITOR"
            actions = {one.media_address: one.actions for one in heard.participants or ()}
            assert actions == {"2003": ("BARGE_CALL", "DROP"), "2001": ()}
            assert parse_user((await talk.cid.get("User/1103")).content).state == "TALKING"
            assert len(await dialogs(talk.ann)) == 2
            where = f"/finesse/api/Dialog/{heard.id}"
            incomplete = body("BARGE_CALL", fromAddress="2003", toAddress="2001")
            assert error(await talk.cid.post("User/1103/Dialogs", incomplete))[:2] == (400, "Parameter Missing")
            barge = body("BARGE_CALL", fromAddress="2003", toAddress="2001", associatedDialogUri=where)
            assert (await talk.cid.post("User/1103/Dialogs", barge)).status_code == 202
            await talk.settled()
            (joined,) = await dialogs(talk.cid)
            assert (joined.id, parties(joined)) == (
                talk.dialog,
                {"2001": "ACTIVE", "2002": "ACTIVE", "2003": "ACTIVE"},
            )
            assert len(await dialogs(talk.ann)) == 1

    play(main())


def test_who_may_read_a_users_dialogs_may_read_each_of_them_and_nobody_else() -> None:
    """A supervisor or a wallboard follows the `uri` of a dialog that it was given in a list."""

    async def main() -> None:
        async with talking() as talk:
            for reader in ("admin", "1103", "1101", "1102"):
                async with talk.made.rest(reader) as client:
                    got = await client.get(f"/finesse/api/Dialog/{talk.dialog}")
                    assert got.status_code == 200, reader
                    assert parse_dialog(got.content).id == talk.dialog
                    assert (await client.get("/finesse/api/Dialog/9999999")).status_code == 404
            assert (await talk.act(talk.ann, "DROP", targetMediaAddress="2001")).status_code == 202
            await talk.settled()
            call = body("MAKE_CALL", fromAddress="2002", toAddress="5550100")
            assert (await talk.bob.post("User/1102/Dialogs", call)).status_code == 202
            await talk.settled()
            (own,) = await dialogs(talk.bob)
            for reader, status in (("admin", 200), ("1102", 200), ("1103", 404), ("1101", 404)):
                async with talk.made.rest(reader) as client:
                    assert (await client.get(f"/finesse/api/Dialog/{own.id}")).status_code == status, reader

    play(main())


def test_a_supervisor_signs_an_agent_of_his_out_while_he_talks_and_puts_nobody_elses() -> None:
    async def main() -> None:
        async with talking() as talk:
            logout = "<User><state>LOGOUT</state></User>"
            assert error(await talk.cid.put("User/1102", logout)) == (401, "Invalid Supervisor", "1102")
            assert error(await talk.cid.put("User/9999", logout))[:2] == (404, "User Not Found")
            with_reason = "<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>"
            assert error(await talk.cid.put("User/1101", with_reason)) == (400, "Invalid Input", "reasonCodeId")
            work = "<User><state>WORK</state></User>"
            assert error(await talk.cid.put("User/1101", work)) == (400, "Invalid Input", "state")
            not_ready = "<User><state>NOT_READY</state></User>"
            assert error(await talk.cid.put("User/1101", not_ready))[:2] == (400, "Invalid State"), "she talks"
            assert (await talk.cid.put("User/1101", logout)).status_code == 202
            await talk.ann.xmpp.until(lambda: talk.ann.xmpp.states()[-1] == "LOGOUT")
            shown = parse_user((await talk.ann.get("User/1101")).content)
            assert shown.reason_code is not None
            assert shown.reason_code.code == 999

    play(main())


def test_a_supervisor_makes_an_agent_of_his_ready_and_not_ready() -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            ann, cid = await made.client("1101"), await made.client("1103")
            await ann.sign_in("2001")
            for state in ("READY", "NOT_READY"):
                assert (await cid.put("User/1101", f"<User><state>{state}</state></User>")).status_code == 202
                await ann.xmpp.until(lambda state=state: ann.xmpp.states()[-1] == state)  # type: ignore[misc]
            shown = parse_user((await ann.get("User/1101")).content)
            assert shown.reason_code is not None
            assert (shown.reason_code.code, shown.reason_code.label) == (999, "Supervisor Initiated")

    play(main())


def test_recording_is_not_implemented_on_cce() -> None:
    async def main() -> None:
        async with talking() as talk:
            answer = await talk.act(talk.ann, "START_RECORDING", targetMediaAddress="2001")
            assert error(answer)[:2] == (501, "Not Implemented")

    play(main())


@pytest.mark.parametrize(
    ("mobile", "expected"),
    [
        ("<mode>CALL_BY_CALL</mode><dialNumber>5550100 </dialNumber>", None),
        ("<mode>NAILED_CONNECTION</mode><dialNumber>5550100</dialNumber>", None),
        ("<dialNumber>5550100</dialNumber>", (400, "Parameter Missing", "mode")),
        ("<mode>BY_PIGEON</mode><dialNumber>1</dialNumber>", (400, "Invalid Input", "mode")),
        ("<mode>CALL_BY_CALL</mode><dialNumber></dialNumber>", (400, "Parameter Missing", "dialNumber")),
    ],
)
def test_a_mobile_agent_is_shown_as_one_until_the_node_loses_its_cti_session(mobile: str, expected: Any) -> None:
    async def main() -> None:
        async with lab(users=people()) as made:
            ann = await made.client("1101")
            given = f"<User><state>LOGIN</state><extension>2001</extension><mobileAgent>{mobile}</mobileAgent></User>"
            answer = await ann.put("User/1101", given)
            if expected is not None:
                assert error(answer) == expected
                return
            assert answer.status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.states()[-1:] == ["NOT_READY"])
            shown = parse_user((await ann.get("User/1101")).content).mobile_agent
            assert shown is not None
            assert (f"<mode>{shown.mode}<" in mobile, shown.dial_number) == (True, "5550100")
            await made.a.die()
            await ann.xmpp.until(lambda: ann.xmpp.statuses()[-2:] == ["OUT_OF_SERVICE", "IN_SERVICE"])
            assert parse_user((await ann.get("User/1101")).content).mobile_agent is None

    play(main())
