"""What an experiment needs of a lab, and what it says where that is missing."""

from pathlib import Path

import pytest

from chaos.experiment import needs_phones
from chaos.faults.lonely_node import needs_named_nodes
from chaos.inventory import Inventory, load, resolved

ROOT = Path(__file__).parents[2]


def _with_phones(**more: object) -> Inventory:
    mock = load(ROOT / "inventories" / "mock.yaml")
    devices = [
        {"device": f"SEP00000000{line}", "extension": str(line), "listen": f"127.0.0.1:{line}"}
        for line in (2025, 2026, 2027, 2028)
    ]
    account = {"user": "fippa", "password": "fippa"}
    return resolved(mock, {"phones": {"account": account, "devices": devices, **more}})


@pytest.mark.parametrize("idle_s", [None, 300.0, 3600.0])
def test_phones_that_may_be_idle_for_long_will_do(idle_s: float | None) -> None:
    assert needs_phones(2)(_with_phones(inactivity_s=idle_s)) is None


def test_phones_that_are_signed_out_while_somebody_waits_will_not_and_it_says_what_to_do() -> None:
    why = needs_phones(2)(_with_phones(inactivity_s=120))
    assert why is not None
    assert "after 120 s" in why
    assert "phones.inactivity_s" in why


def test_too_few_phones_are_counted() -> None:
    assert needs_phones(3)(_with_phones()) == (
        "6 IP phones on lines of spare agents are needed, 4 are named: give phones.devices"
    )


def test_one_node_alone_can_be_refused_only_where_nodes_name_themselves() -> None:
    mock = load(ROOT / "inventories" / "mock.yaml")
    assert needs_named_nodes(mock) is None
    why = needs_named_nodes(resolved(mock, {"cti_protocol": 23}))
    assert why is not None
    assert "protocol 23" in why
    assert "from protocol 24 on" in why
