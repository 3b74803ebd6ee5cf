"""What a broken node writes into one field of its documents after a fail-over."""

import pytest

from chaos.mock.defects.axes import FIELDS
from chaos.mock.finesse.hooks.fields import with_wrong
from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.wire.finesse import CtiServer, Dialog, MediaProperties, Node, Participant, ReasonCode, SystemInfo, User
from tests.mock.finesse.lab import node_defects
from tests.mock.finesse.test_hooks_events import after_gap, play

USER = User("1101", "NOT_READY", reason_code=ReasonCode(10, "Training", id=16), reason_code_id=16, login_name="ann")
CALL = Dialog(
    "7",
    "ACTIVE",
    media_properties=MediaProperties(call_type="AGENT_INSIDE", dialed_number="2102"),
    participants=(
        Participant(
            "2101", "ACTIVE", start_time="2026-03-02T08:00:00.000Z", state_change_time="2026-03-02T08:00:01.500Z"
        ),
    ),
)


@pytest.mark.parametrize("field", FIELDS)
def test_one_field_is_wrong_in_the_document_that_has_it_and_nothing_else(field: str) -> None:
    wrong = [one for one in (USER, CALL) if with_wrong(one, field) != one]
    assert len(wrong) == 1


def test_a_time_is_an_hour_too_early() -> None:
    told = with_wrong(CALL, "stateChangeTime")
    assert isinstance(told, Dialog)
    assert [one.state_change_time for one in told.participants or ()] == ["2026-03-02T07:00:01.500Z"]


def test_events_say_something_else_after_a_fail_over_by_their_defect_only() -> None:
    async def main() -> None:
        for text, is_wrong in (
            ("fields-otherwise@field=loginName", True),
            ("fields-otherwise@field=loginName,event=dialog-new", False),
            ("fields-otherwise@field=callType", False),
            ("gap-500", False),
        ):
            hooks, clients = after_gap(text)
            hooks.publishes(Change(Kind.USER, "1101", USER), clients.publish_change)
            told = clients.heard[-1][1].document
            assert isinstance(told, User)
            assert (told.login_name != "ann") is is_wrong, text
        before = node_defects("fields-otherwise")
        before.publishes(Change(Kind.USER, "1101", USER), lambda change: seen.append(change))
        assert [change.document for change in seen] == [USER]

    seen: list[Change] = []
    play(main())


def test_answers_say_something_else_by_their_defect_only() -> None:
    async def main() -> None:
        hooks, _ = after_gap("answers-otherwise@field=callType")
        hooks.request_came("GET", "/finesse/api/User/1101/Dialogs", "1101")
        shown = hooks.shown("1101", Screen(USER, {"7": CALL}))
        assert shown.user == USER
        assert shown.dialogs["7"].media_properties == MediaProperties(call_type="OTHER_IN", dialed_number="2102")
        hooks.request_came("PUT", "/finesse/api/User/1101", "1101")
        assert hooks.shown("1101", Screen(USER, {"7": CALL})).dialogs["7"] == CALL

    play(main())


def test_system_info_says_something_else_by_its_defects_only() -> None:
    info = SystemInfo(
        "IN_SERVICE",
        primary_node=Node("fin-a"),
        secondary_node=Node("fin-b"),
        cti_servers=(CtiServer("a", active=False), CtiServer("b", active=True)),
    )

    async def main() -> None:
        assert after_gap("gap-500")[0].node_shown(info) == info
        swapped = after_gap("node-otherwise")[0].node_shown(info)
        assert (swapped.primary_node, swapped.secondary_node) == (Node("fin-b"), Node("fin-a"))
        former = after_gap("server-otherwise")[0].node_shown(info)
        assert [one.active for one in former.cti_servers or ()] == [True, False]

    play(main())
