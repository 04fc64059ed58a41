"""A model as callers give it: itself, or where it is."""

from __future__ import annotations

from pathlib import Path

from qffc.ir.given_values import not_a
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField

ModelLike = ForceField | str | Path
"""A model, its file, the folder of its run, or ``trained:NAME``."""


def model_of(given: ModelLike) -> ForceField:
    """Return a model from anything that names one.

    Args:
        given: a model, its file, the folder of its run, or ``trained:NAME``.

    Raises:
        QffcError: when it names none, or the file cannot be read; see :func:`qffc.models.files.model_file.load_model`.

    Example:
        >>> model_of("trained:water").program.name
        'pair'
    """
    if isinstance(given, ForceField):
        return given
    if isinstance(given, str | Path):
        return load_model(given)
    raise not_a(
        "a model",
        given,
        "a ForceField, a model file, the folder of a run, or 'trained:NAME'",
        "qf.train returns a model, qf.load_model reads one",
    )
