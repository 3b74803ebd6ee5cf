"""From an `Inventory` back to a file that `chaos.inventory.load` reads as an equal one."""

from pathlib import PurePath
from typing import Any

import yaml

from chaos.errors import UsageError
from chaos.inventory.model import Inventory
from chaos.inventory.rules import secrets_of
from chaos.inventory.secret import SHOW_LITERALS


def dump(inventory: Inventory) -> str:
    """YAML of everything the inventory says, defaults included; `load` reads an equal inventory from it.

    Secrets stay references. The literal passwords of a mock, which protect nothing, are written out; a live inventory
    cannot hold one. Raises UsageError: this live inventory does (it was made in code, and not checked).
    """
    literal = any(secret.is_literal for _, secret in secrets_of(inventory))
    if literal and inventory.deployment == "live":
        raise UsageError("a live inventory holds a literal secret: refer to it by {env: NAME} or {file: PATH}")
    data = inventory.model_dump(mode="python", exclude_none=True, context={SHOW_LITERALS: True})
    return yaml.safe_dump(_plain(data), sort_keys=False, width=120)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else value
