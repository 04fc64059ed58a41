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
from qffc.models.force_field import ForceField, untrained
from qffc.models.whole_rounds import WholeRounds, whole_rounds


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
    if (whole := whole_rounds(parts)) is not None:
        return steps_of(whole, model, molecule, frames, np.dtype(cell.precision), begin)
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


def steps_of(
    whole: WholeRounds, model: ForceField, molecule: MoleculeEnergy, frames: np.ndarray, kind: np.dtype, begin: float
):
    """The same for a program that is one native function: nothing is traced or compiled."""
    call = whole.step(model.arrays, molecule.instances, kind)
    step = iter(range(10**9))

    def run():
        return call(frames[next(step) % len(frames)][None].astype(kind))

    def found():
        energy, _, *forces = call(frames[:1].astype(kind))
        return {
            "energies": [float(energy)],
            "forces": np.reshape(forces, frames[0].shape).tolist(),
            "circuits": molecule.circuits,
        }

    return run, found, {"build": perf_counter() - begin, "trace": 0.0, "xla": 0.0}
