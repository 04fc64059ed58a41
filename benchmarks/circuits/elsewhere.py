"""Peers of other packages: what they are given and what comes back, as JSON, from an environment of their own.

What comes back is written in native gates by rules alone: each gate on two qubits as one or, where it is a CX, as one
ZZMax, and turns of a qubit in a row as one PhasedX and one Rz. Nothing else is made shorter, or longer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from filelock import FileLock
from pytket.circuit import Circuit, OpType
from pytket.passes import AutoRebase, DecomposeBoxes, SequencePass, SquashRzPhasedX

from benchmarks.circuits.figures import Figures, Moments, figures
from benchmarks.engine.environments import python_of
from qffc.passes.measurement.settings import MeasurementPlan

_HERE = Path(__file__).resolve().parent / "peers"
_BACK = {
    "u": OpType.U3, "rz": OpType.Rz, "rx": OpType.Rx, "rzz": OpType.ZZPhase, "cx": OpType.CX,
}  # fmt: skip
_NATIVE = SequencePass([AutoRebase({OpType.ZZMax, OpType.ZZPhase, OpType.Rz, OpType.PhasedX}), SquashRzPhasedX()])


class Given(TypedDict):
    """A circuit with numbers: names of gates, half turns, qubits; qubits and bits of measurements."""

    qubits: int
    gates: list[tuple[str, list[float], list[int]]]
    measured: list[tuple[int, int]]


@dataclass(frozen=True)
class Elsewhere:
    """A compiler in an environment of its own.

    Args:
        name: for people.
        requirements: of the environment.
        script: that compiles, in ``peers/``.
        most_qubits: of the circuits that it is given.
        seconds: after which it is stopped.
        tolerance: of expectation values.
        alone: whether one of it runs at a time, on the machine.
    """

    name: str
    requirements: tuple[str, ...]
    script: str
    most_qubits: int
    seconds: float
    tolerance: float
    alone: bool = False


QISKIT = Elsewhere("Qiskit", ("qiskit==2.6.2",), "with_qiskit.py", 14, 300.0, 1e-8)
BQSKIT = Elsewhere("BQSKit", ("bqskit==1.2.1",), "with_bqskit.py", 4, 180.0, 1e-3, alone=True)
"""It fits gates to unitaries by numbers, and stops at distances that expectation values show. Its processes talk over
one port, whoever starts them."""


def figures_elsewhere(
    peer: Elsewhere, circuits: Sequence[Circuit], plan: MeasurementPlan, exact: Moments, folder: Path
) -> Figures | None:
    """Return the figures of a peer, the cheapest of its choices; None where it takes too long, or too many qubits.

    Raises:
        Unavailable: when its environment cannot be made here.
        RuntimeError: when it ends with an error.
    """
    if circuits[0].n_qubits > peer.most_qubits:
        return None
    python = python_of(peer.requirements, folder)
    text = json.dumps([given(circuit) for circuit in circuits])
    with FileLock(Path(tempfile.gettempdir()) / f"{peer.script}.lock") if peer.alone else nullcontext():
        answer = _run([str(python), "-I", str(_HERE / peer.script)], text, peer)
    if answer is None:
        return None
    found: dict[str, list[Given]] = json.loads(answer)
    rows = [figures([native(each) for each in back], plan, exact, label) for label, back in found.items()]
    return min(rows, key=lambda row: (row.price, row.cost))


def _run(command: list[str], text: str, peer: Elsewhere) -> str | None:
    """Return what a command writes, or None when it is stopped, with the processes that it has started."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        try:
            answer, talk = process.communicate(text, timeout=peer.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None
    if process.returncode:
        raise RuntimeError(f"{peer.name}: {talk[-2000:]}")
    return answer


def given(circuit: Circuit) -> Given:
    """Return a measured circuit with numbers as a peer is given it."""
    plain = circuit.copy()
    DecomposeBoxes().apply(plain)
    gates: list[tuple[str, list[float], list[int]]] = []
    measured: list[tuple[int, int]] = []
    for command in plain:
        qubits = [qubit.index[0] for qubit in command.qubits]
        if command.op.type == OpType.Measure:
            measured.append((qubits[0], command.bits[0].index[0]))
        else:
            gates.append((command.op.type.name, [float(angle) for angle in command.op.params], qubits))
    return {"qubits": plain.n_qubits, "gates": gates, "measured": measured}


def native(back: Given) -> Circuit:
    """Return what a peer gave back in native gates."""
    circuit = Circuit(back["qubits"], len(back["measured"]))
    for name, angles, qubits in back["gates"]:
        circuit.add_gate(_BACK[name], angles, qubits)
    for qubit, bit in back["measured"]:
        circuit.Measure(qubit, bit)
    _NATIVE.apply(circuit)
    return circuit
