"""How much is drawn anew for one event: with 2,000 agents that decides how long 500 sign-ins take."""

from dataclasses import replace
from typing import Any

import pytest

from chaos import clock
from chaos.mock.finesse.config import UserRecord
from chaos.mock.finesse.screen import Painter, Screen
from tests.mock.finesse.lab import agents, lab


def test_an_event_of_one_agent_among_hundreds_draws_his_screen_and_not_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    proper = Painter.screen

    def counted(self: Painter, record: UserRecord, view: Any) -> Screen:
        drawn.append(record.login_id)
        return proper(self, record, view)

    async def main() -> None:
        some = tuple(UserRecord(a.agent_id, a.login_name) for a in agents())
        others = tuple(replace(some[0], login_id=str(5000 + n), login_name=f"u{n}") for n in range(300))
        async with lab(users=(*some, *others)) as made:
            ann = await made.client("1101")
            monkeypatch.setattr(Painter, "screen", counted)
            await ann.sign_in("2001")
            await ann.state("READY")
            await ann.xmpp.until(lambda: ann.xmpp.states()[-1:] == ["READY"])
            assert set(drawn) == {"1101"}
            assert len(drawn) <= 4

    clock.run(main(), virtual=True)
