"""A step of training a program on five frames: the model, loss and optimizer of qffc around any circuits."""

from __future__ import annotations

import importlib
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine.cells import ENGINES, MIXED, Cell
from benchmarks.engine.peers.with_qffc import lowered
from qffc.library.catalogue import load_reference
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import trainable_names, untrained
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.kernel import KernelFunctions
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.batches import Batch
from qffc.training.config import TrainingConfig
from qffc.training.devices import Devices
from qffc.training.loss import Fit, SquaredErrors, fit_of_molecule
from qffc.training.step import make_step, optimizer_of

FRAMES = 5


def prepare(cell: Cell):
    """Return what to repeat, what it found, and the seconds to trace and to compile."""
    begin = perf_counter()
    parts = parts_of(cell)
    with np.load(cell.options["trajectory"]) as trajectory:
        numbers, frames = trajectory["numbers"], trajectory["positions"][:FRAMES]
    molecule = MoleculeEnergy(parts, instances_of(parts.program, numbers))
    config = TrainingConfig(precision=int(cell.precision.removeprefix("float")), learning_rate=0.003, clip=0.5)
    model = untrained(parts.program, seed=0)
    trained = trainable_names(parts.program)
    parameters = {name: jnp.asarray(model.arrays[name], cell.precision) for name in trained}
    constants = {name: array for name, array in model.arrays.items() if name not in trained}
    fit = fit_in_form(molecule, cell)
    optimizer = optimizer_of(config, 1000)
    step = make_step(fit, optimizer, config, constants, Devices(None))
    generator = np.random.default_rng(3)
    targets = generator.normal(size=(1, FRAMES)), generator.normal(size=(1, *frames.shape))
    batch = Batch(*(np.asarray(array, cell.precision) for array in (frames[None], *targets)))
    arguments = (parameters, parameters, optimizer.init(parameters), np.float64(0), batch)
    prepared = perf_counter()
    traced = step.lower(*arguments)
    middle = perf_counter()
    compiled = traced.compile()
    seconds = {"build": prepared - begin, "trace": middle - prepared, "xla": perf_counter() - middle}

    def found():
        fixed = {name: jnp.asarray(array, cell.precision) for name, array in constants.items()}
        piece = jax.tree.map(lambda values: values[0], batch)

        def loss(p):
            errors = fit.squared_errors({**fixed, **p}, piece)
            return errors.energy + errors.forces

        value, gradient = jax.device_get(jax.jit(jax.value_and_grad(loss))(parameters))
        return {"loss": float(value), "gradient": {name: slope.tolist() for name, slope in gradient.items()}}

    return lambda: jax.block_until_ready(compiled(*arguments)), found, seconds


def parts_of(cell: Cell) -> JaxProgram:
    """Return the program with the circuits of an engine."""
    named, reference = ENGINES[cell.engine], cell.options["program"]
    if named.choice is not None:
        return lowered(reference, named.choice)
    split = split_program(load_reference(reference))
    moments = importlib.import_module(f"benchmarks.engine.peers.{named.module}").moments(split, cell.precision)
    return JaxProgram(
        split, KernelFunctions(cell.engine, moments, lambda slots, along: jax.jvp(moments, (slots,), (along,)))
    )


def fit_in_form(molecule: MoleculeEnergy, cell: Cell) -> Fit:
    """Return the fit of training, which takes one derivative along a direction, or one that JAX reverses twice."""
    fit = fit_of_molecule(molecule)
    if ENGINES[cell.engine].choice is not None or cell.form == MIXED:
        return fit
    atoms = float(len(molecule.instances.atom_species))

    def squared_errors(arrays, piece):
        e, f = energies_and_forces(
            lambda r: arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, r), jnp.asarray(piece.positions)
        )
        return SquaredErrors(jnp.sum(((e - piece.energies) / atoms) ** 2), jnp.sum((f - piece.forces) ** 2))

    return Fit(squared_errors, fit.counts)
