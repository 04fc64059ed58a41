#!/usr/bin/env bash
# PennyLane 0.45.1: `from_qasm3` takes gates that the program defines, and loses the wire when one is called on an entry of a
# register: the gate acts on a wire named after its formal qubit, without a word, so the circuit is another one; a second call of it
# raises that 'a' is not in a list. With qubits that are declared one by one, or with the gates of the language, all is right. The
# documentation says that qubit registers and custom gates are supported. It does not take `include "stdgates.inc"` either, which the
# language needs for the names of these gates.
#
# Output seen:
#   on qubits: ['X(p)', 'X(q)']
#   on an entry of a register: ['X(a)']
#   on two entries: ValueError 'a' is not in list
#   gates of the language on entries: ['X(q[0])', 'X(q[1])']
#   with include: NotImplementedError An unsupported QASM instruction Include was encountered on line 2, in global.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pennylane==0.45.1" "openqasm3[parser]==1.0.1" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import pennylane as qml


def read(text: str) -> object:
    try:
        with qml.queuing.AnnotatedQueue() as queue:
            qml.from_qasm3("OPENQASM 3.0;\n" + text)()
    except (ValueError, NotImplementedError) as problem:
        return f"{type(problem).__name__} {problem}"
    operations = qml.tape.QuantumScript.from_queue(queue).operations
    return [f"{op.name.removeprefix('Pauli')}({op.wires[0]})" for op in operations]


found = [
    f"on qubits: {read('gate my a { x a; } qubit p; qubit q; my p; my q;')}",
    f"on an entry of a register: {read('gate my a { x a; } qubit[2] q; my q[0];')}",
    f"on two entries: {read('gate my a { x a; } qubit[2] q; my q[0]; my q[1];')}",
    f"gates of the language on entries: {read('qubit[2] q; x q[0]; x q[1];')}",
    "with include: " + str(read('include "stdgates.inc"; qubit q; x q;')),
]
print(*found, sep="\n")
expected = [
    "on qubits: ['X(p)', 'X(q)']",
    "on an entry of a register: ['X(a)']",
    "on two entries: ValueError 'a' is not in list",
    "gates of the language on entries: ['X(q[0])', 'X(q[1])']",
    "with include: NotImplementedError An unsupported QASM instruction Include was encountered on line 2, in global.",
]
raise SystemExit(0 if found == expected else 1)
PY
