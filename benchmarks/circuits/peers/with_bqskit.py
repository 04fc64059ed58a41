"""Circuits through BQSKit: JSON from stdin, JSON to stdout; see benchmarks/circuits/elsewhere.py."""

from __future__ import annotations

import json
import sys
from math import pi
from typing import Any

from bqskit import Circuit, MachineModel, compile
from bqskit.compiler import Compiler
from bqskit.ir import gates as g

LEVEL = 3
SEED = 1
NAMES = {
    "H": g.HGate, "X": g.XGate, "S": g.SGate, "Sdg": g.SdgGate, "T": g.TGate, "V": g.SXGate, "CX": g.CXGate,
    "CZ": g.CZGate, "SWAP": g.SwapGate, "CCX": g.CCXGate, "Rx": g.RXGate, "Ry": g.RYGate, "Rz": g.RZGate,
    "CRx": g.CRXGate, "CRy": g.CRYGate, "CRz": g.CRZGate, "CU1": g.CPGate, "XXPhase": g.RXXGate,
    "YYPhase": g.RYYGate, "ZZPhase": g.RZZGate,
}  # fmt: skip
BASIS = {g.RZZGate(): "rzz", g.U3Gate(): "u"}


def read(given: dict[str, Any]) -> Circuit:
    circuit = Circuit(given["qubits"])
    for name, angles, qubits in given["gates"]:
        turns = [pi * angle for angle in angles]
        if name == "TK1":
            circuit.append_gate(g.RZGate(), qubits, [turns[2]])
            circuit.append_gate(g.RXGate(), qubits, [turns[1]])
            circuit.append_gate(g.RZGate(), qubits, [turns[0]])
        elif name == "Vdg":
            circuit.append_gate(g.RXGate(), qubits, [-pi / 2])
        else:
            circuit.append_gate(NAMES[name](), qubits, turns)
    return circuit


def written(circuit: Circuit, given: dict[str, Any]) -> dict[str, Any]:
    gates = []
    for each in circuit:
        gates.append([BASIS[each.gate], [float(angle) / pi for angle in each.params], list(each.location)])
    return {"qubits": circuit.num_qudits, "gates": gates, "measured": given["measured"]}


def main() -> None:
    given = json.load(sys.stdin)
    found = []
    with Compiler(num_workers=1) as compiler:
        for each in given:
            machine = MachineModel(each["qubits"], gate_set=set(BASIS))
            circuit = compile(read(each), machine, optimization_level=LEVEL, compiler=compiler, seed=SEED)
            found.append(written(circuit, each))
    json.dump({f"level {LEVEL}": found}, sys.stdout)


if __name__ == "__main__":
    main()
