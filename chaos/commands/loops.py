"""The option that chooses the event loop of what runs in real time."""

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def loop_option(default: str) -> Callable[[F], F]:
    """`--loop`; uvloop is an extra of the package."""
    return click.option(
        "--loop",
        type=click.Choice(["asyncio", "uvloop", "auto"]),
        default=default,
        show_default=True,
        help="the event loop in real time; auto: uvloop if it is installed",
    )
