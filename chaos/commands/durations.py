"""Lengths of time as people write them: 30m, 24h, 90s."""

import math
import re
from typing import Any

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


class Seconds(click.FloatRange):
    """A number of seconds, 0 or more, that ends: a clock can wait neither for `nan` nor for ever."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if not math.isfinite(seconds):
            self.fail(f"'{value}' is no number of seconds: write digits, for instance 30", param, ctx)
        return seconds
