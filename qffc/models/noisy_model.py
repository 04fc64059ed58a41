"""A model with the noise of a device in the place of exact circuits, and the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.noisy.make import NoisyLowering
from qffc.passes.target import Target
from qffc.targets.catalogue import target_of


def noise_of(model: ForceField | Ensemble) -> str | None:
    """Return the name of the target whose noise the circuits of a model have; None where they are exact.

    Args:
        model: a model; of an ensemble, the names of all are joined.

    Example:
        >>> import qffc as qf
        >>> from qffc.models.force_field import untrained
        >>> noise_of(with_noise(untrained(qf.load("sivqlm-h2o", depth=1), seed=0), "H2-1"))
        'H2-1'
    """
    if isinstance(model, Ensemble):
        names = dict.fromkeys(filter(None, map(noise_of, model.members)))
        return " and ".join(names) or None
    return model.lower.target.name if isinstance(model.lower, NoisyLowering) else None


def with_noise(model: ForceField, noise: str | Path | Target | None) -> ForceField:
    """Return a model with the same numbers whose circuits have the noise of a target.

    Energies and forces are those of infinitely many shots on it. A model that was trained with noise has that of its
    training by itself.

    Args:
        model: any model.
        noise: a target, its name or file; one without noise, such as ``ideal``, or None for exact circuits.

    Raises:
        QffcError: when the circuits are none whose noise can be simulated, see
            :func:`qffc.passes.noisy.make.noisy_kernel`.

    Example:
        >>> import qffc as qf
        >>> from qffc.models.force_field import untrained
        >>> model = untrained(qf.load("sivqlm-h2o", depth=1), seed=0)
        >>> with_noise(model, "H2-1").lower
        NoisyLowering(target of H2-1)
    """
    chosen = None if noise is None else target_of(noise)
    if chosen is None or chosen.noise is None or chosen.noise.silent:
        return replace(model, lower=lower_jax)
    return replace(model, lower=NoisyLowering(chosen))
