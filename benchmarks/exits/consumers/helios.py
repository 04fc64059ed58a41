"""Guppy, HUGR and QIR, compiled by Quantinuum's packages and run by Selene; needs Python 3.12."""

import importlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import qir_qis
from pytket.circuit import Circuit
from selene_sim import Quest, build

from qffc.passes.write_circuits.hugr import hugr_of

SHOTS = 4000


def deviation(outcomes: list[str], bits: list[list[int]], means: list[float]) -> float:
    """Return by how many standard errors the mean of a product of outcomes is off, the largest of all products."""
    worst = 0.0
    for places, mean in zip(bits, means, strict=True):
        found = sum((-1) ** sum(outcome[place] == "1" for place in places) for outcome in outcomes) / len(outcomes)
        worst = max(worst, abs(found - mean) / ((1 - mean * mean + 1e-6) / len(outcomes)) ** 0.5)
    return worst


def shots_of(program: object, qubits: int) -> list[str]:
    """Run what Selene builds, and return the bits of each shot in the order in which they are reported."""
    runs = build(program).run_shots(Quest(random_seed=5), n_qubits=qubits, n_shots=SHOTS)
    shots = []
    for run in runs:
        values = [value for _, value in run]
        shots.append(
            "".join(str(int(bit)) for value in values for bit in (value if isinstance(value, list) else [value]))
        )
    return shots


def main(folder: Path) -> None:
    """Print a row for each program and format."""
    sys.path.insert(0, str(folder))
    rows = []

    def add(case: dict, exit_name: str, runs: list[tuple[int, int, Callable[[], list[str]]]]) -> None:
        """Runs of a point and a setting; the control is the other point."""
        found, control = [], []
        for point, setting, run in runs:
            outcomes = run()
            bits = case["bits"][setting]
            found.append(deviation(outcomes, bits, case["points"][point]["means"][setting]))
            control.append(deviation(outcomes, bits, case["points"][1 - point]["means"][setting]))
        rows.append([exit_name, case["name"], len(runs), max(found), min(control)])

    for case in json.loads((folder / "job.json").read_text()):
        qubits, points, settings = case["qubits"], case["points"], range(len(case["bits"]))
        module = importlib.import_module(case["files"]["guppy"][0].removesuffix(".py"))
        emulators = [
            getattr(module, f"setting_{k}").emulator(n_qubits=qubits).with_shots(SHOTS).with_seed(5) for k in settings
        ]

        def guppy(point: int, setting: int, points=points, emulators=emulators) -> Callable[[], list[str]]:
            slots = points[point]["slots"]
            return lambda: emulators[setting].run(slots=slots).register_bitstrings()["c"]

        add(case, "guppy", [(point, k, guppy(point, k)) for point in range(len(points)) for k in settings])

        def hugr(file: str, qubits=qubits) -> Callable[[], list[str]]:
            circuit = Circuit.from_dict(json.loads((folder / file).read_text()))
            return lambda: shots_of(hugr_of(circuit), qubits)

        add(case, "hugr", [(0, k, hugr(file)) for k, file in enumerate(case["files"]["hugr"])])
        texts = [(folder / file).read_text() for file in case["files"]["qir"]]
        for text in texts:
            qir_qis.validate_qir(qir_qis.qir_ll_to_bc(text))

        def qir(text: str, qubits=qubits) -> Callable[[], list[str]]:
            bitcode = qir_qis.qir_ll_to_bc(text)
            return lambda: shots_of(qir_qis.qir_to_qis(bitcode, target="native"), qubits)

        add(case, "qir", [(0, k, qir(text)) for k, text in enumerate(texts[1:])])
    packages = {
        "guppy": ("guppylang", "selene-sim"),
        "hugr": ("guppylang", "selene-sim"),
        "qir": ("qir-qis", "selene-sim"),
    }
    named = {name: ", ".join(f"{each} {version(each)}" for each in each_of) for name, each_of in packages.items()}
    print(json.dumps([[name, named[name], *row] for name, *row in rows]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
