"""Files that lost their end, or a bit: they are refused, or mean what they meant."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.faults.outcome import Outcome
from benchmarks.fuzz.readers import certificates, compiled
from qffc.compiling.compiled import from_json
from qffc.data.embedded import load_embedded
from qffc.data.npz import read_npz, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.models.files.model_file import load_model
from qffc.passes.equivariance.certificates.certificate import Certificate

Meaning = Callable[[Path], object]


def of_model(path: Path) -> object:
    """The energies of some waters."""
    water = load_embedded("water")
    return load_model(path).predict(water.numbers, water.positions[:2])[0].tolist()


def of_data(path: Path) -> object:
    """All numbers of a dataset."""
    data = read_npz(path)
    return [np.asarray(each).tolist() for each in (data.numbers, data.positions, data.energies, data.forces)]


def files(run: Path, folder: Path) -> dict[str, tuple[Path, Meaning]]:
    """A file of each kind that lasts, with what it means."""
    (folder / "certificate.json").write_bytes(certificates()[0])
    (folder / "compiled.json").write_bytes(compiled()[0])
    write_npz(load_embedded("water").subset(range(3)), folder / "water.npz")
    return {
        "model": (run / "model.safetensors", of_model),
        "data in npz": (folder / "water.npz", of_data),
        "compiled program": (
            folder / "compiled.json",
            lambda path: from_json(path.read_text("utf-8", "replace")).to_json(),
        ),
        "certificate": (
            folder / "certificate.json",
            lambda path: Certificate.from_json(path.read_text("utf-8", "replace")).to_json(),
        ),
    }


def cut(content: bytes, choose: random.Random) -> bytes:
    """Without its end."""
    return content[: choose.randrange(len(content))]


def flipped(content: bytes, choose: random.Random) -> bytes:
    """With one bit changed."""
    at = choose.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << choose.randrange(8))]) + content[at + 1 :]


def damaged(tries: int, run: Path, folder: Path) -> list[Outcome]:
    """One outcome for each kind of file and of damage; *hit*: how many were refused."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind, (path, meaning) in files(run, folder).items():
            content, before = path.read_bytes(), meaning(path)
            for title, damage in (("cut off", cut), ("a bit flipped", flipped)):
                outcome, choose = Outcome(f"{kind}, {title}"), random.Random(3)
                for _ in range(tries):
                    outcome.tries += 1
                    other = folder / f"damaged{path.suffix}"
                    other.write_bytes(damage(content, choose))
                    try:
                        outcome.wrong += meaning(other) != before
                    except QffcError:
                        outcome.hit += 1
                found.append(outcome)
    return found
