"""The noisy kernel: density matrices in the Pauli basis, one batched matrix product a gate, differentiated by JAX.

Settings whose circuits have the same gates are simulated side by side, and as one where the same has happened so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.turns import FROM_Z, after
from qffc.passes.lower_pytket.turns import inverse as turn_back
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.passes.noisy.channels import ZZ_QUARTER, Strengths
from qffc.passes.noisy.numbers import Numbers, framed
from qffc.passes.noisy.structure import Beside, Fresh, Half, Lab, Leg, Meeting, Reading, SettingCircuit, Story
from qffc.passes.noisy.turns import matrices
from qffc.passes.target import Target

_UP = np.array([1.0, 0.0, 0.0, 1.0])
_Y = turn_back(FROM_Z["Y"])


@dataclass(frozen=True, eq=False)
class NoisyKernel:
    """Moments of a program as a target with noise gives them, shot noise left out.

    Args:
        split: the program.
        strengths: of the noise.
        plan: which settings are measured, and how moments are put together.
        circuits: of the settings.
    """

    split: Split
    strengths: Strengths
    plan: MeasurementPlan
    circuits: tuple[SettingCircuit, ...]

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots); JAX differentiates it in any mode."""
        numbers = Numbers(self.split, slots, self.strengths)
        moments = jnp.broadcast_to(jnp.asarray(self.plan.constants, slots.dtype), (len(slots), len(self.plan.terms)))
        for settings in _alike(self.circuits):
            states, which = _Sweep(numbers, [self.circuits[k] for k in settings]).run()
            for place, k in enumerate(settings):
                reader = _Reader(numbers, self.circuits[k], self.plan.settings[k])
                weights = self.plan.weights(k)
                used = np.flatnonzero(np.abs(weights).max(axis=0, initial=0.0) > 0)
                values = jnp.stack([reader.value(states[which[place]], int(string)) for string in used], axis=1)
                moments = moments + values @ jnp.asarray(weights[:, used].T, slots.dtype)
        return moments

    def moments_along(self, slots: jax.Array, along: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""
        moments, derivative = jax.jvp(self.moments, (slots,), (along,))
        return moments, derivative


def _alike(circuits: Sequence[SettingCircuit]) -> list[list[int]]:
    """The settings whose circuits have the same gates, together."""

    def shape(k: int) -> tuple[object, ...]:
        circuit = circuits[k]
        return tuple(tracks for tracks, _ in circuit.pairs), tuple(each.tracks for each in circuit.meetings)

    return [list(group) for _, group in groupby(sorted(range(len(circuits)), key=shape), key=shape)]


@dataclass(eq=False)
class _Sweep:
    """States of circuits with the same gates.

    A state is (circuits that differ so far, batch, 4, ..., 4): the letters I, X, Y, Z of each track.
    """

    numbers: Numbers
    circuits: Sequence[SettingCircuit]
    _exchanges: dict[object, jax.Array] = field(default_factory=dict)

    def run(self) -> tuple[jax.Array, list[int]]:
        """Return the states before measurements, and which of them belongs to each circuit."""
        first = self.circuits[0]
        count = len(first.tracks)
        places = {track: at for at, track in enumerate(range(count))}
        keys, which = _distinct([_start(circuit) for circuit in self.circuits])
        states = jnp.stack([self._product(self.circuits[which.index(k)]) for k in range(len(keys))])
        order = list(range(count))
        histories: list[object] = list(which)
        for step, meeting in enumerate(first.meetings):
            each = [circuit.meetings[step] for circuit in self.circuits]
            steps = [(history, gate.op, gate.legs) for history, gate in zip(histories, each, strict=True)]
            _, after_step = _distinct(steps)
            owners = [after_step.index(k) for k in range(max(after_step) + 1)]
            if len(owners) != len(states):
                states = jnp.stack([states[which[owner]] for owner in owners])
            which, histories = after_step, list(after_step)
            gates = jnp.stack([self._gate(each[owner]) for owner in owners])
            states, order = _apply(states, order, meeting.tracks, gates)
        axes = [2 + order.index(track) for track in range(count)]
        del places
        return states.transpose(0, 1, *axes), which

    def _product(self, circuit: SettingCircuit) -> jax.Array:
        """The state after all preparations, (batch, 4, ..., 4)."""
        numbers, count = self.numbers, len(circuit.tracks)
        batch, dtype = numbers.slots.shape[0], numbers.slots.dtype
        parts: list[tuple[tuple[int, ...], jax.Array]] = []
        for tracks, story in circuit.pairs:
            parts.append((tracks, numbers.prepared(story, _halves(circuit, tracks, story))))
        paired = {track for tracks, _ in circuit.pairs for track in tracks}
        alone = _UP * np.array([1.0, 1.0, 1.0, numbers.strengths.started])
        for track in range(count):
            if track not in paired:
                parts.append(((track,), jnp.broadcast_to(jnp.asarray(alone, dtype), (batch, 4))))
        flat = reduce(
            lambda done, part: (done[:, :, None] * part.reshape(batch, 1, -1)).reshape(batch, -1),
            [part for _, part in parts],
            jnp.ones((batch, 1), dtype),
        )
        order = [track for tracks, _ in parts for track in tracks]
        return flat.reshape(batch, *[4] * count).transpose(0, *[1 + order.index(track) for track in range(count)])

    def _gate(self, meeting: Meeting) -> jax.Array:
        """Legs, exchange and depolarizing noise on the letters of a pair, (batch, 16, 16)."""
        known = (meeting.op.angle, meeting.legs)
        if known not in self._exchanges:
            exchange = self.numbers.exchange(meeting.op)
            shrink = np.full(16, self.numbers.strengths.exchanged)
            shrink[0] = 1.0
            first, second = (framed(self.numbers.leg(leg)) for leg in meeting.legs)
            both = (first[:, :, None, :, None] * second[:, None, :, None, :]).reshape(-1, 16, 16)
            exchange = exchange * jnp.asarray(shrink[:, None], exchange.dtype)
            self._exchanges[known] = exchange @ both
        return self._exchanges[known]


def _start(circuit: SettingCircuit) -> tuple[object, ...]:
    return tuple((story, _halves(circuit, tracks, story)) for tracks, story in circuit.pairs)


def _halves(circuit: SettingCircuit, tracks: tuple[int, int], story: Story) -> tuple[Half, Half]:
    """The frames in which a pair is prepared: those where the first legs of its qubits begin."""
    legs = [leg for meeting in circuit.meetings for leg in zip(meeting.tracks, meeting.legs, strict=True)]
    legs += list(enumerate(circuit.reading.legs))
    found = [next(leg.source for track, leg in legs if track == mine) for mine in tracks]
    if not all(isinstance(half, Half) and half.story == story for half in found):
        raise InternalError("a pair whose qubits begin elsewhere")
    return found[0], found[1]  # type: ignore[return-value]  # halves


def _distinct(items: Sequence[object]) -> tuple[list[object], list[int]]:
    """Different items in order, and which of them each one is."""
    found: dict[object, int] = {}
    which = [found.setdefault(item, len(found)) for item in items]
    return list(found), which


def _apply(
    states: jax.Array, order: list[int], tracks: tuple[int, int], gates: jax.Array
) -> tuple[jax.Array, list[int]]:
    """A gate on two tracks, which come to the front; ``order`` says which track an axis is."""
    a, b = (order.index(track) for track in tracks)
    rest = [k for k in range(len(order)) if k not in (a, b)]
    moved = states.transpose(0, 1, *[2 + k for k in (a, b, *rest)])
    flat = moved.reshape(*moved.shape[:2], 16, -1)
    done = jnp.matmul(gates, flat, precision="highest")
    return done.reshape(moved.shape), [order[k] for k in (a, b, *rest)]


@dataclass(eq=False)
class _Reader:
    """Readings of a setting as functions of the state."""

    numbers: Numbers
    circuit: SettingCircuit
    setting: Setting
    _known: dict[object, jax.Array] = field(default_factory=dict)

    def value(self, states: jax.Array, string: int) -> jax.Array:
        """Return the mean of a reading, (batch,).

        Args:
            states: (batch, 4, ..., 4).
            string: its number in the setting.
        """
        sign, qubits = self.setting.readings[string]
        read = {self.circuit.tracks[qubit] for qubit in qubits}
        left = list(range(len(self.circuit.tracks)))
        value = states
        for pair in self.circuit.reading.pairs:
            mine = tuple(track for track in pair if track in read)
            if mine:
                value, left = self._contracted(value, left, pair, self._of_pair(pair, mine))
                read.difference_update(pair)
        for track in sorted(read):
            value, left = self._contracted(value, left, (track,), self._of_track(track))
        return sign * value[(slice(None), *[0] * len(left))]

    def _contracted(
        self, value: jax.Array, left: list[int], tracks: tuple[int, ...], weights: jax.Array
    ) -> tuple[jax.Array, list[int]]:
        """The sum over the letters of tracks, with weights (batch, 4, ...)."""
        rest = [track for track in left if track not in tracks]
        moved = value.transpose(0, *[1 + left.index(track) for track in (*tracks, *rest)])
        flat = moved.reshape(len(value), 4 ** len(tracks), -1)
        summed = jnp.einsum("bi,bij->bj", weights.reshape(len(value), -1), flat, precision="highest")
        return summed.reshape(len(value), *[4] * len(rest)), rest

    def _of_track(self, track: int) -> jax.Array:
        """Weights of the letters of a track in its reading, (batch, 4)."""
        if track not in self._known:
            leg, letter = self.circuit.reading.legs[track], self.circuit.reading.letters[track]
            if letter is None:
                raise InternalError("a reading of what is not measured")
            axis = self.numbers.axis(Lab(letter))
            scale, shift = self.numbers.strengths.read
            row = scale * jnp.einsum("bi,bij->bj", axis, self.numbers.leg(_measured(leg, letter)))
            self._known[track] = jnp.concatenate([jnp.full_like(row[:, :1], shift), row], axis=1)
        return self._known[track]

    def _of_pair(self, pair: tuple[int, int], read: tuple[int, ...]) -> jax.Array:
        """Weights of the letters of a pair in the reading of one or both, (batch, 16)."""
        if (pair, read) not in self._known:
            strengths, reading = self.numbers.strengths, self.circuit.reading
            legs = [self._into_pair(reading, track) for track in pair]
            both = (legs[0][:, :, None, :, None] * legs[1][:, None, :, None, :]).reshape(-1, 16, 16)
            letters = [reading.letters[track] for track in pair]
            weights = _after_turn(letters, [track in read for track in pair], strengths)
            self._known[pair, read] = jnp.einsum("i,bij->bj", jnp.asarray(weights, both.dtype), both)
        return self._known[pair, read]

    def _into_pair(self, reading: Reading, track: int) -> jax.Array:
        """A leg that ends in the frame where a pair is turned, (batch, 4, 4)."""
        leg, letter = reading.legs[track], reading.letters[track]
        if letter is None:
            raise InternalError("a pair that is not measured")
        frame = Beside(leg.target, letter)
        turn = matrices(self.numbers.frame(frame))
        return framed(turn @ self.numbers.leg(Leg(leg.source, leg.turns, frame, leg.idle)))


def _measured(leg: Leg, letter: object) -> Leg:
    """A leg that ends where a letter is measured: its frame there is the one in which this letter is along z."""
    if leg.target != Lab():
        raise InternalError("a measurement in a frame")
    return Leg(leg.source, leg.turns, Lab(letter), leg.idle)  # type: ignore[arg-type]  # a letter


def _after_turn(letters: Sequence[object], read: Sequence[bool], strengths: Strengths) -> NDArray[np.float64]:
    """Weights of the 16 letters before the turn of a pair in the reading of one or both after it."""
    scale, shift = strengths.read
    rows = []
    for letter, mine in zip(letters, read, strict=True):
        turn = _rotation(after(_Y, FROM_Z[letter]))  # type: ignore[index]  # a letter
        kept = np.diag([strengths.dephasing(1), strengths.dephasing(1), 1.0])
        physical = strengths.one_qubit if abs(turn[2, 2]) < 1 - 1e-9 else 1.0
        row = scale * physical * (turn @ kept)[2]
        rows.append(np.array([shift, *row]) if mine else np.array([1.0, 0, 0, 0]))
    shrink = np.full(16, strengths.coupled)
    shrink[0] = 1.0
    return np.asarray((np.kron(rows[0], rows[1]) * shrink) @ ZZ_QUARTER)


def _rotation(turn: tuple[float, ...]) -> NDArray[np.float64]:
    w, x, y, z = turn
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)
