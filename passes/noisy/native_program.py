"""A noisy kernel as the arrays that the native library reads: numbers of circuits, then their states, depth first.

Settings go on from the state that they share with the one before. On the way back through a gate the state before it is
still there: states lie behind one another, as many as the deepest circuit has gates.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.passes.noisy.kernel import NoisyKernel
from qffc.passes.noisy.native_numbers import NativeNumbers
from qffc.passes.noisy.native_steps import Part, StepWriter
from qffc.passes.noisy.readings import ending_legs, pair_weights

_Reading = tuple[tuple[Part, ...], list[tuple[int, float]]]
"""Parts of a state, and the moments that it counts for with their weights."""


@dataclass(frozen=True)
class NativeNoisyProgram:
    """A program for ``qffc_noisy``.

    Args:
        ints: structure, as ``native/noisy_program.cpp`` reads it.
        reals: constants and weights.
    """

    ints: NDArray[np.int32]
    reals: NDArray[np.float64]


@dataclass(frozen=True)
class _Gate:
    tracks: tuple[int, int]
    legs: tuple[int, int]
    angle: int


@dataclass(frozen=True)
class _Start:
    tracks: int
    parts: tuple[Part, ...]


def native_noisy_program(kernel: NoisyKernel) -> NativeNoisyProgram:
    """Return the arrays of a kernel; linear in the gates of its circuits."""
    writer = StepWriter(kernel.split.slot_count)
    numbers = NativeNumbers(kernel.split, kernel.strengths, writer)
    paths = [_path(kernel, k, numbers) for k in range(len(kernel.circuits))]
    constants = list(kernel.plan.constants)
    readings = [_readings(kernel, k, numbers, constants) for k in range(len(kernel.circuits))]
    first = len(writer)
    tracks = max(len(circuit.tracks) for circuit in kernel.circuits)
    size = 4**tracks
    states = writer.room(size * max(map(len, paths)))
    schedule = list(range(1, first + 1))
    done: list[tuple[Hashable, int]] = []
    for k in _in_order(paths):
        path, count = paths[k], len(kernel.circuits[k].tracks)
        shared = 0
        while shared < min(len(done), len(path)) and done[shared][0] == path[shared]:
            shared += 1
        while len(done) > shared:
            schedule.append(-done.pop()[1])
        for item in path[shared:]:
            to = states + size * len(done)
            if isinstance(item, _Start):
                writer.start(to, count, item.parts)
            else:
                writer.gate(to, to - size, count, item.tracks, item.legs, item.angle, kernel.strengths.exchanged)
            schedule.append(len(writer))
            done.append((item, len(writer)))
        before = len(writer)
        _read(writer, states + size * (len(done) - 1), tuple(range(count)), readings[k])
        steps = range(before + 1, len(writer) + 1)
        schedule += [*steps, *(-step for step in reversed(steps))]
    schedule += [-step for _, step in reversed(done)]
    schedule += range(-first, 0)
    return NativeNoisyProgram(*writer.arrays(tracks, schedule, constants))


def _path(kernel: NoisyKernel, setting: int, numbers: NativeNumbers) -> tuple[_Start | _Gate, ...]:
    """The steps of a circuit up to its measurement; those of settings are equal where they do the same."""
    circuit, tables = kernel.circuits[setting], kernel.tables
    parts: list[Part] = []
    for (tracks, story), number in zip(circuit.pairs, tables.circuit_pairs[setting], strict=True):
        frames = [tables.frames.items[frame] for frame in tables.pairs.items[number].frames]
        parts.append((tracks, numbers.prepared(story, *frames)))
    paired = {track for tracks, _ in parts for track in tracks}
    parts += [((track,), numbers.alone()) for track in range(len(circuit.tracks)) if track not in paired]
    path: list[_Start | _Gate] = [_Start(len(circuit.tracks), tuple(parts))]
    for meeting in circuit.meetings:
        if meeting.op.angle is None:
            raise InternalError("an exchange without an angle")
        first, second = (numbers.leg(leg) for leg in meeting.legs)
        path.append(_Gate(meeting.tracks, (first, second), numbers.exchange(meeting.op.angle)))
    return tuple(path)


def _read(writer: StepWriter, state: int, tracks: tuple[int, ...], readings: Sequence[_Reading]) -> None:
    """Write readings of a state of some tracks: part by part, together while parts and what they leave are the same."""
    groups: dict[tuple[Part, tuple[int, ...]], list[_Reading]] = {}
    for parts, weights in readings:
        if not parts:
            writer.add(state, weights)
            continue
        left = tuple(sorted(track for others, _ in parts[1:] for track in others))
        groups.setdefault((parts[0], left), []).append((parts[1:], weights))
    for ((summed, numbers), left), rest in groups.items():
        part = (tuple(map(tracks.index, summed)), numbers)
        found = writer.contract(state, len(tracks), part, [tracks.index(track) for track in left])
        _read(writer, found, left, rest)


def _readings(kernel: NoisyKernel, setting: int, numbers: NativeNumbers, constants: list[float]) -> list[_Reading]:
    """Parts and weights of the readings of a setting; those of nothing at all go to the constants."""
    circuit, own = kernel.circuits[setting], kernel.plan.settings[setting]
    legs, table = ending_legs(circuit.reading), kernel.plan.weights(setting)
    found: list[_Reading] = []
    for string in np.flatnonzero(np.abs(table).max(axis=0, initial=0.0) > 0):
        sign, qubits = own.readings[string]
        read = {circuit.tracks[qubit] for qubit in qubits}
        parts: list[Part] = []
        for pair in circuit.reading.pairs:
            mine = [track in read for track in pair]
            if any(mine):
                weights = pair_weights(circuit.reading, pair, mine, kernel.strengths)
                parts.append((pair, numbers.pair_row(legs[pair[0]], legs[pair[1]], tuple(weights.tolist()))))
                read.difference_update(pair)
        parts += [((track,), numbers.row(legs[track])) for track in sorted(read)]
        moments = [(int(row), float(sign * table[row, string])) for row in np.flatnonzero(table[:, string])]
        if parts:
            found.append((tuple(parts), moments))
        for row, weight in moments if not parts else ():
            constants[row] += weight
    return found


def _in_order(paths: list[tuple[_Start | _Gate, ...]]) -> list[int]:
    """Settings one after another so that those with the same beginning are neighbours."""
    items: dict[_Start | _Gate, int] = {}
    keys = [[items.setdefault(item, len(items)) for item in path] for path in paths]
    return sorted(range(len(paths)), key=lambda k: keys[k])
