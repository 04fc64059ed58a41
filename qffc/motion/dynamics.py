"""Dynamics by exact forces in a folder: a trajectory, and a state from which the same call goes on.

A killed run goes on from its last state, to the same bytes as one that was not; the trajectory is cut back to it. Where
the model knows too little the run can stop, and leave the frame to be labelled, for active learning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import remove_leftovers, write_text
from qffc.folder_lock import sole_user
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import Elements, elements_of, positions_of
from qffc.models.uncertainty.heads import has_heads
from qffc.models.validity.limits import has_limits
from qffc.motion.movers import Block, Mover, mover_of, passed
from qffc.motion.noise import Noise
from qffc.motion.replicas import replicas_at
from qffc.motion.settings import DynamicsSettings, Limits
from qffc.motion.state_file import STATE_NAME, State, read_state, write_state
from qffc.motion.trajectory_file import TrajectoryFiles, frame_text

Floats = NDArray[np.float64]

TO_LABEL = "to-label.xyz"
"""The frames where a limit was passed, without energies and forces: those are for a reference method to say."""


@dataclass(frozen=True, eq=False)
class DynamicsResult:
    """What became of a run.

    Args:
        trajectories: the files, one for each replica.
        begun: step from which it went on; 0 for a fresh one.
        step: steps that are done in all; the state and the trajectories end there.
        temperatures: (replicas,) mean over all steps, kelvin; nan before the first.
        drifts: (replicas,) change of what exact steps would keep, eV.
        grades: (replicas,) largest extrapolation grade of an atom at any step.
        deviations: (replicas,) largest deviation of the force on an atom in the ensemble, eV/Angstrom; 0 for one model.
        stopped_at: step at which a limit was passed; None where none was.
        to_label: the file with the frames where it was.
    """

    trajectories: tuple[Path, ...]
    begun: int
    step: int
    temperatures: Floats
    drifts: Floats
    grades: Floats
    deviations: Floats
    stopped_at: int | None = None
    to_label: Path | None = None


def run_dynamics(
    model: ForceField | Ensemble,
    numbers: Elements,
    positions: Floats,
    settings: DynamicsSettings,
    *,
    steps: int,
    folder: Path,
    limits: Limits | None = None,
    save_seconds: float = 5.0,
) -> DynamicsResult:
    """Move replicas of a molecule, or go on with it where a call before has ended.

    Args:
        model: a model or an ensemble.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        positions: (atoms, 3) of the start, Angstrom.
        settings: step, thermostat, replicas and so on; those of the folder when it is gone on with.
        steps: in all, those of earlier calls included.
        folder: for trajectories and state.
        limits: where to stop because the model does not know enough.
        save_seconds: between two states.

    Raises:
        QffcError: for a folder of another trajectory or in use, a limit that the model knows nothing of, atoms that do
            not fit the model, and a molecule that flies apart.
    """
    atoms, start, stop = elements_of(numbers), positions_of(positions), limits or Limits()
    _need_known(model, stop)
    if steps < 1:
        raise error("dynamics without steps", found=f"{steps}", expected="1 or more", help="give the steps in all")
    with sole_user(folder):
        remove_leftovers(folder / STATE_NAME)
        run = _Run(model, atoms, start, settings, folder, stop)
        with TrajectoryFiles(run.paths, run.state.sizes) as files:
            return run.go(files, steps, stop, save_seconds)


@dataclass
class _Seen:
    """What is told of a run while it goes."""

    begin: float = field(default_factory=monotonic)
    saved: float = field(default_factory=monotonic)


class _Run:
    def __init__(
        self,
        model: ForceField | Ensemble,
        numbers: NDArray[np.integer],
        positions: Floats,
        settings: DynamicsSettings,
        folder: Path,
        limits: Limits,
    ) -> None:
        self.numbers, self.settings, self.folder = numbers, settings, folder
        count = settings.replicas
        names = ["trajectory.xyz"] if count == 1 else [f"trajectory-{number + 1}.xyz" for number in range(count)]
        self.paths = tuple(folder / name for name in names)
        self.moving = replicas_at(numbers, positions, settings)
        self.mover: Mover = mover_of(model, numbers, self.moving, settings, deviations=limits.deviation is not None)
        self.noise = Noise(settings, len(numbers), self.moving.freedoms)
        identity = identity_of(model, numbers, positions, settings)
        found = read_state(folder, identity)
        self.fresh = found is None
        if found is not None:
            self._take_up(found)
        self.mover.start(self.moving)
        self.state = found or self._first(identity)
        self.drifts = self.moving.conserved - self.state.conserved

    def _take_up(self, state: State) -> None:
        moving = self.moving
        moving.positions[...], moving.velocities[...] = state.positions, state.velocities
        moving.heat[...] = state.heat
        self.noise.state = state.noise
        self.mover.remember(state.memory)

    def _first(self, identity: Mapping[str, str]) -> State:
        moving, count = self.moving, self.settings.replicas
        grades = np.stack([moving.grades, moving.deviations])
        return self._state(identity, 0, moving.conserved, np.zeros(count), grades, (0,) * count)

    def _state(
        self,
        identity: Mapping[str, str],
        step: int,
        conserved: Floats,
        temperature_sums: Floats,
        grades: Floats,
        sizes: tuple[int, ...],
    ) -> State:
        moving = self.moving
        copies = (moving.positions.copy(), moving.velocities.copy(), moving.heat.copy())
        return State(
            identity, step, *copies, conserved, temperature_sums, grades, self.noise.state, sizes, self.mover.memory
        )

    def go(self, files: TrajectoryFiles, steps: int, limits: Limits, save_seconds: float) -> DynamicsResult:
        begun, seen = self.state.step, _Seen()
        stopped: int | None = None
        try:
            if self.fresh:
                self._write_frames(files, 0)
                self.state = self._after(files, 0, None)
                if passed(limits, self.moving.grades, self.moving.deviations).any():
                    stopped = 0
            while stopped is None and self.state.step < steps:
                count = min(self.settings.every - self.state.step % self.settings.every, steps - self.state.step)
                block = self.mover.move(self.moving, count, self.noise.draw(count), limits)
                if passed(limits, block.grades, block.deviations)[_gone(block)].any():
                    stopped = self.state.step + int(block.done.min())
                    break
                step = self.state.step + count
                if step % self.settings.every == 0:
                    self._write_frames(files, step)
                self.state = self._after(files, step, block)
                self._tell(steps, begun, seen)
                if monotonic() - seen.saved >= save_seconds:
                    self._save(files)
                    seen.saved = monotonic()
        finally:
            # Also when this is interrupted: the last whole step is kept, and what was written after it is cut off.
            files.cut(self.state.sizes)
            self._save(files)
        tell("")
        to_label = None if stopped is None else self._write_to_label(limits, stopped)
        return self._result(begun, stopped, to_label)

    def _after(self, files: TrajectoryFiles, step: int, block: Block | None) -> State:
        state, moving = self.state, self.moving
        seen, warm = np.stack([moving.grades, moving.deviations]), state.temperature_sums
        if block is not None:
            seen = np.stack([block.grades.max(axis=1), block.deviations.max(axis=1)])
            # One after the other, so that a sum does not depend on where blocks end.
            warm = np.cumsum(np.column_stack([warm, block.temperatures]), axis=1)[:, -1]
        grades = np.maximum(state.grades, seen)
        self.drifts = moving.conserved - state.conserved
        return self._state(state.identity, step, state.conserved, warm, grades, files.sizes)

    def _save(self, files: TrajectoryFiles) -> None:
        files.keep()
        write_state(self.folder, self.state)

    def _write_frames(self, files: TrajectoryFiles, step: int) -> None:
        moving, temperatures = self.moving, self.moving.temperatures
        for replica in range(self.settings.replicas):
            info = [
                ("energy", f"{moving.energies[replica]:.8f}"),
                ("time_fs", f"{step * self.settings.step:.10g}"),
                ("step", str(step)),
                ("temperature_K", f"{temperatures[replica]:.4f}"),
                ("extrapolation_grade", f"{moving.grades[replica]:.5f}"),
            ]
            if moving.deviations[replica]:
                info.append(("force_deviation", f"{moving.deviations[replica]:.5f}"))
            files.add(replica, frame_text(self.numbers, moving.positions[replica], moving.forces[replica], info))

    def _write_to_label(self, limits: Limits, step: int) -> Path:
        moving = self.moving
        frames = [
            frame_text(
                self.numbers,
                moving.positions[replica],
                None,
                [
                    ("step", str(step)),
                    ("replica", str(replica + 1)),
                    ("extrapolation_grade", f"{moving.grades[replica]:.5f}"),
                    ("force_deviation", f"{moving.deviations[replica]:.5f}"),
                ],
            )
            for replica in np.flatnonzero(passed(limits, moving.grades, moving.deviations))
        ]
        write_text(self.folder / TO_LABEL, "".join(frames))
        return self.folder / TO_LABEL

    def _tell(self, steps: int, begun: int, seen: _Seen) -> None:
        moving, done = self.moving, self.state.step
        left = (monotonic() - seen.begin) * (steps - done) / max(done - begun, 1)
        drift = 1e3 * float(np.abs(self.drifts).max()) / len(self.numbers)
        tell(
            f"{moving.energies[0]:.4f} eV, {moving.temperatures.mean():.0f} K, drift {drift:.3f} meV/atom, "
            f"about {_duration(left)} left, step",
            done,
            steps,
        )

    def _result(self, begun: int, stopped: int | None, to_label: Path | None) -> DynamicsResult:
        state, moving = self.state, self.moving
        return DynamicsResult(
            self.paths,
            begun,
            state.step,
            state.temperature_sums / state.step if state.step else np.full(self.settings.replicas, np.nan),
            self.drifts,
            np.maximum(state.grades[0], moving.grades),
            np.maximum(state.grades[1], moving.deviations),
            stopped,
            to_label,
        )


def identity_of(
    model: ForceField | Ensemble, numbers: NDArray[np.integer], positions: Floats, settings: DynamicsSettings
) -> dict[str, str]:
    """Return what a trajectory depends on, in words: the model, the start and the settings."""
    members = model.members if isinstance(model, Ensemble) else (model,)
    digest = hashlib.sha256()
    for member in members:
        digest.update(member.program.digest.encode())
        for name in sorted(member.arrays):
            digest.update(name.encode() + np.ascontiguousarray(member.arrays[name]).tobytes())
    start = hashlib.sha256(np.asarray(numbers, np.int64).tobytes() + np.asarray(positions, np.float64).tobytes())
    found = {"model": digest.hexdigest()[:12], "geometry": start.hexdigest()[:12]}
    return found | {name: str(value) for name, value in asdict(settings).items()}


def _gone(block: Block) -> NDArray[np.bool_]:
    """Which entries of a block are of steps that were gone."""
    return np.arange(block.grades.shape[1])[None] < block.done[:, None]


def _need_known(model: ForceField | Ensemble, limits: Limits) -> None:
    members = model.members if isinstance(model, Ensemble) else (model,)
    if limits.grade is not None and not any(has_limits(member.arrays) for member in members):
        raise error(
            "limit that the model knows nothing of",
            found="an extrapolation grade to stop at, and a model that does not know where its training data end",
            expected="a model that was trained with limits = on",
            help="qf.with_limits(model, data) adds them to a model that was trained without",
        )
    if limits.deviation is not None and len(members) < 2 and not has_heads(members[0].arrays):
        raise error(
            "limit that the model knows nothing of",
            found="a force deviation to stop at, and one model, which deviates from no other",
            expected="two models or more, trained with other seeds, or one that knows how uncertain it is",
            help="name several models, add uncertainty with 'qffc uncertainty', or stop at an extrapolation grade, a "
            "number without a unit",
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
