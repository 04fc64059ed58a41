"""Training on energies and forces, resumable to the bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from qffc.atomic_files import remove_leftovers
from qffc.data import Dataset
from qffc.data.surroundings import refuse_cells
from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.models.circuits.neighbours import reach_in_cells
from qffc.models.errors import Errors
from qffc.models.files.data_sets import describe_sets
from qffc.models.files.model_file import KERNEL, MODEL_NAME, save_model
from qffc.models.files.seen_frames import describe_seen
from qffc.models.force_field import ForceField
from qffc.models.initialization.fresh_parameters import neutral_constants
from qffc.models.validity_fit import with_limits
from qffc.passes.lower_jax.double_precision import as_outside, double_precision
from qffc.passes.lower_jax.program import Lowering, lower_jax
from qffc.passes.noisy.make import NoisyLowering
from qffc.targets.catalogue import target
from qffc.training.batches import steps_of_epoch
from qffc.training.checkpoint import CHECKPOINT_NAME, TrainingState, load_checkpoint, save_checkpoint, stages_of
from qffc.training.config import TrainingConfig, settled
from qffc.training.devices import Devices, devices_of_run
from qffc.training.frames import Batches, batches_and_fit, shot_term
from qffc.training.log import LOG_NAME, append_row, trim_log
from qffc.training.penalty import Penalty
from qffc.training.processes import file_of_first, from_first, is_first, need_same_run
from qffc.training.shot_watch import make_shot_watch
from qffc.training.split import splits_of
from qffc.training.starting import Arrays, Start, given_energies, starting_state
from qffc.training.step import Step, make_step, optimizer_of
from qffc.training.stopping import (
    EPOCH,
    EPOCHS_DONE,
    PAUSED,
    STAGES,
    Clock,
    after_evaluation,
    out_of_patience,
    score_of,
    score_with_shots,
)
from qffc.training.talk import Progress, Steps, Talk
from qffc.training.validation import make_validation

FILLED = "filled_circuits"
"""The key of a model's metadata that tells which share of the circuits in a step only filled up arrays."""


def train(
    program: Program,
    data: Dataset | Sequence[Dataset],
    config: TrainingConfig,
    folder: Path,
    *,
    report: Callable[[Progress], None] | None = None,
    tell: Callable[[str], object] | None = None,
    stepped: Callable[[Steps], None] | None = None,
    metadata: dict[str, str] | None = None,
    stop_after: int | None = None,
    lower: Lowering = lower_jax,
    start: Start | None = None,
    before: Callable[[ForceField, Sequence[Dataset]], None] | None = None,
    penalty: Penalty | None = None,
) -> ForceField:
    """Train a program, or go on with the run in ``folder``.

    Writes ``checkpoint.safetensors``, ``log.csv`` and, at the end, ``model.safetensors`` with the averaged parameters,
    those of the best evaluation where ``patience`` is set, where the run starts from a model, and where it was
    lengthened: then what it starts from is evaluated, too, and kept until something is better.
    A run that was killed and started again gives the same bits as one that was not, on the same machine.

    Args:
        program: the compiled program.
        data: frames, one set or several.
        config: all choices.
        folder: where the run lives.
        report: called after each epoch.
        tell: called with lines for people: what begins, and what the run goes on from.
        stepped: called after the first step, which compiles, and every few seconds from then on.
        metadata: further texts for the model file.
        stop_after: leave after this many epochs in all, checkpoint written: for runs in pieces.
        lower: makes the JAX functions; one that puts other functions in the place of circuits has a kernel with a name
            of its own, which the checkpoint and the model keep.
        start: energies of atoms, or a model, to start from.
        before: called before the first step of a run, not where one goes on, with a model that has the parameters of
            the start and neutral constants, and the training frames; what it raises stops the run.
        penalty: what every step goes down besides the loss; see :class:`qffc.training.penalty.Penalty`.

    Returns:
        The model with averaged parameters. Its metadata say after which epoch, and whether the run has epochs left.

    Raises:
        QffcError: when the folder holds a run that differs in something that matters.
    """
    sets = (data,) if isinstance(data, Dataset) else tuple(data)
    # Functions of the caller run with JAX as the caller has it.
    before = None if before is None else as_outside(before)
    talk = Talk(
        None if report is None else as_outside(report),
        None if tell is None else as_outside(tell),
        None if stepped is None else as_outside(stepped),
    )
    with double_precision():
        return _train(program, sets, config, folder, talk, metadata or {}, stop_after, lower, start, before, penalty)


def _train(
    program: Program,
    sets: tuple[Dataset, ...],
    config: TrainingConfig,
    folder: Path,
    talk: Talk,
    metadata: Mapping[str, str],
    stop_after: int | None,
    lower: Lowering,
    start: Start | None,
    before: Callable[[ForceField, Sequence[Dataset]], None] | None,
    penalty: Penalty | None,
) -> ForceField:
    clock = Clock.started(config.max_minutes)
    tuning = start is not None and start.model is not None
    config = settled(config, program, tuning=tuning)
    if config.noise is not None:
        lower = NoisyLowering(target(config.noise))
    _need_cells(program, sets, config)
    devices = devices_of_run(config.devices)
    splits = splits_of(sets, config)
    frames = [each.subset(split.train) for each, split in zip(sets, splits, strict=True)]
    watched = [each.subset(split.validation) for each, split in zip(sets, splits, strict=True) if split.validation]
    lowered = lower(program)
    other_kernel = {} if lower is lower_jax else {KERNEL: lowered.kernel.name}
    identity = _identity(program, sets, config, devices) | ({} if start is None else start.identity) | other_kernel
    identity |= {} if penalty is None else {"penalty": penalty.text}
    need_same_run(identity)
    talk.begin(lowered, frames, watched)
    if not config.stress_weight and any(data.stresses is not None for data in frames):
        talk.left_out("stresses: stress_weight is 0")
    with file_of_first(folder / CHECKPOINT_NAME) as saved:
        stages = (config.epochs,) if saved is None else stages_of(saved, config.epochs)
        each = steps_of_epoch(sum(map(len, frames)), config)
        optimizer = optimizer_of(config, *(end * each for end in stages), penalty=penalty)
        state, constants = starting_state(lowered, frames, optimizer, config, start)
        if saved is not None:
            state, constants = load_checkpoint(saved, state, identity)
        elif before is not None:
            before(_neutral_model(program, state, constants, lower), frames)
    parameters, average, optimizer_state, constants = from_first(
        (state.parameters, state.average, state.optimizer, constants)
    )
    state = replace(state, parameters=parameters, average=average, optimizer=optimizer_state)
    if is_first():
        remove_leftovers(folder / CHECKPOINT_NAME)
        trim_log(folder / LOG_NAME, state.epoch)

    batches, fit = batches_and_fit(lowered, frames, constants, config, devices.count)
    step = make_step(fit, optimizer, config, constants, devices)
    validate = make_validation(lowered, constants, watched) if watched else None
    term = shot_term(lowered, config)
    count_shots = make_shot_watch(lowered, constants, watched, term) if watched and term is not None else None
    atoms = float(np.mean([len(data.numbers) for data in watched])) if watched else 0.0

    def judged(state: TrainingState) -> tuple[TrainingState, Errors | None]:
        """The state with the best model so far, and the errors of the present one."""
        if validate is None:
            return state, None
        validation = validate(state.average)
        own = (
            score_of(validation, config)
            if count_shots is None
            else score_with_shots(validation, count_shots(state.average), atoms, config)
        )
        score = float(from_first(np.array(own)))
        return replace(state, best=after_evaluation(state.best, score, state.epoch, state.average)), validation

    lengthened = state.epoch > 0 and len(stages) > 1 and state.epoch == stages[-2]
    if lengthened:
        talk.lengthened(stages)
    if (tuning and state.epoch == 0) or lengthened:
        # What is good already is kept until something is better.
        state, validation = judged(replace(state, best=None if state.best is None else replace(state.best, waited=0)))
        talk.started(validation)
    seen = describe_seen(frames, None if start is None or start.model is None else start.model.metadata)
    texts = _model_metadata(sets, config, identity) | seen | other_kernel | dict(metadata)
    texts |= {STAGES: ",".join(map(str, stages))} if len(stages) > 1 else {}
    last = config.epochs if stop_after is None else min(stop_after, config.epochs)
    over = False
    if state.epoch < last and not out_of_patience(state.best, config):
        talk.compiling()
    while state.epoch < last and not over and not out_of_patience(state.best, config):
        state, loss = _run_epoch(step, state, batches, devices, talk)
        _refuse_divergence(state, loss, folder)
        regular = state.epoch % config.evaluate_every == 0 or state.epoch == config.epochs
        over = bool(from_first(np.array(clock.is_over)))
        due = regular or over or state.epoch == last
        validation = None
        # Only evaluations that an uninterrupted run has, too, are counted.
        if regular and (config.patience is not None or state.best is not None):
            state, validation = judged(state)
        elif due and validate is not None:
            validation = validate(state.average)
        shots = None if count_shots is None or validation is None else count_shots(state.average).for_1mev
        if due and is_first():
            append_row(folder / LOG_NAME, state.epoch, loss, validation, state.best, shots)
            here = texts | _history(state, config)
            save_checkpoint(folder / CHECKPOINT_NAME, state, constants, identity, program.text, stages, here)
        talk.report(Progress(state.epoch, config.epochs, loss, validation, shots))

    average = state.average if state.best is None else state.best.average
    arrays = {name: np.asarray(value, np.float64) for name, value in average.items()} | constants
    filled = batches.filled()
    texts |= _history(state, config) | ({FILLED: f"{filled:.3f}"} if filled else {})
    model = ForceField(program, arrays, texts, lower)
    finished = PAUSED not in texts
    if finished and config.limits == "on":
        known = [each.subset((*split.train, *split.validation)) for each, split in zip(sets, splits, strict=True)]
        model = with_limits(model, known, given_energies(start, known))
    if finished and is_first():
        save_model(model, folder / MODEL_NAME)
    return model


def _need_cells(program: Program, sets: Sequence[Dataset], config: TrainingConfig) -> None:
    """Refuse frames in cells for a program that has none, and where shots are counted."""
    for data in sets:
        if not data.periodic:
            continue
        reach_in_cells(program)
        if config.shot_weight:
            refuse_cells(data, "a training that counts shots", "leave shot_weight and shots_for_1mev out")


def _history(state: TrainingState, config: TrainingConfig) -> dict[str, str]:
    """Which epochs a model has behind it, and whether its run has some left."""
    epoch = state.epoch if state.best is None else state.best.epoch
    finished = state.epoch == config.epochs or out_of_patience(state.best, config)
    return {EPOCH: str(epoch), EPOCHS_DONE: str(state.epoch)} | ({} if finished else {PAUSED: "true"})


def _neutral_model(program: Program, state: TrainingState, constants: Arrays, lower: Lowering) -> ForceField:
    """The model at its present parameters, with constants that change nothing, whatever the data gave."""
    trained = {name: np.asarray(value, np.float64) for name, value in state.parameters.items()}
    return ForceField(program, constants | trained | neutral_constants(program), lower=lower)


def _refuse_divergence(state: TrainingState, loss: float, folder: Path) -> None:
    """A run that left the numbers must not take its last good checkpoint along."""
    if np.isfinite(loss) and all(bool(jnp.all(jnp.isfinite(value))) for value in state.parameters.values()):
        return
    raise error(
        "training that diverged",
        found=f"a loss of {loss} or parameters that are not finite in epoch {state.epoch}",
        expected="finite numbers",
        help="start again in another folder with a smaller learning_rate; what was saved before is still there",
        where=str(folder),
    )


def _run_epoch(
    step: Step, state: TrainingState, batches: Batches, devices: Devices, talk: Talk
) -> tuple[TrainingState, float]:
    parameters, average, optimizer_state = devices.whole((state.parameters, state.average, state.optimizer))
    losses = []
    for index, batch in enumerate(batches.epoch(state.epoch)):
        done, batch = devices.whole(np.float64(state.epoch * batches.count + index)), devices.divided(batch)
        parameters, average, optimizer_state, loss = step(parameters, average, optimizer_state, done, batch)
        losses.append(loss)
        talk.step(state.epoch, index, batches.count, loss)
    # Between epochs the numbers are at home, where everything else is done with them.
    parameters, average, optimizer_state = devices.at_home((parameters, average, optimizer_state))
    after = replace(state, parameters=parameters, average=average, optimizer=optimizer_state, epoch=state.epoch + 1)
    return after, float(np.mean(jax.device_get(losses)))


def _identity(program: Program, sets: Sequence[Dataset], config: TrainingConfig, devices: Devices) -> dict[str, str]:
    # Two devices of a process sum as one device of each of two.
    settings = {name: str(value) for name, value in (config.model_dump() | {"devices": devices.count}).items()}
    return {
        "program": program.digest,
        "data": ", ".join(data.fingerprint for data in sets),
        "jax": jax.__version__,
        **settings,
    }


def _model_metadata(sets: Sequence[Dataset], config: TrainingConfig, identity: dict[str, str]) -> dict[str, str]:
    return {
        **describe_sets(sets),
        "config": config.model_dump_json(),
        "qffc": version("qffc"),
        "jax": identity["jax"],
        "numpy": np.__version__,
    }
