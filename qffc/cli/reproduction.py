"""Files that reproduce a counterexample with ``qffc energy``: its parameters, and the molecule before and after."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np

from qffc.atomic_files import atomic_path, write_text
from qffc.ir.program import AtomicReadout, Program
from qffc.passes.certificate import Certificate
from qffc.passes.verdict import Counterexample, Verdict

PARAMETERS_NAME, GEOMETRY_NAME = "params.json", "geometry.npz"


def write_counterexample(certificate: Certificate, program: Program, reference: str, folder: Path) -> str:
    """Write the first counterexample of a certificate into a folder, and return what to say about it.

    Args:
        certificate: of the program.
        program: what was checked.
        reference: how the user named it.
        folder: receives ``params.json`` and ``geometry.npz``, two frames: before and after the motion.
    """
    verdict, example = _first(certificate)
    if verdict is None or example is None:
        return f"nothing written to {folder}: there is no counterexample, because no symmetry is refuted"
    if program.scope == "pair" or isinstance(program.readout, AtomicReadout):
        return f"nothing written to {folder}: {_obstacle(program)}; the certificate holds the counterexample"
    parameters = {table.name: np.reshape(table.entries, table.shape).tolist() for table in example.parameters}
    before = np.array(example.positions)
    after = example.transform.apply(before, example.sites)
    write_text(folder / PARAMETERS_NAME, json.dumps(parameters, indent=1) + "\n")
    with atomic_path(folder / GEOMETRY_NAME) as temporary:
        np.savez(temporary, positions=np.stack([before, after]))
    command = ["qffc", "energy", reference, "--params", str(folder / PARAMETERS_NAME)]
    command += ["--geometry", str(folder / GEOMETRY_NAME), "--raw"]
    return f"{verdict.generator}: the energies of the two frames differ by {example.difference:.6g}:\n  " + shlex.join(
        command
    )


def _obstacle(program: Program) -> str:
    if program.scope == "pair":
        return f"'{program.name}' is refuted for one pair of neighbours, and 'qffc energy' gives sums over all pairs"
    return f"'{program.name}' is refuted by its features, and 'qffc energy' gives energies"


def _first(certificate: Certificate) -> tuple[Verdict | None, Counterexample | None]:
    for verdict in certificate.verdicts:
        if verdict.counterexample is not None:
            return verdict, verdict.counterexample
    return None, None
