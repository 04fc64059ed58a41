"""Sums over the neighbours of an atom, and what an atom carries from one round of circuits to the next.

A sum binds its site: every other atom takes that site in turn, and the value of the sum depends on none of them by
name. A sum has no order, so it is the same whichever of two like atoms is called which.
"""

from __future__ import annotations

from dataclasses import dataclass

from qffc.ir.kept import cached_property
from qffc.ir.values.arithmetic import Add, Number, Value, add, is_zero, mul, split_coefficient
from qffc.ir.values.laws import SCALAR, VECTOR, Law
from qffc.ir.values.leaves import ParameterEntry


def gather(site: str, value: Value) -> Value:
    """Return the sum of a value over all atoms that take a gathered site, in canonical form.

    The sum of a sum is a sum of sums, and rational factors stand in front.

    Example:
        >>> from qffc.ir.values.leaves import Displacement
        >>> gather("j", 2 * Displacement("c", "j"))
        <Mul 2*sum(j, r(c, j))>
    """
    if isinstance(value, Add):
        return add(*(gather(site, term) for term in value.terms))
    factor, body = split_coefficient(value)
    return value if is_zero(value) else mul(Number(factor), Gathered(site, body))


@dataclass(frozen=True, eq=False, repr=False)
class Gathered(Value):
    """The sum of a value over all atoms that take a gathered site; build it with :func:`gather`."""

    site: str
    value: Value

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.value,)

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites that the value depends on, the gathered one left out."""
        return tuple(site for site in self.value.sites if site != self.site)

    @cached_property
    def named_sites(self) -> tuple[str, ...]:
        """The same with those whose species are named."""
        return tuple(site for site in self.value.named_sites if site != self.site)

    def _spell(self) -> str:
        return f"sum({self.site}, {self.value})"

    def _law(self) -> Law:
        return self.value.law


@dataclass(frozen=True, eq=False, repr=False)
class CarriedValue(Value):
    """A learned combination of what an atom carries from the round before."""

    table: ParameterEntry
    site: str

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.table,)

    def _own_sites(self) -> tuple[str, ...]:
        return (self.site,)


class CarriedNumber(CarriedValue):
    """A combination of the numbers that an atom carries: sum_k table[..., k] h_k."""

    def _spell(self) -> str:
        return f"scalars({self.table}, {self.site})"

    def _law(self) -> Law:
        return SCALAR


class CarriedVector(CarriedValue):
    """A combination of the vectors that an atom carries: sum_k table[..., k] v_k."""

    def _spell(self) -> str:
        return f"vectors({self.table}, {self.site})"

    def _law(self) -> Law:
        return VECTOR
