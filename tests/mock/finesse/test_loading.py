"""What a snapshot contains, from answers and events in the order in which the server wrote them."""

import asyncio
from datetime import UTC, datetime

from chaos import clock
from chaos.mock.finesse.loading import Loading
from chaos.mock.finesse.view import View
from chaos.wire.ged188.agents import AgentStateEvent, QueryAgentStateConf, QueryAgentStateReq
from chaos.wire.ged188.events import EndCallEvent
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import (
    DeviceCall,
    SnapshotCallConf,
    SnapshotCallReq,
    SnapshotDeviceConf,
    SnapshotDeviceReq,
)
from chaos.wire.ged188.values import AgentState

CALL = 16777301
END = EndCallEvent(connection_call_id=CALL, connection_device_id="2001")
READY = AgentStateEvent(agent_id="1001", agent_state=AgentState.AVAILABLE, agent_extension="2001")


async def loaded(*, before: tuple[Message, ...] = (), behind: tuple[Message, ...] = ()) -> Loading:
    """An agent with one call; the server tells the one before, the other behind the answer about the agent and the
    call, in the same segment: whoever asked is woken after all of it."""
    invoke_ids = iter(range(1, 100))

    async def ask(request: Message) -> Message:
        await asyncio.sleep(0)
        answer: Message
        match request:
            case QueryAgentStateReq():
                answer = QueryAgentStateConf(next(invoke_ids), AgentState.NOT_READY, agent_extension="2001")
            case SnapshotDeviceReq():
                answer = SnapshotDeviceConf(next(invoke_ids), calls=(DeviceCall(call_conn_call_id=CALL),))
            case SnapshotCallReq():
                answer = SnapshotCallConf(next(invoke_ids))
            case _:
                raise AssertionError(request)
        for message in before:
            loading.event(message)
        loading.answer(answer)
        for message in behind:
            loading.event(message)
        return answer

    loading = Loading(ask, before=View(), agents=("1001",), peripheral_id=5000)
    await loading.run(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return loading


def test_what_was_told_before_an_answer_is_contained_in_it() -> None:
    loading = clock.run(loaded(before=(END, READY)), virtual=True)
    assert loading.view.calls.keys() == {CALL}
    assert loading.news().count(END) == 0
    assert loading.news().count(READY) == 2  # those before the answers about device and call, not about the agent


def test_what_was_told_behind_an_answer_is_news_though_it_came_before_whoever_asked_was_woken() -> None:
    loading = clock.run(loaded(behind=(END, READY)), virtual=True)
    assert loading.news().count(END) == 1  # behind the last answer, about the call; the others are contained in that
    assert loading.news().count(READY) == 3
