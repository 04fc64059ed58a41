"""How the variance of gradients falls with the size of a circuit, and what to say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Options = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Scaling:
    """The fall of a variance with one option of a family, the others fixed.

    Args:
        option: what varies: ``qubits``, or the name of an option.
        fixed: the other options that vary in the family.
        rate: k in 2^(-k x option), least squares on the logarithms.
        standard_error: of the rate; None for two points.
        power: p in option^-p.
        exponential: whether 2^(-k x) fits better than x^-p; None for two points, which both fit exactly.
    """

    option: str
    fixed: Options
    rate: float
    standard_error: float | None
    power: float
    exponential: bool | None

    def render(self) -> str:
        """Return a sentence."""
        at = f" at {', '.join(f'{name}={value}' for name, value in self.fixed)}" if self.fixed else ""
        spread = "" if self.standard_error is None else f" ± {self.standard_error:.2f}"
        first = f"variance goes as 2^({-self.rate:+.2f}{spread} × {self.option}){at}"
        if self.exponential is None:
            return f"{first}: two points, any law fits them"
        if self.rate <= 2 * (self.standard_error or 0.0):
            return f"{first}: no fall that is certain"
        if self.exponential:
            return f"{first}: an exponential fall fits better than a power, {self.option}^{-self.power:.1f}"
        return f"{first}: the power {self.option}^{-self.power:.1f} fits better than an exponential fall"


def scalings(variances: Mapping[Options, float]) -> tuple[Scaling, ...]:
    """Return the fall with each option that varies, for every choice of the others with two points or more.

    Args:
        variances: positive, by the options of each member of a family.

    Example:
        >>> (found,) = scalings({(("qubits", n),): 4.0**-n for n in (4, 6, 8)})
        >>> found.rate, found.exponential
        (2.0, True)
    """
    groups: dict[tuple[str, Options], list[tuple[int, float]]] = {}
    for options, variance in variances.items():
        for name, value in options:
            fixed = tuple(each for each in options if each[0] != name)
            groups.setdefault((name, fixed), []).append((value, variance))
    names = list(dict.fromkeys(name for options in variances for name, _ in options))
    ordered = sorted(groups.items(), key=lambda item: (names.index(item[0][0]), item[0][1]))
    return tuple(_fit(name, fixed, points) for (name, fixed), points in ordered if len(points) > 1)


def _fit(name: str, fixed: Options, points: Sequence[tuple[int, float]]) -> Scaling:
    x = np.array([value for value, _ in points], dtype=float)
    y = np.log2([variance for _, variance in points])
    slope, residual = _line(x, y)
    power, other = _line(np.log2(x), y)
    if len(points) == 2:
        return Scaling(name, fixed, -slope, None, -power, None)
    error = float(np.sqrt(residual / (len(points) - 2) / np.sum((x - x.mean()) ** 2)))
    return Scaling(name, fixed, -slope, error, -power, residual <= other)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope, and sum of squared residuals, of a line through points."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return slope, float(np.sum((dy - slope * dx) ** 2))
