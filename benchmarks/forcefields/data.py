"""The data of the experiments, which are not part of the project: a folder that the user names."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.forcefields.rmd17_files import FORMULAS, read_rmd17
from qffc.data import Dataset, read_npz
from qffc.data.source import existing_file
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import error
from qffc.units import energy_to_ev

VARIABLE = "QFFC_DATA"
MOLECULES = (*FORMULAS, "methanol")


def data_place(given: Path | None) -> Path | None:
    """What --data names, or else the environment."""
    return given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)


def data_folder(given: Path | None) -> Path:
    """The folder of --data, or of the environment."""
    chosen = data_place(given)
    if chosen is not None and chosen.is_dir():
        return chosen
    raise error(
        "no folder of data",
        found="none named" if chosen is None else f"'{chosen}', which is no folder",
        expected="a folder with rmd17_ethanol.npz and the other files that benchmarks/README.md lists",
        help=f"name it with --data, or in the variable {VARIABLE}",
    )


def load_molecule(folder: Path, molecule: str) -> Dataset:
    """The frames of a molecule; methanol has its one published split as number 1."""
    if molecule != "methanol":
        return read_rmd17(folder, molecule)
    file = existing_file(folder / "botnet_methanol.npz")
    with np.load(file) as archive:
        part = archive["subset"]
    rows = {name: tuple(np.flatnonzero(part == name).tolist()) for name in ("train", "test")}
    return replace(read_npz(file, units="rmd17"), published=(PublishedSplit(rows["train"], rows["test"]),))


@dataclass(frozen=True)
class EnergyScan:
    """Energies along a path of geometries: (points, atoms, 3) in Angstrom, (points,) in eV."""

    label: str
    parameter: NDArray[np.float64]
    positions: NDArray[np.float64]
    energies: NDArray[np.float64]


def load_paths(folder: Path) -> tuple[NDArray[np.int64], tuple[EnergyScan, ...]]:
    """Atomic numbers, and the paths of ethanol far from what it is trained on."""
    with np.load(existing_file(folder / "botnet_ethanol_paths.npz")) as archive:
        labels, energies = archive["scan_label"], energy_to_ev(archive["energies"], "kcal/mol")
        positions, parameter = archive["coords"].astype(np.float64), archive["scan_param"]
        numbers = archive["nuclear_charges"].astype(np.int64)
    scans = []
    for label in dict.fromkeys(labels.tolist()):
        here = np.flatnonzero(labels == label)
        rows = here[np.argsort(parameter[here])]
        scans.append(EnergyScan(label, parameter[rows], positions[rows], energies[rows]))
    return numbers, tuple(scans)
