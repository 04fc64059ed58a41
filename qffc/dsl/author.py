"""The author object: what an ansatz function is given to write with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Literal, overload

from qffc.dsl.atoms import Neighbour, Twins, Wire
from qffc.dsl.caller import caller_span
from qffc.dsl.declare import DEFAULT_CUTOFF
from qffc.dsl.gates import Angle, need_twins, need_value, pair_groups
from qffc.dsl.generators import Generators
from qffc.dsl.numbers import exact, need_count
from qffc.dsl.observables import Measured, swaps_of_like_atoms, tied
from qffc.dsl.tables import CHANNEL, Table
from qffc.ir.declarations import AtomicReadout, Axis, Basis, EnergyReadout, Messages, Readout
from qffc.ir.diagnostics import Span, error
from qffc.ir.observables import DotObservable, Observable, PauliObservable
from qffc.ir.ops import Relabel
from qffc.ir.program import Program
from qffc.ir.values import Moment, Number, Numeric, Value, add, as_value, mul


class Author(Generators):
    """Writes one ansatz: declares atoms, qubits and parameters, applies gates, names what is measured.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     upper, lower = a.twins(hydrogen)
        ...     a.rotate(upper, a.param("alpha") * hydrogen.position)
        ...     return a.energy(a.dot(upper, lower))
        >>> lithium_hydride.program.symmetry
        ('rotation', 'inversion', 'translation')
    """

    _observables: tuple[tuple[str, Observable], ...] = ()
    readout_span: Span | None = None

    @overload
    def dot(self, first: Wire, second: Wire, /) -> Measured: ...

    @overload
    def dot(self, first: Sequence[Twins], /) -> list[Measured]: ...

    def dot(self, first: Wire | Sequence[Twins], second: Wire | None = None, /) -> Measured | list[Measured]:
        """Return XX + YY + ZZ on two qubits, or the list of those on every pair of a list of twins."""
        if isinstance(first, Wire) and isinstance(second, Wire):
            return Measured(DotObservable(self._index(first), self._index(second)), self)
        return [self.dot(left, right) for left, right in chain.from_iterable(pair_groups(need_twins(first)))]

    def pauli(self, letters: str | Mapping[Wire, str], *wires: Wire) -> Measured:
        """Return a Pauli string: ``("ZZ", q1, q2)`` or ``({q1: "Z", q2: "Z"})``."""
        return Measured(PauliObservable(self._pauli_string(letters, wires)), self)

    def energy(
        self,
        measured: Measured | Sequence[Measured],
        weights: Literal["learned"] | Sequence[Angle] | None = None,
        offset: bool = False,
    ) -> Readout:
        """Return the energy as a weighted sum of moments.

        One observable is the energy itself. Of several, each has a learned weight (parameter ``readout``). When the
        ansatz declares exchange, an observable of a list stands for the sum over what exchanging like atoms makes of
        it, so that these share one weight.

        Args:
            measured: one observable, or several.
            weights: ``learned``, or one number or value for each observable that is left after that sum.
            offset: adds a learned constant, the parameter ``offset``.
        """
        alone = isinstance(measured, Measured)
        names = self._observe([measured] if isinstance(measured, Measured) else self._tied(measured))
        chosen = "learned" if weights is None else weights
        factors = [as_value(1)] if alone and weights is None else self._weights(chosen, len(names))
        energy = add(*(mul(factor, Moment(name)) for factor, name in zip(factors, names, strict=True)))
        if offset:
            energy = energy + self.param("offset") * Fraction(1, self._channels)
        return EnergyReadout(energy)

    def atomic_energy(
        self,
        features: Sequence[Measured],
        hidden: Sequence[int] = (32, 32),
        weight: Value | None = None,
        activation: Literal["silu", "tanh"] = "silu",
        by_species: bool = False,
        weights: Sequence[Angle] | None = None,
        messages: int = 0,
        basis_size: int = 8,
        cutoff: float | None = None,
    ) -> Readout:
        """Return the energy of the centre from summed moments and a small neural network.

        Each observable stands for the sum over what exchanging the neighbours makes of it.

        Args:
            features: the observables.
            hidden: widths of the hidden layers; none for a weighted sum and a constant, for each species of the centre.
            weight: factor of every moment; by default the product of the smooth cutoffs of all neighbours, at the
                largest cutoff of the radial functions, and 1 in scope atom, where slots may be left to ghosts.
            activation: the nonlinearity.
            weights: one number or value for each observable that is left after that sum: the moments with these weights
                are then one feature, for each channel, in place of many.
            by_species: sum circuits apart for each unordered choice of the species of the neighbours; the network then
                sees them apart.
            messages: how often atoms exchange messages after the first layer of the network.
            basis_size: number of radial functions in messages.
            cutoff: where messages end, Angstrom; the largest cutoff of the radial functions by default.
        """
        names = self._observe(self._tied(features))
        radius = self._largest_cutoff() if cutoff is None else exact(cutoff)
        rounds, size = need_count("messages", messages, least=0), need_count("size of a basis", basis_size)
        passed = Messages(rounds, Basis("bessel", size, radius)) if rounds else None
        widths = tuple(need_count("width of a hidden layer", width) for width in hidden)
        if weights is not None:
            factors = self._weights(weights, len(names))
            total = add(*(mul(factor, Moment(name)) for factor, name in zip(factors, names, strict=True)))
            value = total if weight is None else mul(need_value(weight), total)
            return AtomicReadout(value, (), widths, activation, by_species, passed, self._rounds)
        default = as_value(1) if self._scope == "atom" else self._cutoffs()
        factor = default if weight is None else need_value(weight)
        return AtomicReadout(factor, tuple(names), widths, activation, by_species, passed, self._rounds)

    def finish(self, name: str, readout: Readout) -> Program:
        """Return the program."""
        listed = dict.fromkeys(site.species for site in self._sites if site.species is not None)
        return Program(
            name=name,
            symmetry=self._declared_symmetry(),
            scope=self._scope,
            species=tuple(listed) if self._species is None else self._species,
            sites=tuple(self._sites),
            parameters=tuple(self._parameters.values()),
            qubits=tuple(self._qubits),
            ops=tuple(self._ops),
            observables=self._observables,
            readout=readout,
            channels=self._channels,
            average=self._average,
            generators=self._declared_generators(len(self._qubits)),
        )

    # ----------------------------------------------------------------------- inner

    def _tied(self, measured: Sequence[Measured]) -> list[Measured]:
        items = list(measured)
        for item in items:
            self._need_measured(item)
        if not self._declares_exchange:
            return items
        place = list(range(len(self._qubits)))  # where the state of each qubit is now
        for op in self._ops:
            if isinstance(op, Relabel):
                moves = dict(op.moves)
                place = [moves.get(index, index) for index in place]
        swaps = swaps_of_like_atoms(self._sites, self._qubits)
        return tied(items, [{place[a]: place[b] for a, b in swap.items()} for swap in swaps])

    def _observe(self, measured: Sequence[Measured]) -> list[str]:
        if self._observables:
            raise error(
                "second energy",
                found="another a.energy(...) or a.atomic_energy(...)",
                expected="one for each ansatz",
                help="put all observables into one list",
            )
        self.readout_span = caller_span()
        for item in measured:
            self._need_measured(item)
        if not measured:
            raise error("no observable", found="an empty list", expected="at least one", help="add a.dot(q1, q2)")
        names = [item.name or f"m{index}" for index, item in enumerate(measured)]
        self._observables = tuple((name, item.observable) for name, item in zip(names, measured, strict=True))
        return names

    def _weights(self, weights: str | Sequence[Angle], count: int) -> list[Value]:
        if isinstance(weights, str) and weights == "learned":
            axes: tuple[Axis, ...] = (CHANNEL, count) if self._channels > 1 else (count,)
            table = self.param("readout", *axes)
            assert isinstance(table, Table)
            return [table[index] for index in range(count)]
        if isinstance(weights, str) or len(weights) != count:
            raise error(
                "weights that do not fit the observables",
                found=repr(weights) if isinstance(weights, str) else f"{len(weights)} weights",
                expected=f"'learned', or {count}: one for each observable, after like atoms are summed over",
                help="leave weights out to learn them",
            )
        return [need_value(weight) for weight in weights]

    def _largest_cutoff(self) -> Fraction:
        radii = [parameter.basis.cutoff for parameter in self._parameters.values() if parameter.basis is not None]
        return max(radii, default=Fraction(repr(DEFAULT_CUTOFF)))

    def _cutoffs(self) -> Value:
        radius: Numeric = self._largest_cutoff()
        factors: list[Value] = [Number(Fraction(1))]
        centre = self._need_centre("atomic_energy")
        for site in self._sites:
            if site.role == "neighbour":
                factors.append(Neighbour(site.name, site.species, self, centre).cutoff(radius))
        return mul(*factors)
