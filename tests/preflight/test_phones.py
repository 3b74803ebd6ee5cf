"""Preflight's look at what an inventory says of IP phones."""

import asyncio

from chaos.inventory import Account, Inventory, Phone, Phones, Secret, load
from chaos.preflight import gaps
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, State
from tests.mock.fippa.lab import ROOT


def looked(extension: str | None, *, deployment: str = "live") -> Finding:
    """What is found of a lab with one phone on that line; None: with none."""
    lab: Inventory = load(ROOT / "inventories/mock.yaml")
    phones = None
    if extension is not None:
        one = Phone(device="SEP001122334455", extension=extension, listen="10.10.20.8:80")
        phones = Phones(account=Account(user="fippa", password=Secret(env="X")), devices=(one,))
    lab = lab.model_copy(update={"deployment": deployment, "phones": phones})
    return asyncio.run(gaps.phones(Context(lab, {"X": "of the phones"}, links_placed=True, agents_asked=0)))


def test_phones_of_spare_agents_are_fine_and_a_mock_brings_its_own() -> None:
    assert looked("2028").state is State.OK
    assert looked(None, deployment="mock").state is State.OK


def test_a_lab_without_phones_or_with_one_on_a_strange_line_is_told_so() -> None:
    assert "no IP phones" in looked(None).seen
    assert "SEP001122334455" in looked("9999").seen
    assert "SEP001122334455" in looked("2001").seen, "who is at work all the time has no phone here"
