"""What the library prints, proves and compiles stays what it was: the digests of its programs and of their proofs.

A digest is what a certificate, a model file and a run are bound to, so another one makes a user's files strange.
``QFFC_REWRITE_RECORDS=1`` writes the file anew, for a change that means to print, prove or compile something else.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from qffc.compiling.compiled import compile_program
from qffc.library import load, programs
from qffc.passes.equivariance.check import check_equivariance
from qffc.targets.catalogue import target

RECORDS = Path(__file__).parent / "recorded.json"

CASES: tuple[tuple[str, dict[str, object]], ...] = (
    *((name, {}) for name in programs()),
    ("water-demo", {"depth": 2}),
    ("sivqlm-lih", {"depth": 3}),
    ("sivqlm-nh3", {"collective": True}),
    ("ring", {"qubits": 4}),
    ("all-pairs", {"qubits": 6}),
)


def record(name: str, options: dict[str, object]) -> dict[str, object]:
    program = load(name, **options)
    compiled = compile_program(program, target("H2-1"))
    verdicts = check_equivariance(program).verdicts
    return {
        "program": program.digest,
        "verdicts": [f"{v.generator}: {v.status} by {v.rule}: {v.failure and v.failure.residual}" for v in verdicts],
        "compiled": compiled.program.digest,
        "passes": compiled.passes,
    }


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda part: part if isinstance(part, str) else str(part))
def test_library_programs_keep_their_digests(name: str, options: dict[str, object]) -> None:
    key = f"{name} {json.dumps(options)}"
    found = record(name, options)
    if os.environ.get("QFFC_REWRITE_RECORDS"):
        known = json.loads(RECORDS.read_text()) if RECORDS.exists() else {}
        RECORDS.write_text(json.dumps({**known, key: found}, indent=1) + "\n")
    assert json.loads(RECORDS.read_text())[key] == found
