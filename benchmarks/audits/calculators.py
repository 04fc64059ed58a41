"""Calculators that are not ours, each with the geometry that it is audited at: this file alone knows their packages.

It runs in the environment of one package, so packages are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

TORCH = "torch==2.13.0"
FRESH, NONE, OWN, FITTED = "fresh", "none", "its own", "of 100 waters"
"""Weights: drawn at random, a formula without any, those in the package, or fitted to embedded data here."""


@dataclass(frozen=True)
class Outside:
    """A calculator of another package.

    Args:
        name: in the table.
        package: whose version the table says.
        requirements: of pip, beside what the audit itself needs; empty for ASE.
        weights: FRESH, NONE, OWN or FITTED.
        atoms: makes the geometry.
        make: makes the calculator.
        without: symmetries that it does not claim.
    """

    name: str
    package: str
    requirements: tuple[str, ...]
    weights: str
    atoms: Callable[[], Atoms]
    make: Callable[[], Calculator]
    without: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Package and version, here."""
        return f"{self.package} {version(self.package)}"


def ethanol() -> Atoms:
    """A molecule with a bond that turns."""
    return molecule("CH3CH2OH")


def copper() -> Atoms:
    """The cubic cell, which no model takes for a molecule."""
    return bulk("Cu", cubic=True)


def waters() -> Atoms:
    """Two rigid waters, atoms in the order that the models of ASE take: O H H."""
    one = np.array([[0.0, 0.0, 0.0], [0.9572, 0.0, 0.0], [-0.239988, 0.926627, 0.0]])
    return Atoms("OH2" * 2, positions=np.concatenate([one, one + [2.9, 0.4, 0.3]]))


def emt() -> Calculator:
    from ase.calculators.emt import EMT

    return EMT()


def lennard_jones(smooth: bool = False) -> Calculator:
    from ase.calculators.lj import LennardJones

    return LennardJones(sigma=2.3, epsilon=0.4, smooth=smooth)


def morse() -> Calculator:
    from ase.calculators.morse import MorsePotential

    return MorsePotential(epsilon=0.35, r0=2.87, rho0=3.9)


def tip3p() -> Calculator:
    from ase.calculators.tip3p import TIP3P

    return TIP3P()


def tip4p() -> Calculator:
    from ase.calculators.tip4p import TIP4P

    return TIP4P()


def tblite(method: str) -> Calculator:
    from tblite.ase import TBLite

    return TBLite(method=method, verbosity=0, accuracy=0.01)


def dftd3() -> Calculator:
    from dftd3.ase import DFTD3

    return DFTD3(method="PBE", damping="d3bj")  # by its name a functional has no three-body term


def dftd4() -> Calculator:
    from dftd4.ase import DFTD4

    return DFTD4(method="PBE")


def mace() -> Calculator:
    """Two layers of 16 scalars and vectors, as `mace_run_train` would build them for this molecule."""
    import torch

    torch.serialization.add_safe_globals([slice])  # in the constants of e3nn 0.4.4
    from e3nn import o3
    from mace.calculators import MACECalculator
    from mace.modules import ScaleShiftMACE, gate_dict, interaction_classes

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    block = interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = ScaleShiftMACE(
        r_max=4.0,
        num_bessel=8,
        num_polynomial_cutoff=5,
        max_ell=2,
        interaction_cls=block,
        interaction_cls_first=block,
        num_interactions=2,
        num_elements=3,
        hidden_irreps=o3.Irreps("16x0e + 16x1o"),
        MLP_irreps=o3.Irreps("16x0e"),
        atomic_energies=np.zeros(3),
        avg_num_neighbors=8.0,
        atomic_numbers=[1, 6, 8],
        correlation=2,
        gate=gate_dict["silu"],
        atomic_inter_scale=1.0,
        atomic_inter_shift=0.0,
    )
    return MACECalculator(models=[model], device="cpu", default_dtype="float64")


def chgnet() -> Calculator:
    from chgnet.model.dynamics import CHGNetCalculator

    return CHGNetCalculator(use_device="cpu")


def sevennet() -> Calculator:
    from sevenn.calculator import SevenNetCalculator

    return SevenNetCalculator("7net-0", device="cpu")


def ani() -> Calculator:
    """As `simple_ani` builds it for the elements of ethanol, with its repulsion."""
    import torch
    from torchani.arch import simple_ani

    torch.manual_seed(0)
    model = simple_ani(("H", "C", "O"), lot="wb97x-631gd", ensemble_size=1)
    return model.to(torch.float64).ase()


@cache
def sgdml_file() -> str:
    """A model of 100 frames of the embedded water, in the units of that program: kcal/mol and Angstrom."""
    from sgdml.train import GDMLTrain
    from sgdml.utils.io import dataset_md5

    from qffc.data import load_embedded

    data, per_ev = load_embedded("water").subset(range(0, 1000, 5)), 23.060547830619026
    known = {"z": data.numbers, "R": data.positions, "E": per_ev * data.energies, "F": per_ev * data.forces}
    given = {"type": "d", "name": "water", "theory": "unknown", "r_unit": "Ang", "e_unit": "kcal/mol", **known}
    given = {name: np.asarray(value) for name, value in given.items()}  # as a file gives them
    given["md5"] = np.asarray(dataset_md5(given))
    trainer = GDMLTrain(max_processes=1)
    task = trainer.create_task(given, 100, valid_dataset=given, n_valid=50, sig=10, lam=1e-10)
    file = Path(mkdtemp()) / "water.npz"
    np.savez_compressed(file, **trainer.train(task))
    return str(file)


def sgdml() -> Calculator:
    from sgdml.intf.ase_calc import SGDMLCalculator

    return SGDMLCalculator(sgdml_file())


def water() -> Atoms:
    """The only molecule that a model of waters knows."""
    return molecule("H2O")


OUTSIDE: dict[str, Outside] = {
    "emt": Outside("EMT", "ase", (), NONE, copper, emt),
    "lj": Outside("LennardJones", "ase", (), NONE, copper, lennard_jones),
    "lj-smooth": Outside("LennardJones, smooth", "ase", (), NONE, copper, lambda: lennard_jones(True)),
    "morse": Outside("MorsePotential", "ase", (), NONE, copper, morse),
    "tip3p": Outside("TIP3P", "ase", (), NONE, waters, tip3p, ("exchange",)),
    "tip4p": Outside("TIP4P", "ase", (), NONE, waters, tip4p, ("exchange",)),
    "gfn1": Outside("GFN1-xTB", "tblite", ("tblite==0.8.0",), NONE, ethanol, lambda: tblite("GFN1-xTB")),
    "gfn2": Outside("GFN2-xTB", "tblite", ("tblite==0.8.0",), NONE, ethanol, lambda: tblite("GFN2-xTB")),
    "d3": Outside("D3(BJ) of PBE, pairs", "dftd3", ("dftd3==1.7.0",), NONE, ethanol, dftd3),
    "d4": Outside("D4 of PBE", "dftd4", ("dftd4==4.3.1",), NONE, ethanol, dftd4),
    "sgdml": Outside("sGDML", "sgdml", ("sgdml==1.0.3", TORCH, "numpy<2.4"), FITTED, water, sgdml),
    "chgnet": Outside("CHGNet 0.3.0", "chgnet", ("chgnet==0.4.2", TORCH), OWN, copper, chgnet),
    "sevennet": Outside("SevenNet-0", "sevenn", ("sevenn==0.13.0", TORCH), OWN, copper, sevennet),
    "ani": Outside("ANI, one network", "torchani", ("torchani==2.9.0", TORCH), FRESH, ethanol, ani),
    "mace": Outside("MACE, small", "mace-torch", ("mace-torch==0.3.16", TORCH), FRESH, ethanol, mace),
}
