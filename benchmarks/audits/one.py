"""Audits one calculator in the environment of its package: `python -m benchmarks.audits.one NAME FOLDER`."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from benchmarks.audits.calculators import OUTSIDE
from qffc.auditing.audit import audit
from qffc.auditing.report import write_report
from qffc.ir.declarations import SYMMETRIES


def main(name: str, folder: Path) -> None:
    """Write the report of a calculator, with its version, into a folder of its name."""
    outside = OUTSIDE[name]
    warnings.simplefilter("ignore")  # of the packages, about their own dependencies
    symmetry = tuple(each for each in SYMMETRIES if each not in outside.without)
    found = audit(outside.make, outside.atoms(), symmetry, name=outside.name)
    write_report(found, folder / name)
    (folder / name / "version.json").write_text(json.dumps(outside.version))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
