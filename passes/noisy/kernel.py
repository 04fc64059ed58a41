"""The noisy kernel: density matrices in the Pauli basis, one batched matrix product a gate, differentiated by JAX.

Settings whose circuits have the same gates are simulated side by side, and as one where the same has happened so far.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.numbers import Numbers
from qffc.passes.noisy.readings import Reader, tables_of
from qffc.passes.noisy.structure import SettingCircuit
from qffc.passes.noisy.tables import Tables

_UP = np.array([1.0, 0.0, 0.0, 1.0])


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

    @cached_property
    def tables(self) -> Tables:
        """What the circuits share."""
        return tables_of(self.circuits)

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots); JAX differentiates it in any mode."""
        numbers = Numbers(self.split, self.tables, slots, self.strengths)
        moments = jnp.broadcast_to(jnp.asarray(self.plan.constants, slots.dtype), (len(slots), len(self.plan.terms)))
        for settings in _alike(self.circuits):
            states, which = _sweep(numbers, self.circuits, settings)
            for place, k in enumerate(settings):
                weights = self.plan.weights(k)
                used = np.flatnonzero(np.abs(weights).max(axis=0, initial=0.0) > 0)
                read = Reader(numbers, self.circuits[k], self.plan.settings[k])
                values = jnp.stack([read.value(states[which[place]], int(string)) for string in used], axis=1)
                moments = moments + jnp.matmul(
                    values, jnp.asarray(weights[:, used].T, slots.dtype), precision="highest"
                )
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


def _sweep(numbers: Numbers, circuits: Sequence[SettingCircuit], settings: list[int]) -> tuple[jax.Array, list[int]]:
    """The states of circuits with the same gates before measurements, and which of them belongs to each setting.

    A state is (circuits that differ so far, batch, 4, ..., 4): the letters I, X, Y, Z of each track.
    """
    first, tables = circuits[settings[0]], numbers.tables
    which = _numbered([tables.circuit_pairs[k] for k in settings])
    owners = [which.index(k) for k in range(max(which) + 1)]
    states = jnp.stack([_product(numbers, circuits[settings[owner]], settings[owner]) for owner in owners])
    order = list(range(len(first.tracks)))
    for step, meeting in enumerate(first.meetings):
        gates = [tables.circuit_gates[k][step] for k in settings]
        later = _numbered(list(zip(which, gates, strict=True)))
        owners = [later.index(k) for k in range(max(later) + 1)]
        if len(owners) != len(states):
            states = jnp.stack([states[which[owner]] for owner in owners])
        which = later
        states, order = _apply(states, order, meeting.tracks, jnp.stack([numbers.gates[gates[k]] for k in owners]))
    return states.transpose(0, 1, *[2 + order.index(track) for track in range(len(order))]), which


def _product(numbers: Numbers, circuit: SettingCircuit, setting: int) -> jax.Array:
    """The state after all preparations, (batch, 4, ..., 4)."""
    count, batch, dtype = len(circuit.tracks), numbers.batch, numbers.dtype
    parts = [
        (tracks, numbers.pairs[pair])
        for (tracks, _), pair in zip(circuit.pairs, numbers.tables.circuit_pairs[setting], strict=True)
    ]
    paired = {track for tracks, _ in circuit.pairs for track in tracks}
    alone = jnp.asarray(_UP * np.array([1.0, 1.0, 1.0, numbers.strengths.started]), dtype)
    everything: list[tuple[tuple[int, ...], jax.Array]] = [*parts]
    everything += [((track,), jnp.broadcast_to(alone, (batch, 4))) for track in range(count) if track not in paired]
    flat = jnp.ones((batch, 1), dtype)
    for _, part in everything:
        flat = (flat[:, :, None] * part.reshape(batch, 1, -1)).reshape(batch, -1)
    order = [track for tracks, _ in everything for track in tracks]
    return flat.reshape(batch, *[4] * count).transpose(0, *[1 + order.index(track) for track in range(count)])


def _numbered(items: Sequence[Hashable]) -> list[int]:
    """Which of the different items each one is."""
    found: dict[Hashable, int] = {}
    return [found.setdefault(item, len(found)) for item in items]


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
