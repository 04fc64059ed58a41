"""Models that fade to free atoms where their training data end, and the way back, as functions for callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qffc.references.data import datasets_of

if TYPE_CHECKING:
    from qffc.models.files.model_given import ModelLike
    from qffc.models.force_field import ForceField
    from qffc.references.data import SeveralDataLike
    from qffc.units import Units


def with_limits(
    model: ModelLike,
    data: SeveralDataLike,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    atom_energies: Mapping[str, float] | Mapping[int, float] | None = None,
) -> ForceField:
    """Return a model that fades to free atoms where its training data end; see :mod:`qffc.models.validity.limits`.

    Training does this by itself, unless it is asked not to. Energies and forces where the data are stay as they were.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``.
        data: what it was trained on, as :func:`train` takes it. Of its own data sets the frames that it was trained on
            and watched are taken, of others all.
        units: of data files.
        keys: other names in the data by role; see :func:`qffc.data.read`.
        atom_energies: energies of free atoms by element, eV, computed as the data were. Without them those that the
            model has; where it has none, atoms are taken to lie 3.5 eV each above the molecules.

    Raises:
        QffcError: when model or data are none, or they do not fit each other.

    Example:
        >>> model = with_limits("trained:water", "water", atom_energies={"H": -13.57, "O": -2035.57})
        >>> model.arrays["constant.atom_energy"].round(2).tolist()
        [-13.57, -2035.57]
    """
    from qffc.models import validity_fit
    from qffc.models.files.data_sets import known_sets, number_of_set
    from qffc.models.files.model_given import model_of
    from qffc.models.initialization.atom_energies import energies_by_symbol
    from qffc.training.config import stored_config
    from qffc.training.split import split_of

    trained, frames = model_of(model), []
    config = stored_config(trained.metadata)
    for each in datasets_of(data, units, keys):
        number = number_of_set(trained.metadata, each)
        if number is not None and config is not None:
            split = split_of(each, config, number, len(known_sets(trained.metadata)))
            each = each.subset((*split.train, *split.validation))
        frames.append(each)
    return validity_fit.with_limits(trained, frames, energies_by_symbol(atom_energies or {}))


def without_limits(model: ModelLike) -> ForceField:
    """Return a model that does not fade where its training data end; what it says where they are stays as it is.

    For molecules that are not in its data: surroundings that it never met make it fade, whether it is right there or
    not. In molecular dynamics nothing keeps atoms from where it knows nothing then.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``; one without limits comes back as it is.

    Raises:
        QffcError: when it is no model.

    Example:
        >>> import numpy as np
        >>> model = without_limits("trained:water")
        >>> wide = np.array([[[0.0, 0.0, 0.0], [1.5, 0.0, 0.0], [-0.4, 1.5, 0.0]]])
        >>> from qffc.models.files.model_file import load_model
        >>> bool(model.predict([8, 1, 1], wide)[0] < load_model("trained:water").predict([8, 1, 1], wide)[0])
        True
    """
    from qffc.models import validity_fit
    from qffc.models.files.model_given import model_of

    trained = model_of(model)
    return replace(trained, arrays=validity_fit.without_limits(trained.arrays))
