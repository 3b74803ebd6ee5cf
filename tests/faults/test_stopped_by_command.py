"""What the lab's own command stops: proven, watched, undone by whoever has to. With a real script, on a whole lab."""

import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos import clock
from chaos.clients.command import LabCommand
from chaos.errors import InjectFailed, InventoryError, RollbackFailed, Unfit
from chaos.faults.base import Field
from chaos.faults.injection import injected
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.inventory import Command, load
from chaos.journal import ConsoleSaid, FaultSeen, Journal
from chaos.undo.entries import CommandAsFound, Undo, UndoLog
from chaos.undo.file import FileUndoLog
from chaos.undo.hands import OwnHands
from chaos.undo.undoing import undo_all
from chaos.undo.whose import LabIdentity
from chaos.wire.console.service import ServiceState
from tests.clients.test_command import card
from tests.experiment.labs import MOCK, OpenLab, in_lab

FAULT = StoppedByCommand("card")
ENV = {"PATH": os.environ["PATH"]}


def played(
    tmp_path: Path, story: Callable[[OpenLab, Journal, Field], Coroutine[Any, Any, None]], **changes: Any
) -> None:
    """On a lab with a command `card`; changes: of its fields."""

    async def on_lab(on: OpenLab) -> None:
        journal, command = on.journal(), card(tmp_path, **changes)
        on.lab.inventory = on.lab.inventory.model_copy(update={"commands": {"card": command}})
        on.lab.commands = {"card": LabCommand("card", command, ENV, poll_s=0.5, record=on.lab._console_said)}
        await story(on, journal, on.field(journal))

    in_lab(on_lab)


def phases(journal: Journal) -> list[str]:
    return [seen.phase.value for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == FAULT.name)]


def state(tmp_path: Path) -> str:
    return (tmp_path / "card").read_text().strip()


def test_it_bites_holds_and_lifts_and_its_undo_is_on_record_before(tmp_path: Path) -> None:
    class Watched(UndoLog):
        kept_while = ""

        async def _keep(self, undo: Undo) -> None:
            self.kept_while = state(tmp_path)

    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        log = Watched()
        async with injected(FAULT, replace(field, undo=log)) as under_way:
            assert "command 'card' says STOPPED" in (await under_way.bite() or "")
            assert state(tmp_path) == "disconnected"
            (owed,) = log.owed()
            assert isinstance(owed, CommandAsFound)
            assert (owed.name, owed.state) == ("card", ServiceState.STARTED)
        assert state(tmp_path) == "connected"
        assert log.kept_while == "connected"
        assert log.owed() == ()
        assert phases(journal) == ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]
        said = journal.timeline().of(ConsoleSaid, lambda seen: seen.host == "command 'card'")
        assert [seen.sent.split()[-1] for seen in said if "show" not in seen.sent] == ["disconnect", "connect"]

    played(tmp_path, story)


def test_what_comes_back_by_itself_did_not_hold(tmp_path: Path) -> None:
    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        async with injected(FAULT, field) as under_way:
            assert await under_way.bite() is not None
            (tmp_path / "card").write_text("connected\n")
            await field.until(lambda timeline: None, 40.0)
        assert "not-held" in phases(journal)
        assert state(tmp_path) == "connected"

    played(tmp_path, story)


def test_a_rollback_is_safe_twice_and_starts_nothing_that_it_did_not_stop(tmp_path: Path) -> None:
    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        await FAULT.inject(field)
        await FAULT.rollback(field)
        await FAULT.rollback(field)
        assert state(tmp_path) == "connected"
        (tmp_path / "card").write_text("disconnected\n")
        await FAULT.rollback(field)
        assert state(tmp_path) == "disconnected"
        with pytest.raises(InjectFailed, match="says STOPPED; start it"):
            await FAULT.inject(field)
        assert field.undo.owed() == ()

    played(tmp_path, story)


def test_without_its_injection_nothing_is_proven(tmp_path: Path) -> None:
    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        async with injected(FAULT, replace(field, faults_do_nothing=True)) as under_way:
            assert await under_way.bite() is None

    played(tmp_path, story)


def test_a_start_that_cannot_be_run_leaves_it_owed_and_says_why(tmp_path: Path) -> None:
    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        await FAULT.inject(field)
        with pytest.raises(RollbackFailed, match=r"'start' cannot be run: .*/nowhere: No such file"):
            await FAULT.rollback(field)
        assert len(field.undo.owed()) == 1

    played(tmp_path, story, start=[str(tmp_path / "nowhere")])


def test_a_lab_without_the_command_is_unfit_and_told_what_is_missing(tmp_path: Path) -> None:
    async def story(on: OpenLab, journal: Journal, field: Field) -> None:
        with pytest.raises(Unfit, match=r"no commands\.other: say there how the lab stops it"):
            async with injected(StoppedByCommand("other"), field):
                pytest.fail("it must not have been injected")

    played(tmp_path, story)


# --- healed by another process, from what is on disk


def written(command: Command) -> CommandAsFound:
    return CommandAsFound("card", ServiceState.STARTED, command.written)


@pytest.mark.parametrize("still_named", [True, False], ids=["in the inventory", "lost from it"])
def test_whoever_heals_starts_it_again_from_the_log_on_disk(tmp_path: Path, still_named: bool) -> None:
    command = card(tmp_path, env={"URL": "https://esx", "TOKEN": {"env": "CARD_TOKEN"}})
    (tmp_path / "card").write_text("disconnected\n")
    inventory = load(MOCK).model_copy(update={"commands": {"card": command} if still_named else {}})

    async def story() -> None:
        folder = tmp_path / "log"
        folder.mkdir()
        log = FileUndoLog(folder)
        await log.before(written(command))
        log.close()
        again = FileUndoLog(folder)
        hands = OwnHands(inventory, ENV | {"CARD_TOKEN": "t0ken-s3cret"})
        healing = await undo_all(again, hands)
        assert healing.words() == ["command 'card' was started again"]
        assert again.owed() == ()
        again.close()

    clock.run(story(), virtual=False)
    assert state(tmp_path) == "connected"
    assert "t0ken-s3cret" not in "".join(path.read_text() for path in (tmp_path / "log").iterdir())


def test_a_command_that_another_user_wrote_down_is_not_run(tmp_path: Path) -> None:
    undo = written(card(tmp_path))
    hands = OwnHands(load(MOCK), ENV, then=LabIdentity.NOBODY, today=LabIdentity.NOBODY, is_trusted=False)
    with pytest.raises(InventoryError, match="another user's undo log"):
        hands.command(undo)
