"""The time axis: one scale throughout, except for long stretches in which nothing happens, which are shortened."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

_SHORT_PX = 54.0  # room for "⋯ 1234 s"
_MARGIN_S = 2.0  # this much at the ends of a quiet stretch keeps the scale
_QUIET_S_MIN = 15.0
_QUIET_SHARE = 0.07
_AMPLE_PX_PER_S = 12.0  # a short experiment has room as it is
_PX_PER_S_MAX = 20.0
_STEPS_S = (
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
)
_TICK_PX_MIN = 46.0


@dataclass(frozen=True)
class Stretch:
    """A part of the axis. is_short: it is drawn shorter than its scale, since nothing happens in it."""

    from_s: float
    to_s: float
    from_px: float
    to_px: float
    is_short: bool

    def at(self, at_s: float) -> float:
        if self.to_s <= self.from_s:
            return self.from_px
        return self.from_px + (at_s - self.from_s) / (self.to_s - self.from_s) * (self.to_px - self.from_px)


@dataclass(frozen=True)
class Axis:
    """Lab seconds to pixels. Times outside are drawn at the nearer edge."""

    stretches: tuple[Stretch, ...]

    @property
    def left_px(self) -> float:
        return self.stretches[0].from_px

    @property
    def right_px(self) -> float:
        return self.stretches[-1].to_px

    @property
    def end_s(self) -> float:
        return self.stretches[-1].to_s

    def x(self, at_s: float) -> float:
        at_s = min(max(at_s, self.stretches[0].from_s), self.end_s)
        return self.stretches[bisect_left(self.stretches, at_s, key=attrgetter("to_s"))].at(at_s)

    def ticks(self) -> list[tuple[float, float, str]]:
        """(seconds, pixels, text) of the grid lines; no text where it would run into another or a short stretch."""
        scaled = [stretch for stretch in self.stretches if not stretch.is_short]
        px_per_s = max(
            (
                (stretch.to_px - stretch.from_px) / (stretch.to_s - stretch.from_s)
                for stretch in scaled
                if stretch.to_s > stretch.from_s
            ),
            default=1.0,
        )
        step_s = next((step for step in _STEPS_S if step * px_per_s >= _TICK_PX_MIN), _STEPS_S[-1])
        digits = max(0, len(f"{step_s:.3f}".rstrip("0").partition(".")[2]))
        found: list[tuple[float, float, str]] = []
        for stretch in scaled:
            for number in range(int(stretch.from_s / step_s), int(stretch.to_s / step_s) + 1):
                at_s = number * step_s
                x_px = stretch.at(at_s)
                fits = not found or x_px - found[-1][1] >= _TICK_PX_MIN * 0.9
                if stretch.from_s <= at_s <= stretch.to_s and fits:
                    found.append((at_s, x_px, "" if self._is_by_a_short_one(x_px) else f"{at_s:.{digits}f}"))
        return found

    def _is_by_a_short_one(self, x_px: float) -> bool:
        shorts = (stretch for stretch in self.stretches if stretch.is_short)
        return any(stretch.from_px - 14 < x_px < stretch.to_px + 14 for stretch in shorts)


def make_axis(moments_s: Iterable[float], end_s: float, left_px: float, right_px: float) -> Axis:
    """An axis from 0 to `end_s` seconds between those pixels; around `moments_s` it keeps its scale."""
    end_s = max(end_s, 0.001)
    width_px = right_px - left_px
    parts = [(0.0, end_s, False)]
    if width_px / end_s < _AMPLE_PX_PER_S:
        parts = _parts(sorted({0.0, end_s, *(at_s for at_s in moments_s if 0.0 < at_s < end_s)}), end_s)
    shorts_s = sum(to_s - from_s for from_s, to_s, is_short in parts if is_short)
    shorts = sum(is_short for _, _, is_short in parts)
    px_per_s = width_px / end_s
    short_px_per_s = least_px = 0.0
    if shorts:
        # However many stretches are short, half of the width is left for what happens; and what happens is not drawn
        # larger than it needs, so that the rest of the width goes to the short ones by their length.
        least_px = min(_SHORT_PX, width_px * 0.5 / shorts)
        px_per_s = min(_PX_PER_S_MAX, (width_px - shorts * least_px) / (end_s - shorts_s))
        short_px_per_s = (width_px - (end_s - shorts_s) * px_per_s - shorts * least_px) / shorts_s
    stretches: list[Stretch] = []
    x_px = left_px
    for from_s, to_s, is_short in parts:
        part_px = (to_s - from_s) * (short_px_per_s if is_short else px_per_s) + (least_px if is_short else 0.0)
        stretches.append(Stretch(from_s, to_s, x_px, x_px + part_px, is_short))
        x_px += part_px
    return Axis(tuple(stretches))


def _parts(moments_s: Sequence[float], end_s: float) -> list[tuple[float, float, bool]]:
    """(from, to, whether it is shortened), without gaps from 0 to the end."""
    quiet_s = max(_QUIET_S_MIN, end_s * _QUIET_SHARE)
    parts: list[tuple[float, float, bool]] = []
    from_s = 0.0
    for before_s, after_s in pairwise(moments_s):
        if after_s - before_s <= quiet_s:
            continue
        parts.append((from_s, before_s + _MARGIN_S, False))
        parts.append((before_s + _MARGIN_S, after_s - _MARGIN_S, True))
        from_s = after_s - _MARGIN_S
    parts.append((from_s, end_s, False))
    return parts
