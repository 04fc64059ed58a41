"""The leaves of symbolic values: what a program names, beside plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

from qffc.ir.kept import cached_property
from qffc.ir.values.arithmetic import Value
from qffc.ir.values.laws import SCALAR, VECTOR, Law


@dataclass(frozen=True, eq=False, repr=False)
class Pi(Value):
    """The circle constant."""

    @property
    def is_positive(self) -> bool:
        return True

    def _spell(self) -> str:
        return "pi"

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True)
class SpeciesOf:
    """A parameter index: the species of a site."""

    site: str

    def __str__(self) -> str:
        return f"Z({self.site})"


@dataclass(frozen=True)
class ChannelIndex:
    """A parameter index: the channel, a copy of the circuit with parameters of its own."""

    def __str__(self) -> str:
        return "channel"


@dataclass(frozen=True)
class RoundIndex:
    """A parameter index: the round of circuits, each of which may have parameters of its own."""

    def __str__(self) -> str:
        return "round"


Index = int | SpeciesOf | ChannelIndex | RoundIndex


@dataclass(frozen=True, eq=False, repr=False)
class ParameterEntry(Value):
    """One entry of a parameter table, such as ``J[Z(c), Z(a), 0]``; an invariant number."""

    name: str
    indices: tuple[Index, ...] = ()

    @cached_property
    def named_sites(self) -> tuple[str, ...]:
        """The names of the sites whose species are indices, sorted."""
        return tuple(sorted({index.site for index in self.indices if isinstance(index, SpeciesOf)}))

    def _spell(self) -> str:
        return self.name + (f"[{', '.join(map(str, self.indices))}]" if self.indices else "")

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True, eq=False, repr=False)
class Position(Value):
    """The absolute position of a site; using it breaks translation unless positions are differences already."""

    site: str

    def _spell(self) -> str:
        return f"x({self.site})"

    def _law(self) -> Law:
        return VECTOR

    def _own_sites(self) -> tuple[str, ...]:
        return (self.site,)


@dataclass(frozen=True, eq=False, repr=False)
class Displacement(Value):
    """The vector from one site to another: position of ``site`` minus position of ``origin``."""

    origin: str
    site: str

    def _spell(self) -> str:
        return f"r({self.origin}, {self.site})"

    def _law(self) -> Law:
        return VECTOR

    def _own_sites(self) -> tuple[str, ...]:
        return (self.origin, self.site)


@dataclass(frozen=True, eq=False, repr=False)
class Moment(Value):
    """The expectation value of a named observable; only readouts use it."""

    observable: str

    def _spell(self) -> str:
        return f"moment({self.observable})"

    def _law(self) -> Law:
        return SCALAR
