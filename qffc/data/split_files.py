"""The parts of a split as files: of frames, and of their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qffc.atomic_files import write_text
from qffc.data.conversion import write_data
from qffc.data.dataset import Dataset
from qffc.data.same_frames import found_in, marks_of
from qffc.data.split import Split

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class SplitFiles:
    """What was written of a split.

    Args:
        indices: the file with the numbers of the frames of each part.
        frames: the file with the frames of each part; none where numbers alone were asked for.
        fingerprints: of the frames of each part.
        shared: pairs of parts, and how many frames of the second are the same geometry as one of the first.
    """

    indices: Mapping[str, Path]
    frames: Mapping[str, Path]
    fingerprints: Mapping[str, str]
    shared: Mapping[tuple[str, str], int]


def write_split(data: Dataset, split: Split, folder: Path, suffix: str | None = ".npz") -> SplitFiles:
    """Write the parts of a split to a folder: ``train.npz`` with frames, ``train.txt`` with their numbers, and so on.

    Numbers count from 0, one a line, in the order of the frames in the other file. Empty parts have no files, and those
    of an earlier split in the folder are removed.

    Args:
        data: all frames.
        split: of these frames.
        folder: is made where it is missing.
        suffix: of the files with frames; None writes numbers alone.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files = write_split(water, water.split(train=3, test=2), Path(folder), None)
        ...     [len(files.indices[part].read_text().split()) for part in files.indices]
        [3, 2]
    """
    parts = {part: getattr(split, part) for part in PARTS if getattr(split, part)}
    indices, frames, fingerprints = {}, {}, {}
    for part, numbers in parts.items():
        chosen = data.subset(numbers)
        fingerprints[part] = chosen.fingerprint
        if suffix is not None:
            frames[part] = write_data([chosen], folder / f"{part}{suffix}").path
        indices[part] = folder / f"{part}.txt"
        write_text(indices[part], "".join(f"{number}\n" for number in numbers))
    for part in PARTS:
        if part not in parts:
            for old in (folder / f"{part}.txt", *([] if suffix is None else [folder / f"{part}{suffix}"])):
                old.unlink(missing_ok=True)
    return SplitFiles(indices, frames, fingerprints, _shared(data, parts))


def _shared(data: Dataset, parts: Mapping[str, tuple[int, ...]]) -> dict[tuple[str, str], int]:
    marks = marks_of(data)
    names, found = list(parts), {}
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            same = found_in(marks[list(parts[second])], marks[list(parts[first])])
            if np.any(same >= 0):
                found[first, second] = int(np.count_nonzero(same >= 0))
    return found
