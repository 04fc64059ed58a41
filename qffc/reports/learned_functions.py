"""The functions of a distance that a model has learned, as small charts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.surroundings import neighbour_distances
from qffc.html_page import figure
from qffc.ir.declarations import Parameter
from qffc.ir.evaluate import radial_basis
from qffc.models.force_field import ForceField
from qffc.reports.svg_charts import Series, chart, tone

_POINTS = 90
_MOST_LINES = 12
_SPECIES = "species"
_SHORTEST = 0.5
"""Where charts begin without data, Angstrom."""
_REACH = 6.0
"""Angstrom up to which neighbours in cells are looked for."""


def learned_functions(model: ForceField, data: Dataset | None = None, most: int = 12) -> tuple[list[str], int]:
    """Return charts of learned functions, one for each table and pair of elements, and how many are left out.

    Args:
        model: a trained model.
        data: frames of it: charts begin at the shortest distance of each pair of elements in them.
        most: charts that are returned.
    """
    tables = [parameter for parameter in model.program.parameters if parameter.basis is not None]
    charts = [drawn for parameter in tables for drawn in _charts(model, parameter, data)]
    return charts[:most], max(0, len(charts) - most)


def _charts(model: ForceField, parameter: Parameter, data: Dataset | None) -> Iterator[str]:
    numbers, axes = model.arrays[parameter.name], parameter.axes
    places = [place for place, axis in enumerate(axes) if axis == _SPECIES]
    others = [place for place in range(len(axes)) if place not in places]
    species = model.program.species
    for chosen in product(range(len(species)), repeat=len(places)):
        table = numbers
        for place, index in sorted(zip(places, chosen, strict=True), reverse=True):
            table = np.take(table, index, axis=place)
        rows = table.reshape(-1, table.shape[-1])
        names = [species[index] for index in chosen]
        begin = _shortest(data, names)
        if begin is None:
            continue
        count = prod(numbers.shape[place] for place in others)
        shown = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_LINES)).round().astype(int))]
        words = " × ".join(f"{numbers.shape[place]} {_word(str(axes[place]))}" for place in others)
        some = f", {len(shown)} of them shown" if len(shown) < count else ""
        title = f"{parameter.name}{', ' + '–'.join(names) if names else ''}: {count} functions ({words}){some}"
        yield figure(_drawn(parameter, shown, begin), title)


def _drawn(parameter: Parameter, rows: NDArray[np.float64], begin: float) -> str:
    assert parameter.basis is not None
    basis = parameter.basis
    grid = np.linspace(begin, float(basis.cutoff), _POINTS)
    values = np.stack([radial_basis(distance, basis) for distance in grid]) @ rows.T
    lines = [Series("", grid.tolist(), values[:, row].tolist(), tone(row)) for row in range(len(rows))]
    return chart(lines, "distance (Å)", "function", width=310, height=210)


def _shortest(data: Dataset | None, names: list[str]) -> float | None:
    """The shortest distance of two elements in frames; None where no two atoms are such."""
    if data is None or len(names) != 2:
        return _SHORTEST
    first, second = ([at for at, symbol in enumerate(data.symbols) if symbol == name] for name in names)
    pairs = [(a, b) for a in first for b in second if a != b]
    if not pairs:
        return None
    left, right = np.array(pairs).T
    step = max(1, len(data) // 500)
    if data.periodic:
        return _shortest_in_cells(data, names, step)
    positions = data.positions[::step]
    return float(np.linalg.norm(positions[:, left] - positions[:, right], axis=-1).min())


def _shortest_in_cells(data: Dataset, names: list[str], step: int) -> float | None:
    symbols, shortest = np.array(data.symbols), np.inf
    for centres, others, apart in neighbour_distances(data, _REACH, step):
        here = (symbols[centres] == names[0]) & (symbols[others] == names[1])
        shortest = min(shortest, float(apart[here].min())) if here.any() else shortest
    return shortest if np.isfinite(shortest) else None


def _word(axis: str) -> str:
    return {"channel": "channels", "round": "rounds"}.get(axis, "entries")
