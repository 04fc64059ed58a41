"""Small datasets that come with qffc."""

from __future__ import annotations

from importlib import resources

from qffc.data.dataset import Dataset
from qffc.data.npz import read_npz
from qffc.ir.diagnostics import error, quoted

EMBEDDED = ("water", "ammonia")
"""Names of the embedded datasets."""


def load_embedded(name: str) -> Dataset:
    """Return one of the datasets that come with qffc.

    Water (1,000 frames, order O H H) and ammonia (500 frames, order N H H H) at PBE/def2-SVP, sampled at 500 K on
    GFN2-xTB; the README beside the files says how. The frames are a time series: split them at random, as
    :meth:`qffc.data.Dataset.split` does.

    Args:
        name: one of ``EMBEDDED``.

    Returns:
        The dataset in eV and Angstrom.

    Raises:
        QffcError: there is no embedded dataset of this name.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water")
        >>> water
        Dataset('water', OH2, 1000 frames)
        >>> water.energies.mean().round(3)
        np.float64(-2075.405)
    """
    if name not in EMBEDDED:
        raise error(
            "no such embedded dataset",
            found=repr(name),
            expected=f"one of {quoted(EMBEDDED)}",
            help="for your own data use qffc.data.read(path, units=...)",
        )
    with resources.as_file(resources.files("qffc.data").joinpath("embedded", f"{name}.npz")) as file:
        return read_npz(file)
