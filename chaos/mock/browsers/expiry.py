"""Watches the refresh token of one page: does at its times what `tokens` decides. Nothing else knows of time here."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.browsers.tokens import (
    COUNTDOWN,
    COUNTDOWN_S,
    WARNING,
    WARNINGS_MIN,
    Due,
    Order,
    Phase,
    Tokens,
    decide,
    marks,
    seconds,
)

LEAD_S = 30.0
"""So long before something is due it is asked whether it will be then: a broken desktop may be early."""
_MINUTES = dict(zip((Due.TEN_MINUTES, Due.FIVE_MINUTES), WARNINGS_MIN, strict=True))


class ExpiryWatch:
    """renew: asks for a new access token, None if there is none to be had. show: puts the dialog on the screen, None
    takes it away. log_out: what comes at zero. do: runs work of the page.
    """

    def __init__(
        self,
        tokens: Tokens,
        defects: DesktopHooks,
        *,
        renew: Callable[[Tokens], Awaitable[Tokens | None]],
        show: Callable[[str | None], None],
        log_out: Callable[[], Coroutine[Any, Any, None]],
        do: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self.phase = Phase.CALM
        self._tokens, self._defects = tokens, defects
        self._renew_tokens, self._show, self._log_out, self._do = renew, show, log_out, do
        self._timers: list[asyncio.TimerHandle] = []

    def start(self) -> None:
        """From now on."""
        now_s, end_s = self._now_s(), self._tokens.end_s
        for at_s, due in marks(end_s, now_s):
            self._at(max(now_s, at_s - LEAD_S), self._approach, due, at_s)
        self._at(max(now_s, end_s - COUNTDOWN_S - LEAD_S), self._approach_countdown)
        self._renew_at(self._tokens.renew_s)

    def stop(self) -> None:
        """Nothing is due any more. Safe twice."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _approach(self, due: Due, at_s: float) -> None:
        self._at(max(self._now_s(), self._defects.due_s(due, at_s)), self._is_due, due, 0)

    def _approach_countdown(self) -> None:
        for at_s, left_s in seconds(self._tokens.end_s, self._now_s(), self._defects.counts_from_s()):
            self._at(at_s, self._is_due, Due.SECOND, left_s)

    def _is_due(self, due: Due, left_s: int) -> None:
        self.phase, orders = decide(self.phase, due)
        for order in orders:
            match order:
                case Order.WARN:
                    self._warn(due)
                case Order.COUNT:
                    shown = self._defects.counted(left_s)
                    if shown is not None:
                        self._show(COUNTDOWN.format(seconds=shown))
                        stands_s = self._defects.number_stands_s()
                        if stands_s is not None:
                            self._at(self._now_s() + stands_s, self._show, None)
                case Order.LOG_OUT:
                    self.stop()
                    self._do(self._log_out())

    def _warn(self, due: Due) -> None:
        minutes = self._defects.warned(due, _MINUTES[due])
        if minutes is None:
            return
        words = WARNING.format(minutes=minutes)
        self._show(words)
        for_s, again_s = self._defects.shown_for_s(due), self._defects.warns_again_s(due)
        if for_s is not None:
            self._at(self._now_s() + for_s, self._show, None)
        if again_s is not None:
            self._at(self._now_s() + again_s - 1, self._show, None)
            self._at(self._now_s() + again_s, self._show, words)

    # The access token

    def _renew_at(self, at_s: float) -> None:
        if at_s < self._tokens.end_s:
            self._at(at_s, lambda: self._do(self._renewed()))

    async def _renewed(self) -> None:
        found = await self._renew_tokens(self._tokens)
        if found is None:
            self._is_due(Due.REFUSED, 0)
        else:
            self._tokens = found
            self._renew_at(found.renew_s)

    def _at(self, at_s: float, work: Callable[..., object], *about: object) -> None:
        self._timers.append(asyncio.get_running_loop().call_at(at_s, work, *about))

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
