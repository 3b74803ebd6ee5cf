"""The one clock (first cut; see the module's final text)."""
import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], *, virtual: bool) -> T:
    with asyncio.Runner() as runner:
        return runner.run(main)
