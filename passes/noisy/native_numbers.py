"""The numbers of noisy circuits as steps of a native program: what :mod:`qffc.passes.noisy.numbers` computes in JAX."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_pytket.turns import FROM_Z
from qffc.passes.lower_pytket.turns import inverse as turn_back
from qffc.passes.noisy.affine import Floats, angle_row, vector_rows
from qffc.passes.noisy.channels import PAIR_MOST, Strengths, rotation
from qffc.passes.noisy.native_steps import Matrix, StepWriter
from qffc.passes.noisy.structure import Along, Beside, Carried, Frame, Fresh, Half, Lab, Leg, Ops, Story

_START = np.array([1.0, 0.0, 0.0, 1.0])
P = ParamSpec("P")


def _once(method: Callable[Concatenate[NativeNumbers, P], int]) -> Callable[Concatenate[NativeNumbers, P], int]:
    """The place of what is written when it is first asked for."""

    @wraps(method)
    def known(self: NativeNumbers, /, *items: P.args, **named: P.kwargs) -> int:
        key = (method.__name__, *items)
        if key not in self._known:
            self._known[key] = method(self, *items, **named)
        return self._known[key]

    return known


class NativeNumbers:
    """Writes numbers, each once, and knows their places.

    Args:
        split: the program, for the places of slots.
        strengths: of the noise.
        writer: that steps go to.
    """

    def __init__(self, split: Split, strengths: Strengths, writer: StepWriter) -> None:
        self._split, self._strengths, self._writer = split, strengths, writer
        self._known: dict[tuple[object, ...], int] = {}

    # ----------------------------------------------------------------------- turns

    @_once
    def vector(self, op: KernelOp) -> int:
        """Return the place of the vector of a turn."""
        return self._affine(*vector_rows(self._split, op))

    @_once
    def turn(self, op: KernelOp) -> int:
        """Return the place of a turn, (3, 3)."""
        return self._writer.turn(self.vector(op))

    @_once
    def chain(self, ops: Ops) -> int:
        """Return the place of a product of turns, (3, 3)."""
        if not ops:
            return self._writer.constant(np.eye(3))
        if len(ops) == 1:
            return self.turn(ops[0])
        return self._writer.product(_square(self.turn(ops[-1])), _square(self.chain(ops[:-1])))

    @_once
    def exchange(self, angle: Affine) -> int:
        """Return the place of cosine and sine of four times an angle."""
        constant, row = angle_row(self._split, angle)
        return self._writer.sine(self._affine(np.array([4 * constant]), 4 * row[None, :]))

    def _affine(self, constants: Floats, matrix: Floats) -> int:
        terms = [[(float(row[slot]), int(slot)) for slot in np.flatnonzero(row)] for row in matrix]
        return self._writer.linear(constants, terms)

    # ----------------------------------------------------------------------- pairs

    @_once
    def story(self, story: Story) -> int:
        """Return the place of the expectation values of a pair without noise, (4, 4)."""
        pair = self._writer.constant(np.diag([1.0, -1, -1, -1]) if story.singlet else np.outer(_START, _START))
        for op, side in story.events:
            if side is not None:
                turn, own = _square(self._padded_turn(op), 4), _square(pair, 4)
                factors = (turn, own) if side == 0 else (own, turn.transposed)
                pair = self._writer.product(*factors)
                continue
            if op.angle is None:
                raise InternalError("an exchange without an angle")
            after = self._writer.room(16)
            self._writer.gate(after, pair, 2, (0, 1), (-1, -1), self.exchange(op.angle), 1.0)
            pair = after
        return pair

    @_once
    def _padded_turn(self, op: KernelOp) -> int:
        return self._writer.padded(self.turn(op))

    @_once
    def prepared(self, story: Story, first: Frame, second: Frame) -> int:
        """Return the place of a pair as its gate leaves it, (4, 4), with the frames of its halves."""
        place, kept = self.story(story), self._strengths.prepared
        shrunk = self._writer.linear(np.zeros(16), [[(kept if k else 1.0, place + k)] for k in range(16)])
        if self._strengths.started == 1:
            return shrunk
        left = self._writer.product(_square(self._start_of(first), 4), _square(shrunk, 4))
        return self._writer.product(_square(left, 4), _square(self._start_of(second), 4).transposed)

    @_once
    def _start_of(self, frame: Frame) -> int:
        kept, axis = self._strengths.started, Matrix.at(self.axis(frame), 3, 1)
        root = float(np.sqrt(kept))
        return self._writer.padded(self._writer.product(axis, axis.transposed), kept - root, root * np.eye(3))

    @_once
    def alone(self) -> int:
        """Return the place of a qubit in |0>, (4,), as it starts."""
        return self._writer.constant([1.0, 0.0, 0.0, self._strengths.started])

    # ----------------------------------------------------------------------- frames

    def axis(self, frame: Frame) -> int:
        """Return the place of the axis of a frame that is z in it, (3,)."""
        return self.frame(frame) + 6

    @_once
    def frame(self, frame: Frame) -> int:
        """Return the place of a turn from the frame of the program, (3, 3)."""
        match frame:
            case Lab(letter):
                return self._along_z(letter)
            case Along(rotations):
                longest = self._writer.longest([self.vector(op) for op in rotations])
                return self._writer.frame(self._writer.direction(longest))
            case Carried(base, turns, forward):
                chain = _square(self.chain(turns))
                return self._writer.product(_square(self.frame(base)), chain.transposed if forward else chain)
            case Beside(leader, letter):
                return self._writer.product(_square(self._along_z(letter)), _square(self.frame(leader)))
            case Half(story, side, start):
                pair = self.story(story)
                if not story.maximal:
                    return self._schmidt_frame(pair, side)
                second = self.frame(Lab() if start is None else start)
                if side == 1:
                    return second
                # T = A T0 B^T, with the native T0 of the pair, A^T the frame of the first half and B^T of the second.
                native = _square(self._writer.constant(PAIR_MOST[1:, 1:]))
                turned = self._writer.product(_square(second), _correlations(pair).transposed)
                return self._writer.product(native, _square(turned))
        raise AssertionError(frame)

    @_once
    def _along_z(self, letter: Letter) -> int:
        return self._writer.constant(rotation(turn_back(FROM_Z[letter])))

    def _schmidt_frame(self, pair: int, side: int) -> int:
        """As in :mod:`qffc.passes.noisy.numbers`, row by row."""
        writer = self._writer
        frame = writer.room(9)
        second = writer.direction(pair + 1, to=frame + 6 if side == 1 else None)
        across = writer.across(second, to=frame + 3 if side == 1 else writer.room(3))
        if side == 1:
            writer.cross(across, second, to=frame)
            return frame
        bloch = writer.linear(np.zeros(3), [[(1.0, pair + 4 * k)] for k in (1, 2, 3)])
        first = writer.direction(bloch, to=frame + 6)
        along = writer.direction(writer.product(_correlations(pair), Matrix.at(across, 3, 1)))
        writer.linear(np.zeros(3), [[(-1.0, along + k)] for k in range(3)], to=frame)
        writer.cross(first, frame, to=frame + 3)
        return frame

    # ----------------------------------------------------------------------- legs

    @_once
    def leg(self, leg: Leg) -> int:
        """Return the place of a turn with the noise on it, (3, 3)."""
        strengths = self._strengths
        if isinstance(leg.source, Fresh):
            source, before = self._up(), 1.0
        else:
            source, before = self.axis(leg.source), strengths.dephasing(1)
        kept = (before, strengths.dephasing(leg.idle), strengths.one_qubit, strengths.least_turn)
        return self._writer.leg((self.chain(leg.turns), source, self.axis(leg.target)), kept)

    @_once
    def _up(self) -> int:
        return self._writer.constant([0.0, 0.0, 1.0])

    # ----------------------------------------------------------------------- readings

    @_once
    def row(self, leg: Leg) -> int:
        """Return the place of the weights of letters in the reading of a track, (4,), after its last leg."""
        scale, shift = self._strengths.read
        row = self._writer.product(Matrix.at(self.axis(leg.target), 1, 3), _square(self.leg(leg)))
        return self._writer.linear([shift, 0, 0, 0], [[], *([(scale, row + k)] for k in range(3))])

    @_once
    def pair_row(self, first: Leg, second: Leg, weights: tuple[float, ...]) -> int:
        """Return the place of the weights of letters in a reading of a pair, (4, 4), before the last legs of both.

        Args:
            first: the leg of its first track.
            second: of its second one.
            weights: of the 16 letters behind the legs, in the frames where these end.
        """
        left, right = _square(self._into_frame(first), 4), _square(self._into_frame(second), 4)
        behind = _square(self._writer.constant(weights), 4)
        half = self._writer.product(left.transposed, behind)
        return self._writer.product(_square(half, 4), right)

    @_once
    def _into_frame(self, leg: Leg) -> int:
        return self._writer.padded(self._writer.product(_square(self.frame(leg.target)), _square(self.leg(leg))))


def _square(place: int, size: int = 3) -> Matrix:
    return Matrix.at(place, size, size)


def _correlations(pair: int) -> Matrix:
    """Of a pair, (4, 4), the expectation values of X, Y, Z on both sides."""
    return Matrix(pair + 5, (3, 3), (4, 1))
