"""What travels with the harness: its suites and its inventories, found from any folder.

A wheel carries copies of them inside the package, in `chaos/bundled`; in a checkout the checkout's own are used.
"""

from pathlib import Path

import chaos
from chaos.errors import InventoryError, UsageError

MOCK = Path("mock")
_PACKAGE = Path(chaos.__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "bundled"
_HOME = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent


def suites_folder(given: Path | None = None) -> Path:
    """The suites' folder, absolute: ours unless another is given. Raises UsageError: there is none."""
    found = (given or _HOME / "suites").absolute()
    if not found.is_dir():
        raise UsageError(f"there is no folder {found}: give the suites' folder by --suites DIR")
    return found


def inventory_file(given: Path) -> Path:
    """The file of an inventory: a path, or the name of one that travels with us.

    A folder of that name, as `mock up --folder mock` makes one, is no inventory. Raises InventoryError: it is neither.
    """
    if given != MOCK or given.is_file():
        return given
    return _inventory("mock.yaml")


def example_inventory() -> str:
    """The commented inventory of a live lab, to be copied and filled in."""
    return _inventory("lab.example.yaml").read_text(encoding="utf-8")


def _inventory(name: str) -> Path:
    path = _HOME / "inventories" / name
    if not path.is_file():
        raise InventoryError(f"{path} is missing, which belongs to finesse-chaos: install it again")
    return path
