"""The numbers of a noisy circuit for many bindings: turns, frames, pairs, and legs with their noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import LETTERS
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_pytket.turns import FROM_Z, NO_TURN
from qffc.passes.lower_pytket.turns import inverse as turn_back
from qffc.passes.noisy.channels import EXCHANGE, PAIR_MOST, Strengths
from qffc.passes.noisy.structure import Along, Beside, Carried, Frame, Fresh, Half, Lab, Leg, Ops, Story
from qffc.passes.noisy.turns import (
    Turns,
    Vectors,
    directions,
    inverse,
    matrices,
    product,
    turned,
    turns_about,
    turns_onto_z,
)

Key = TypeVar("Key")


@dataclass(eq=False)
class Numbers:
    """Computes what circuits share once.

    Args:
        split: the program, for the places of slots.
        slots: (batch, slots), radians.
        strengths: of the noise.
    """

    split: Split
    slots: jax.Array
    strengths: Strengths
    _known: dict[object, jax.Array] = field(default_factory=dict)

    def angle(self, affine: Affine | None) -> jax.Array:
        """Return an angle, (batch,), radians."""
        if affine is None:
            raise InternalError("a gate without an angle")
        constant = float(affine.constant) + float(affine.pi_multiple) * np.pi
        angle = jnp.full(self.slots.shape[:1], constant, self.slots.dtype)
        for weight, slot in affine.terms:
            angle = angle + float(weight) * self.slots[:, slot]
        return angle

    def vector(self, op: KernelOp) -> Vectors:
        """Return the vector of a rotation, (batch, 3)."""
        if op.vector is None:
            axis = np.eye(3)[LETTERS.index(op.string[0][1])]
            return self.angle(op.angle)[:, None] * jnp.asarray(axis, self.slots.dtype)
        factor, slot = op.vector
        start = self.split.vector_offset(slot)
        return float(factor) * self.slots[:, start : start + 3]

    def turn(self, ops: Ops) -> Turns:
        """Return the product of turns."""
        if ops not in self._known:
            each = [turns_about(self.vector(op)) for op in ops]
            self._known[ops] = reduce(lambda done, one: product(one, done), each, self._constant(NO_TURN))
        return self._known[ops]

    def frame(self, frame: Frame) -> Turns:
        """Return the turn from the frame of the program to another one."""
        if frame not in self._known:
            self._known[frame] = self._frame(frame)
        return self._known[frame]

    def axis(self, frame: Frame) -> Vectors:
        """Return the axis in the frame of the program that is z in another frame: memory dephases along it."""
        return turned(inverse(self.frame(frame)), jnp.asarray([0.0, 0.0, 1.0], self.slots.dtype))

    def leg(self, leg: Leg) -> jax.Array:
        """Return what a leg does to the three letters of its qubit, (batch, 3, 3): a turn, and noise."""
        if leg not in self._known:
            self._known[leg] = self._leg(leg)
        return self._known[leg]

    def pair(self, story: Story) -> jax.Array:
        """Return the expectation values of a pair without noise, (batch, 4, 4)."""
        if story not in self._known:
            self._known[story] = self._pair(story)
        return self._known[story]

    def _constant(self, turn: tuple[float, ...]) -> Turns:
        return jnp.broadcast_to(jnp.asarray(turn, self.slots.dtype), (self.slots.shape[0], 4))

    def _frame(self, frame: Frame) -> Turns:
        match frame:
            case Lab(letter):
                return self._constant(turn_back(FROM_Z[letter]))
            case Along(rotations):
                vectors = jnp.stack([self.vector(op) for op in rotations], axis=1)
                longest = jnp.argmax(jnp.sum(vectors * vectors, axis=2), axis=1)
                chosen = jnp.take_along_axis(vectors, longest[:, None, None], axis=1)[:, 0]
                return turns_onto_z(directions(chosen))
            case Carried(base, turns, forward):
                turn = self.turn(turns)
                return product(self.frame(base), inverse(turn) if forward else turn)
            case Beside(leader, letter):
                return product(self._constant(turn_back(FROM_Z[letter])), self.frame(leader))
            case Half():
                return self._half(frame)

    def _half(self, half: Half) -> Turns:
        """The frame of a half: its Bloch vector is along z where it has one."""
        pair = self.pair(half.story)
        if not half.story.maximal:
            return _schmidt_frame(pair, half.side)
        second = self._constant(NO_TURN) if half.start is None else self.frame(half.start)
        if half.side == 1:
            return second
        # cos f |00> - i sin f |11> at f = pi/4 has ZZ = 1 and XY = YX = -1.
        rows = jnp.einsum("bij,bkj->bik", pair[:, 1:, 1:], matrices(second))
        return _turns_of(rows @ jnp.asarray(PAIR_MOST[1:, 1:].T, self.slots.dtype))

    def _pair(self, story: Story) -> jax.Array:
        start = np.diag([1.0, -1.0, -1.0, -1.0]) if story.singlet else np.outer([1.0, 0, 0, 1.0], [1.0, 0, 0, 1.0])
        pair = jnp.broadcast_to(jnp.asarray(start, self.slots.dtype), (self.slots.shape[0], 4, 4))
        for op, side in story.events:
            if side is None:
                flat = pair.reshape(-1, 16, 1)
                pair = (self.exchange(op) @ flat).reshape(pair.shape)
                continue
            turn = framed(matrices(self.turn((op,))))
            pair = turn @ pair if side == 0 else pair @ jnp.swapaxes(turn, 1, 2)
        return pair

    def prepared(self, story: Story, halves: tuple[Half, Half]) -> jax.Array:
        """Return the expectation values of a pair as its gate leaves it, (batch, 4, 4), before memory.

        Args:
            story: of the pair.
            halves: the frames of its sides.
        """
        strengths = self.strengths
        pair = jnp.asarray(strengths.prepared, self.slots.dtype) * self.pair(story)
        pair = pair.at[:, 0, 0].set(1.0)
        if strengths.started == 1:
            return pair
        first, second = (framed(self._start_of(half)) for half in halves)
        return first @ pair @ jnp.swapaxes(second, 1, 2)

    def _start_of(self, half: Half) -> jax.Array:
        """Wrong starts of both qubits: X before the gate, and, as they commute, after it.

        Of one error alone the parts across the axis of the pair cancel between its sides, so each side may have the root.
        """
        kept, z = self.strengths.started, self.axis(half)
        along = z[:, :, None] * z[:, None, :]
        return kept**0.5 * jnp.eye(3, dtype=z.dtype) + (kept - kept**0.5) * along

    def exchange(self, op: KernelOp) -> jax.Array:
        """Return an exchange on the 16 letters of its pair, (batch, 16, 16)."""
        angle = 4.0 * self.angle(op.angle)[:, None, None]
        still, cosine, sine = (jnp.asarray(part, self.slots.dtype) for part in EXCHANGE)
        return still + cosine * jnp.cos(angle) + sine * jnp.sin(angle)

    def _leg(self, leg: Leg) -> jax.Array:
        matrix = matrices(self.turn(leg.turns))
        up = jnp.asarray([0.0, 0.0, 1.0], self.slots.dtype)
        target = self.axis(leg.target)
        source = jnp.broadcast_to(up, target.shape) if isinstance(leg.source, Fresh) else self.axis(leg.source)
        moved = jnp.einsum("bij,bj->bi", matrix, source)
        sine = jnp.linalg.norm(jax.lax.stop_gradient(jnp.cross(moved, target)), axis=1)
        physical = (sine >= self.strengths.least_turn) | (jnp.sum(moved * target, axis=1) < 0)
        matrix = matrix * jnp.where(physical, self.strengths.one_qubit, 1.0)[:, None, None].astype(matrix.dtype)
        if not isinstance(leg.source, Fresh):
            matrix = matrix @ self._dephasing(source, self.strengths.dephasing(1))
        return self._dephasing(target, self.strengths.dephasing(leg.idle)) @ matrix

    def _dephasing(self, axis: Vectors, kept: float) -> jax.Array:
        along = axis[:, :, None] * axis[:, None, :]
        return kept * jnp.eye(3, dtype=axis.dtype) + (1 - kept) * along


def _schmidt_frame(pair: jax.Array, side: int) -> Turns:
    """The frame of a half that has a Bloch vector, which is along z.

    Of turns about z the state leaves one open, opposite for its halves. The emitted circuit has it from the singular
    value decomposition of LAPACK: the second half gets Rz Ry, so that its y is across the z of the program.
    """
    first, second = directions(pair[:, 1:, 0]), directions(pair[:, 0, 1:])
    across = directions(jnp.stack([-second[:, 1], second[:, 0], jnp.zeros_like(second[:, 0])], axis=1))
    # Where the vector is along z, any direction across it will do.
    free = jnp.abs(second[:, 2:]) > 1 - 1e-12
    across = jnp.where(free, jnp.asarray([0.0, 1.0, 0.0], pair.dtype), across)
    if side == 1:
        return _turns_of(jnp.stack([jnp.cross(across, second), across, second], axis=2))
    # Of cos f |00> + sin f |11> YY is -sin 2f; a turn of the first half by pi/2 about z makes it what XX gates make.
    x = -directions(jnp.einsum("bij,bj->bi", pair[:, 1:, 1:], across))
    return _turns_of(jnp.stack([x, jnp.cross(first, x), first], axis=2))


def framed(matrix: jax.Array) -> jax.Array:
    """Return what acts on the three letters as one that leaves the identity alone, (..., 4, 4)."""
    padded = jnp.pad(matrix, [(0, 0)] * (matrix.ndim - 2) + [(1, 0), (1, 0)])
    return padded.at[..., 0, 0].set(1.0)


def _turns_of(rotations: jax.Array) -> Turns:
    """The quaternions of the inverses of rotations: of four formulas the one that is far from a division by zero."""
    m = jnp.swapaxes(rotations, 1, 2)
    trace = m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2]
    sizes = jnp.stack([trace, *(2 * m[:, k, k] - trace for k in range(3))], axis=1)
    table = jnp.stack(
        [
            jnp.stack([1 + trace, m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]], axis=1),
            jnp.stack([m[:, 2, 1] - m[:, 1, 2], 1 + sizes[:, 1], m[:, 0, 1] + m[:, 1, 0], m[:, 0, 2] + m[:, 2, 0]], axis=1),
            jnp.stack([m[:, 0, 2] - m[:, 2, 0], m[:, 0, 1] + m[:, 1, 0], 1 + sizes[:, 2], m[:, 1, 2] + m[:, 2, 1]], axis=1),
            jnp.stack([m[:, 1, 0] - m[:, 0, 1], m[:, 0, 2] + m[:, 2, 0], m[:, 1, 2] + m[:, 2, 1], 1 + sizes[:, 3]], axis=1),
        ],
        axis=1,
    )
    best = jnp.argmax(sizes, axis=1)
    row = jnp.take_along_axis(table, best[:, None, None], axis=1)[:, 0]
    return row / jnp.sqrt(jnp.sum(row * row, axis=1, keepdims=True))
