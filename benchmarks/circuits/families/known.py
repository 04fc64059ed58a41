"""Four circuits that general block fusion decides: convolutions, four-spin gates, couplings by CX, hopping."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import sympy
from pytket.circuit import Circuit, OpType

from benchmarks.circuits.source import Source, couplings, fresh, line, pauli_gadget, text_of


def sources() -> Iterator[Source]:
    yield _qcnn()
    yield _four_spins()
    yield _ising_chain()
    yield _hopping()


def _qcnn() -> Source:
    """A convolutional network (Cong et al., arXiv:1810.03787) of 8 qubits.

    Generic gates on neighbours, even ones and then odd ones; pooling, in which each qubit that is given up turns both
    of its neighbours around the ring; the same on the four that are left, and a last gate on two.
    """
    circuit, weight, qubits = Circuit(8), fresh("w"), list(range(8))
    for qubit in qubits:
        circuit.Ry(sympy.Symbol(f"x_{qubit}"), qubit)
    while len(qubits) > 1:
        for a, b in line(qubits):
            for qubit in (a, b):
                circuit.TK1(weight(), weight(), weight(), qubit)
            circuit.XXPhase(weight(), a, b).YYPhase(weight(), a, b).ZZPhase(weight(), a, b)
        if len(qubits) > 2:
            for place in range(1, len(qubits), 2):
                circuit.CRz(weight(), qubits[place], qubits[place - 1])
                circuit.CRx(weight(), qubits[place], qubits[(place + 1) % len(qubits)])
        qubits = qubits[::2] if len(qubits) > 2 else qubits[:1]
    return Source("qcnn-8", circuit, {"E": "1*Z(q0) + 1*Z(q4)"})


def _four_spins() -> Source:
    """Two singlets, turned by one vector, and (s0 . s1)(s2 . s3) as nine rotations by strings of one angle."""
    circuit, t, u = Circuit(4), sympy.Symbol("t"), sympy.Symbol("u")
    for a, b in ((0, 1), (2, 3)):
        circuit.X(a).X(b).H(a).CX(a, b)
    _turn(circuit, 0)
    _exchange(circuit, 0, 2, u)
    for one, other in product("XYZ", repeat=2):
        pauli_gadget(circuit, {0: one, 1: one, 2: other, 3: other}, t)
    _turn(circuit, 1)
    _exchange(circuit, 0, 3, u)
    return Source(
        "four-spin-gates",
        circuit,
        {"m": "dot(q0, q1)"},
        sites={"C": "C centre", "H": "H neighbour"},
        rotations={f"a_{qubit}, b_{qubit}, c_{qubit}": "r(C, H)" for qubit in (0, 1)},
    )


def _turn(circuit: Circuit, qubit: int) -> None:
    first, second, third = (sympy.Symbol(f"{word}_{qubit}") / sympy.pi for word in "abc")
    circuit.Rz(first, qubit).Rx(second, qubit).Rz(third, qubit)


def _exchange(circuit: Circuit, a: int, b: int, angle: sympy.Expr) -> None:
    circuit.XXPhase(angle, a, b).YYPhase(angle, a, b).ZZPhase(angle, a, b)


def _ising_chain() -> Source:
    """Three layers of an Ising chain of 6 spins in a transverse field, each coupling CX Rz CX, left so in the program.

    The import makes one rotation of the three; this program is what an author writes who does not import, and its gates
    stand in the order of time.
    """
    circuit, qubits = Circuit(6), range(6)
    for qubit in qubits:
        circuit.H(qubit)
    for layer in range(3):
        for a in range(5):
            circuit.CX(a, a + 1).Rz(sympy.Symbol(f"g_{layer}"), a + 1).CX(a, a + 1)
        for qubit in qubits:
            circuit.Rx(sympy.Symbol(f"b_{layer}"), qubit)
    return Source("tfim-cx-6", circuit, {"m": "1*Z(q0) Z(q1) + 1*Z(q4) Z(q5)"}, text=_gate_by_gate(circuit))


def _gate_by_gate(circuit: Circuit) -> str:
    lines = ["qffc 1", "program tfim_cx_6", "scope molecule", "species H", "site h: H free"]
    lines += [f"parameter {name}" for name in sorted(map(str, circuit.free_symbols()))]
    lines += [f"qubit q{qubit}" for qubit in range(circuit.n_qubits)]
    lines += [f"zero q{qubit}" for qubit in range(circuit.n_qubits)]
    for command in circuit:
        a, *more = (qubit.index[0] for qubit in command.qubits)
        match command.op.type:
            case OpType.H:
                turns = {f"Y(q{a})": "pi/2", f"X(q{a})": "pi"}
            case OpType.CX:
                (b,) = more
                turns = {f"Z(q{a})": "-pi/2", f"X(q{b})": "-pi/2", f"Z(q{a}) X(q{b})": "pi/2"}
            case kind:
                turns = {f"{kind.name[1].upper()}(q{a})": f"pi*{command.op.params[0]}"}
        lines += [f"pauli_rotation {string}, {angle}" for string, angle in turns.items()]
    return "\n".join([*lines, "observable m = 1*Z(q0) Z(q1) + 1*Z(q4) Z(q5)", "energy moment(m)", ""])


def _hopping() -> Source:
    """Particles that hop between neighbours of 4 places, XX + YY on pairs, with a phase where both are taken."""
    circuit, angle, places = Circuit(4).X(0).X(2), fresh("w"), range(4)
    for _ in range(2):
        for a, b in line(places):
            strength = angle()
            circuit.XXPhase(strength, a, b).YYPhase(strength, a, b).ZZPhase(angle(), a, b)
        for place in places:
            circuit.Rz(angle(), place)
    return Source("hopping-4", circuit, {"E": text_of(couplings("Z", line(places)))})
