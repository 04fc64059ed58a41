"""Random pytket circuits with symbols in their angles: programs of qffc, layers, Pauli rotations, gates of all kinds.

Angles are sums of symbols with rational coefficients, and of rational numbers of half turns: what a Clifford gate, a
third of a turn or a symbol alone make special is frequent.
"""

from fractions import Fraction
from itertools import pairwise
from random import Random

import sympy
from pytket.circuit import Circuit, OpType, PauliExpBox
from pytket.pauli import Pauli

from qffc.ir.program import Program
from qffc.passes.circuit.split_program import Affine, KernelOp, split_program
from qffc.testing import symmetric_program, wide_program

PAULIS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}
KINDS = ("program", "layers", "gadgets", "gates")
MOST_QUBITS = 5
MOST_OPERATIONS = 16
_SYMBOLS = sympy.symbols("a b c d")
_FACTORS = tuple(map(sympy.Rational, ("1", "1", "1", "-1", "1/2", "-1/2", "2", "1/3", "-3/2")))
_NUMBERS = tuple(map(sympy.Rational, ("1/2", "1", "3/2", "-1/2", "1/4", "1/3", "7/8", "0")))
_FIXED = ["H", "S", "Sdg", "X", "Y", "Z", "V", "Vdg", "SX", "SXdg", "T"]
_ONE = {"Rx": 1, "Ry": 1, "Rz": 1, "U1": 1, "PhasedX": 2, "U2": 2, "TK1": 3, "U3": 3}
_PAIRS = dict.fromkeys(["CX", "CX", "CX", "CY", "CZ", "CH", "CV", "CSX", "ECR", "ZZMax", "SWAP", "ISWAPMax"], 0) | {
    **dict.fromkeys(["CRx", "CRy", "CRz", "CU1", "XXPhase", "YYPhase", "ZZPhase", "ESWAP", "ISWAP"], 1),
    **{"PhasedISWAP": 2, "FSim": 2, "CU3": 3, "TK2": 3},
}
_THREES = {"CCX": 0, "CSWAP": 0, "BRIDGE": 0, "XXPhase3": 1}


def symbolic_circuit(seed: int) -> tuple[str, Circuit]:
    """Return what kind of circuit it is, and a circuit."""
    kind = KINDS[seed % len(KINDS)]
    make = {"program": _of_program, "layers": _layers, "gadgets": _gadgets, "gates": _gates}[kind]
    return kind, make(Random(f"symbolic {kind} {seed}"))


def _gates(random: Random) -> Circuit:
    """Gates of all kinds on qubits anywhere."""
    circuit = Circuit(random.choice((2, 3, 3, 4, 4, 5)))
    for _ in range(random.randint(5, 14)):
        share = random.random()
        if share < 0.1:
            _box(circuit, random)
        elif share < 0.3:
            _add(circuit, random.choice(_FIXED), 0, 1, random)
        elif share < 0.55:
            _chosen(circuit, _ONE, 1, random)
        elif share < 0.95 or circuit.n_qubits < 3:
            _chosen(circuit, _PAIRS, 2, random)
        else:
            _chosen(circuit, _THREES, 3, random)
    return circuit


def _layers(random: Random) -> Circuit:
    """Rotations of every qubit and an entangling gate of every neighbour, some layers of them."""
    circuit = Circuit(random.choice((2, 3, 3, 4)))
    qubits = range(circuit.n_qubits)
    axes = random.choice((["Rz"], ["Ry"], ["Rx", "Rz"], ["Rz", "Rx", "Rz"], ["PhasedX"]))
    pair = random.choice(["CX", "CX", "CZ", "ZZPhase", "XXPhase", "CRz", "CU1", "ECR"])
    for _ in range(random.randint(1, 2)):
        for qubit in qubits:
            for axis in axes:
                circuit.add_gate(OpType.from_name(axis), [_angle(random) for _ in range(_ONE[axis])], [qubit])
        for a, b in pairwise(qubits):
            circuit.add_gate(OpType.from_name(pair), [_angle(random) for _ in range(_PAIRS[pair])], [a, b])
    return circuit


def _gadgets(random: Random) -> Circuit:
    """Rotations by Pauli strings, as boxes and between Clifford gates, as Trotter steps have them."""
    circuit = Circuit(random.choice((2, 3, 3, 4)))
    for _ in range(random.randint(2, 6)):
        share = random.random()
        if share < 0.35:
            _box(circuit, random)
        elif share < 0.5:
            _add(circuit, random.choice(_FIXED), 0, 1, random)
        else:
            qubits = random.sample(range(circuit.n_qubits), random.randint(2, circuit.n_qubits))
            basis = [random.choice(("noop", "H", "V")) for _ in qubits]
            for gate, qubit in zip(basis, qubits, strict=True):
                circuit.add_gate(OpType.from_name(gate), [qubit])
            for a, b in pairwise(qubits):
                circuit.CX(a, b)
            circuit.Rz(_angle(random), qubits[-1])
            for a, b in reversed(list(pairwise(qubits))):
                circuit.CX(a, b)
            for gate, qubit in zip(basis, qubits, strict=True):
                circuit.add_gate(OpType.from_name("Vdg" if gate == "V" else gate), [qubit])
    return circuit


def _of_program(random: Random) -> Circuit:
    """A random program of qffc: singlets, turns by Euler angles, exchanges, chiralities by parts, relabellings."""
    while True:
        program = random.choice((symmetric_program, wide_program))(random)
        ops = split_program(program).ops
        if 2 <= len(program.qubits) <= MOST_QUBITS and len(ops) <= MOST_OPERATIONS and _has_angles(ops):
            return program_circuit(program, random)


def _has_angles(ops: tuple[KernelOp, ...]) -> bool:
    return any(op.vector is not None or (op.angle is not None and op.angle.terms) for op in ops)


def program_circuit(program: Program, random: Random) -> Circuit:
    """Return a program with a symbol for each number that its kernel takes."""
    circuit = Circuit(len(program.qubits))
    for op in split_program(program).ops:
        match op.kind:
            case "singlet":
                a, b = op.qubits
                circuit.X(a).H(a).X(b).CX(a, b)
            case "rotate":
                assert op.vector is not None
                sign, slot = ("m" if op.vector[0] < 0 else ""), op.vector[1]
                three = [sympy.Symbol(f"{letter}{sign}{slot}") for letter in "uvw"]
                circuit.TK1(*three, op.qubits[0])
            case "exchange":
                _exchange(circuit, *op.qubits, _half_turns(op.angle), random)
            case "chirality":
                # Its exchanges by p, q, -q, -p, see qffc.passes.lower_pytket.chirality; p and q are symbols here.
                a, b, c = op.qubits
                p, q = sympy.symbols("p q")
                for (one, other), angle in zip(((a, b), (b, c), (a, b), (b, c)), (-p, -q, q, p), strict=True):
                    _exchange(circuit, one, other, angle, random)
            case "pauli_rotation":
                letters = [PAULIS[letter] for _, letter in op.string]
                circuit.add_gate(PauliExpBox(letters, _half_turns(op.angle)), [qubit for qubit, _ in op.string])
            case "relabel":
                _relabel(circuit, dict(zip(op.qubits, op.targets, strict=True)))
    return circuit


def _half_turns(angle: Affine | None) -> sympy.Expr:
    """An angle in half turns; slots are symbols in half turns, too."""
    assert angle is not None
    terms = [_rational(factor) * sympy.Symbol(f"s{slot}") for factor, slot in angle.terms]
    return sympy.Add(*terms, _rational(angle.pi_multiple))


def _rational(number: Fraction) -> sympy.Rational:
    return sympy.Rational(number.numerator, number.denominator)


def _exchange(circuit: Circuit, a: int, b: int, angle: sympy.Expr, random: Random) -> None:
    if random.random() < 0.5:
        circuit.TK2(2 * angle, 2 * angle, 2 * angle, a, b)
    else:
        circuit.YYPhase(2 * angle, a, b).XXPhase(2 * angle, a, b).ZZPhase(2 * angle, a, b)


def _relabel(circuit: Circuit, goes: dict[int, int]) -> None:
    for start in sorted(goes):
        while goes[start] != start:
            end = goes[start]
            circuit.SWAP(start, end)
            goes[start], goes[end] = goes[end], end


def _chosen(circuit: Circuit, gates: dict[str, int], qubits: int, random: Random) -> None:
    name = random.choice(tuple(gates))
    _add(circuit, name, gates[name], qubits, random)


def _add(circuit: Circuit, name: str, angles: int, qubits: int, random: Random) -> None:
    on = random.sample(range(circuit.n_qubits), qubits)
    circuit.add_gate(OpType.from_name(name), [_angle(random) for _ in range(angles)], on)


def _box(circuit: Circuit, random: Random) -> None:
    qubits = random.sample(range(circuit.n_qubits), random.randint(1, min(3, circuit.n_qubits)))
    letters = [random.choice(tuple(PAULIS.values())) for _ in qubits]
    circuit.add_gate(PauliExpBox(letters, _angle(random)), qubits)


def _angle(random: Random) -> sympy.Expr:
    """Half turns."""
    share = random.random()
    if share < 0.2:
        return random.choice(_NUMBERS)
    angle = random.choice(_FACTORS) * random.choice(_SYMBOLS)
    if share > 0.7:
        angle += random.choice(_FACTORS) * random.choice(_SYMBOLS)
    if share > 0.9:
        angle += random.choice(_NUMBERS)
    return angle
