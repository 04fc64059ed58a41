"""Feeds every format to its consumers, in environments of their own, and compares what comes out with exact states.

Exits with 1 when something disagrees, or when a control agrees: a consumer that would not see wrong numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from shutil import which

import numpy as np
import sympy
from pytket.circuit import Circuit
from pytket.passes import DecomposeBoxes
from pytket.qasm import circuit_from_qasm_str

from benchmarks.engine.cells import Unavailable
from benchmarks.engine.environments import python_of
from benchmarks.exits.job import write_job

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("numpy", "lark", "sympy", "networkx", "pytket")
"""What `qffc.passes.write_circuits` needs where HUGR is made."""
HELIOS = ("guppylang==1.2.0", "selene-sim==0.3.7", "qir-qis==0.1.11", *ROOMS)
LOADERS = (
    "pennylane==0.45.1",
    "pennylane-qiskit==0.45.0",
    "qiskit==2.3.0",
    "qiskit-qasm3-import==0.6.0",
    "openqasm3[parser]==1.0.1",
)
SIGMA, INFIDELITY = 5.0, 1e-9
"""What rounding and chance explain. One outcome in two million is further off than that."""


def main() -> int:
    """Run all consumers; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exits", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="of environments (default: %(default)s)")
    parser.add_argument("--python", type=Path, default=newest(), help="3.12 or newer, for Guppy (default: %(default)s)")
    options = parser.parse_args()
    folder = options.folder.resolve() / "exits"
    write_job(folder)
    rows = of_pytket(folder)
    good = True
    for module, requirements, interpreter in (("loaders", LOADERS, None), ("helios", HELIOS, options.python)):
        try:
            rows += consumed(module, python_of(requirements, options.folder, interpreter), folder)
        except Unavailable as problem:
            print(f"{module}: {problem}", file=sys.stderr)
            good = False
    print("| format | read by | program | runs | deviation | control | |\n|---|---|---|---|---|---|---|")
    for name, package, case, runs, found, control in rows:
        limit, unit = (SIGMA, " σ") if name in ("guppy", "hugr", "qir") else (INFIDELITY, "")
        agrees = found < limit < control
        good &= agrees
        said = "agrees" if agrees else "DIFFERS" if found >= limit else "SEES NOTHING"
        print(f"| `{name}` | {package} | `{case}` | {runs} | {abs(found):.1g}{unit} | {control:.2g}{unit} | {said} |")
    return 0 if good else 1


def newest() -> Path | None:
    """An interpreter that Guppy runs on, if one is found."""
    if sys.version_info >= (3, 12):
        return Path(sys.executable)
    found = [which(f"python3.{minor}") for minor in (12, 13)]
    kept = sorted(Path.home().glob(".pyenv/versions/3.1[23].*/bin/python"))
    return next((Path(each) for each in (*kept, *found) if each), None)


def consumed(module: str, python: Path, folder: Path) -> list[list]:
    """Run a consumer in its environment; return its rows."""
    print(f"{module} ...", file=sys.stderr, flush=True)
    script = ROOT / "benchmarks/exits/consumers" / f"{module}.py"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([python, script, folder], env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Unavailable(f"ended with {done.returncode}")
    return list(json.loads(done.stdout.splitlines()[-1]))


def of_pytket(folder: Path) -> list[list]:
    """The formats that pytket reads, here."""
    rows = []
    for case in json.loads((folder / "job.json").read_text()):
        exact = [np.array(point["state"]) @ [1, 1j] for point in case["points"]]
        texts = {kind: (folder / files[0]).read_text() for kind, files in case["files"].items()}
        symbolic = Circuit.from_dict(json.loads(texts["pytket-symbols"]))
        found = {
            "pytket": [Circuit.from_dict(json.loads(texts["pytket"]))],
            "qasm": [circuit_from_qasm_str(texts["qasm"])],
            "pytket-symbols": [with_numbers(symbolic, point["inputs"]) for point in case["points"]],
        }
        for name, circuits in found.items():
            states = [circuit.get_statevector() for circuit in circuits]
            off = [1 - abs(np.vdot(state, exact[k])) for k, state in enumerate(states)]
            control = [1 - abs(np.vdot(state, exact[1 - k])) for k, state in enumerate(states)]
            rows.append([name, f"pytket {version('pytket')}", case["name"], len(states), max(off), min(control)])
    return rows


def with_numbers(circuit: Circuit, inputs: dict[str, float]) -> Circuit:
    """A circuit with numbers for its symbols."""
    made = circuit.copy()
    made.symbol_substitution({sympy.Symbol(name): value for name, value in inputs.items()})
    DecomposeBoxes().apply(made)
    return made


if __name__ == "__main__":
    sys.exit(main())
