"""The noisy kernel of more than six qubits: states with sampled faults in the place of density matrices.

A state of n qubits has 2^n amplitudes and not 4^n numbers, but faults come and go. With the chance p of no fault at all
the mean of a moment is

    p (exact moment) + (1 - p) (mean over samples that have a fault),

of which the first part is computed once and the second from samples. Faults are drawn once, from a seed, and are the
same for all circuits (common random numbers). So the kernel is one smooth function of slots, differentiated as it is;
what sampling errs by is a small change of the noise, which stays the same in training. Where memory dephases along an
axis that depends on the slots, its derivative is there, too.

Faults at the end of a circuit that a reading turns are not sampled: gates of the Bell basis and readings are those of
the exact channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import pi, prod
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import PauliObservable
from qffc.ir.pauli import LETTERS, PauliString
from qffc.passes.circuit.observed_split import observing
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.kernel import KernelFunctions, KernelName, make_kernel
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.fault_sites import Drawn, FaultyCircuit, Site, drawn_faults
from qffc.passes.noisy.numbers import Numbers, on_both
from qffc.passes.noisy.readings import ending_legs, pair_weights, tables_of
from qffc.passes.noisy.structure import Leg, SettingCircuit
from qffc.passes.noisy.tables import Tables

SAMPLES = 64
"""With faults, of each setting."""


class _Faults(NamedTuple):
    """A setting whose circuits have faults.

    Args:
        kernel: expectations of strings, of slots and vectors of faults.
        sites: of faults.
        drawn: what strikes in each sample.
        strings: whose expectations the kernel gives.
        legs: at the end, by track.
    """

    kernel: KernelFunctions
    sites: tuple[Site, ...]
    drawn: Drawn
    strings: dict[PauliString, int]
    legs: tuple[Leg, ...]


Letters = dict[tuple[tuple[int, ...], tuple[bool, ...]], jax.Array]
"""Weights of the 16 letters of pairs in a reading, (batch, 16), by the tracks of a pair and which of them are read."""


class _Around(NamedTuple):
    """What samples and readings of a setting take from the slots.

    Args:
        axes: of faults, (batch, vectors, 3).
        there: 1 where letters can strike, (batch, vectors).
        letters: of pairs that are read.
    """

    axes: jax.Array
    there: jax.Array
    letters: Letters


@dataclass(frozen=True, eq=False)
class SampledKernel:
    """Moments of a program as a target with noise gives them, by samples of its faults, shot noise left out.

    Args:
        split: the program.
        strengths: of the noise.
        plan: which settings are measured, and how moments are put together.
        circuits: of the settings.
        samples: with faults, of each setting.
        seed: what reproduces the faults.
        name: which kernel computes states, see :func:`qffc.passes.lower_jax.kernel.make_kernel`.
    """

    split: Split
    strengths: Strengths
    plan: MeasurementPlan
    circuits: tuple[SettingCircuit, ...]
    samples: int = SAMPLES
    seed: int = 0
    name: KernelName = "auto"

    @cached_property
    def tables(self) -> Tables:
        """What the circuits share."""
        return tables_of(self.circuits)

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots)."""
        total, around = self._constants(slots), self._around(slots)
        for number, faults in enumerate(self.settings):
            found = self._expectations(faults, slots, around[number])
            total = total + _Read(self, number)(around[number].letters, found)
        return total

    def moments_along(self, slots: jax.Array, along: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""
        total, slope = self._constants(slots), jnp.zeros((len(slots), len(self.plan.terms)), slots.dtype)
        around, around_along = jax.jvp(self._around, (slots,), (along,))
        for number, faults in enumerate(self.settings):
            both = around[number], around_along[number]
            found, found_along = self._expectations_along(faults, slots, along, *both)
            given, moved = (both[0].letters, found), (both[1].letters, found_along)
            value, derivative = jax.jvp(_Read(self, number), given, moved)
            total, slope = total + value, slope + derivative
        return total, slope

    def standard_errors(self, slots: jax.Array) -> jax.Array:
        """Return how far moments may be off by sampling, (batch, observables): one standard error, or less.

        The spread of the samples tells; that they are spread evenly over the first fault makes the error smaller.
        """
        variances = jnp.zeros((len(slots), len(self.plan.terms)), slots.dtype)
        for number, (faults, around) in enumerate(zip(self.settings, self._around(slots), strict=True)):
            read = partial(_Read(self, number), around.letters)
            value = partial(self._of_sample, faults, slots, around)
            if len(faults.drawn.axes):
                found = jax.lax.map(lambda one, value=value: value(*one), _arrays(faults.drawn, slots))
                each = jax.lax.map(read, found)
                part = 1 - faults.drawn.clean
                variances = variances + part**2 * jnp.var(each, axis=0) / len(each)
        return jnp.sqrt(variances)

    @cached_property
    def settings(self) -> tuple[_Faults, ...]:
        """The circuits of settings with their faults."""
        found = []
        for number, (circuit, setting) in enumerate(zip(self.circuits, self.plan.settings, strict=True)):
            legs = tuple(ending_legs(circuit.reading))
            faulty = FaultyCircuit(self.split, circuit, self.strengths)
            faulty.end(legs)
            strings = _strings(circuit, setting)
            seen = observing(faulty.faulty(), [PauliObservable(string) for string in strings])
            drawn = drawn_faults(faulty.sites, faulty.vectors, self.samples, (self.seed, number))
            kernel = make_kernel(seen, self.name)
            found.append(_Faults(kernel, tuple(faulty.sites), drawn, strings, legs))
        return tuple(found)

    def _constants(self, slots: jax.Array) -> jax.Array:
        constants = jnp.asarray(self.plan.constants, slots.dtype)
        return jnp.broadcast_to(constants, (len(slots), len(self.plan.terms)))

    def _of_sample(
        self, faults: _Faults, slots: jax.Array, around: _Around, letters: jax.Array, axes: jax.Array
    ) -> jax.Array:
        """(batch, strings), with the faults of one sample."""
        return faults.kernel.moments(_with(slots, letters, axes, around.axes, around.there))

    def _expectations(self, faults: _Faults, slots: jax.Array, around: _Around) -> jax.Array:
        """(batch, strings), in the mean of faults."""
        drawn, value = faults.drawn, partial(self._of_sample, faults, slots, around)
        clean = value(*_no_faults(drawn, slots))
        if not len(drawn.axes):
            return clean

        @jax.checkpoint
        def add(total: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            return total + value(*each), None

        total, _ = jax.lax.scan(add, jnp.zeros_like(clean), _arrays(drawn, slots))
        return drawn.clean * clean + (1 - drawn.clean) / len(drawn.axes) * total

    def _expectations_along(
        self, faults: _Faults, slots: jax.Array, along: jax.Array, around: _Around, around_along: _Around
    ) -> tuple[jax.Array, jax.Array]:
        drawn = faults.drawn

        def value(letters: jax.Array, axes: jax.Array) -> tuple[jax.Array, jax.Array]:
            given = _with(slots, letters, axes, around.axes, around.there)
            direction = _with(along, 0 * letters, axes, around_along.axes, around_along.there)
            return faults.kernel.moments_along(given, direction)

        clean = value(*_no_faults(drawn, slots))
        if not len(drawn.axes):
            return clean

        @jax.checkpoint
        def add(
            total: tuple[jax.Array, jax.Array], each: tuple[jax.Array, jax.Array]
        ) -> tuple[tuple[jax.Array, jax.Array], None]:
            found = value(*each)
            return (total[0] + found[0], total[1] + found[1]), None

        start = (jnp.zeros_like(clean[0]), jnp.zeros_like(clean[1]))
        total, _ = jax.lax.scan(add, start, _arrays(drawn, slots))
        part = (1 - drawn.clean) / len(drawn.axes)
        return drawn.clean * clean[0] + part * total[0], drawn.clean * clean[1] + part * total[1]

    def _around(self, slots: jax.Array) -> tuple[_Around, ...]:
        """What samples and readings take from the slots, of each setting; computed once for all of them."""
        numbers = Numbers(self.split, self.tables, slots, self.strengths)
        circuits = zip(self.settings, self.circuits, strict=True)
        return tuple(self._around_setting(numbers, faults, circuit) for faults, circuit in circuits)

    def _around_setting(self, numbers: Numbers, faults: _Faults, circuit: SettingCircuit) -> _Around:
        batch, dtype, count = numbers.batch, numbers.dtype, faults.drawn.axes.shape[1]
        turned = list(dict.fromkeys((site.frame, site.row) for site in faults.sites if site.frame is not None))
        known = [jnp.zeros((batch, 3), dtype)]
        known += [numbers.frames[self.tables.frames[frame]][:, row] for frame, row in turned]
        physical = jnp.concatenate([jnp.ones((1, batch), dtype), numbers.physical])
        axis, leg = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
        for site in faults.sites:
            if site.frame is not None:
                axis[list(site.vectors)] = 1 + turned.index((site.frame, site.row))
            if site.leg is not None:
                leg[list(site.vectors)] = 1 + self.tables.legs[site.leg]
        axes = jnp.moveaxis(jnp.stack(known)[axis], 0, 1)
        return _Around(axes, physical[leg].T, self._pair_letters(numbers, circuit, faults))

    def _pair_letters(self, numbers: Numbers, circuit: SettingCircuit, faults: _Faults) -> Letters:
        """Weights of the letters of pairs, in the frame of the program."""
        found: Letters = {}
        for pair in circuit.reading.pairs:
            turns = []
            for track in pair:
                frame = numbers.frames[self.tables.frames[faults.legs[track].target]]
                padded = jnp.pad(frame, [(0, 0), (1, 0), (1, 0)])
                turns.append(padded + jnp.asarray(np.diag([1.0, 0, 0, 0])[None], numbers.dtype))
            both = on_both(*turns)
            for read in ((True, False), (False, True), (True, True)):
                weights = jnp.asarray(pair_weights(circuit.reading, pair, read, self.strengths), numbers.dtype)
                found[tuple(pair), read] = jnp.einsum("i,bij->bj", weights, both, precision="highest")
        return found


@dataclass(frozen=True, eq=False)
class _Read:
    """What a setting adds to the moments, of weights of the letters of pairs and expectations of its strings."""

    kernel: SampledKernel
    number: int

    def __call__(self, letters: Letters, expectations: jax.Array) -> jax.Array:
        """Return (batch, observables)."""
        kernel = self.kernel
        circuit, setting = kernel.circuits[self.number], kernel.plan.settings[self.number]
        faults, terms = kernel.settings[self.number], kernel.plan.weights(self.number)
        used = np.flatnonzero(np.abs(terms).max(axis=0, initial=0.0) > 0)
        batch, dtype = len(expectations), expectations.dtype
        known = jnp.concatenate([expectations, jnp.ones_like(expectations[:, :1])], axis=1)  # the last is the identity
        shift, scale = kernel.strengths.read[::-1]
        values = []
        for string in used:
            sign, qubits = setting.readings[string]
            parts = _parts(circuit, qubits)
            weights = jnp.full((batch, 1), float(sign), dtype)
            for part in parts:
                each = (
                    letters[part.tracks, part.read]
                    if len(part.tracks) == 2
                    else jnp.broadcast_to(jnp.asarray([[shift, scale]], dtype), (batch, 2))
                )
                weights = (weights[:, :, None] * each[:, None, :]).reshape(batch, -1)
            places = np.array([faults.strings.get(joined, -1) for joined in _joined(parts)])
            values.append(jnp.sum(weights * known[:, places], axis=1))
        if not values:
            return jnp.zeros((batch, len(kernel.plan.terms)), dtype)
        table = jnp.asarray(terms[:, used].T, dtype)
        return jnp.matmul(jnp.stack(values, axis=1), table, precision="highest")


class _Part(NamedTuple):
    """A track or a pair that a reading has a part in, and the strings that it may be."""

    tracks: tuple[int, ...]
    read: tuple[bool, ...]
    letters: tuple[PauliString, ...]


def _parts(circuit: SettingCircuit, qubits: Sequence[int]) -> list[_Part]:
    read = {circuit.tracks[qubit] for qubit in qubits}
    parts = []
    for pair in circuit.reading.pairs:
        mine = tuple(track in read for track in pair)
        if any(mine):
            words: list[PauliString] = []
            for word in product(("I", *LETTERS), repeat=2):
                entries = zip(pair, word, strict=True)
                words.append(tuple((track, letter) for track, letter in entries if letter in LETTERS))
            parts.append(_Part(tuple(pair), mine, tuple(words)))
            read -= set(pair)
    for track in sorted(read):
        letter = circuit.reading.letters[track]
        if letter is None:
            raise InternalError("a qubit that is read and not measured")
        parts.append(_Part((track,), (True,), ((), ((track, letter),))))
    return parts


def _joined(parts: Sequence[_Part]) -> list[PauliString]:
    """All strings that a reading may be, the last part varying first."""
    chosen = product(*(part.letters for part in parts))
    return [tuple(sorted(entry for each in letters for entry in each)) for letters in chosen]


def _strings(circuit: SettingCircuit, setting: Setting) -> dict[PauliString, int]:
    """All that readings need, numbered."""
    found: dict[PauliString, int] = {}
    for _, qubits in setting.readings:
        for joined in _joined(_parts(circuit, qubits)):
            if joined:
                found.setdefault(joined, len(found))
    return found


def _with(slots: jax.Array, letters: jax.Array, axes: jax.Array, turned: jax.Array, there: jax.Array) -> jax.Array:
    """Slots with the vectors of faults behind them."""
    vectors = pi * (letters[None] * there[:, :, None] + axes[None, :, None] * turned)
    return jnp.concatenate([slots, vectors.reshape(len(slots), prod(vectors.shape[1:]))], axis=1)


def _arrays(drawn: Drawn, slots: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jnp.asarray(drawn.letters, slots.dtype), jnp.asarray(drawn.axes, slots.dtype)


def _no_faults(drawn: Drawn, slots: jax.Array) -> tuple[jax.Array, jax.Array]:
    count = drawn.axes.shape[1]
    return jnp.zeros((count, 3), slots.dtype), jnp.zeros((count,), slots.dtype)
