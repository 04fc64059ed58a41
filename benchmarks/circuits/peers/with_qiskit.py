"""Circuits through Qiskit's transpiler: JSON from stdin, JSON to stdout; see benchmarks/circuits/elsewhere.py."""

from __future__ import annotations

import json
import sys
from math import pi
from typing import Any

from qiskit import QuantumCircuit, transpile

BASES = (("u", "rzz"), ("rz", "rx", "rzz"), ("u", "cx"))
LEVEL = 3
SEED = 1
NAMES = {
    **{name: name.lower() for name in ("H", "X", "S", "Sdg", "T", "CX", "CZ", "SWAP", "CCX", "Rx", "Ry", "Rz")},
    **{name: name.lower() for name in ("CRx", "CRy", "CRz")},
    **{"V": "sx", "Vdg": "sxdg", "CU1": "cp", "XXPhase": "rxx", "YYPhase": "ryy", "ZZPhase": "rzz"},
}


def read(given: dict[str, Any]) -> QuantumCircuit:
    circuit = QuantumCircuit(given["qubits"], len(given["measured"]))
    for name, angles, qubits in given["gates"]:
        turns = [pi * angle for angle in angles]
        if name == "TK1":
            circuit.rz(turns[2], qubits[0])
            circuit.rx(turns[1], qubits[0])
            circuit.rz(turns[0], qubits[0])
            continue
        getattr(circuit, NAMES[name])(*turns, *qubits)
    for qubit, bit in given["measured"]:
        circuit.measure(qubit, bit)
    return circuit


def written(circuit: QuantumCircuit) -> dict[str, Any]:
    place = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    bits = {bit: number for number, bit in enumerate(circuit.clbits)}
    gates, measured = [], []
    for each in circuit.data:
        qubits = [place[qubit] for qubit in each.qubits]
        if each.operation.name == "measure":
            measured.append([qubits[0], bits[each.clbits[0]]])
        elif each.operation.name != "barrier":
            gates.append([each.operation.name, [float(angle) / pi for angle in each.operation.params], qubits])
    return {"qubits": circuit.num_qubits, "gates": gates, "measured": measured}


def main() -> None:
    circuits = [read(given) for given in json.load(sys.stdin)]
    found = {}
    for basis in BASES:
        compiled = transpile(circuits, basis_gates=list(basis), optimization_level=LEVEL, seed_transpiler=SEED)
        found[" ".join(basis)] = [written(circuit) for circuit in compiled]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
