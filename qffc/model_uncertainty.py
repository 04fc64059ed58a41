"""Models that know how uncertain they are, as functions for callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qffc.ir.diagnostics import QffcError, error
from qffc.references.data import datasets_of

if TYPE_CHECKING:
    from qffc.models.files.model_given import ModelLike
    from qffc.models.force_field import ForceField
    from qffc.references.data import SeveralDataLike
    from qffc.units import Units


def with_uncertainty(
    model: ModelLike,
    data: SeveralDataLike,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
) -> ForceField:
    """Return a model that knows how uncertain it is; see :mod:`qffc.models.uncertainty.posterior`.

    Nothing is trained, and energies and forces stay as they are. Up to 300 of the frames that it was trained on are
    looked at, and as many of those that it was watched by, which choose a ridge and calibrate.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``; its readout must be ``atomic_energy``.
        data: what it was trained on, as :func:`train` takes it; all of its sets, or some.
        units: of data files.
        keys: other names in the data by role; see :func:`qffc.data.read`.

    Raises:
        QffcError: when model or data are none, the model was trained on other data or without validation frames, or its
            energy is no sum over atoms.

    Example:
        >>> model = with_uncertainty("trained:water", "water")
        >>> near, far = [[[[0.0, 0.0, 0.0], [x, 0.0, 0.0], [-0.24, 0.93, 0.0]]] for x in (0.96, 1.5)]
        >>> energies, forces = zip(*(model.deviations(["O", "H", "H"], frame) for frame in (near, far)))
        >>> bool(20 * energies[0] < energies[1])
        True
    """
    from qffc.models import uncertainty_fit
    from qffc.models.files.data_sets import known_sets, number_of_set
    from qffc.models.files.model_given import model_of
    from qffc.training.config import stored_config
    from qffc.training.split import split_of

    trained, train, held_out = model_of(model), [], []
    config = stored_config(trained.metadata)
    for each in datasets_of(data, units, keys):
        number = number_of_set(trained.metadata, each)
        if number is None or config is None:
            raise _other_data(each.name, [name for name, _ in known_sets(trained.metadata)])
        split = split_of(each, config, number, len(known_sets(trained.metadata)))
        train.append(each.subset(split.train))
        if split.validation:
            held_out.append(each.subset(split.validation))
    if not held_out:
        raise error(
            "uncertainty without validation frames",
            found="a model that was trained with validation = 0",
            expected="frames that it was watched by, which choose a ridge and calibrate",
            help="train with validation frames: --validation 100",
        )
    return uncertainty_fit.with_uncertainty(trained, train, held_out)


def without_uncertainty(model: ModelLike) -> ForceField:
    """Return a model that does not know how uncertain it is, which saves time in calculators; it predicts the same.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``; one without comes back as it is.

    Raises:
        QffcError: when it is no model.

    Example:
        >>> without_uncertainty("trained:water").program.name
        'pair'
    """
    from qffc.models.files.model_given import model_of
    from qffc.models.uncertainty.heads import without_heads

    trained = model_of(model)
    return replace(trained, arrays=without_heads(trained.arrays))


def _other_data(name: str, known: list[str]) -> QffcError:
    return error(
        "uncertainty from data that the model was not trained on",
        found=f"'{name}'",
        expected=f"its own data, {', '.join(known)}, with the frames that it was trained with"
        if known
        else "the data of a model that says what it was trained on",
        help="name the data that 'qffc train' was given; 'qffc card' tells which",
    )
