"""Energies and forces of a molecule by a program of the library, as a calculator asks for them."""

from __future__ import annotations

from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine.cells import ENGINES, Cell
from benchmarks.engine.peers.with_qffc import lowered
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import untrained


def prepare(cell: Cell):
    """Return what to repeat, what it found, and the seconds to trace and to compile."""
    begin = perf_counter()
    parts = lowered(cell.options["program"], ENGINES[cell.engine].choice)
    with np.load(cell.options["trajectory"]) as trajectory:
        numbers, frames = trajectory["numbers"], trajectory["positions"]
    model = untrained(parts.program, seed=0)
    molecule = MoleculeEnergy(parts, instances_of(parts.program, numbers))
    arrays = {name: jnp.asarray(value, cell.precision) for name, value in model.arrays.items()}
    function = jax.jit(lambda a, r: energies_and_forces(lambda x: molecule.energies(a, x), r))
    prepared = perf_counter()
    first = jnp.asarray(frames[:1], cell.precision)
    traced = function.lower(arrays, first)
    middle = perf_counter()
    compiled = traced.compile()
    seconds = {"build": prepared - begin, "trace": middle - prepared, "xla": perf_counter() - middle}
    step = iter(range(10**9))

    def run():
        frame = frames[next(step) % len(frames)][None]
        energies, forces = compiled(arrays, frame.astype(cell.precision))
        return np.asarray(energies), np.asarray(forces)

    def found():
        energies, forces = jax.device_get(compiled(arrays, first))
        return {"energies": energies.tolist(), "forces": forces[0].tolist(), "circuits": molecule.circuits}

    return run, found, seconds
