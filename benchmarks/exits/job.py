"""What consumers are given: files of a few programs, and what must come out, from qffc's plain simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qffc as qf
from qffc.compiling.compiled import Compiled
from qffc.compiling.exits import FORMATS
from qffc.ir.observables import PauliObservable
from qffc.ir.program import Program
from qffc.ir.reference import expectation
from qffc.ir.text.parser import parse_program
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.settings import Setting

POINTS = 2
"""Slots that programs with inputs are run at. The second one is the control of the first, and the other way round."""
SPINS = """qffc 1
program spins
scope molecule
species H
site A: H free
site B: H free
parameter J: 5
qubit a: A
qubit b: A
qubit c: B
qubit d: B
singlet a, b
zero c
zero d
rotate a, 1/2*r(A, B)
rotate c, r(A, B)
relabel a -> c, c -> d, d -> a
chirality a, c, d, 2/3*J[0]
collective a, b, d, J[1]
pauli_rotation X(a) Y(b) Z(d), J[2] + 1/3*pi
collective a, b, c, d, J[3]
rotate b, -3/2*r(A, B)
pauli_rotation Y(c), J[4]
exchange a, b, -J[0] + 2*J[1] + 1/4
observable ab = dot(a, b)
observable s = X(b) Y(c)
energy moment(ab) + moment(s)
"""


def programs() -> Iterator[tuple[Program, int]]:
    """Yield programs with the level that they are compiled at; one that keeps states, not moments alone."""
    yield qf.load("pair", depth=2), 1
    yield qf.load("water-demo", depth=2), 1
    yield parse_program(SPINS), 0


def write_job(folder: Path) -> list[str]:
    """Write the files and `job.json`; return the names of the programs."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [_case(qf.compile(program, "H2-1", level), folder) for program, level in programs()]
    (folder / "job.json").write_text(json.dumps(cases, indent=1))
    return [str(case["name"]) for case in cases]


def _case(compiled: Compiled, folder: Path) -> dict[str, object]:
    name, split = compiled.program.name, compiled.split
    first = generic_slots(split)
    points = [first, *np.random.default_rng(7).normal(size=(POINTS - 1, len(first)))]
    states = kernel_states(split, np.array(points))
    settings = compiled.measurements.settings
    files = {}
    for kind, form in FORMATS.items():
        if form.content in ("program", "values") or kind == "hugr":
            continue  # HUGR is made where Guppy is, of the circuits below
        files[kind] = []
        for measured in (False, True):
            contents = compiled.emit(kind, None if form.content == "inputs" else first, measured=measured)
            for number, content in enumerate(contents):
                file = folder / f"{name.replace('-', '_')}_{kind.replace('-', '_')}_{measured:d}_{number}{form.suffix}"
                file.write_text(str(content))
                files[kind].append(file.name)
    files["hugr"] = [f"{name.replace('-', '_')}_hugr_{k}.json" for k in range(len(settings))]
    for file, content in zip(files["hugr"], compiled.without_tk2.emit("pytket", first, measured=True), strict=True):
        (folder / file).write_text(str(content))
    return {
        "name": name,
        "qubits": split.qubit_count,
        "files": files,
        "bits": [bits(setting) for setting in settings],
        "points": [
            {
                "slots": point.tolist(),
                "inputs": json.loads(str(compiled.emit("inputs", point)[0]))["inputs"],
                "state": [[number.real, number.imag] for number in state],
                "means": [means(state, setting, split.qubit_count) for setting in settings],
            }
            for point, state in zip(points, states, strict=True)
        ],
    }


def means(state: NDArray[np.complex128], setting: Setting, qubits: int) -> list[float]:
    """Return what products of outcomes have as mean values: a circuit keeps these, and no other probabilities."""
    return [
        sign * expectation(PauliObservable(string), state, qubits)
        for string, (sign, _) in zip(setting.strings, setting.readings, strict=True)
    ]


def bits(setting: Setting) -> list[list[int]]:
    """Return the bits of each product of outcomes."""
    return [[setting.measured.index(qubit) for qubit in qubits] for _, qubits in setting.readings]
