"""Charts as SVG of a few kilobytes, whose colours are those of the page around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

from qffc.html_page import COLOUR_STYLE
from qffc.ir.diagnostics import error

_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 44
_TICKS = 5
_TONES = 6
_MOST_DECADES = 3
_LINE = 15


@dataclass(frozen=True)
class Series:
    """Points of one kind.

    Args:
        label: in the legend; empty for none.
        x: of the points.
        y: of the points, as many.
        tone: which colour, from 1.
        line: whether they are joined.
        dots: whether each is marked.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    tone: int = 1
    line: bool = True
    dots: bool = False


@dataclass(frozen=True)
class Scale:
    """From numbers to places on an axis.

    Args:
        low: the number at the beginning.
        high: the number at the end.
        log: whether decades are equally long.
    """

    low: float
    high: float
    log: bool = False

    def part(self, number: float) -> float:
        """Return how far along the axis a number is, from 0 to 1."""
        if self.log:
            return (log10(number) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (number - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Return round numbers on the axis.

        Example:
            >>> Scale(0.0, 0.9).ticks()
            [0.0, 0.2, 0.4, 0.6, 0.8]
            >>> Scale(1.0, 100.0, log=True).ticks()
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        """
        if self.log:
            decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            steps = (1, 2, 5) if log10(self.high / self.low) < _MOST_DECADES else (1,)
            found = [factor * 10.0**decade for decade in decades for factor in steps]
            shown = [tick for tick in found if self.low * 0.999 <= tick <= self.high * 1.001]
            return shown if len(shown) > 1 else Scale(self.low, self.high).ticks()
        raw = (self.high - self.low) / _TICKS
        size = 10.0 ** floor(log10(raw))
        step = size * min((1, 2, 5, 10), key=lambda factor: abs(factor * size - raw))
        first = ceil(self.low / step - 1e-9)
        return [round(place * step, 12) for place in range(first, floor(self.high / step + 1e-9) + 1)]


def chart(
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    diagonal: bool = False,
    width: int = 460,
    height: int = 300,
) -> str:
    """Return a chart of points or lines as SVG.

    Args:
        series: what is shown, drawn in this order.
        x_label: quantity and unit of the horizontal axis.
        y_label: of the vertical one.
        log_x: whether the horizontal axis is logarithmic; points that are not positive are left out then.
        log_y: the same of the vertical one.
        diagonal: both axes have one range, and the line of equal numbers.
        width: of the chart, pixels.
        height: of the chart, pixels.

    Raises:
        QffcError: there is nothing to show.

    Example:
        >>> drawn = chart([Series("energy", [1, 2, 3], [4.0, 2.0, 1.0], dots=True)], "epoch", "MAE (meV)", log_y=True)
        >>> drawn.startswith("<svg"), drawn.count("<circle")
        (True, 3)
    """
    kept = [(each, _shown(each, log_x, log_y)) for each in series]
    points = [point for _, inside in kept for point in inside]
    if not points:
        raise error("empty chart", found=f"no points for '{y_label}'", expected="one at least", help="leave it out")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if diagonal:
        xs = ys = xs + ys
    across, up = _scale(xs, log_x), _scale(ys, log_y)
    named = [each for each in series if each.label]
    top = _TOP + (_LINE if len(named) > 1 else 0)
    box = (_LEFT, top, width - _RIGHT, height - _BOTTOM)
    parts = [_axes(across, up, box, x_label, y_label)]
    if diagonal:
        parts.append(f'<path class="grid" d="M{box[0]} {box[3]}L{box[2]} {box[1]}"/>')
    for each, inside in kept:
        places = [
            (box[0] + across.part(x) * (box[2] - box[0]), box[3] - up.part(y) * (box[3] - box[1])) for x, y in inside
        ]
        parts.append(_drawn(each, places))
    if len(named) > 1:
        parts.append(_legend(named))
    return svg(parts, width, height)


def svg(parts: Sequence[str], width: float, height: float) -> str:
    """Return a drawing that stands alone, with the colours of all pages."""
    style = COLOUR_STYLE + (
        "svg.q text{font:11px system-ui,sans-serif;fill:var(--q-ink)}svg.q .grid{stroke:var(--q-line);fill:none}"
        "svg.q .f{fill:var(--q-faint)}svg.q .axis{stroke:var(--q-faint);fill:none}"
    )
    tones = "".join(
        f"svg.q .t{tone}{{stroke:var(--q-tone{tone});fill:none}}svg.q .d{tone}{{fill:var(--q-tone{tone})}}"
        for tone in range(1, _TONES + 1)
    )
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="q" {size}><style>{style}{tones}</style>{"".join(parts)}</svg>'
    )


def tone(number: int) -> int:
    """Return one of the six colours, in turn, counted from 1."""
    return number % _TONES + 1


def _shown(series: Series, log_x: bool, log_y: bool) -> list[tuple[float, float]]:
    pairs = zip(map(float, series.x), map(float, series.y), strict=True)
    return [(x, y) for x, y in pairs if isfinite(x) and isfinite(y) and (x > 0 or not log_x) and (y > 0 or not log_y)]


def _scale(numbers: Sequence[float], log: bool) -> Scale:
    low, high = min(numbers), max(numbers)
    if log:
        return Scale(low / 1.2, high * 1.2, True)
    margin = 0.04 * (high - low) or max(0.5 * abs(high), 0.5)
    return Scale(low - margin, high + margin)


def _axes(across: Scale, up: Scale, box: tuple[int, int, int, int], x_label: str, y_label: str) -> str:
    left, top, right, bottom = box
    parts = []
    for tick in up.ticks():
        y = bottom - up.part(tick) * (bottom - top)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        parts.append(f'<text class="f" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{_spelt(tick)}</text>')
    for tick in across.ticks():
        x = left + across.part(tick) * (right - left)
        parts.append(f'<path class="grid" d="M{x:.1f} {top}V{bottom}"/>')
        parts.append(f'<text class="f" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_spelt(tick)}</text>')
    parts.append(f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>')
    middle = (top + bottom) / 2
    parts.append(f'<text x="{(left + right) / 2:.0f}" y="{bottom + 36}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text x="14" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})">'
        f"{escape(y_label)}</text>"
    )
    return "".join(parts)


def _drawn(series: Series, places: Sequence[tuple[float, float]]) -> str:
    parts = []
    if series.line and len(places) > 1:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path class="t{series.tone}" stroke-width="1.6" d="M{path}"/>')
    if series.dots or len(places) == 1:
        radius, strength = ("3", "1") if series.line else ("2", "0.45")
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in places)
        parts.append(f'<g class="d{series.tone}" fill-opacity="{strength}">{dots}</g>')
    return "".join(parts)


def _legend(series: Sequence[Series]) -> str:
    parts, x = [], float(_LEFT)
    for each in series:
        parts.append(f'<path class="t{each.tone}" stroke-width="3" d="M{x:.0f} 9h14"/>')
        parts.append(f'<text x="{x + 19:.0f}" y="13">{escape(each.label)}</text>')
        x += 34 + 6.3 * len(each.label)
    return "".join(parts)


def _spelt(number: float) -> str:
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].replace("+", ""), f"{number:g}").replace("-", "−")
