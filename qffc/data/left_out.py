"""What a data file holds beside the frames that are read of it: nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qffc.data.archive import opened
from qffc.data.declared_units import quantity_of
from qffc.data.file_names import FRAME_SUFFIXES, suffix
from qffc.data.frame_files import frames_of
from qffc.data.npz import KNOWN_CELL_KEYS, KNOWN_KEYS
from qffc.data.periodic import says_periodic
from qffc.data.stress_labels import STRESS, VIRIALS

_OWN = {"name", "converted_from", "train_idx", "test_idx"}
_OF_SGDML = {"type", "md5", "theory", "code_version"} | {
    f"{kind}_{word}" for kind in "EF" for word in ("min", "max", "mean", "var")
}
_OF_XYZ = {"Properties", "energy", "energies", "forces", "numbers", "positions", "species", "pos"}


def passed_over(file: Path, keys: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the names of what a reader of qffc does not take from a file.

    Args:
        file: a data file.
        keys: keys in the file by role, where they are others than usual.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/a.npz", z=[1], R=np.zeros((1, 1, 3)), E=[0.0], F=np.zeros((1, 1, 3)), dipole=[0.1])
        ...     passed_over(Path(folder, "a.npz"))
        ('dipole',)
    """
    taken = set((keys or {}).values())
    if suffix(file) not in FRAME_SUFFIXES:
        with opened(file) as archive:
            there = archive.files
        every = KNOWN_KEYS | KNOWN_CELL_KEYS
        usual = {key for role, known in every.items() if role not in (keys or {}) for key in known}
        known = taken | usual | _OWN | (_OF_SGDML if "md5" in there else set())
        return tuple(key for key in there if key not in known and not quantity_of(key) and not says_periodic(key))
    found: dict[str, None] = {}
    for frame in frames_of(file, cells=True):
        names = [*frame.header, *(key for key in frame.atoms.arrays)]
        results = [] if frame.atoms.calc is None else [*frame.atoms.calc.results]
        more = ["constraints"] if frame.atoms.constraints else []
        read = (STRESS, *VIRIALS) if frame.atoms.pbc.any() else ()
        found |= dict.fromkeys(name for name in (*names, *results, *more) if name not in read)
    used = taken | _OF_XYZ
    return tuple(key for key in found if key not in used and not quantity_of(key) and not says_periodic(key))
