"""The random numbers of thermostats: streams of their own for each replica, that can be written down and taken up."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from qffc.motion.settings import DynamicsSettings

_APART = 1
"""Keeps these streams apart from those of the first velocities."""


class Noise:
    """Draws what a thermostat needs. How the steps are cut into blocks changes no number.

    Args:
        settings: thermostat, seed and replicas.
        atoms: of the molecule.
        freedoms: degrees of freedom.

    Example:
        >>> one, other = (Noise(DynamicsSettings(seed=3), atoms=2, freedoms=3) for _ in range(2))
        >>> parts = np.concatenate([one.draw(4), one.draw(3)], axis=1)
        >>> bool(np.array_equal(parts, other.draw(7)))
        True
    """

    def __init__(self, settings: DynamicsSettings, atoms: int, freedoms: int) -> None:
        self._kind, self._atoms, self._freedoms = settings.thermostat, atoms, freedoms
        seeds = np.random.SeedSequence((settings.seed, _APART)).spawn(2 * settings.replicas)
        self._streams = [np.random.default_rng(seed) for seed in seeds]

    def draw(self, steps: int) -> NDArray[np.float64] | None:
        """Return what the next steps need, (replicas, steps, ...); None without a thermostat.

        For Langevin's they are (atoms, 3) normal numbers, for Bussi's a normal one and a sum of squares of others.
        """
        normal, squares = self._streams[0::2], self._streams[1::2]
        if self._kind == "langevin":
            return np.stack([each.normal(size=(steps, self._atoms, 3)) for each in normal])
        if self._kind == "bussi":
            others = 0.5 * (self._freedoms - 1)
            pairs = zip(normal, squares, strict=True)
            return np.stack(
                [
                    np.stack([one.normal(size=steps), 2 * two.standard_gamma(others, size=steps)], axis=-1)
                    for one, two in pairs
                ]
            )
        return None

    @property
    def state(self) -> str:
        """The place of all streams, as text."""
        return json.dumps([each.bit_generator.state for each in self._streams])

    @state.setter
    def state(self, text: str) -> None:
        for stream, state in zip(self._streams, json.loads(text), strict=True):
            stream.bit_generator.state = state
