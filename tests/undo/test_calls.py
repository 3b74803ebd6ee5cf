"""Calls that a run has made and left, because it died: whoever heals ends them at the switch."""

import asyncio

import pytest

from chaos import clock
from chaos.experiment import Experiment, Stage, people, play
from chaos.undo.entries import CALLS, NoCallAsFound, UndoLog
from chaos.undo.hands import OwnHands
from chaos.undo.performers import Patience, calls_ended
from chaos.undo.undoing import Healing, undo_all
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import ControlFailure, Message
from tests.clients.phoning import opens, peers
from tests.clients.phoning import play as scripted
from tests.experiment.labs import OpenLab, in_lab

BRISK = Patience(calls_s=8.0, settle_s=0.1)


async def healed(on: OpenLab, *, devices: tuple[str, ...], is_trusted: bool = True) -> tuple[Healing, UndoLog]:
    log = UndoLog()
    await log.before(NoCallAsFound(devices))
    hands = OwnHands(on.lab.inventory, {}, is_trusted=is_trusted)
    return await undo_all(log, hands, patience=BRISK), log


async def up(on: OpenLab) -> int:
    assert on.lab.switch is not None
    return sum([len(await on.lab.switch.calls_at(agent.extension)) for agent in on.lab.inventory.everybody()])


@pytest.mark.parametrize("ringing", [False, True], ids=["talks", "rings"])
def test_whoever_heals_ends_the_calls_of_a_run_that_died(ringing: bool) -> None:
    async def main(on: OpenLab) -> None:
        left = asyncio.Event()

        async def story(stage: Stage) -> None:
            if ringing:
                await stage.switch.make_call(stage.agents[0].id, stage.agents[1].agent.extension)
            else:
                await people.call(stage, *stage.agents[:2])
            left.set()
            await stage.watch(3600.0)

        playing = asyncio.ensure_future(play(Experiment("t", "t", story), on.lab, None, seed=1))
        await left.wait()
        owed = on.lab.undo.find(CALLS)
        assert isinstance(owed, NoCallAsFound), "on disk before anybody could call"
        assert await up(on) == 2
        healing, log = await healed(on, devices=owed.devices)
        assert [one.words for one in healing.undone] == ["were ended (1)"]
        assert not log.owed()
        assert await up(on) == 0
        healing, _ = await healed(on, devices=owed.devices)
        assert [one.words for one in healing.undone] == ["are none, as was found"]
        playing.cancel()
        await asyncio.wait({playing})

    in_lab(main)


def test_a_lab_that_was_left_in_good_order_owes_no_calls() -> None:
    kept: list[UndoLog] = []

    async def main(on: OpenLab) -> None:
        async def story(stage: Stage) -> None:
            await people.call(stage, *stage.agents[:2])

        await play(Experiment("t", "t", story), on.lab, None, seed=1)
        assert on.lab.undo.find(CALLS) is not None
        kept.append(on.lab.undo)

    in_lab(main)
    assert kept[0].find(CALLS) is None


def test_another_users_log_ends_no_calls_at_telephones_that_the_inventory_does_not_name() -> None:
    async def main(on: OpenLab) -> None:
        healing, log = await healed(on, devices=("2001", "4711"), is_trusted=False)
        assert "telephones that this inventory does not have: 4711" in healing.undone[0].words
        assert log.owed()
        assert (await healed(on, devices=("2001", "4711")))[0].ok

    in_lab(main)


def test_without_a_cti_server_that_takes_us_calls_remain_owed_and_the_deadline_holds() -> None:
    async def main(on: OpenLab) -> None:
        began_s = clock.now()
        log = UndoLog()
        await log.before(NoCallAsFound(("2001",)))
        hands = OwnHands(on.lab.inventory.model_copy(update={"peripheral_id": 4999}), {})
        healing = await undo_all(log, hands, patience=BRISK)
        assert not healing.ok
        assert "no session with a CTI server" in healing.undone[0].words
        assert log.owed()
        assert clock.now() - began_s < 15.0

    in_lab(main)


def test_a_refusal_for_one_telephone_keeps_no_other_from_being_hung_up() -> None:
    calls = {"2002": 7, "2003": 8}
    cleared: list[tuple[int, str | None]] = []

    def switch(message: Message) -> Message | None:
        match message:
            case wire.SnapshotDeviceReq(agent_instrument="2001"):
                return wire.ControlFailureConf(message.invoke_id, ControlFailure.INVALID_DEVICE_ID)
            case wire.SnapshotDeviceReq():
                call = calls.get(message.agent_instrument or "")
                found = () if call is None else (wire.DeviceCall(call_conn_call_id=call),)
                return wire.SnapshotDeviceConf(message.invoke_id, calls=found)
            case wire.ClearConnectionReq():
                cleared.append((message.connection_call_id, message.connection_device_id))
                if message.connection_call_id == 7:  # a telephone that rings is not hung up; it ends with its caller
                    calls.clear()
                    return wire.ControlFailureConf(message.invoke_id, ControlFailure.INVALID_OBJECT_STATE)
                return wire.ClearConnectionConf(message.invoke_id)
        return None

    async def main() -> None:
        async with peers(opens(switch)) as (phone, _, _notes):
            await phone.open()
            assert await calls_ended(phone, ("2001", "2002", "2003"), lambda _: None) == 1

    scripted(main)
    assert cleared == [(7, "2002")], "and the other telephone's call was over with it"
