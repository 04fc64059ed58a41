"""Fuzzes one reader, guided by coverage: `python -m benchmarks.fuzz.one READER FOLDER` and flags of libFuzzer.

Faults are kept by where they were raised, with the first input of each, and the search goes on.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["qffc"]):
    from benchmarks.fuzz.readers import READERS


def main(name: str, folder: Path, flags: list[str]) -> None:
    """Fuzz until the flags say that it is enough; faults are files in the folder."""
    warnings.simplefilter("ignore")
    reader = READERS[name]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(reader.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    place = Path(tempfile.mkdtemp())

    def once(content: bytes) -> None:
        try:
            reader.read(content, place)
        except reader.allowed:
            pass
        except Exception as problem:
            last = traceback.extract_tb(problem.__traceback__)[-1]
            fault = folder / f"fault-{type(problem).__name__}-{Path(last.filename).stem}-{last.lineno}"
            if not fault.exists():
                fault.write_bytes(content)
                fault.with_suffix(".txt").write_text(traceback.format_exc())

    atheris.Setup([sys.argv[0], *flags, str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
