"""The numbers of noisy circuits for many bindings: turns, frames, pairs, legs and gates, list by list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_pytket.turns import FROM_Z
from qffc.passes.lower_pytket.turns import inverse as turn_back
from qffc.passes.noisy.affine import angle_row, vector_rows
from qffc.passes.noisy.channels import EXCHANGE, PAIR_MOST, Strengths, rotation
from qffc.passes.noisy.structure import Along, Beside, Carried, Frame, Fresh, Half, Lab, Leg, Story
from qffc.passes.noisy.tables import Tables, depth

_SMALL = 1e-4
_NOWHERE = 1e-24
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(eq=False)
class Numbers:
    """Computes the lists of :class:`Tables`, (items, batch, ...) each.

    Args:
        split: the program, for the places of slots.
        tables: what is computed.
        slots: (batch, slots), radians.
        strengths: of the noise.
    """

    split: Split
    tables: Tables
    slots: jax.Array
    strengths: Strengths

    def __post_init__(self) -> None:
        self.dtype = self.slots.dtype
        self.batch = self.slots.shape[0]
        self.vectors = self._vectors()
        self.turns = _rotations(self.vectors)
        self.chains = self._chains()
        self.single = _apart(self.turns)
        self.stories = [self._story(story) for story in self.tables.stories.items]
        self.frames = self._frames()
        legs = _padded(self._legs())
        self.legs = _apart(legs)
        self.pairs = [self._pair(number) for number in range(len(self.tables.pairs))]
        self.gates = self._gates(legs)

    # ----------------------------------------------------------------------- turns

    def _vectors(self) -> jax.Array:
        """Of all turns, (turns, batch, 3)."""
        rows = [vector_rows(self.split, op) for op in self.tables.turns.items]
        slots = self.slots.shape[1]
        matrix = np.array([matrix for _, matrix in rows]).reshape(len(rows), 3, slots)
        return self._combined(matrix, np.array([constants for constants, _ in rows]))

    def _combined(self, matrix: np.ndarray, constants: np.ndarray) -> jax.Array:
        """Affine combinations of slots: coefficients (rows, ..., slots) to (rows, batch, ...)."""
        rows = int(np.prod(matrix.shape[:-1]))
        flat = jnp.asarray(matrix.reshape(rows, matrix.shape[-1]), self.dtype)
        found = jnp.matmul(flat, self.slots.T, precision="highest") + jnp.asarray(constants.reshape(-1, 1), self.dtype)
        return jnp.moveaxis(found.reshape(*matrix.shape[:-1], self.batch), -1, 1)

    def _chains(self) -> jax.Array:
        """Products of turns, (chains, batch, 3, 3)."""
        chains = self.tables.chains.items
        eye = jnp.broadcast_to(jnp.eye(3, dtype=self.dtype), (1, self.batch, 3, 3))
        known = jnp.concatenate([eye, self.turns])
        found = jnp.broadcast_to(eye, (len(chains), self.batch, 3, 3))
        for place in range(max(map(len, chains))):
            rows = [1 + self.tables.turns[ops[place]] if place < len(ops) else 0 for ops in chains]
            next_turns = _picked(known, rows)
            found = next_turns if place == 0 else _product(next_turns, found)
        return found

    def _exchange(self, angles: jax.Array) -> jax.Array:
        """Exchanges on the 16 letters of their pairs, (..., 16, 16), of angles in radians."""
        angles = 4.0 * angles[..., None, None]
        still, cosine, sine = (_ranked(part, angles) for part in EXCHANGE)
        return still + cosine * jnp.cos(angles) + sine * jnp.sin(angles)

    def _angles(self, angles: Sequence[Affine | None]) -> jax.Array:
        """(angles, batch), radians."""
        parts = [angle_row(self.split, angle) for angle in angles]
        return self._combined(np.array([row for _, row in parts]), np.array([constant for constant, _ in parts]))

    # ----------------------------------------------------------------------- pairs and frames

    def _story(self, story: Story) -> jax.Array:
        """The expectation values of a pair without noise, (batch, 4, 4)."""
        start = np.diag([1.0, -1.0, -1.0, -1.0]) if story.singlet else np.outer([1.0, 0, 0, 1.0], [1.0, 0, 0, 1.0])
        pair = jnp.broadcast_to(jnp.asarray(start, self.dtype), (self.batch, 4, 4))
        for op, side in story.events:
            if side is None:
                exchange = self._exchange(self._angles([op.angle])[0])
                pair = jnp.matmul(exchange, pair.reshape(-1, 16, 1), precision="highest").reshape(pair.shape)
                continue
            turn = _padded(self.single[self.tables.turns[op]])
            pair = _product(turn, pair) if side == 0 else _product(pair, jnp.swapaxes(turn, 1, 2))
        return pair

    def _frames(self) -> list[jax.Array]:
        """Turns from the frame of the program, (batch, 3, 3) each: rows are the axes of the native frame."""
        frames = self.tables.frames.items
        found: dict[int, jax.Array] = {}
        order = sorted(range(len(frames)), key=lambda number: (depth(frames[number]), type(frames[number]).__name__))
        for (_, kind), group in groupby(order, key=lambda number: (depth(frames[number]), type(frames[number]))):
            numbers = list(group)
            if kind is Carried:
                rows = self._carried([frames[number] for number in numbers], found)  # type: ignore[misc]  # by kind
                found |= dict(zip(numbers, rows, strict=True))
            else:
                found |= {number: self._frame(frames[number], found) for number in numbers}
        return [found[number] for number in range(len(frames))]

    def _carried(self, frames: Sequence[Carried], found: dict[int, jax.Array]) -> jax.Array:
        bases = jnp.stack([found[self.tables.frames[frame.base]] for frame in frames])
        turns = _picked(self.chains, [self.tables.chains[frame.turns] for frame in frames])
        forward = jnp.asarray([frame.forward for frame in frames])[:, None, None, None]
        return _product(bases, jnp.where(forward, jnp.swapaxes(turns, 2, 3), turns))

    def _frame(self, frame: Frame, found: dict[int, jax.Array]) -> jax.Array:
        match frame:
            case Lab(letter):
                return self._constant(rotation(turn_back(FROM_Z[letter])))
            case Along(rotations):
                return self._along(rotations)
            case Beside(leader, letter):
                return _product(self._constant(rotation(turn_back(FROM_Z[letter]))), found[self.tables.frames[leader]])
            case Half(story, side, start):
                pair = self.stories[self.tables.stories[story]]
                if not story.maximal:
                    return _schmidt_frame(pair, side)
                second = found[self.tables.frames[Lab() if start is None else start]]
                if side == 1:
                    return second
                # T = A T0 B^T, with the native T0 of the pair, A^T the frame of the first half and B^T of the second.
                return _product(_ranked(PAIR_MOST[1:, 1:], second), _product(second, _transposed(pair[:, 1:, 1:])))
        raise AssertionError(frame)

    def _constant(self, matrix: np.ndarray) -> jax.Array:
        return jnp.broadcast_to(jnp.asarray(matrix, self.dtype), (self.batch, 3, 3))

    def _along(self, rotations: Sequence[KernelOp]) -> jax.Array:
        vectors = self.vectors[np.array([self.tables.turns[op] for op in rotations])]
        longest = jnp.argmax(jnp.sum(vectors * vectors, axis=2), axis=0)
        axes = _directions(jnp.take_along_axis(vectors, longest[None, :, None], axis=0)[0])
        x, y, z = jnp.moveaxis(jnp.where(axes[:, 2:] < 0, -axes, axes), -1, 0)
        # The turn about the axis across it and z: 1 + [k] + [k]^2 / (1 + z), where it takes (x, y, z) to (0, 0, 1).
        scale = 1 / (1 + z)
        rows = ((1 - x * x * scale, -x * y * scale, -x), (-x * y * scale, 1 - y * y * scale, -y), (x, y, z))
        return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)

    # ----------------------------------------------------------------------- legs and gates

    def _legs(self) -> jax.Array:
        """Turns with the noise on them, (legs, batch, 3, 3)."""
        legs, strengths = self.tables.legs.items, self.strengths
        up = jnp.broadcast_to(jnp.asarray(_UP, self.dtype), (self.batch, 3))
        axes = jnp.stack([up, *(frame[:, 2] for frame in self.frames)])
        targets = _picked(axes, [1 + self.tables.frames[leg.target] for leg in legs])
        sources = _picked(axes, [self._source(leg) for leg in legs])
        turns = _picked(self.chains, [self.tables.chains[leg.turns] for leg in legs])
        moved = jnp.einsum("lbij,lbj->lbi", turns, sources, precision="highest")
        across = jnp.linalg.norm(jax.lax.stop_gradient(jnp.cross(moved, targets)), axis=2)
        physical = (across >= strengths.least_turn) | (jnp.sum(moved * targets, axis=2) < 0)
        self.physical = jnp.where(physical, 1.0, 0.0).astype(self.dtype)
        """(legs, batch), 1 where a leg is a gate, 0 where its turn is too small for one, or about z."""
        kept = (1 - (1 - strengths.one_qubit) * self.physical)[..., None, None]
        before = self._by_leg([1.0 if isinstance(leg.source, Fresh) else strengths.dephasing(1) for leg in legs])
        after = self._by_leg([strengths.dephasing(leg.idle) for leg in legs])
        # Dephasing along u is kept + (1 - kept) u u^T; on either side of a turn R, moved = R u.
        turned = before * turns + (1 - before) * _outer(moved, sources)
        along = jnp.einsum("lbi,lbij->lbj", targets, turned, precision="highest")
        return kept * (after * turned + (1 - after) * _outer(targets, along))

    def _by_leg(self, numbers: Sequence[float]) -> jax.Array:
        return jnp.asarray(numbers, self.dtype)[:, None, None, None]

    def _source(self, leg: Leg) -> int:
        return 0 if isinstance(leg.source, Fresh) else 1 + self.tables.frames[leg.source]

    def _pair(self, number: int) -> jax.Array:
        """The expectation values of a pair as its gate leaves it, (batch, 4, 4), before memory."""
        prepared = self.tables.pairs.items[number]
        shrink = np.full((4, 4), self.strengths.prepared)
        shrink[0, 0] = 1.0
        pair = self.stories[prepared.story]
        pair = _ranked(shrink, pair) * pair
        if self.strengths.started == 1:
            return pair
        first, second = (_padded(self._start_of(frame)) for frame in prepared.frames)
        return _product(_product(first, pair), jnp.swapaxes(second, 1, 2))

    def _start_of(self, frame: int) -> jax.Array:
        """Wrong starts of both qubits: X before the gate, and, as they commute, after it.

        Of one error alone the parts across the axis of the pair cancel between its sides: each side may have the root.
        """
        kept, z = self.strengths.started, self.frames[frame][:, 2]
        along = _outer(z, z)
        root = float(np.sqrt(kept))
        start: jax.Array = root * _ranked(np.eye(3), along) + (kept - root) * along
        return start

    def _gates(self, legs: jax.Array) -> list[jax.Array]:
        """Legs, exchange and depolarizing noise on the letters of a pair, (batch, 16, 16) each."""
        gates = self.tables.gates.items
        if not gates:
            return []
        shrink = np.full(16, self.strengths.exchanged)
        shrink[0] = 1.0
        exchange = self._exchange(self._angles([gate.angle for gate in gates]))
        exchange = exchange * _ranked(shrink[:, None], exchange)
        first = _picked(legs, [gate.legs[0] for gate in gates])
        second = _picked(legs, [gate.legs[1] for gate in gates])
        return _apart(_product(exchange, on_both(first, second)))


def on_both(first: jax.Array, second: jax.Array) -> jax.Array:
    """Return what acts on each of two qubits as one matrix of their 16 letters, (..., 4, 4) to (..., 16, 16)."""
    both = first[..., :, None, :, None] * second[..., None, :, None, :]
    return both.reshape(*both.shape[:-4], 16, 16)


def _padded(matrices: jax.Array) -> jax.Array:
    """What acts on the three letters as one that leaves the identity alone, (..., 4, 4)."""
    padded = jnp.pad(matrices, [(0, 0)] * (matrices.ndim - 2) + [(1, 0), (1, 0)])
    return padded + _ranked(np.diag([1.0, 0.0, 0.0, 0.0]), padded)


def _ranked(constant: np.ndarray, array: jax.Array) -> jax.Array:
    """A constant with as many axes as an array that it goes together with."""
    return jnp.asarray(constant.reshape((1,) * (array.ndim - constant.ndim) + constant.shape), array.dtype)


def _picked(rows: jax.Array, numbers: Sequence[int]) -> jax.Array:
    """Rows of an array by their numbers: a product, which XLA does not merge with what makes the rows and uses them."""
    chosen = np.zeros((len(numbers), len(rows)))
    chosen[range(len(numbers)), list(numbers)] = 1.0
    flat = jnp.matmul(jnp.asarray(chosen, rows.dtype), rows.reshape(len(rows), -1), precision="highest")
    return flat.reshape(len(numbers), *rows.shape[1:])


def _apart(rows: jax.Array) -> list[jax.Array]:
    """The rows one by one; what comes back to them is put together once."""
    return [part[0] for part in jax.lax.split(rows, [1] * len(rows))] if len(rows) else []


def _product(left: jax.Array, right: jax.Array) -> jax.Array:
    return jnp.matmul(left, right, precision="highest")


def _transposed(matrices: jax.Array) -> jax.Array:
    return jnp.swapaxes(matrices, -1, -2)


def _outer(left: jax.Array, right: jax.Array) -> jax.Array:
    return left[..., :, None] * right[..., None, :]


def _rotations(vectors: jax.Array) -> jax.Array:
    """What exp(-i/2 v . sigma) does to vectors, (..., 3, 3); smooth at v = 0, derivatives included."""
    squared = jnp.sum(vectors * vectors, axis=-1)[..., None, None]
    small = squared < _SMALL
    length = jnp.sqrt(jnp.where(small, 1.0, squared))
    # sin(l)/l and (1 - cos l)/l^2 are even: their series is exact to rounding below the threshold.
    odd = jnp.where(small, 1.0 - squared / 6 + squared**2 / 120 - squared**3 / 5040, jnp.sin(length) / length)
    even_series = 0.5 - squared / 24 + squared**2 / 720 - squared**3 / 40320
    even = jnp.where(small, even_series, (1.0 - jnp.cos(length)) / length**2)
    generators = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        generators[k, i, j], generators[i, k, j] = -1.0, 1.0
    cross = jnp.einsum("ikj,...j->...ik", jnp.asarray(generators, vectors.dtype), vectors)
    eye = _ranked(np.eye(3), cross)
    return eye + odd * cross + even * (_outer(vectors, vectors) - squared * eye)


def _directions(vectors: jax.Array) -> jax.Array:
    """Unit vectors; z for what vanishes."""
    squared = jnp.sum(vectors * vectors, axis=-1, keepdims=True)
    there = squared > _NOWHERE
    up = _ranked(_UP, vectors)
    return jnp.where(there, vectors / jnp.sqrt(jnp.where(there, squared, 1.0)), up)


def _schmidt_frame(pair: jax.Array, side: int) -> jax.Array:
    """The frame of a half that has a Bloch vector, which is along z.

    Of turns about z the state leaves one open, opposite for its halves. The emitted circuit has it from the singular
    value decomposition of LAPACK: the second half gets Rz Ry, so that its y is across the z of the program.
    """
    first, second = _directions(pair[:, 1:, 0]), _directions(pair[:, 0, 1:])
    across = _directions(jnp.stack([-second[:, 1], second[:, 0], jnp.zeros_like(second[:, 0])], axis=1))
    # Where the vector is along z, any direction across it will do.
    free = jnp.abs(second[:, 2:]) > 1 - 1e-12
    across = jnp.where(free, _ranked(np.array([0.0, 1.0, 0.0]), across), across)
    if side == 1:
        return jnp.stack([jnp.cross(across, second), across, second], axis=1)
    # Of cos f |00> + sin f |11> YY is -sin 2f; a turn of the first half by pi/2 about z makes it what XX gates make.
    x = -_directions(jnp.einsum("bij,bj->bi", pair[:, 1:, 1:], across, precision="highest"))
    return jnp.stack([x, jnp.cross(first, x), first], axis=1)
