"""Data: reading, checking, splitting and writing frames of a molecule; baselines to compare with."""

from qffc.data.baselines import Baseline, ConstantBaseline, HarmonicBaseline, constant_baseline, harmonic_baseline
from qffc.data.dataset import Dataset
from qffc.data.embedded import EMBEDDED, load_embedded
from qffc.data.formats import read
from qffc.data.molecules import Molecules, read_molecules
from qffc.data.npz import read_npz, write_npz
from qffc.data.split import Split
from qffc.data.xyz import read_xyz

__all__ = [
    "EMBEDDED",
    "Baseline",
    "ConstantBaseline",
    "Dataset",
    "HarmonicBaseline",
    "Molecules",
    "Split",
    "constant_baseline",
    "harmonic_baseline",
    "load_embedded",
    "read",
    "read_molecules",
    "read_npz",
    "read_xyz",
    "write_npz",
]
