"""Symbolic functions of one number: the named ones, the cutoff, and learned radial functions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qffc.ir.diagnostics import error
from qffc.ir.laws import Law
from qffc.ir.value_leaves import ParameterEntry
from qffc.ir.value_nodes import Value, need_rank

FUNCTIONS = ("acos", "cos", "exp", "log", "sin", "sqrt", "tanh")


@dataclass(frozen=True, eq=False, repr=False)
class Function(Value):
    """A smooth function of one number."""

    name: str
    argument: Value

    def __post_init__(self) -> None:
        if self.name not in FUNCTIONS:
            raise error(
                "unknown function",
                found=f"'{self.name}'",
                expected="one of " + ", ".join(f"'{name}'" for name in FUNCTIONS),
                help="build other functions from these, or use a learned radial function",
            )
        need_rank(self.argument, 0, self.name)

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.argument,)

    def _spell(self) -> str:
        return f"{self.name}({self.argument})"

    def _law(self) -> Law:
        law = self.argument.law
        if law.parity == 1:
            return law
        if law.parity == -1 and self.name in ("sin", "tanh"):
            return law
        if law.parity == -1 and self.name == "cos":
            return Law(0, 1, law.covariant)
        return Law(0, None, law.covariant)


@dataclass(frozen=True, eq=False, repr=False)
class Cutoff(Value):
    """A smooth step from 1 at 0 to 0 at ``radius`` (Angstrom), where value, slope and curvature vanish.

    The polynomial envelope of Gasteiger et al. (arXiv:2003.03123) with p = 6.
    """

    argument: Value
    radius: Fraction

    def __post_init__(self) -> None:
        need_rank(self.argument, 0, "cutoff")
        if self.radius <= 0:
            raise error(
                "cutoff radius that is not positive",
                found=f"{self.radius}",
                expected="a positive radius in Angstrom",
                help="give the distance from which the atoms no longer see each other, for instance 5",
            )

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.argument,)

    def _spell(self) -> str:
        return f"cutoff({self.argument}, {self.radius})"

    def _law(self) -> Law:
        return _even(self.argument.law)


@dataclass(frozen=True, eq=False, repr=False)
class Radial(Value):
    """A learned function of a distance: sum_k table[..., k] B_k(r), with the basis declared at the parameter."""

    table: ParameterEntry
    argument: Value

    def __post_init__(self) -> None:
        need_rank(self.argument, 0, f"radial function {self.table.name}")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.table, self.argument)

    def _spell(self) -> str:
        return f"radial({self.table}, {self.argument})"

    def _law(self) -> Law:
        return _even(self.argument.law)


def _even(law: Law) -> Law:
    if law.parity == 1:
        return law
    return Law(0, None, law.covariant)
