"""Training on energies and forces, resumable to the bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qffc.atomic_files import remove_leftovers
from qffc.data import Dataset, Split
from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.models.energy import ATOM_ENERGY, ENERGY_SCALE, MoleculeEnergy, energies_and_forces
from qffc.models.errors import Errors, errors_of
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.initialization import constants_from_data, initial_parameters
from qffc.models.instances import instances_of
from qffc.models.model_file import MODEL_NAME, save_model
from qffc.passes.lower_jax.program import lower_jax
from qffc.training.checkpoint import CHECKPOINT_NAME, TrainingState, load_checkpoint, save_checkpoint
from qffc.training.config import TrainingConfig
from qffc.training.log import LOG_NAME, append_row, trim_log

Arrays = dict[str, jax.Array]

LARGEST_DEFAULT = 500
"""Training frames when the configuration leaves them open and the data have many."""


@dataclass(frozen=True)
class Progress:
    """What a run tells after each epoch.

    Args:
        epoch: epochs done.
        epochs: of the whole run.
        loss: mean training loss of the epoch.
        validation: errors on the validation frames, when they were evaluated after this epoch.
    """

    epoch: int
    epochs: int
    loss: float
    validation: Errors | None


def train(
    program: Program,
    data: Dataset,
    config: TrainingConfig,
    folder: Path,
    *,
    report: Callable[[Progress], None] | None = None,
    metadata: dict[str, str] | None = None,
    stop_after: int | None = None,
) -> ForceField:
    """Train a program, or go on with the run in ``folder``.

    Writes ``checkpoint.safetensors``, ``log.csv`` and, at the end, ``model.safetensors`` with the averaged parameters.
    A run that was killed and started again gives the same bits as one that was not, on the same machine.

    Args:
        program: the compiled program.
        data: frames of one molecule.
        config: all choices.
        folder: where the run lives.
        report: called after each epoch.
        metadata: further texts for the model file.
        stop_after: leave after this many epochs in all, checkpoint written: for runs in pieces.

    Returns:
        The model with averaged parameters.

    Raises:
        QffcError: when the folder holds a run that differs in something that matters.
    """
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]  # of JAX
    split = split_of(data, config)
    frames = data.subset(split.train)
    molecule = MoleculeEnergy(lower_jax(program), instances_of(program, data.numbers))
    optimizer = _optimizer(config, len(frames))
    state, constants = _start(program, molecule, frames, optimizer, config)
    identity = _identity(program, data, config)
    checkpoint = folder / CHECKPOINT_NAME
    remove_leftovers(checkpoint)
    if checkpoint.exists():
        state, constants = load_checkpoint(checkpoint, state, identity)
    trim_log(folder / LOG_NAME, state.epoch)

    step = _make_step(molecule, optimizer, config, _in_precision(constants, config))
    evaluate = _make_evaluate(molecule, {name: jnp.asarray(value) for name, value in constants.items()})
    # Without the reference, which is thousands of eV: 32 bits would leave little of the rest.
    reference = float(np.sum(constants[ATOM_ENERGY][molecule.instances.atom_species]))
    targets = {"positions": frames.positions, "energies": frames.energies - reference, "forces": frames.forces}
    numbers = {name: np.asarray(value, _dtype(config)) for name, value in targets.items()}
    watched = data.subset(split.validation) if split.validation else None
    last = config.epochs if stop_after is None else min(stop_after, config.epochs)
    for epoch in range(state.epoch, last):
        state, loss = _run_epoch(step, state, numbers, config, epoch)
        _refuse_divergence(state, loss, folder, epoch)
        due = (epoch + 1) % config.evaluate_every == 0 or epoch + 1 == last
        validation = evaluate(state.average, watched) if due and watched is not None else None
        if due:
            append_row(folder / LOG_NAME, epoch + 1, loss, validation)
            save_checkpoint(checkpoint, state, constants, identity, program.text)
        if report is not None:
            report(Progress(epoch + 1, config.epochs, loss, validation))

    arrays = {name: np.asarray(value, np.float64) for name, value in state.average.items()} | constants
    model = ForceField(program, arrays, _model_metadata(data, config, identity) | (metadata or {}))
    if state.epoch == config.epochs:
        save_model(model, folder / MODEL_NAME)
    return model


def _refuse_divergence(state: TrainingState, loss: float, folder: Path, epoch: int) -> None:
    """A run that left the numbers must not take its last good checkpoint along."""
    if np.isfinite(loss) and all(bool(jnp.all(jnp.isfinite(value))) for value in state.parameters.values()):
        return
    raise error(
        "training that diverged",
        found=f"a loss of {loss} or parameters that are not finite in epoch {epoch + 1}",
        expected="finite numbers",
        help="start again in another folder with a smaller learning_rate; what was saved before is still there",
        where=str(folder),
    )


def split_of(data: Dataset, config: TrainingConfig) -> Split:
    """Return the split of a run: the same for the same data, sizes and seed."""
    train = min(LARGEST_DEFAULT, len(data) // 2) if config.train is None else config.train
    if config.published_split is None:
        return data.split(train=train, validation=config.validation, test=config.test, seed=config.split_seed)
    return data.published_split(
        config.published_split, train=train, validation=config.validation, test=config.test, seed=config.split_seed
    )


def _optimizer(config: TrainingConfig, frames: int) -> optax.GradientTransformation:
    steps = config.epochs * _batches(frames, config.batch_size)
    schedule = optax.cosine_decay_schedule(config.learning_rate, steps, alpha=config.final_rate)
    return optax.chain(optax.clip_by_global_norm(config.clip), optax.adamw(schedule, weight_decay=config.weight_decay))


def _batches(frames: int, size: int) -> int:
    return max(1, frames // size)


def _dtype(config: TrainingConfig) -> np.dtype[np.floating]:
    return np.dtype(f"float{config.precision}")


def _in_precision(arrays: Mapping[str, np.ndarray], config: TrainingConfig) -> Arrays:
    return {name: jnp.asarray(value, _dtype(config)) for name, value in arrays.items()}


def _start(
    program: Program,
    molecule: MoleculeEnergy,
    frames: Dataset,
    optimizer: optax.GradientTransformation,
    config: TrainingConfig,
) -> tuple[TrainingState, dict[str, np.ndarray]]:
    arrays = initial_parameters(program, config.seed)
    trained = trainable_names(program)
    parameters = _in_precision({name: arrays[name] for name in trained}, config)
    constants = constants_from_data(molecule, arrays, frames)
    constants |= {name: value for name, value in arrays.items() if name not in trained}
    return TrainingState(parameters, parameters, optimizer.init(parameters), 0), constants


def _make_step(
    molecule: MoleculeEnergy, optimizer: optax.GradientTransformation, config: TrainingConfig, fixed: Arrays
) -> Callable[..., Any]:
    atoms = float(len(molecule.instances.atom_species))

    def loss_of(parameters: Arrays, positions: jax.Array, energies: jax.Array, forces: jax.Array) -> jax.Array:
        arrays = {**fixed, **parameters}
        e, f = energies_and_forces(lambda r: arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, r), positions)
        energy_loss = jnp.mean(((e - energies) / atoms) ** 2)
        return config.energy_weight * energy_loss + config.force_weight * jnp.mean((f - forces) ** 2)

    @jax.jit
    def step(
        parameters: Arrays, average: Arrays, optimizer_state: Any, count: jax.Array, *batch: jax.Array
    ) -> tuple[Arrays, Arrays, Any, jax.Array]:
        loss, gradient = jax.value_and_grad(loss_of)(parameters, *batch)
        # optax mixes Python and integer types; its numbers are float64 all the same.
        with jax.numpy_dtype_promotion("standard"):
            updates, optimizer_state = optimizer.update(gradient, optimizer_state, parameters)
            parameters = optax.apply_updates(parameters, updates)
            # Early averages must not remember the random start.
            decay = jnp.minimum(config.ema_decay, (1.0 + count) / (10.0 + count))
            decay = decay.astype(_dtype(config))
        average = jax.tree.map(lambda old, new: decay * old + (1.0 - decay) * new, average, parameters)
        return parameters, average, optimizer_state, loss

    return step


def _run_epoch(
    step: Callable[..., Any],
    state: TrainingState,
    numbers: Mapping[str, np.ndarray],
    config: TrainingConfig,
    epoch: int,
) -> tuple[TrainingState, float]:
    frames = len(numbers["energies"])
    count = _batches(frames, config.batch_size)
    size = min(config.batch_size, frames)
    # The order depends on seed and epoch alone, so a resumed run sees the frames in the same order.
    order = np.random.default_rng([config.seed, 1, epoch]).permutation(frames)
    parameters, average, optimizer_state = state.parameters, state.average, state.optimizer
    losses = []
    for index in range(count):
        rows = order[index * size : (index + 1) * size]
        batch = (numbers["positions"][rows], numbers["energies"][rows], numbers["forces"][rows])
        done = np.float64(epoch * count + index)
        parameters, average, optimizer_state, loss = step(parameters, average, optimizer_state, done, *batch)
        losses.append(loss)
    return TrainingState(parameters, average, optimizer_state, epoch + 1), float(np.mean(jax.device_get(losses)))


def _make_evaluate(molecule: MoleculeEnergy, fixed: Arrays) -> Callable[[Arrays, Dataset], Errors]:
    predict = jax.jit(lambda p, r: energies_and_forces(lambda x: molecule.energies({**fixed, **p}, x), r))

    def evaluate(parameters: Arrays, frames: Dataset) -> Errors:
        full = {name: jnp.asarray(value, np.float64) for name, value in parameters.items()}
        energies, forces = predict(full, jnp.asarray(frames.positions))
        return errors_of(np.asarray(energies), np.asarray(forces), frames)

    return evaluate


def _identity(program: Program, data: Dataset, config: TrainingConfig) -> dict[str, str]:
    settings = {name: str(value) for name, value in config.model_dump().items()}
    return {"program": program.digest, "data": data.fingerprint, "jax": jax.__version__, **settings}


def _model_metadata(data: Dataset, config: TrainingConfig, identity: dict[str, str]) -> dict[str, str]:
    import qffc

    return {
        "data_name": data.name,
        "data_fingerprint": data.fingerprint,
        "config": config.model_dump_json(),
        "qffc": qffc.__version__,
        "jax": identity["jax"],
        "numpy": np.__version__,
    }
