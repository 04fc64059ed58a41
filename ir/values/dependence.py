"""Which sites a value depends on, and sums of positions written as displacements.

Positions of sites are independent, so a sum of positions and displacements with rational coefficients depends on the
sites whose positions do not cancel, and is zero when all do: r(a, g) + r(g, b) is r(a, b), whatever g is.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache

from qffc.ir.values.arithmetic import Add, Value, split_coefficient
from qffc.ir.values.gathered import CarriedValue, Gathered
from qffc.ir.values.leaves import Displacement, Position
from qffc.ir.values.substitution import substitute_sites

Positions = dict[str, Fraction]
"""A rational factor for the position of each site."""


@lru_cache(maxsize=1 << 14)
def sites_that_matter(value: Value) -> tuple[str, ...]:
    """Return the sites that a value depends on once sums of positions are collected, sorted.

    Example:
        >>> from qffc.ir.values import norm
        >>> sites_that_matter(norm(Displacement("a", "g") + Displacement("g", "b")))
        ('a', 'b')
    """
    return tuple(sorted(_sites(substitute_sites(value, {}))))


def collected_positions(vector: Value) -> tuple[Positions, list[Value]]:
    """Return the positions that a vector adds up, those that cancel left out, and the terms that are something else."""
    total: Positions = defaultdict(Fraction)
    rest: list[Value] = []
    for term in vector.terms if isinstance(vector, Add) else (vector,):
        factor, body = split_coefficient(term)
        if isinstance(body, Displacement):
            total[body.site] += factor
            total[body.origin] -= factor
        elif isinstance(body, Position):
            total[body.site] += factor
        else:
            rest.append(term)
    return {site: factor for site, factor in sorted(total.items()) if factor}, rest


def _sites(value: Value) -> set[str]:
    if isinstance(value, CarriedValue):
        return {value.site}
    if isinstance(value, Gathered):
        return _sites(value.value) - {value.site}
    if not value.law.rank:
        return {site for child in value.children for site in _sites(child)}
    positions, rest = collected_positions(value)
    found = set(positions)
    for term in rest:
        whole = isinstance(term, Gathered | CarriedValue)
        found |= _sites(term) if whole else {site for child in term.children for site in _sites(child)}
    return found
