"""The lab's own commands are looked at before a run, by `state` alone."""

import os
from pathlib import Path
from typing import Any

import pytest

from chaos import clock
from chaos.errors import InventoryError
from chaos.inventory import load
from chaos.preflight import commands
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, State
from chaos.preflight.table import checks_for
from tests.clients.test_command import card, script
from tests.experiment.labs import MOCK


def looked(tmp_path: Path, **changes: Any) -> Finding:
    inventory = load(MOCK).model_copy(update={"commands": {"card": card(tmp_path, **changes)}})

    async def look() -> Finding:
        ctx = Context(inventory, {"PATH": os.environ["PATH"]})
        try:
            return await commands.state(ctx, name="card")
        finally:
            await ctx.close()

    return clock.run(look(), virtual=False)


def test_a_command_that_says_started_is_well_and_nothing_else_of_it_is_run(tmp_path: Path) -> None:
    never = script(tmp_path, "never", f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    assert looked(tmp_path, stop=[never], start=[never]) == Finding(State.OK, "it says STARTED")
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("state", "seen", "remedy"),
    [
        ("echo disconnected", "it says STOPPED", "run 'start' of commands.card"),
        ("echo what?", "fits neither 'stopped' nor 'started'", "correct its patterns"),
        ("exit 3", "ended with 3", "correct its patterns"),
    ],
)
def test_a_command_that_shows_no_such_state_is_told_with_a_remedy(
    tmp_path: Path, state: str, seen: str, remedy: str
) -> None:
    found = looked(tmp_path, state=[script(tmp_path, "state", f"#!/bin/sh\n{state}\n")])
    assert found.state is State.BAD
    assert seen in found.seen
    assert remedy in found.remedy


def test_a_program_or_a_secret_that_is_missing_is_told(tmp_path: Path) -> None:
    found = looked(tmp_path, state=[str(tmp_path / "nowhere")])
    assert "cannot be run" in found.seen
    assert "correct it in the inventory" in found.remedy
    with pytest.raises(InventoryError, match="NOWHERE is unset"):  # which ends any command before it looks at all
        looked(tmp_path, env={"TOKEN": {"env": "NOWHERE"}})


def test_each_command_of_the_inventory_has_its_row(tmp_path: Path) -> None:
    inventory = load(MOCK).model_copy(update={"commands": {"card": card(tmp_path), "web": card(tmp_path)}})
    names = [check.name for check in checks_for(inventory)]
    assert [name for name in names if name.startswith("command:")] == ["command: card", "command: web"]
