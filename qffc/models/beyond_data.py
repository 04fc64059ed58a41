"""The warning that a geometry is beyond the training data of a model."""

from __future__ import annotations

import warnings

from numpy.typing import ArrayLike

from qffc.ir.diagnostics import Diagnostic, QffcWarning
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements
from qffc.models.validity.limits import has_limits


def warn_beyond_data(model: ForceField, numbers: Elements, positions: ArrayLike) -> None:
    """Warn when an atom of any frame has surroundings that the model has not seen, if the model knows.

    Args:
        model: a model.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (frames, atoms, 3), Angstrom.
    """
    if has_limits(model.arrays):
        grade = float(model.extrapolation_grade(numbers, positions).max())
        if grade > 1.0:
            warnings.warn(beyond_data(grade), stacklevel=3)


def beyond_data(grade: float) -> QffcWarning:
    """Return what is said of a geometry whose largest extrapolation grade is above 1."""
    return QffcWarning(
        Diagnostic(
            title="geometry beyond the training data",
            found=f"extrapolation grade {grade:.2f}",
            expected="at most 1: atoms with surroundings that the model has seen",
            help="energies fade to those of free atoms there and mean little;"
            " a calculator tells the grade of each geometry in results['extrapolation_grade']",
        )
    )
