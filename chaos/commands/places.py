"""Files and folders as people name them on the command line."""

from pathlib import Path
from typing import Any

import click


class Place(click.Path):
    """A path. An empty one, which a shell makes of a variable that is not set, would be the folder that we stand in."""

    def __init__(self, **rules: Any) -> None:
        super().__init__(path_type=Path, **rules)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(f"{_EMPTY} Name a path ('.' for this folder)", param, ctx)
        return super().convert(value, param, ctx)


class Address(click.ParamType[str]):
    """Where somebody else listens. An empty one would be none at all, and we would go on by ourselves."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail(f"{_EMPTY} Give host and port, or leave the option out", param, ctx)
        return str(value)


_EMPTY = "it is empty: is a variable of the shell not set?"
