"""Stresses that files of frames hold: under which names, in which form, and with which sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data.cells import from_voigt
from qffc.data.xyz_frames import Frame
from qffc.ir.diagnostics import error, quoted

Floats = NDArray[np.float64]

STRESS, VIRIALS = "stress", ("virial", "virials")
"""Names that are understood without being told."""

_SAME = 1e-2
"""Share of the largest entry by which a stress and a virial of one frame may differ."""


@dataclass(frozen=True)
class StressKeys:
    """Where the stress of a frame stands; it is looked for under the usual names where none is given.

    Args:
        stress: name of the stress, an energy by a volume, positive when the cell wants to shrink, as ASE has it.
        virial: name of the virial, an energy: minus the stress times the volume, as GAP, MACE and NequIP have it.
    """

    stress: str | None = None
    virial: str | None = None

    def stresses(self, frames: Sequence[Frame]) -> Floats | None:
        """Return the stresses of frames (n, 3, 3) in the units of the file; None where there are none.

        Frames in a vacuum have none, whatever stands there, unless a name is given.

        Raises:
            QffcError: a name that is given is not there, some frames have one and others not, an entry is no tensor,
                or stress and virial of a frame are not the same.
        """
        if not (self.stress or self.virial or any(frame.atoms.pbc.any() for frame in frames)):
            return None
        stress = self._found(frames, (self.stress or STRESS,), self.stress is not None)
        virial = self._found(frames, VIRIALS if self.virial is None else (self.virial,), self.virial is not None)
        if virial is None:
            return stress
        volumes = np.array([abs(np.linalg.det(frame.atoms.cell.array)) for frame in frames])[:, None, None]
        # Without a volume the dataset says so.
        of_virial = np.divide(-virial, volumes, out=np.zeros_like(virial), where=volumes > 0)
        if stress is not None:
            _need_same(frames, stress, of_virial)
        return of_virial if stress is None else stress

    def _found(self, frames: Sequence[Frame], names: Sequence[str], needed: bool) -> Floats | None:
        there = [next((name for name in names if name in _entries(frame)), None) for frame in frames]
        if not needed and not any(there):
            return None
        missing = [frame for frame, name in zip(frames, there, strict=True) if name is None]
        if missing:
            raise error(
                "no stress under this key",
                where=missing[0].where,
                found=f"{len(missing)} of {len(frames)} frames without {quoted(names)}",
                expected="it in every frame, or in none",
                help="leave it out of all, or split the file; --keys stresses=NAME or virials=NAME names another key",
            )
        return np.stack([_tensor(frame, str(name)) for frame, name in zip(frames, there, strict=True)])


USUAL = StressKeys()
"""The usual names."""


def _entries(frame: Frame) -> dict[str, object]:
    results = frame.atoms.calc.results if frame.atoms.calc is not None else {}
    # ASE keeps six of the nine numbers of a stress as a result, whether they are symmetric or not.
    return {**results, **frame.header}


def _tensor(frame: Frame, name: str) -> Floats:
    value = np.asarray(_entries(frame)[name])
    if value.dtype.kind in "fiu":
        if value.shape == (6,):
            return from_voigt(value.astype(np.float64))
        if value.size == 9 and value.shape in ((9,), (3, 3)):
            return value.astype(np.float64).reshape(3, 3)
    raise error(
        "stress that is no tensor",
        where=frame.where,
        found=f"{name} = {' '.join(str(value.tolist()).split())[:80]}",
        expected="nine numbers, row by row, or six: xx, yy, zz, yz, xz, xy",
        help="correct the entry, or name another one: --keys stresses=NAME or virials=NAME",
    )


def _need_same(frames: Sequence[Frame], stress: Floats, of_virial: Floats) -> None:
    size = np.maximum(np.abs(stress).max(axis=(1, 2)), np.abs(of_virial).max(axis=(1, 2)))
    off = np.abs(stress - of_virial).max(axis=(1, 2))
    other = np.flatnonzero(off > _SAME * size + 1e-9)
    if other.size:
        frame = int(other[0])
        turned = np.abs(stress[frame] + of_virial[frame]).max() < off[frame]
        raise error(
            "stress and virial that differ",
            where=frames[frame].where,
            found=f"entries off by {off[frame]:.3g}, of {size[frame]:.3g}"
            + (": is one of the wrong sign?" if turned else ""),
            expected="a virial that is minus the stress times the volume",
            help="name the right one: --keys stresses=NAME, or remove the other",
        )
