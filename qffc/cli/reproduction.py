"""Files that reproduce a counterexample: with ``qffc energy``, or, where it is no energy, with a short script."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path, write_text
from qffc.ir.declarations import AtomicReadout
from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.verdict import Counterexample, Verdict

PARAMETERS_NAME, GEOMETRY_NAME = "params.json", "geometry.npz"
PROGRAM_NAME, CERTIFICATE_NAME, FRAMES_NAME, SCRIPT_NAME = (
    "program.qffc",
    "certificate.json",
    "geometry.xyz",
    "reproduce.py",
)
_SCRIPT = """# Prints what one circuit gives before and after something that must change nothing.
from pathlib import Path

from qffc.ir import parse_program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.numbers.before_and_after import measured

here = Path(__file__).parent
program = parse_program((here / "program.qffc").read_text(encoding="utf-8"))
certificate = Certificate.from_json((here / "certificate.json").read_text(encoding="utf-8"))
verdict = next(verdict for verdict in certificate.verdicts if verdict.counterexample)
for numbers in measured(program, verdict.counterexample):
    print(*numbers)
"""


def write_counterexample(certificate: Certificate, program: Program, reference: str, folder: Path) -> str:
    """Write the first counterexample of a certificate into a folder, and return what to say about it.

    Args:
        certificate: of the program.
        program: what was checked.
        reference: how the user named it.
        folder: receives ``params.json`` and ``geometry.npz``, two frames: before and after the motion. For programs
            that are refuted by the response of one circuit, which no verb prints: ``reproduce.py``, the program and
            the certificate that it reads, and ``geometry.xyz`` to look at.
    """
    verdict, example = _first(certificate)
    if verdict is None or example is None:
        return f"nothing written to {folder}: there is no counterexample, because no symmetry is refuted"
    moves_atoms_alone = not example.transform.entries and example.transform.internal is None
    if program.scope != "molecule" or isinstance(program.readout, AtomicReadout) or not moves_atoms_alone:
        return _write_script(certificate, program, verdict, example, folder)
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


def _write_script(
    certificate: Certificate, program: Program, verdict: Verdict, example: Counterexample, folder: Path
) -> str:
    before = np.array(example.positions)
    after = example.transform.apply(before, example.sites)
    frames = (_frame(example, before, "before"), _frame(example, after, f"after {example.transform.words}"))
    write_text(folder / PROGRAM_NAME, program.text)
    write_text(folder / CERTIFICATE_NAME, certificate.to_json())
    write_text(folder / FRAMES_NAME, "".join(frames))
    write_text(folder / SCRIPT_NAME, _SCRIPT)
    seen = "one pair of neighbours" if program.scope == "pair" else "one circuit"
    return (
        f"{verdict.generator}: what {seen} gives differs by {example.difference:.6g} between the two frames:\n"
        f"  {shlex.join(['python', str(folder / SCRIPT_NAME)])}"
    )


def _frame(example: Counterexample, positions: NDArray[np.float64], words: str) -> str:
    rows = [
        f"{symbol} {' '.join(f'{x:.6f}' for x in place)}"
        for symbol, place in zip(example.species, positions.tolist(), strict=True)
    ]
    return "\n".join([str(len(rows)), words, *rows]) + "\n"


def _first(certificate: Certificate) -> tuple[Verdict | None, Counterexample | None]:
    for verdict in certificate.verdicts:
        if verdict.counterexample is not None:
            return verdict, verdict.counterexample
    return None, None
