"""What a broken node does with requests after a fail-over, and what it makes of addresses, marks and calls."""

from dataclasses import replace

import pytest

from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.mock.finesse.view import View
from chaos.wire.finesse import UserState
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import ConferenceCallReq, HoldCallReq, SetCallDataReq, TransferCallReq
from chaos.wire.ged188.values import AgentState
from tests.mock.finesse.test_hooks_events import ACTIVE, HELD, after_gap, dialog, play, told_of, user

READY = SetAgentStateReq(peripheral_id=1, agent_state=AgentState.AVAILABLE, agent_id="1101")
DATA = SetCallDataReq(peripheral_id=1, call_variables=("x", *(None,) * 9))
JOIN = ConferenceCallReq(peripheral_id=1, held_connection_call_id=7, active_connection_call_id=8)
HOLD = HoldCallReq(peripheral_id=1, connection_call_id=7)


@pytest.mark.parametrize(
    ("text", "command", "sent"),
    [
        ("does-otherwise", READY, replace(READY, agent_state=AgentState.NOT_READY)),
        ("does-otherwise", DATA, replace(DATA, call_variables=(*(None,) * 9, "x"))),
        (
            "does-otherwise",
            JOIN,
            TransferCallReq(peripheral_id=1, held_connection_call_id=7, active_connection_call_id=8),
        ),
        ("does-otherwise", HOLD, HOLD),
        ("does-otherwise@back=A", READY, READY),
        ("gap-500", READY, READY),
    ],
)
def test_what_was_asked_for_is_sent_but_for_its_defect(text: str, command: Message, sent: Message) -> None:
    async def main() -> None:
        hooks, _ = after_gap(text)
        assert hooks.carried_out(command) == sent

    play(main())


def test_marks_are_lost_by_their_defect_only() -> None:
    async def main() -> None:
        hooks, _ = after_gap("marks-lost@event=user")
        assert hooks.mark(told_of("1101", UserState.READY), "7") == ""
        assert hooks.mark(Change(Kind.CHANGED, "1101", dialog("7", ACTIVE, HELD)), "7") == "7"

    play(main())


def test_addresses_are_wrong_by_their_defects_only() -> None:
    async def main() -> None:
        call = replace(dialog("7", ACTIVE, HELD), from_address="2001", to_address="2002")
        screen = Screen(replace(user("1101", UserState.TALKING), extension="2001"), {"7": call})
        for text, extension, calling in (
            ("wrong-extension", "", "2001"),
            ("wrong-addresses", "2001", "2002"),
            ("wrong-addresses@agent=1102", "2001", "2001"),
            ("wrong-extension@back=A", "2001", "2001"),
        ):
            hooks, _ = after_gap(text)
            drawn = hooks.drawn("1101", screen, screen, View())
            assert (drawn.user.extension, drawn.dialogs["7"].from_address) == (extension, calling), text

    play(main())
