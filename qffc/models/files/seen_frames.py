"""Which frames a model was trained on, as its file keeps it: by the marks of :mod:`qffc.data.same_frames`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.same_frames import Marks, composition_of, found_in, marks_of
from qffc.models.files.metadata import metadata_entry, unreadable_metadata
from qffc.passes.plain_data import to_plain

SEEN = "training_frames"
"""The key of a model's metadata with the marks of all frames that it was ever trained on."""

_NUMBERS, _BYTES = 3, 4


@dataclass(frozen=True)
class _Molecule:
    """Training frames of one composition: little-endian numbers of four bytes, three for a frame, in base64."""

    composition: str
    marks: str


@dataclass(frozen=True)
class _Seen:
    """All training frames; not all where the model was trained on from one that keeps none."""

    complete: bool
    molecules: tuple[_Molecule, ...]


def describe_seen(frames: Sequence[Dataset], earlier: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the entry of a model's metadata that says which frames it was trained on.

    Args:
        frames: the training frames, a set for each molecule.
        earlier: metadata of the model that training started from, whose frames count, too.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water")
        >>> metadata = describe_seen([water.subset([0, 1, 2])])
        >>> seen_frames(metadata, water.subset([2, 3]))
        array([ True, False])
    """
    before = None if earlier is None else _read(earlier)
    known = {} if before is None else {each.composition: _marks(each) for each in before.molecules}
    for data in frames:
        composition = composition_of(data)
        earlier_marks = known.get(composition, np.empty((0, _NUMBERS), np.float32))
        known[composition] = np.concatenate([earlier_marks, marks_of(data)])
    seen = _Seen(
        complete=earlier is None or (before is not None and before.complete),
        molecules=tuple(_Molecule(composition, _text(marks)) for composition, marks in known.items()),
    )
    return {SEEN: json.dumps(to_plain(seen))}


def seen_frames(metadata: Mapping[str, str], data: Dataset) -> NDArray[np.bool_] | None:
    """Return which frames a model was trained on, (n,); None where it does not say.

    Frames are known again in any order, file format and unit, in single precision, and moved, turned or mirrored.

    Args:
        metadata: of the model.
        data: n frames.

    Raises:
        QffcError: the entry cannot be read.
    """
    seen = _read(metadata)
    if seen is None:
        return None
    composition = composition_of(data)
    known = [_marks(each) for each in seen.molecules if each.composition == composition]
    if not known:
        return np.zeros(len(data), dtype=np.bool_)
    return found_in(marks_of(data), np.concatenate(known)) >= 0


def knows_all_frames(metadata: Mapping[str, str]) -> bool:
    """Return whether a model says of every frame whether it was trained on it.

    Args:
        metadata: of the model.
    """
    seen = _read(metadata)
    return seen is not None and seen.complete


def _read(metadata: Mapping[str, str]) -> _Seen | None:
    return metadata_entry(_Seen, metadata, SEEN) if SEEN in metadata else None


def _text(marks: Marks) -> str:
    return base64.b64encode(marks.astype("<f4").tobytes()).decode("ascii")


def _marks(molecule: _Molecule) -> Marks:
    try:
        content = base64.b64decode(molecule.marks, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise unreadable_metadata(SEEN, str(problem)) from None
    if len(content) % (_NUMBERS * _BYTES):
        raise unreadable_metadata(SEEN, f"{len(content)} bytes for frames of {_NUMBERS * _BYTES}")
    marks = np.frombuffer(content, "<f4").astype(np.float32).reshape(-1, _NUMBERS)
    if not np.all(np.isfinite(marks)):
        raise unreadable_metadata(SEEN, "a mark that is no number")
    return marks
