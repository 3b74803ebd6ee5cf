"""What a broken node publishes, and shows who asks: in the gap, after it, and of what happened in it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

import pytest

from chaos import clock
from chaos.mock.finesse import Side
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.screen import Change, Kind, Screen, with_unchanged
from chaos.wire.finesse import (
    CallVariable,
    Dialog,
    MediaProperties,
    Participant,
    ParticipantState,
    ReasonCode,
    SystemStatus,
    User,
    UserState,
)
from tests.mock.finesse.lab import node_defects

ACTIVE, HELD, ALERTING = ParticipantState.ACTIVE, ParticipantState.HELD, ParticipantState.ALERTING


def user(agent: str, state: UserState, reason: str | None = None) -> User:
    code = ReasonCode(10, reason, "NOT_READY", 16) if reason else None
    return User(login_id=agent, state=state, reason_code=code, reason_code_id=16 if reason else -1)


def dialog(number: str, first: ParticipantState, second: ParticipantState | None, **variables: str) -> Dialog:
    parties = [Participant("2001", first)] + ([Participant("2002", second)] if second else [])
    named = tuple(CallVariable(name, value) for name, value in variables.items())
    return Dialog(id=number, participants=tuple(parties), media_properties=MediaProperties(call_variables=named))


def told_of(agent: str, state: UserState) -> Change:
    return Change(Kind.USER, agent, user(agent, state))


class Clients:
    """What reached clients, with the seconds since the start; a publisher, too."""

    def __init__(self, *agents: str) -> None:
        self.screens = {agent: Screen(user(agent, UserState.NOT_READY)) for agent in agents or ("1101", "1102")}
        self.heard: list[tuple[float, Change]] = []
        self.refused: list[str] = []
        self.notices: list[tuple[float, list[str] | None]] = []

    def everything(self) -> Iterable[Change]:
        return [change for agent, shown in self.screens.items() for change in with_unchanged((), agent, shown)]

    def publish_change(self, change: Change) -> None:
        self.heard.append((clock.now(), change))

    def publish_refusal(self, login_id: str) -> None:
        self.refused.append(login_id)

    def announce(self, only: Iterable[str] | None) -> None:
        self.notices.append((clock.now(), None if only is None else list(only)))

    def states(self) -> list[str]:
        return [str(change.document.state) for _, change in self.heard if isinstance(change.document, User)]

    def kinds(self) -> list[Kind]:
        return [change.kind for _, change in self.heard]


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def lose(hooks: NodeDefects, clients: Clients, how: str = "reset", side: Side = Side.A) -> None:
    hooks.session_found(side)
    hooks.session_lost(side, how)
    hooks.announces_loss(clients.screens, clients.announce)
    hooks.went_out_of_service(clients)


def after_gap(text: str, *, back: Side = Side.B, how: str = "reset") -> tuple[NodeDefects, Clients]:
    hooks, clients = node_defects(text), Clients()
    lose(hooks, clients, how)
    hooks.session_found(back)
    return hooks, clients


# --- notices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at_once", "later"),
    [
        ("gap-500", None, None),
        ("loss-not-told", [], None),
        ("loss-not-told@agent=b.baker", ["1101"], None),
        ("loss-told-late@late=3s", [], ["1101", "1102"]),
        ("loss-told-late@agent=1101,late=3s", ["1102"], ["1101"]),
        ("loss-told-late@loss=closed,late=3s", ["1101", "1102"], None),
    ],
)
def test_the_loss_is_told_everybody_at_once_but_for_its_defects(
    text: str, at_once: list[str] | None, later: list[str] | None
) -> None:
    async def main() -> None:
        hooks, clients = node_defects(text), Clients()
        lose(hooks, clients)
        await asyncio.sleep(10.0)
        assert clients.notices[0] == (0.0, at_once)
        assert clients.notices[1:] == ([(3.0, later)] if later else [])

    play(main())


def test_a_loss_that_was_to_be_told_late_is_not_told_after_the_return() -> None:
    async def main() -> None:
        hooks, clients = node_defects("loss-told-late@late=3s"), Clients()
        lose(hooks, clients)
        await asyncio.sleep(1.0)
        hooks.session_found(Side.B)
        await asyncio.sleep(10.0)
        assert clients.notices == [(0.0, [])]

    play(main())


def test_the_return_is_told_everybody_but_for_its_defect() -> None:
    async def main() -> None:
        for text, told in (
            ("gap-500", None),
            ("no-in-service-notice", []),
            ("no-in-service-notice@agent=1102", ["1101"]),
            ("no-in-service-notice@back=A", ["1101", "1102"]),
            ("no-in-service-notice@after=1", ["1101", "1102"]),
        ):
            hooks, clients = after_gap(text)
            clients.notices.clear()
            hooks.announces_return(clients.screens, clients.announce)
            assert clients.notices == [(0.0, told)], text

    play(main())


# --- in the gap ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("gap-500", []),
        ("gap-events", ["1101", "1102"] * 4),
        ("gap-events@agent=1102", ["1102"] * 4),
        ("gap-events@event=dialog-changed", []),
        ("gap-events@first=1", ["1101"]),
        ("gap-events@within=1s", ["1101", "1102"] * 2),
        ("gap-events@beyond=1s", ["1101", "1102"] * 2),
        ("gap-events@loss=silent", []),
    ],
)
def test_events_of_the_gap_are_those_of_the_narrowing_and_end_with_it(text: str, agents: list[str]) -> None:
    async def main() -> None:
        hooks, clients = node_defects(text), Clients()
        lose(hooks, clients)
        await asyncio.sleep(3.5)
        hooks.session_found(Side.B)
        await asyncio.sleep(3.5)
        assert [change.agent_id for _, change in clients.heard] == agents

    play(main())


def test_what_was_told_last_is_told_again_in_the_gap_by_its_kind() -> None:
    async def main() -> None:
        hooks, clients = node_defects("gap-late-news@event=user,late=2s"), Clients()
        hooks.session_found(Side.A)
        for change in (
            Change(Kind.APPEARED, "1101", dialog("7", ACTIVE, ALERTING)),
            told_of("1101", UserState.TALKING),
        ):
            hooks.publishes(change, clients.publish_change)
        clients.heard.clear()
        lose(hooks, clients)
        await asyncio.sleep(10.0)
        assert [(at_s, change.kind) for at_s, change in clients.heard] == [(2.0, Kind.USER)]

    play(main())


async def refused(hooks: NodeDefects, verb: str, path: str, user: str = "1101") -> int | None:
    hooks.request_came(verb, f"/finesse/api/{path}", user)
    status = SystemStatus.OUT_OF_SERVICE if hooks._in_gap else SystemStatus.IN_SERVICE
    return await hooks.refusal(status)


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("two-misses-are-loss", [503, 503, 503, 503]),
        ("gap-answers", [None, None, 202, None]),
        ("gap-answers-dialogs", [503, None, 503, 503]),
        ("gap-accepts", [503, 503, 202, 503]),
        ("gap-500@verb=PUT", [503, 503, 500, 503]),
        ("gap-500@by=administrator", [503, 503, 503, 500]),
        ("gap-500@agent=a.agent", [500, 500, 500, 503]),
        ("gap-500@first=2", [500, 500, 503, 503]),
        ("gap-500@every=2", [503, 500, 503, 500]),
        ("gap-500@lost=B", [503, 503, 503, 503]),
        ("gap-401", [401, 401, 401, 401]),
        ("gap-404@resource=Dialogs+Users", [503, 404, 503, 404]),
    ],
)
def test_requests_of_the_gap_are_answered_by_the_narrowing(text: str, statuses: list[int | None]) -> None:
    async def main() -> None:
        hooks, clients = node_defects(text), Clients()
        lose(hooks, clients)
        asked = [("GET", "User/1101"), ("GET", "User/1101/Dialogs"), ("PUT", "User/1101")]
        seen = [await refused(hooks, verb, path) for verb, path in asked]
        assert [*seen, await refused(hooks, "GET", "Users", "admin")] == statuses
        hooks.session_found(Side.B)
        assert await refused(hooks, "GET", "User/1101") is None

    play(main())


def test_a_request_that_waits_is_let_through_when_the_gap_is_over() -> None:
    async def main() -> None:
        hooks, clients = node_defects("gap-waits@verb=GET"), Clients()
        lose(hooks, clients)
        waiting = asyncio.create_task(refused(hooks, "GET", "User/1101"))
        assert await refused(hooks, "PUT", "User/1101") == 503
        await asyncio.sleep(5.0)
        assert not waiting.done()
        hooks.session_found(Side.B)
        assert await waiting is None

    play(main())


def test_a_refused_request_has_an_event_only_by_its_defect() -> None:
    async def main() -> None:
        hooks, clients = node_defects("gap-error-events@verb=PUT"), Clients()
        lose(hooks, clients)
        assert await refused(hooks, "POST", "User/1101/Dialogs") == 503
        assert await refused(hooks, "PUT", "User/1101") == 503
        assert clients.refused == ["1101"]

    play(main())


def test_system_info_lies_in_and_after_the_gap_by_its_defects_and_times() -> None:
    async def main() -> None:
        hooks, clients = node_defects("gap-says-in-service@beyond=3s", "says-out-of-service@within=2s"), Clients()
        lose(hooks, clients)
        out, in_service = SystemStatus.OUT_OF_SERVICE, SystemStatus.IN_SERVICE
        assert hooks.status_shown(out) is out
        await asyncio.sleep(3.5)
        assert hooks.status_shown(out) is in_service
        hooks.session_found(Side.B)
        assert hooks.status_shown(in_service) is out
        await asyncio.sleep(2.5)
        assert hooks.status_shown(in_service) is in_service

    play(main())


# --- after the gap ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("refuses-after-reconnect@resource=Dialogs", [None, 503, None]),
        ("refuses-after-reconnect@back=A", [None, None, None]),
        ("fails-after-reconnect@verb=PUT", [None, None, 500]),
        ("accepts-in-vain", [None, None, 202]),
        ("refuses-after-reconnect@first=1", [503, None, None]),
    ],
)
def test_requests_after_the_gap_are_answered_by_the_narrowing(text: str, statuses: list[int | None]) -> None:
    async def main() -> None:
        hooks, _ = after_gap(text)
        asked = [("GET", "User/1101"), ("GET", "User/1101/Dialogs"), ("PUT", "User/1101")]
        assert [await refused(hooks, verb, path) for verb, path in asked] == statuses

    play(main())


def test_a_node_that_has_not_failed_over_refuses_nothing() -> None:
    async def main() -> None:
        hooks = node_defects("refuses-after-reconnect", "mute-after-reconnect", "shows-the-past")
        clients = Clients()
        hooks.session_found(Side.A)
        assert await refused(hooks, "GET", "User/1101") is None
        hooks.publishes(told_of("1101", UserState.READY), clients.publish_change)
        assert clients.states() == ["READY"]

    play(main())


def test_answers_show_the_past_by_their_defect_and_resource() -> None:
    async def main() -> None:
        hooks, clients = after_gap("shows-the-past@resource=User")
        now = Screen(user("1101", UserState.READY))
        for path, shown in (("User/1101", UserState.NOT_READY), ("User/1101/Dialogs", UserState.READY)):
            hooks.request_came("GET", f"/finesse/api/{path}", "1101")
            assert hooks.shown("1101", now).user.state is shown
        assert clients.screens["1101"].user.state is UserState.NOT_READY

    play(main())


HOLDING = (dialog("7", ACTIVE, ACTIVE), dialog("7", HELD, ACTIVE))
EVENTS: dict[str, Callable[[], Change]] = {
    "READY": lambda: told_of("1101", UserState.READY),
    "LOGOUT": lambda: told_of("1102", UserState.LOGOUT),
    "call": lambda: Change(Kind.APPEARED, "1101", HOLDING[0]),
    "hold": lambda: Change(Kind.CHANGED, "1101", HOLDING[1]),
    "end": lambda: Change(Kind.GONE, "1101", HOLDING[1]),
}


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("gap-500", "READY LOGOUT call hold end"),
        ("mute-after-reconnect", ""),
        ("mute-after-reconnect@event=dialog-new+dialog-changed+dialog-gone", "READY LOGOUT"),
        ("mute-after-reconnect@event=user,state=READY", "LOGOUT call hold end"),
        ("mute-after-reconnect@act=hold", "READY LOGOUT call end"),
        ("mute-after-reconnect@agent=1102", "READY call hold end"),
        ("mute-after-reconnect@back=A", "READY LOGOUT call hold end"),
        ("mute-after-reconnect@loss=silent", "READY LOGOUT call hold end"),
        ("mute-after-reconnect@every=2", "READY call end"),
        ("mute-after-reconnect@beyond=1s", "READY LOGOUT call hold end"),
        ("mute-after-reconnect@within=1s", ""),
    ],
)
def test_what_happens_after_the_gap_is_kept_back_by_the_narrowing(text: str, heard: str) -> None:
    async def main() -> None:
        hooks, clients = after_gap(text)
        names = []
        for name, make in EVENTS.items():
            before = len(clients.heard)
            hooks.publishes(make(), clients.publish_change)
            names += [name] * (len(clients.heard) - before)
        assert " ".join(names) == heard

    play(main())


def test_events_come_late_or_with_what_was_before_by_their_defects() -> None:
    async def main() -> None:
        hooks, clients = after_gap("events-late@event=user,late=45s")
        hooks.publishes(EVENTS["READY"](), clients.publish_change)
        hooks.publishes(EVENTS["call"](), clients.publish_change)
        await asyncio.sleep(60.0)
        assert [(at_s, change.kind) for at_s, change in clients.heard] == [(0.0, Kind.APPEARED), (45.0, Kind.USER)]
        hooks, clients = after_gap("events-tell-the-past")
        hooks.publishes(EVENTS["READY"](), clients.publish_change)
        hooks.publishes(told_of("1101", UserState.TALKING), clients.publish_change)
        assert clients.states() == ["NOT_READY", "READY"]

    play(main())


def test_what_was_put_off_is_not_told_by_a_process_that_has_ended() -> None:
    async def main() -> None:
        hooks, clients = after_gap("events-late")
        hooks.publishes(EVENTS["READY"](), clients.publish_change)
        hooks.process_ended()
        await asyncio.sleep(60.0)
        assert clients.heard == []

    play(main())


def test_a_failure_is_an_event_like_others() -> None:
    async def main() -> None:
        for text, told in (("mute-after-reconnect@event=error", 0), ("mute-after-reconnect@event=user", 1)):
            hooks, _ = after_gap(text)
            failures: list[float] = []
            hooks.publishes_failure("1101", lambda failures=failures: failures.append(clock.now()))  # type: ignore[misc]
            assert len(failures) == told, text

    play(main())


# --- what happened in the gap ----------------------------------------------------------------------------------------

BEFORE = Screen(
    user("1101", UserState.NOT_READY),
    {
        "7": dialog("7", ACTIVE, ACTIVE, callVariable1="one", callVariable2="two", ecc="three"),
        "8": dialog("8", ACTIVE, ACTIVE),
    },
)
HELD_NOW = replace(BEFORE.dialogs["7"], participants=(Participant("2001", HELD), Participant("2002", ACTIVE)))
DATA_NOW = dialog("7", ACTIVE, ACTIVE, callVariable1="ONE", callVariable2="two", ecc="3")
GAP_CHANGES = {
    "state": Change(Kind.USER, "1101", user("1101", UserState.NOT_READY, "Lunch")),
    "begin": Change(Kind.APPEARED, "1101", dialog("9", ACTIVE, ACTIVE, callVariable1="new", callVariable2="newer")),
    "data": Change(
        Kind.CHANGED, "1101", dialog("7", ACTIVE, ACTIVE, callVariable1="ONE", callVariable2="two", ecc="3")
    ),
    "hold": Change(Kind.CHANGED, "1101", HELD_NOW),
    "end": Change(Kind.GONE, "1101", BEFORE.dialogs["8"]),
}


def caught_up(text: str, *, back: Side = Side.B) -> tuple[dict[str, Change], Clients]:
    """What is told of each of the changes, by its name; those that are not told are missing."""
    hooks, clients = after_gap(text, back=back)
    told: dict[str, Change] = {}
    for name, change in GAP_CHANGES.items():
        before = len(clients.heard)
        hooks.publishes_of_gap(change, BEFORE, clients.publish_change)
        if len(clients.heard) > before:
            told[name] = clients.heard[-1][1]
    return told, clients


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("gap-500", ""),
        ("gap-state-lost", "state"),
        ("gap-state-lost@state=READY", ""),
        ("gap-state-lost@agent=1102", ""),
        ("gap-state-lost@back=A", ""),
        ("gap-call-start-lost", "begin"),
        ("gap-call-end-lost", "end"),
        ("gap-call-data-lost", "data"),
        ("gap-control-lost", "hold"),
        ("gap-control-lost@act=retrieve", ""),
        ("gap-control-lost@act=hold", "hold"),
    ],
)
def test_of_a_gap_everything_is_told_as_it_is_but_what_the_break_loses(text: str, missing: str) -> None:
    async def main() -> None:
        told, _ = caught_up(text)
        assert told == {name: change for name, change in GAP_CHANGES.items() if name != missing}

    play(main())


def variables(change: Change) -> dict[str, str]:
    assert isinstance(change.document, Dialog)
    assert change.document.media_properties is not None
    return {one.name or "": one.value or "" for one in change.document.media_properties.call_variables or ()}


def test_of_call_data_one_variable_may_be_lost_alone() -> None:
    async def main() -> None:
        for text, seen in (
            ("gap-call-data-lost@variable=callVariable1", {"callVariable1": "one", "callVariable2": "two", "ecc": "3"}),
            ("gap-call-data-lost@variable=named", {"callVariable1": "ONE", "callVariable2": "two", "ecc": "three"}),
            ("gap-data-shifted", {"callVariable1": "3", "callVariable2": "ONE", "ecc": "two"}),
        ):
            told, _ = caught_up(text)
            assert variables(told["data"]) == seen, text
            assert told["hold"] == GAP_CHANGES["hold"], text
        told, _ = caught_up("gap-start-without-data@variable=callVariable2")
        assert variables(told["begin"]) == {"callVariable1": "new", "callVariable2": ""}

    play(main())


def test_of_a_gap_things_are_told_wrongly_late_or_to_another() -> None:
    async def main() -> None:
        told, _ = caught_up("gap-state-old")
        assert told["state"].document == BEFORE.user
        told, _ = caught_up("gap-end-as-change")
        assert told["end"] == replace(GAP_CHANGES["end"], kind=Kind.CHANGED)
        told, _ = caught_up("gap-changes-misdirected@event=user")
        assert (told["state"].agent_id, told["end"].agent_id) == ("1102", "1101")
        told, clients = caught_up("gap-changes-late@event=dialog-gone,late=90s")
        assert "end" not in told
        await asyncio.sleep(100.0)
        assert [(at_s, change.kind) for at_s, change in clients.heard][-1] == (90.0, Kind.GONE)

    play(main())


def test_calls_are_told_twice_by_their_defect_only() -> None:
    async def main() -> None:
        hooks, clients = after_gap("calls-told-twice@event=dialog-new")
        for kind in (Kind.APPEARED, Kind.CHANGED, Kind.GONE):
            hooks.publishes(Change(kind, "1101", dialog("7", ACTIVE, HELD)), clients.publish_change)
        await asyncio.sleep(1.0)
        assert clients.kinds() == [Kind.APPEARED, Kind.CHANGED, Kind.GONE, Kind.APPEARED]

    play(main())


def test_the_end_of_a_call_that_never_was_is_told_by_its_defect_only() -> None:
    async def main() -> None:
        for text, kinds in (
            ("tells-of-nothing", [Kind.GONE, Kind.USER]),
            ("tells-of-nothing@state=WORK", [Kind.USER]),
        ):
            hooks, clients = after_gap(text)
            hooks.publishes_of_gap(told_of("1101", UserState.READY), clients.screens["1101"], clients.publish_change)
            assert clients.kinds() == kinds, text

    play(main())


def test_whoever_connects_after_the_gap_is_told_of_nothing_by_its_defect_only() -> None:
    async def main() -> None:
        for text, kinds in (
            ("mute-after-reconnect@agent=b.baker", [Kind.USER]),
            ("newcomers-untold@agent=b.baker", [Kind.USER]),
            ("newcomers-untold@event=user", []),
        ):
            hooks, clients = after_gap(text)
            hooks.publishes(told_of("1101", UserState.READY), clients.publish_change)
            assert clients.kinds() == [Kind.USER], text  # who was there
            clients.heard.clear()
            hooks.client_came("1101")
            hooks.publishes(told_of("1101", UserState.NOT_READY), clients.publish_change)
            assert clients.kinds() == kinds, text

    play(main())


def test_a_queue_that_changed_before_the_loss_is_told_of_in_the_gap_by_its_defect_only() -> None:
    async def main() -> None:
        for text, told in (
            ("gap-events", False),
            ("gap-queue-events", True),
            ("gap-queue-events@node=b", False),
            ("gap-queue-events@lost=B", False),
        ):
            hooks = node_defects(text)
            assert not hooks.tells_of_queue(), text
            lose(hooks, Clients(), "silent")
            assert hooks.tells_of_queue() is told, text
            hooks.session_found(Side.B)
            assert not hooks.tells_of_queue(), text

    play(main())


def test_what_was_under_way_at_the_loss_is_told_to_have_failed_in_the_gap_by_its_defect_only() -> None:
    async def main() -> None:
        for text, told in (
            ("gap-500", False),
            ("gap-fails-pending", True),
            ("gap-fails-pending@agent=b.baker", False),
            ("gap-fails-pending@node=b", False),
        ):
            hooks = node_defects(text)
            assert not hooks.tells_of_pending("1101"), text
            lose(hooks, Clients(), "silent")
            assert hooks.tells_of_pending("1101") is told, text
            hooks.session_found(Side.B)
            assert not hooks.tells_of_pending("1101"), text

    play(main())
