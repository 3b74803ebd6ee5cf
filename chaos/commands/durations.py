"""Lengths of time as people write them: 30m, 24h, 90s."""

import re

import click

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType[float]):
    """A number and a unit, in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smhd])", str(value))
        if match is None or float(match[1]) <= 0:
            self.fail(f"'{value}' is no length of time: write 90s, 30m, 24h or 1d", param, ctx)
        return float(match[1]) * _UNITS[match[2]]
