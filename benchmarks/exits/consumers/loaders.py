"""OpenQASM 2 and 3, read by Qiskit and by PennyLane; what they read is run by their own simulators of states."""

import json
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pennylane as qml
from qiskit import qasm2, qasm3
from qiskit.quantum_info import Statevector

INCLUDE = 'include "stdgates.inc";\n'


def of_qiskit(circuit: object) -> np.ndarray:
    """The state of a circuit of Qiskit, the first qubit the most significant bit."""
    return Statevector(circuit).reverse_qargs().data


def of_pennylane(function: object, qubits: int, inputs: dict) -> np.ndarray:
    """The state of a quantum function of PennyLane."""

    @qml.qnode(qml.device("default.qubit", wires=qubits))
    def state() -> object:
        function(**inputs)
        return qml.state()

    return np.asarray(state())


def states(case: dict, folder: Path) -> Iterator[tuple[str, str, int, np.ndarray]]:
    """Yield format, package, point and state."""
    qubits = case["qubits"]
    plain, measured = ((folder / file).read_text() for file in case["files"]["qasm-qelib1"][:2])
    yield "qasm-qelib1", "qiskit", 0, of_qiskit(qasm2.loads(plain))
    assert qasm2.loads(measured).count_ops()["measure"]
    load = qml.from_qasm(plain)
    yield "qasm-qelib1", "pennylane", 0, of_pennylane(lambda: load(wires=range(qubits)), qubits, {})
    text, measured = ((folder / file).read_text() for file in case["files"]["qasm3"][:2])
    circuit = qasm3.loads(text)
    assert qasm3.loads(measured).count_ops()["measure"]
    for number, point in enumerate(case["points"]):
        inputs = point["inputs"]
        bound = circuit.assign_parameters({each: inputs[each.name] for each in circuit.parameters})
        yield "qasm3", "qiskit", number, of_qiskit(bound)
        # PennyLane knows the gates and refuses the line that brings them.
        load = qml.from_qasm3(text.replace(INCLUDE, ""), {f"q{k}": k for k in range(qubits)})
        yield "qasm3", "pennylane", number, of_pennylane(load, qubits, inputs)


def main(folder: Path) -> None:
    """Print a row for each program, format and package: the largest infidelity, and the least to the other point."""
    warnings.simplefilter("ignore")
    rows: dict[tuple[str, str, str], list[float]] = {}
    for case in json.loads((folder / "job.json").read_text()):
        exact = [np.array(point["state"]) @ [1, 1j] for point in case["points"]]
        for name, package, point, state in states(case, folder):
            row = rows.setdefault((name, package, case["name"]), [0, 0.0, 1.0])
            row[0] += 1
            row[1] = max(row[1], 1 - abs(np.vdot(state, exact[point])))
            row[2] = min(row[2], 1 - abs(np.vdot(state, exact[1 - point])))
    extra = {("qasm3", "qiskit"): ("qiskit-qasm3-import",), ("qasm-qelib1", "pennylane"): ("pennylane-qiskit",)}
    told = {
        (name, package): ", ".join(f"{each} {version(each)}" for each in (package, *extra.get((name, package), ())))
        for name, package, _ in rows
    }
    print(json.dumps([[name, told[name, package], case, *row] for (name, package, case), row in rows.items()]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
