"""Readings of measurements as functions of the state, with the noise at their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.passes.lower_pytket.turns import FROM_Z, after
from qffc.passes.lower_pytket.turns import inverse as turn_back
from qffc.passes.measurement.settings import Setting
from qffc.passes.noisy.channels import ZZ_QUARTER, Strengths, rotation
from qffc.passes.noisy.numbers import Numbers, on_both
from qffc.passes.noisy.structure import Beside, Lab, Leg, Reading, SettingCircuit
from qffc.passes.noisy.tables import Tables

_INTO_Y = turn_back(FROM_Z["Y"])


def ending_legs(reading: Reading) -> list[Leg]:
    """Return the legs that end where qubits are measured: the frame there has along z what is measured.

    Those of a pair end where it is turned; there a letter of each is along z, too.
    """
    paired = {track for pair in reading.pairs for track in pair}
    found = []
    for track, (leg, letter) in enumerate(zip(reading.legs, reading.letters, strict=True)):
        if letter is None:
            found.append(leg)
        elif track in paired:
            found.append(replace(leg, target=Beside(leg.target, letter)))
        elif leg.target == Lab():
            found.append(replace(leg, target=Lab(letter)))
        else:
            raise InternalError("a measurement in a frame")
    return found


def tables_of(circuits: Sequence[SettingCircuit]) -> Tables:
    """Return what circuits share, with what stands before their measurements."""
    tables = Tables(circuits)
    for circuit in circuits:
        for leg in ending_legs(circuit.reading):
            tables.leg(leg)
    return tables


@dataclass(eq=False)
class Reader:
    """Readings of a setting.

    Args:
        numbers: of the circuits.
        circuit: of the setting.
        setting: that is read.
    """

    numbers: Numbers
    circuit: SettingCircuit
    setting: Setting
    _known: dict[object, jax.Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._legs = ending_legs(self.circuit.reading)

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
            leg = self._legs[track]
            axis = self.numbers.frames[self.numbers.tables.frames[leg.target]][:, 2]
            scale, shift = self.numbers.strengths.read
            row = scale * jnp.einsum("bi,bij->bj", axis, self._leg(leg)[:, 1:, 1:], precision="highest")
            self._known[track] = jnp.concatenate([jnp.full_like(row[:, :1], shift), row], axis=1)
        return self._known[track]

    def _of_pair(self, pair: tuple[int, int], read: tuple[int, ...]) -> jax.Array:
        """Weights of the letters of a pair in the reading of one or both, (batch, 16)."""
        if (pair, read) not in self._known:
            strengths, reading = self.numbers.strengths, self.circuit.reading
            legs = [self._into_pair(track) for track in pair]
            both = on_both(*legs)
            weights = pair_weights(reading, pair, [track in read for track in pair], strengths)
            self._known[pair, read] = jnp.einsum("i,bij->bj", jnp.asarray(weights, both.dtype), both)
        return self._known[pair, read]

    def _into_pair(self, track: int) -> jax.Array:
        """A leg that ends in the frame where a pair is turned, in that frame, (batch, 4, 4)."""
        leg = self._legs[track]
        turn = self.numbers.frames[self.numbers.tables.frames[leg.target]]
        found = self._leg(leg)
        rows = jnp.matmul(turn, found[:, 1:], precision="highest")
        return jnp.concatenate([found[:, :1], rows], axis=1)

    def _leg(self, leg: Leg) -> jax.Array:
        return self.numbers.legs[self.numbers.tables.legs[leg]]


def pair_weights(
    reading: Reading, pair: tuple[int, int], read: Sequence[bool], strengths: Strengths
) -> NDArray[np.float64]:
    """Return the weights of the 16 letters before the turn of a pair in the reading of one or both after it."""
    letters = [letter for letter in (reading.letters[track] for track in pair) if letter is not None]
    scale, shift = strengths.read
    rows = []
    for letter, mine in zip(letters, read, strict=True):
        turn = rotation(after(_INTO_Y, FROM_Z[letter]))
        kept = np.diag([strengths.dephasing(1), strengths.dephasing(1), 1.0])
        physical = strengths.one_qubit if abs(turn[2, 2]) < 1 - 1e-9 else 1.0
        row = scale * physical * (turn @ kept)[2]
        rows.append(np.array([shift, *row]) if mine else np.array([1.0, 0, 0, 0]))
    shrink = np.full(16, strengths.coupled)
    shrink[0] = 1.0
    return np.asarray((np.kron(rows[0], rows[1]) * shrink) @ ZZ_QUARTER)
