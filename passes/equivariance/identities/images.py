"""What a generator declared by hand does to states: the state after it, carried along, is the state before, exactly.

With V the string times the permutation of the qubits, and psi' the state at the image of the data: V psi' is psi up to
a factor exactly when psi_j (V psi')_k = psi_k (V psi')_j for all k and one j with psi_j not zero. And the readout gives
one number for a state and for its image, whatever the state: the expectation value of each Pauli string is taken as a
free number, that of an observable as the sum of these, before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import numpy as np

from qffc.ir.exchange_group import copy_count
from qffc.ir.generators import Generator
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.passes.circuit.conjugation import conjugated_sum
from qffc.passes.circuit.wires import last_wires
from qffc.passes.equivariance.identities.comparison import Comparison, Ends
from qffc.passes.equivariance.identities.field_values import FieldValues
from qffc.passes.equivariance.identities.points import Unknown
from qffc.passes.equivariance.identities.states import images_of, states_of
from qffc.passes.equivariance.verdict import Transform


class ImageComparison(Comparison):
    """Compares states and readouts in place of responses.

    Args:
        generator: declared by the program.
        programs: the program, twice.
        transform: of the data, which the generator makes.
        names: none.
        ghosts: sites that no atom takes.
        random: the source of points.
        vanishing: whether directions of vectors are taken as those of vectors that may be zero.
    """

    def __init__(
        self,
        generator: Generator,
        programs: tuple[Program, Program],
        transform: Transform,
        names: tuple[str, ...],
        ghosts: frozenset[str],
        random: Random,
        vanishing: bool = False,
    ) -> None:
        program = programs[0]
        if copy_count(program) > 1:
            raise Unknown("the identity test: what a generator does to the states of averaged circuits is not compared")
        qubits = {wire: qubit for qubit, wire in last_wires(program).items()}
        moves = dict(generator.qubits)
        self._places = {qubits[wire]: qubits[moves.get(wire, wire)] for wire in qubits}
        self._paulis = {qubits[wire]: letter for wire, letter in generator.paulis}
        super().__init__(programs, transform, names, ghosts, random, vanishing)

    def _knows(self, transform: Transform) -> bool:
        return True

    def _responses(self, points: list[Ends]) -> Iterator[tuple[list[int], list[int]]]:
        program, turns, count = self.programs[0], self.denominators.turns, len(self.programs[0].qubits)
        before, after = ([ends[side][0] for ends in points] for side in (0, 1))
        state, moved = states_of(program, before, turns), states_of(program, after, turns)
        tensor = moved.reshape(len(moved), *(2,) * count)
        tensor = np.moveaxis(tensor, [1 + q for q in self._places], [1 + q for q in self._places.values()])
        string = PauliSum.of({tuple(sorted(self._paulis.items())): 1})
        image = images_of(string, np.ascontiguousarray(tensor).reshape(moved.shape), count, after, turns)
        for old, new, row, turned in zip(before, after, state.tolist(), image.tolist(), strict=True):
            p, j = old.point.prime, next(k for k, number in enumerate(row) if number)
            left = [row[j] * number % p for number in turned]
            right = [turned[j] * number % p for number in row]
            yield (
                [*left, *self._response(program, old, self._moments(old, carried=False))],
                [*right, *self._response(program, new, self._moments(new, carried=True))],
            )

    def _moments(self, values: FieldValues, *, carried: bool) -> Mapping[str, int]:
        """Expectation values in a state of which nothing is known."""
        found = {}
        for name, observable in self.programs[0].observables:
            paulis = observable.paulis
            if carried:
                paulis = conjugated_sum(paulis.relabelled(self._places), self._paulis)
            free = [values.point.free(("moment", string)) if string else 1 for string, _ in paulis.terms]
            numbers = [values.number(weight) for _, (weight, _) in paulis.terms]
            found[name] = sum(a * b for a, b in zip(free, numbers, strict=True)) % values.point.prime
        return found
