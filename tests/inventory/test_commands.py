"""The lab's own commands, as an inventory writes them."""

from pathlib import Path

import pytest

from chaos.errors import InventoryError
from chaos.inventory import dump, load
from tests.inventory.labs import LIVE

COMMANDS = """\
commands:
  card:
    stop: [./lab/card, disconnect, 12]
    start: [card, connect]
    state: [/opt/card, show]
    stopped: disconnected
    started: connected
    env: {TOKEN: {env: CARD_TOKEN}, URL: "https://esx"}
"""


def loaded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LIVE + text)
    load(path)


def test_a_command_is_read_and_written_again(tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LIVE + COMMANDS)
    inventory = load(path)
    card = inventory.commands["card"]
    assert card.stop == (str(tmp_path / "lab/card"), "disconnect", "12")
    assert (card.start[0], card.state[0]) == ("card", "/opt/card")
    assert card.env["TOKEN"].reveal({"CARD_TOKEN": "s3cret"}) == "s3cret"
    assert card.env["URL"].reveal({}) == "https://esx"
    again = tmp_path / "again.yaml"
    again.write_text(dump(inventory))
    assert load(again) == inventory


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("start: [card, connect]", "start: card connect", "a list of words"),
        ("start: [card, connect]", "start: []", "start"),
        ("start: [card, connect]", 'start: [" "]', "a program"),
        ("started: connected", "started: disconnected", "two patterns"),
        ("started: connected", 'started: "("', "a pattern"),
        ("    started: connected\n", "", "a key 'started'"),
        ("started: connected", "started: connected\n    timeout_s: 100000", "a number of at most"),
        ("stop: [", "stopp: [", "did you mean 'stop'"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert COMMANDS.count(old) == 1
    with pytest.raises(InventoryError, match=r"lab\.yaml:") as caught:
        loaded(tmp_path, COMMANDS.replace(old, new))
    assert said in str(caught.value)


@pytest.mark.parametrize("pattern", ["[a", "a{99999999999}"])
def test_a_pattern_that_cannot_be_read_is_refused_wherever_one_stands(tmp_path: Path, pattern: str) -> None:
    phones = f'phones:\n  account: {{user: u, password: p}}\n  devices: []\n  unavailable: "{pattern}"\n'
    for text in (COMMANDS.replace("started: connected", f'started: "{pattern}"'), phones):
        with pytest.raises(InventoryError, match="expected a pattern of Python's 're'"):
            loaded(tmp_path, text)


@pytest.mark.parametrize("value", ["yes", '"true"', "1"])
def test_only_true_allows_old_algorithms(tmp_path: Path, value: str) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(LIVE.replace("ssh: {user: admin,", f"ssh: {{old_algorithms: {value}, user: admin,"))
    with pytest.raises(InventoryError, match="old_algorithms: expected true or false"):
        load(path)
