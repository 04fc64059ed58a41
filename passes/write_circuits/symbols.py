"""Pytket circuits with symbols for inputs: one circuit for all geometries."""

from __future__ import annotations

from math import pi

import sympy
from pytket.circuit import Circuit, PauliExpBox
from pytket.pauli import Pauli

from qffc.passes.circuit.split_program import Affine
from qffc.passes.write_circuits.open_circuit import OpenCircuit

_PAULIS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}


def symbolic_circuit(circuit: OpenCircuit) -> Circuit:
    """Return the circuit with a symbol for each input, which stands for radians.

    Exchanges are TK2, turns Rz, Ry, Rz, and rotations by Pauli strings boxes. Numbers go in by
    ``symbol_substitution``, before any pass of pytket that squashes gates: with symbols in them such passes
    grow expressions, and some points get wrong gates.

    Args:
        circuit: without measurements or with those of a setting.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> open_circuit = OpenCircuit(split_program(load("sivqlm-lih", depth=1)))
        >>> for command in symbolic_circuit(open_circuit).get_commands()[4:9]:
        ...     print(command)
        Rz(v0_a/pi) q[0];
        Rz(v1_a/pi) q[1];
        Ry(v0_b/pi) q[0];
        Ry(v1_b/pi) q[1];
        Rz(v0_c/pi) q[0];
    """
    symbols = [sympy.Symbol(each.name) for each in circuit.inputs]
    made = Circuit(circuit.qubit_count, len(circuit.measured))
    for gate in circuit.gates:
        match gate.kind:
            case "singlet":
                a, b = gate.wires
                made.X(a).H(a).X(b).CX(a, b)
            case "turn":
                (wire,) = gate.wires
                first, middle, last = (sympy.Symbol(f"v{gate.turn}_{angle}") / sympy.pi for angle in "abc")
                made.Rz(first, wire).Ry(middle, wire).Rz(last, wire)
            case "exchange":
                angle = _half_turns(gate.angle, symbols, 2)
                made.TK2(angle, angle, angle, *gate.wires)
            case "rotation":
                box = PauliExpBox([_PAULIS[letter] for letter in gate.letters], _half_turns(gate.angle, symbols))
                made.add_gate(box, list(gate.wires))
    for wire, letter in circuit.measured:
        if letter == "Y":
            made.Sdg(wire)
        if letter != "Z":
            made.H(wire)
    if circuit.measured:
        made.add_barrier(made.qubits)
    for bit, (wire, _) in enumerate(circuit.measured):
        made.Measure(wire, bit)
    return made


def _half_turns(angle: Affine, symbols: list[sympy.Symbol], scale: int = 1) -> sympy.Expr | float:
    """An angle in the unit of pytket; a number where no symbol is in it."""
    constant = float(scale * angle.constant) / pi + float(scale * angle.pi_multiple)
    if not angle.terms:
        return constant
    terms = [sympy.Rational(str(scale * factor)) * symbols[place] for factor, place in angle.terms]
    total = sympy.Add(*terms) / sympy.pi
    return total + constant if constant else total
