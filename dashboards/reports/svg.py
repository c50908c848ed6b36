"""One metric over time as SVG: a pure function of published points, without script or reference."""

from collections.abc import Sequence
from datetime import date
from html import escape
from itertools import groupby
from math import log10

from dashboards.series import Point
from dashboards.theme import LIGHT
from dashboards.words import DAY, HOUR, MINUTE, date_words, duration_words, figure_words

WIDTH, HEIGHT = 340, 118
_LEFT, _TOP, _BOTTOM = 44, 16, 96
_HATCH_STEP = 6
_LABEL_WIDTH = 92.0
_LOG_FROM = 20.0
_STEPS = (
    MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 5 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY,
)  # fmt: skip


class Scale:
    """Where days and values stand on the picture; durations that differ much are on a log."""

    def __init__(
        self, points: Sequence[Point], *, reach: float, right: float, values: Sequence[float]
    ) -> None:
        self._first, self._last, self._right = points[0].start, points[-1].end, right
        top, least = max([*values, reach]), min(values)
        unit = points[-1].reading.unit
        self.is_log = unit == "seconds" and least > 0 and max(values) / least > _LOG_FROM
        self.low = least / 1.6 if self.is_log else 0.0
        self.high = max(values) * 1.6 if self.is_log else (top * 1.12 or 1.0)

    def x(self, day: date) -> float:
        """Return the place of a day from the left."""
        share = (day - self._first).days / ((self._last - self._first).days or 1)
        return round(_LEFT + share * (self._right - _LEFT), 1)

    def y(self, value: float) -> float:
        """Return the place of a value from the top, kept inside the picture."""
        kept = min(max(value, self.low), self.high)
        if self.is_log:
            share = (log10(kept) - log10(self.low)) / (log10(self.high) - log10(self.low))
        else:
            share = kept / self.high
        return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)

    def ticks(self, unit: str) -> list[float]:
        """Return at most four round values inside the scale."""
        if unit == "seconds" and self.is_log:
            inside = [step for step in _STEPS if self.low < step < self.high]
            return inside[:: max(1, -(-len(inside) // 3))]
        steps: Sequence[float] = _STEPS
        if unit != "seconds":
            steps = [base * 10.0**power for power in range(-3, 7) for base in (1, 2, 5)]
        step = next((step for step in steps if self.high / step <= 3), steps[-1])
        return [step * at for at in range(int(self.high / step) + 1)]


def chart_svg(
    points: Sequence[Point],
    *,
    own_range: tuple[float, float] | None,
    changes: Sequence[date] = (),
    accent: str = "",
    said: str,
) -> str:
    """Return a line over periods: own range as band, change points as thin lines, gaps as gaps.

    Shape: `points` oldest first. A last period that is provisional is hatched; a mark is hollow
    for few rows or a period that is not complete. `said` is the text for who cannot see it.
    """
    values = [p.reading.value for p in points if p.reading.is_known and p.reading.value is not None]
    if not values:
        return _framed([_text(_LEFT, HEIGHT / 2, "No data in this time.", LIGHT.muted)], said)
    last = next(point for point in reversed(points) if point.reading.is_known)
    label = last.value_words()
    right = WIDTH - 12 - 6.6 * len(label)
    scale = Scale(points, reach=own_range[1] if own_range else 0.0, right=right, values=values)
    colour = accent or LIGHT.neutral
    parts = []
    if own_range is not None:
        top, bottom = scale.y(own_range[1]), scale.y(own_range[0])
        parts.append(
            f'<rect x="{_LEFT}" y="{top}" width="{right - _LEFT:.1f}" height="{bottom - top:.1f}" '
            'fill="#475467" fill-opacity="0.10"/>'
        )
    if points[-1].reading.is_provisional:
        parts += _hatch(scale.x(points[-1].start), scale.x(points[-1].end))
    parts += _axes(points, scale, right)
    parts += _change_lines(changes, points, scale)
    parts += _line(points, scale, colour)
    place = scale.x(last.middle) + 8, scale.y(last.reading.value or 0.0) + 4
    parts.append(_text(*place, label, accent or LIGHT.ink, size=12, bold=True))
    return _framed(parts, said)


def _framed(parts: Sequence[str], said: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(said)}"><title>{escape(said)}</title>{"".join(parts)}</svg>'
    )


def _text(
    x: float, y: float, text: str, colour: str, *, size: int = 9, bold: bool = False,
    anchor: str = "start",
) -> str:  # fmt: skip
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}"{weight}>{escape(text)}</text>'
    )


def _segment(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _hatch(left: float, right: float) -> list[str]:
    """Return diagonal lines that are cut off at the sides of the period."""
    height = _BOTTOM - _TOP
    lines = []
    start = left - height
    while start < right:
        from_x, to_x = max(start, left), min(start + height, right)
        if to_x > from_x:
            from_y, to_y = _BOTTOM - (from_x - start), _BOTTOM - (to_x - start)
            lines.append(_segment(from_x, from_y, to_x, to_y, LIGHT.faint, 0.8))
        start += _HATCH_STEP
    return lines


def _axes(points: Sequence[Point], scale: Scale, right: float) -> list[str]:
    unit = points[-1].reading.unit
    parts = [_segment(_LEFT, _BOTTOM, right, _BOTTOM, LIGHT.faint)]
    for value in scale.ticks(unit):
        place = scale.y(value)
        parts.append(_segment(_LEFT - 3, place, _LEFT, place, LIGHT.faint))
        parts.append(_text(_LEFT - 5, place + 3, _tick(value, unit), LIGHT.muted, anchor="end"))
    for point in points[:: max(1, -(-len(points) // 5))]:
        words = f"{point.start:%b %Y}" if point.start.month == 1 or point is points[0] else (
            f"{point.start:%b}"
        )  # fmt: skip
        parts.append(_segment(scale.x(point.middle), _BOTTOM, scale.x(point.middle), _BOTTOM + 3,
                              LIGHT.faint))  # fmt: skip
        parts.append(_text(scale.x(point.middle), _BOTTOM + 13, words, LIGHT.muted,
                           anchor="middle"))  # fmt: skip
    return parts


def _tick(value: float, unit: str) -> str:
    if unit == "ratio":
        return f"{round(value * 100, 1):g} %"
    if unit == "seconds":
        return "0" if value == 0 else duration_words(value).replace(".0 d", " d")
    return f"{value:g}" if value < 10 else figure_words(value)


def _change_lines(changes: Sequence[date], points: Sequence[Point], scale: Scale) -> list[str]:
    """Return a thin line for each change, and a date where there is room for it."""
    parts, free_to = [], float("inf")
    for day in sorted(changes, reverse=True):
        if not points[0].start < day < points[-1].end:
            continue
        place = scale.x(day)
        parts.append(_segment(place, _TOP - 4, place, _BOTTOM, LIGHT.muted, 0.8))
        is_right = place - _LABEL_WIDTH > _LEFT
        left = place - _LABEL_WIDTH if is_right else place
        if left + _LABEL_WIDTH <= free_to:
            at, anchor = (place - 3, "end") if is_right else (place + 3, "start")
            words = f"changed {date_words(day)}"
            parts.append(_text(at, _TOP - 6, words, LIGHT.muted, anchor=anchor))
            free_to = left
    return parts


def _line(points: Sequence[Point], scale: Scale, colour: str) -> list[str]:
    parts = []
    for is_known, group in groupby(points, key=lambda point: point.reading.is_known):
        if not is_known:
            continue
        run = [(point, scale.x(point.middle), scale.y(point.reading.value or 0)) for point in group]
        path = " ".join(f"{x},{y}" for _, x, y in run)
        if len(run) > 1:
            parts.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
            )
        for point, x, y in run:
            is_hollow = point.reading.is_provisional or point.reading.is_small
            fill = LIGHT.paper if is_hollow else colour
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="2.4" fill="{fill}" stroke="{colour}"/>'
            )  # fmt: skip
    return parts
