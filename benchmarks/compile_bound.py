"""The least cost that exact rewrites of exchanges can reach, counted in the operations of a program.

A two-qubit gate is a TK2 with up to three angles and costs 0.3 + 0.7 for each angle that is not zero. An exchange by a
general angle has three, 2.4, and no other gates on its two qubits make it for less: one angle each takes three gates
(3.0), two angles and then one take 2.7. It can be left out where no observable sees it, join another one of its pair,
join the preparation of two qubits that have met nobody else, or be one of more than four in a row on three qubits,
which are four. All others act on qubits that are entangled with others, and stay.
"""

from __future__ import annotations

from itertools import combinations, product
from math import pi

import numpy as np

from qffc.ir.reference import expectation
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.collective import collective_exchanges, first_positions
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.ops import NumericOp, on_wires
from qffc.passes.lower_pytket.runs import shorten_runs
from qffc.passes.lower_pytket.turns import nearest_zero
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.parameter_shift import shift_rule

SEEN = 1e-9


def lower_bound(kernel: PytketKernel, slots: np.ndarray, unseen: set[int]) -> float:
    """The bound in ZZ, for a program after its passes, at general angles, without exchanges that are not seen."""
    seen = [op for k, op in enumerate(kernel.numeric_ops(slots)) if k not in unseen]
    spelled = product(*(spellings(op) for op in seen))
    return min(cost_of(kernel, [op for part in parts for op in part]) for parts in spelled)


def spellings(op: NumericOp) -> list[list[NumericOp]]:
    """A chirality as four exchanges by some angles, since fewer do not make one, in any cyclic order of its qubits.

    A collective exchange as the exchanges that are known, with any pair first: of three fewer than four do not make
    one; of four nobody has shown that twelve are the fewest.
    """
    if op.kind == "collective":
        exchanges, count = collective_exchanges(len(op.qubits), 0.31), len(op.qubits)
        orders = [[op.qubits[k] for k in first_positions(count, [pair])] for pair in combinations(range(count), 2)]
        return [[NumericOp("exchange", (order[a], order[b]), angle=t) for a, b, t in exchanges] for order in orders]
    if op.kind != "chirality":
        return [[op]]
    orders = [(*op.qubits[k:], *op.qubits[:k]) for k in range(3)]
    angles = (0.31, 0.17, 0.23, 0.07)
    return [
        [NumericOp("exchange", pair, angle=t) for pair, t in zip(((a, b), (b, c)) * 2, angles, strict=True)]
        for a, b, c in orders
    ]


def cost_of(kernel: PytketKernel, ops: list[NumericOp]) -> float:
    weights = kernel.target.weights
    partner: dict[int, int | None] = dict.fromkeys(range(kernel.split.qubit_count))  # of those that met nobody else
    prepared: set[frozenset[int]] = set()
    cost = 0.0
    for op in shorten_runs(on_wires(ops, kernel.split.qubit_count)):
        wires = op.qubits or tuple(qubit for qubit, _ in op.string)
        if len(wires) < 2 or (op.kind == "exchange" and abs(nearest_zero(op.angle, pi / 4)[0]) < SEEN):
            continue
        if len(wires) == 2 and all(wire in partner and partner[wire] in (None, *wires) for wire in wires):
            prepared.add(frozenset(wires))
            partner |= {wires[0]: wires[1], wires[1]: wires[0]}
            continue
        cost += weights.tk2(3) if op.kind == "exchange" else weights.zz * (len(wires) - 1)
        for wire in wires:
            other = partner.pop(wire, None)
            if other is not None:
                partner.pop(other, None)
    return cost + len(prepared) * weights.tk2(1)


def unseen(split: Split, slots: np.ndarray) -> set[int]:
    """The exchanges whose angles the moments do not depend on, by exact states: here no rule has to say why."""
    rule = shift_rule(split)
    rows = np.concatenate([rule.unshifted(slots[None]), rule.slots(slots[None])[0]])
    states = kernel_states(rule.split, rows)
    moments = np.array([[expectation(o, state, split.qubit_count) for o in split.observables] for state in states])
    moved: dict[int, float] = {}
    for shift, values in zip(rule.shifts, moments[1:], strict=True):
        moved[shift.op] = max(moved.get(shift.op, 0.0), float(np.abs(values - moments[0]).max()))
    return {op for op, change in moved.items() if change < SEEN and split.ops[op].kind == "exchange"}
