"""OpenQASM 3 with inputs: one text for all geometries."""

from __future__ import annotations

from qffc.ir.pauli import Letter
from qffc.passes.write_circuits.open_circuit import OpenCircuit, OpenGate, affine_text

_GATES = {
    "singlet": "gate singlet a, b { x a; h a; x b; cx a, b; }",
    "turn": "gate turn(a, b, c) q { rz(a) q; ry(b) q; rz(c) q; }",
    "exchange": (
        "gate exchange(t) a, b "
        "{ cx a, b; rx(2.0*t) a; rz(2.0*t) b; h a; cx a, b; rz(-2.0*t) b; cx a, b; h a; cx a, b; }"
    ),
}
"""exp(-i t (XX + YY + ZZ)): a CX takes XX to X of its control, ZZ to Z of its target, and YY to minus their product."""
_TO_Z: dict[Letter, tuple[str, ...]] = {"X": ("h",), "Y": ("sdg", "h"), "Z": ()}
"""Gates after which Z is what the letter was before."""
_BACK = {"h": "h", "sdg": "s"}


def qasm3_text(circuit: OpenCircuit) -> str:
    """Return a program with an ``input float[64]`` for each input of the circuit, in radians.

    It needs ``stdgates.inc`` alone; what singlets, turns and exchanges are is said by definitions of gates. Comments
    say what the inputs and the qubits are.

    Args:
        circuit: without measurements or with those of a setting.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> text = qasm3_text(OpenCircuit(split_program(load("sivqlm-lih", depth=1))))
        >>> print(text[text.index("qubit q0") :], end="")
        qubit q0;  // H_upper
        qubit q1;  // H_lower
        singlet q0, q1;
        turn(v0_a, v0_b, v0_c) q0;
        turn(v1_a, v1_b, v1_c) q1;
        exchange(s0) q0, q1;
        turn(v2_a, v2_b, v2_c) q0;
        turn(v3_a, v3_b, v3_c) q1;
    """
    program = circuit.split.program
    names = [each.name for each in circuit.inputs]
    body = [line for gate in circuit.gates for line in _lines(gate, names)]
    used = {gate.kind for gate in circuit.gates}
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"// {program.name}; inputs are in radians"]
    lines += [f"input float[64] {each.name};  // {each.meaning}" for each in circuit.inputs]
    lines += [text for kind, text in _GATES.items() if kind in used]
    # One by one: PennyLane 0.45 loses the wire of a defined gate that is called on an entry of a register.
    lines += [f"qubit q{wire};  // {qubit.name}" for wire, qubit in enumerate(program.qubits)]
    if circuit.measured:
        lines.append(f"bit[{len(circuit.measured)}] c;")
    lines += body
    for wire, letter in circuit.measured:
        lines += [f"{gate} q{wire};" for gate in _TO_Z[letter]]
    lines += [f"c[{bit}] = measure q{wire};" for bit, (wire, _) in enumerate(circuit.measured)]
    return "\n".join(lines) + "\n"


def _lines(gate: OpenGate, names: list[str]) -> list[str]:
    wires = ", ".join(f"q{wire}" for wire in gate.wires)
    match gate.kind:
        case "singlet":
            return [f"singlet {wires};"]
        case "turn":
            three = ", ".join(f"v{gate.turn}_{angle}" for angle in "abc")
            return [f"turn({three}) {wires};"]
        case "exchange":
            return [f"exchange({affine_text(gate.angle, names, 'pi')}) {wires};"]
    return _rotation(gate, affine_text(gate.angle, names, "pi"))


def _rotation(gate: OpenGate, angle: str) -> list[str]:
    """exp(-i/2 angle P): letters become Z, parities go down a ladder to the last qubit."""
    there = [f"{name} q{q};" for q, letter in zip(gate.wires, gate.letters, strict=True) for name in _TO_Z[letter]]
    back = [
        f"{_BACK[name]} q{q};"
        for q, letter in zip(gate.wires, gate.letters, strict=True)
        for name in reversed(_TO_Z[letter])
    ]
    ladder = [f"cx q{a}, q{b};" for a, b in zip(gate.wires, gate.wires[1:], strict=False)]
    return [*there, *ladder, f"rz({angle}) q{gate.wires[-1]};", *reversed(ladder), *back]
