"""What a run of training tells while it goes on: what begins, each epoch, and steps in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import jax

from qffc.data import Dataset
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.errors import Errors
from qffc.models.force_field import trainable_names
from qffc.models.frames.frame_circuits import CircuitLists, geometries_of
from qffc.models.head import head_shapes
from qffc.passes.lower_jax.program import JaxProgram

_PAUSE = 2.0
"""Seconds between two calls for steps: a call waits for the step, and a run shall not wait often."""


@dataclass(frozen=True)
class Progress:
    """What a run tells after each epoch.

    Args:
        epoch: epochs done.
        epochs: of the whole run.
        loss: mean training loss of the epoch.
        validation: errors on the validation frames, when they were evaluated after this epoch.
        shots: for a standard error of 1 meV of their energies, likewise; where the run counts shots.
    """

    epoch: int
    epochs: int
    loss: float
    validation: Errors | None
    shots: float | None = None


@dataclass(frozen=True)
class Steps:
    """What a run tells within an epoch.

    Args:
        epoch: epochs done before this one.
        done: steps of this epoch that are done.
        of: steps of an epoch.
        first: whether it is the first step of this process, which compiled.
    """

    epoch: int
    done: int
    of: int
    first: bool


@dataclass
class Talk:
    """The functions of a caller that a run tells what happens.

    Args:
        reported: given each :class:`Progress`.
        told: given lines for people.
        stepped: given :class:`Steps`.
    """

    reported: Callable[[Progress], None] | None
    told: Callable[[str], object] | None
    stepped: Callable[[Steps], None] | None
    _last: float | None = field(default=None, init=False)

    def begin(self, lowered: JaxProgram, sets: Sequence[Dataset], watched: Sequence[Dataset]) -> None:
        """Say at once what is to be trained on what."""
        if self.told is not None:
            self.told(description(lowered, sets, watched))

    def compiling(self) -> None:
        """Say what takes a while now."""
        if self.told is not None:
            self.told("compiling a step")

    def left_out(self, what: str) -> None:
        """Say which labels are not trained on."""
        if self.told is not None:
            self.told(f"not trained on: {what}")

    def lengthened(self, stages: Sequence[int]) -> None:
        """Say that a finished run goes on, and how."""
        if self.told is not None:
            before, last = stages[-2:]
            self.told(f"the run had done its {before} epochs: {last - before} more, with a learning rate of their own")

    def started(self, validation: Errors | None) -> None:
        """Say how good the model is that a run starts from."""
        if self.told is None:
            return
        if validation is None:
            self.told("no validation frames: the model at the end is kept, whether or not it is better than the start")
        else:
            self.told(f"start  {figures(validation)}; kept until something is better")

    def report(self, progress: Progress) -> None:
        """Tell that an epoch is done."""
        if self.reported is not None:
            self.reported(progress)

    def step(self, epoch: int, index: int, of: int, loss: jax.Array) -> None:
        """Tell that a step is done, if it is the first, or the last call was long ago."""
        now = monotonic()
        if self.stepped is None or (self._last is not None and now - self._last < _PAUSE):
            return
        loss.block_until_ready()
        first, self._last = self._last is None, monotonic()
        self.stepped(Steps(epoch, index + 1, of, first))


def description(lowered: JaxProgram, sets: Sequence[Dataset], watched: Sequence[Dataset]) -> str:
    """Return a line about the size of a run: numbers to train, frames, circuits of each molecule.

    Args:
        lowered: the program.
        sets: the training frames.
        watched: the validation frames.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> from qffc.passes.lower_jax.program import lower_jax
        >>> water = load_embedded("water")
        >>> description(lower_jax(load("sivqlm-h2o", depth=1)), [water], [water.subset(range(5))])
        "training 'sivqlm-h2o': 12 numbers, on 1000 frames of water (1 circuit each), 5 watched"
    """
    program = lowered.program
    shapes = {parameter.name: program.shape(parameter) for parameter in program.parameters} | head_shapes(program)
    count = 0
    for name in trainable_names(program):
        size = 1
        for length in shapes[name]:
            size *= length
        count += size
    parts = []
    for data in sets:
        each = _circuits(lowered, data)
        parts.append(f"{len(data)} frame{'' if len(data) == 1 else 's'} of {data.name} ({each} each)")
    seen = sum(map(len, watched))
    return f"training '{program.name}': {count:,} numbers, on {', '.join(parts)}, {seen or 'none'} watched"


def _circuits(lowered: JaxProgram, data: Dataset) -> str:
    """How many a frame has, for people; in cells the first one."""
    if data.periodic:
        first = next(geometries_of(data))
        instances = CircuitLists(lowered).of(data.numbers, *first).instances
        return f"{MoleculeEnergy(lowered, instances).circuits:,} circuits in the first, in a cell, about as many in"
    circuits = MoleculeEnergy(lowered, instances_of(lowered.program, data.numbers)).circuits
    return "1 circuit" if circuits == 1 else f"{circuits:,} circuits"


def figures(errors: Errors) -> str:
    """Return the errors on validation frames in a few words."""
    stress = f", stress {errors.stress_mae:.2f} meV/Å³" if errors.has_stress else ""
    return f"validation: energy {errors.energy_mae:.2f} meV, forces {errors.force_mae:.2f} meV/Å{stress}"
