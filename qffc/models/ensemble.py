"""Several models as one: the mean of what they say, and how far they are apart.

Models of other seeds agree where the data decide, and differ where they do not. Their mean is better than one of them,
and the deviations are a measure of what is not known: a deep ensemble (Lakshminarayanan, Pritzel and Blundell,
arXiv:1612.01474), or committee, and its model deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.diagnostics import error
from qffc.ir.given_values import not_a
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import short_repr
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements
from qffc.models.validity.limits import has_limits

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Consensus:
    """What several models say together.

    Args:
        energies: (frames,) mean, eV.
        forces: (frames, atoms, 3) mean, eV/Angstrom.
        energy_deviations: (frames,) standard deviation of a model from the mean, eV.
        force_deviations: (frames, atoms) the root of the mean square length by which the force on an atom deviates,
            eV/Angstrom; no rotation changes it.
    """

    energies: Floats
    forces: Floats
    energy_deviations: Floats
    force_deviations: Floats


class Ensemble:
    """Several trained models of the same elements, whose mean is taken.

    The forces are minus the gradient of the mean energy, being means themselves. The models must be of data of one
    method: energies of several have no mean that means anything, and the deviations show it.

    Args:
        models: two or more: models, their files, the folders of their runs, or ``trained:NAME``.

    Raises:
        QffcError: for fewer than two, for models of other elements, and for a model that is there twice.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> both = Ensemble([untrained(load("pair", channels=1, depth=1), seed) for seed in (0, 1)])
        >>> water = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
        >>> said = both.consensus(np.array([8, 1, 1]), water)
        >>> said.forces.shape, said.force_deviations.shape
        ((1, 3, 3), (1, 3))
    """

    _repr_html_ = html_of

    def __init__(self, models: Sequence[ModelLike]) -> None:
        if isinstance(models, str | ForceField) or not isinstance(models, Sequence):
            raise not_a(
                "a list of models", models, "two models or more", "write [first, second], or give the one model"
            )
        self._members = tuple(model_of(model) for model in models)
        if len(self._members) < 2:
            raise error(
                "too few models",
                found=f"{len(self._members)}",
                expected="two or more, whose mean is taken",
                help="train others with other seeds, or use the one model as it is",
            )
        _need_same_elements(self._members)
        _need_different(self._members)

    def __repr__(self) -> str:
        return short_repr(self, f"{len(self)} models", f"species {' '.join(self.species)}")

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> tuple[ForceField, ...]:
        """The models."""
        return self._members

    @property
    def species(self) -> tuple[str, ...]:
        """The elements that all of them know."""
        return self._members[0].program.species

    def predict(self, numbers: Elements, positions: ArrayLike) -> tuple[Floats, Floats]:
        """Return mean energies and forces, as :meth:`qffc.models.force_field.ForceField.predict` does for one model.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.

        Returns:
            Energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom.
        """
        said = self.consensus(numbers, positions)
        return said.energies, said.forces

    def consensus(self, numbers: Elements, positions: ArrayLike) -> Consensus:
        """Return mean energies and forces, and how far the models are from them.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.
        """
        return consensus_of(*self.predict_each(numbers, positions))

    def predict_each(self, numbers: Elements, positions: ArrayLike) -> tuple[Floats, Floats]:
        """Return what each of the models says.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.

        Returns:
            Energies (models, frames) in eV and forces (models, frames, atoms, 3) in eV/Angstrom.
        """
        said = [model.predict(numbers, positions) for model in self._members]
        return np.stack([energies for energies, _ in said]), np.stack([forces for _, forces in said])

    def extrapolation_grade(self, numbers: Elements, positions: ArrayLike) -> Floats:
        """Return the largest grade that any of the models gives to the environment of each atom.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.

        Returns:
            (frames, atoms).

        Raises:
            QffcError: when none of them knows where its training data end.
        """
        knowing = [model for model in self._members if has_limits(model.arrays)] or self._members[:1]
        found: Floats = np.max([model.extrapolation_grade(numbers, positions) for model in knowing], axis=0)
        return found


def consensus_of(energies: Floats, forces: Floats) -> Consensus:
    """Return mean and deviations of predictions.

    Args:
        energies: (models, frames), eV, of two models or more.
        forces: (models, frames, atoms, 3), eV/Angstrom.

    Example:
        >>> said = consensus_of(np.array([[1.0], [3.0]]), np.zeros((2, 1, 3, 3)))
        >>> said.energies.tolist(), said.energy_deviations.round(3).tolist()
        ([2.0], [1.414])
    """
    mean = forces.mean(axis=0)
    squared = np.sum((forces - mean) ** 2, axis=(0, -1)) / (len(forces) - 1)
    return Consensus(energies.mean(axis=0), mean, np.std(energies, axis=0, ddof=1), np.sqrt(squared))


def _need_same_elements(members: Sequence[ForceField]) -> None:
    first, *others = (model.program.species for model in members)
    for number, other in enumerate(others, 2):
        if set(other) != set(first):
            raise error(
                "models of other elements",
                found=f"{' '.join(first)} in model 1, {' '.join(other)} in model {number}",
                expected="the same elements in all models",
                help="take models of one kind of molecules together",
            )


def _need_different(members: Sequence[ForceField]) -> None:
    for number, one in enumerate(members):
        for before, other in enumerate(members[:number]):
            if one is other or _same(one, other):
                raise error(
                    "the same model twice",
                    found=f"model {number + 1}, which is model {before + 1} again",
                    expected="models that differ: a copy adds nothing to the mean, and takes from the deviations",
                    help="name each model once, and train others with other seeds: qffc train --seed 1",
                )


def _same(one: ForceField, other: ForceField) -> bool:
    if one.program.digest != other.program.digest or set(one.arrays) != set(other.arrays):
        return False
    return all(np.array_equal(value, other.arrays[name]) for name, value in one.arrays.items())
