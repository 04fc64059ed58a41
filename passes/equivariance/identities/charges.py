"""Conserved charges: the state is an eigenstate, and what the readout sees commutes with the charge, exactly.

S psi = s psi for some s exactly when psi_j (S psi)_k = psi_k (S psi)_j for all k and one j with psi_j not zero; so no
phase, norm or s has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qffc.ir.generators import Conserved
from qffc.ir.observables import Observable
from qffc.ir.program import Program
from qffc.ir.values import Value
from qffc.passes.circuit.seen_operators import seen_operators
from qffc.passes.circuit.wires import last_wires
from qffc.passes.equivariance.identities.comparison import Comparison, Ends
from qffc.passes.equivariance.identities.states import images_of, states_of
from qffc.passes.equivariance.verdict import Transform


def charge_of(program: Program, transform: Transform) -> Conserved | None:
    """Return the charge that a transform speaks of, which leaves all data alone."""
    titled = (item for item in program.generators if item.title == transform.internal)
    return next((item for item in titled if isinstance(item, Conserved)), None)


class ChargeComparison(Comparison):
    """Compares both sides of these equations in place of responses; the arguments are those of the other one."""

    def _knows(self, transform: Transform) -> bool:
        return charge_of(self.programs[0], transform) is not None

    def _more_values(self, program: Program) -> list[Value]:
        """What has to vanish: coefficients of the commutators of the charge with what the readout sees."""
        charge = self._charge(program).paulis
        rest = [charge.commutator(operator) for _, operator in seen_operators(program)]
        return [part for paulis in rest for _, coefficient in paulis.terms for part in coefficient]

    def _charge(self, program: Program) -> Observable:
        item = charge_of(program, self.transform)
        assert item is not None  # else this class is not asked
        return item.charge

    def _responses(self, points: list[Ends]) -> Iterator[tuple[list[int], list[int]]]:
        program = self.programs[0]
        ends = [ends[0][0] for ends in points]
        state = states_of(program, ends, self.denominators.turns)
        qubits = {wire: qubit for qubit, wire in last_wires(program).items()}
        charge = self._charge(program).paulis.relabelled(qubits)
        image = images_of(charge, state, len(program.qubits), ends, self.denominators.turns)
        parts = self._more_values(program)
        for end, row, turned in zip(ends, state.tolist(), image.tolist(), strict=True):
            p, j = end.point.prime, int(np.flatnonzero(row)[0])
            left = [row[j] * number % p for number in turned] + [end.number(part) for part in parts]
            right = [turned[j] * number % p for number in row] + [0] * len(parts)
            yield left, right
