"""Whether what is refused is shown all the same: known values of settings in the body of an error."""

import re

# What may tell one lab's settings from another's: names, addresses and ports, not small numbers, yes and no.
_VALUE = re.compile(r">\s*([^<>\s]*[0-9._-][^<>\s]*)\s*<")
_LENGTH_MIN = 4
_AT_LEAST = 2


class Known:
    """The values of each setting that was ever read."""

    def __init__(self) -> None:
        self._values: dict[str, frozenset[str]] = {}

    def read(self, resource: str, body: bytes) -> None:
        found = _VALUE.findall(body.decode(errors="replace"))
        self._values[resource] = frozenset(one.casefold() for one in found if len(one) >= _LENGTH_MIN)

    def is_shown(self, resource: str, body: bytes) -> bool:
        """Whether most of them stand in it, wherever: an error may well name the host that could not be reached."""
        values, said = self._values.get(resource, frozenset()), body.decode(errors="replace").casefold()
        shown = sum(one in said for one in values)
        return shown >= _AT_LEAST and 2 * shown > len(values)
