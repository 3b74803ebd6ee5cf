"""Documents in another spelling say the same, and are spelled the same each time."""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from chaos.mock.finesse import NodeOptions
from chaos.mock.finesse.spelling import BESIDE, respelled
from chaos.wire.finesse import (
    Action,
    ApiError,
    ApiErrors,
    CallVariable,
    Dialog,
    DialogsChange,
    DialogState,
    MediaProperties,
    Participant,
    ParticipantState,
    Team,
    Update,
    User,
    UserState,
    parse_api_errors,
    parse_document,
    parse_update,
    parse_user,
    write_api_errors,
    write_dialogs,
    write_update,
    write_user,
)
from tests.mock.finesse.failing_over import gap, play
from tests.mock.finesse.lab import lab

BASE = "https://fin-a:8445"
AT = "2026-11-30T09:15:40.118Z"
ANN = User(
    "1101",
    UserState.READY,
    "/finesse/api/User/1101",
    roles=("Agent", "Supervisor"),
    first_name="Ann & Bob",
    last_name="]]>",
    state_change_time=AT,
    team_id="5001",
    teams=(Team("5001", "A", "/finesse/api/Team/5001"), Team("5002", "B", "/finesse/api/Team/5002")),
)
CALL = Dialog(
    id="7",
    state=DialogState.ACTIVE,
    from_address="2001",
    media_properties=MediaProperties(call_variables=(CallVariable("callVariable1", "1 < 2"), CallVariable("b", "é"))),
    participants=(
        Participant("2001", ParticipantState.ACTIVE, (Action.HOLD, Action.DROP)),
        Participant("2002", ParticipantState.HELD, (Action.RETRIEVE,)),
    ),
)


def _said(value: Any) -> Any:
    """What is empty says as much as what is not there."""
    if isinstance(value, tuple):
        return tuple(map(_said, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _said(getattr(value, field.name)) for field in fields(value)})
    return None if value == "" else value


def _plain(user: User) -> User:
    """With addresses and times as captures have them."""
    assert user.state_change_time is not None
    assert datetime.fromisoformat(user.state_change_time) == datetime.fromisoformat(AT).replace(microsecond=0)
    teams = tuple(replace(team, uri=(team.uri or "").removeprefix(BASE)) for team in user.teams or ())
    return replace(user, uri=(user.uri or "").removeprefix(BASE), teams=teams, state_change_time=AT)


def test_an_answer_says_the_same_in_another_spelling() -> None:
    written = write_user(ANN)
    spelled = respelled(written, BASE)
    assert spelled != written
    assert _plain(parse_user(spelled)) == parse_user(written)
    for sign in (b"<fin:User ", b"<![CDATA[", b"&#x", b"<fin:more>", b"+02:00", BASE.encode()):
        assert sign in spelled, sign


def test_the_same_document_is_always_spelled_the_same() -> None:
    assert respelled(write_user(ANN), BASE) == respelled(write_user(ANN), BASE)


def test_lists_keep_their_order_and_get_nothing_else_into_them() -> None:
    written = write_dialogs(DialogsChange((CALL, replace(CALL, id="8"))))
    assert _said(parse_document(respelled(written, BASE))) == _said(parse_document(written))


def test_an_event_says_the_same_in_another_spelling() -> None:
    update = Update("PUT", "/finesse/api/Dialog/7", "", CALL)
    told = parse_update(respelled(write_update(update), BASE))
    assert _said(told.payload) == _said(parse_update(write_update(update)).payload)
    assert (told.event, told.source, told.request_id) == ("PUT", f"{BASE}/finesse/api/Dialog/7", None)


def test_of_several_errors_each_is_there() -> None:
    errors = ApiErrors((BESIDE, ApiError("Invalid Input", "1101", "x")))
    read = parse_api_errors(respelled(write_api_errors(errors), BASE))
    assert [one.error_type for one in read.errors] == ["Generic Error", "Invalid Input"]


@pytest.mark.parametrize("respells", [False, True])
def test_a_node_spells_its_answers_and_events_otherwise_if_it_is_told_to(respells: bool) -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(respells=respells)) as found:
            ann = await found.client()
            signs_in = "<User><state>LOGIN</state><extension>2001</extension></User>"
            assert (await ann.put("User/1101", signs_in)).status_code == (200 if respells else 202)
            await ann.xmpp.until(lambda: ann.xmpp.states() == ["NOT_READY"])
            told = [update.source for _, _, update in ann.xmpp.updates]
            assert any((source or "").startswith("https://") for source in told) is respells
            shown = await ann.get("User/1101")
            assert (b"fin:User" in shown.content) is respells
            assert ("transfer-encoding" in shown.headers) is respells
            assert (b"content-type" in dict(shown.headers.raw)) is respells
            await gap(found, ann)
            refused = await ann.get("User/1101")
            assert refused.status_code == 503
            types = [one.error_type for one in parse_api_errors(refused.content).errors]
            assert types == (["Generic Error", "Service Unavailable"] if respells else ["Service Unavailable"])

    play(main())


@pytest.mark.parametrize("twice", [False, True])
def test_a_node_may_deliver_each_item_twice(twice: bool) -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(delivers_twice=twice)) as found:
            ann = await found.client()
            await ann.sign_in("2001")
            assert len(ann.xmpp.states()) == (2 if twice else 1)

    play(main())
