"""Limits of a model as numbers that are drawn, so that all that they do is met close to its data."""

from __future__ import annotations

import numpy as np

from qffc.models.force_field import ForceField
from qffc.models.validity.limits import SEEN, validity_shapes


def with_limits(model):
    """The model with limits that a molecule meets: some distances unseen, atoms near, grades on both sides of 1."""
    generator = np.random.default_rng(3)
    limits = {name: generator.random(size=shape) for name, shape in validity_shapes(model.program).items()}
    name = {key.removeprefix("constant.validity_"): key for key in limits}
    species = len(model.program.species)
    limits[SEEN] = np.broadcast_to([[0.3, 1.0], [1.5, 1.8], [2.0, 2.6]], (species, species, 3, 2))
    limits[name["nearest"]] = limits[name["nearest"]] + 1.2
    limits[name["floor"]] = 2.0 + limits[name["floor"]]
    limits[name["widths"]] = 17.0 + 0.85 * limits[name["widths"]]
    limits[name["rest"]] = 3.4 + 6.8 * limits[name["rest"]]
    limits[name["axes"]] = np.linalg.qr(limits[name["axes"]])[0]
    return ForceField(model.program, {**model.arrays, **limits})
