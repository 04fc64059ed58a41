"""Molecules that move by native rounds of circuits: many steps in one call, with no Python between them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

THERMOSTATS = ("none", "langevin", "bussi")
"""By their numbers in ``native/round_dynamics.hpp``."""


class DynamicsFields(ctypes.Structure):
    """The fields of ``Dynamics`` in ``native/round_dynamics.hpp``, which says what they mean."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("replicas", "atoms", "group", "steps", "thermostat")),
        *(
            (name, ctypes.c_double)
            for name in ("step", "radius", "skin", "kept", "spread", "thermal", "freedoms", "scale", "most")
        ),
        *(
            (name, ctypes.c_void_p)
            for name in ("positions", "velocities", "forces", "listed", "masses", "noise", "heat")
        ),
        *((name, ctypes.c_void_p) for name in ("energies", "kinetic", "grades", "done", "lists")),
    ]


class Place(NamedTuple):
    """Replicas of a molecule that a call moves in place; all arrays are contiguous.

    Args:
        positions: (replicas, atoms, 3), Angstrom.
        velocities: the same shape, in the unit of the positions over that of the time.
        forces: the same shape.
        listed: the same shape: where lists of neighbours were made; NaN before the first.
        heat: (replicas,), what the thermostat has given, eV.
        lists: (replicas,) of int64, how many were made.
    """

    positions: Floats
    velocities: Floats
    forces: Floats
    listed: Floats
    heat: Floats
    lists: NDArray[np.int64]


class Course(NamedTuple):
    """What a call has seen.

    Args:
        energies: (replicas, steps), eV, without reference energies.
        kinetic: likewise.
        grades: likewise, the largest of an atom.
        done: (replicas,), steps that each has gone.
    """

    energies: Floats
    kinetic: Floats
    grades: Floats
    done: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NativeDynamics:
    """The native loop of a model and a molecule.

    Args:
        call: takes the fields and returns 0; or 1 for too little memory, or 2 for a number that is not finite.
        masses: (atoms,).
        group: replicas that one thread computes as one molecule.
        radius: up to which neighbours are listed, Angstrom, the skin included.
        skin: Angstrom.
        scale: of energies.
    """

    call: Callable[[DynamicsFields], int]
    masses: Floats
    group: int
    radius: float
    skin: float
    scale: float

    def steps(
        self,
        place: Place,
        steps: int,
        *,
        thermostat: str = "none",
        step: float = 0.0,
        kept: float = 1.0,
        spread: float = 0.0,
        thermal: float = 0.0,
        freedoms: int = 1,
        noise: Floats | None = None,
        most: float = np.inf,
    ) -> tuple[Course, int]:
        """Move, and return what was seen and the number that the call returned.

        Args:
            place: the replicas, changed in place.
            steps: how many; with none energies and forces are computed where the atoms are.
            thermostat: one of ``THERMOSTATS``.
            step: of time.
            kept: factor of velocities (Langevin) or of kinetic energies (Bussi) in a step.
            spread: of the noise, over the root of a mass (Langevin).
            thermal: mean kinetic energy that is wanted, eV (Bussi).
            freedoms: degrees of freedom (Bussi).
            noise: (replicas, steps, atoms, 3) for Langevin, (replicas, steps, 2) for Bussi.
            most: grade above which a group of replicas stops.
        """
        replicas, atoms = place.positions.shape[:2]
        drawn = np.zeros(0) if noise is None else np.ascontiguousarray(noise, np.float64)
        each_step = {"none": 0, "langevin": 3 * atoms, "bussi": 2}[thermostat]
        assert drawn.size >= replicas * steps * each_step
        assert all(each.flags.c_contiguous and each.dtype.itemsize == 8 for each in place)
        assert all(each.shape == place.positions.shape for each in place[:4])
        seen = np.zeros((3, replicas, max(steps, 1)))
        done = np.zeros(replicas, np.int64)
        arrays = (*place[:4], self.masses, drawn, place.heat, *seen, done, place.lists)
        fields = DynamicsFields(
            replicas,
            atoms,
            self.group,
            steps,
            THERMOSTATS.index(thermostat),
            step,
            self.radius,
            self.skin,
            kept,
            spread,
            thermal,
            freedoms,
            self.scale,
            most,
            *(each.ctypes.data for each in arrays),
        )
        code = self.call(fields)
        return Course(seen[0], seen[1], seen[2], done), code
