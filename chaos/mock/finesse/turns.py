"""Requests on one object take turns: the next is sent only after the CTI server answered the previous one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooMany(Exception):
    """More requests wait for this object than may."""


class Turns:
    """A queue for each object. limit: how many may wait or be served at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for one's turn on the object. Raises TooMany."""
        if self._waiting.get(key, 0) >= self._limit:
            raise TooMany
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]
