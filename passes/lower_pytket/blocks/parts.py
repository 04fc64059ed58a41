"""The parts of the blocks of a kernel, turns and gates, for many bindings at once.

NumPy takes longer for a call than for the numbers of a block. So blocks are sorted by what they are made of, and all of
a kind are computed together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.passes.lower_pytket.blocks.cartan import Cartan
from qffc.passes.lower_pytket.blocks.couplings import Couplings, groups
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.item_numbers import ItemNumbers, Pair
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.turn_arrays import Floats, Matrices, Turns, constant_turns, matrices, product, turns_of
from qffc.passes.lower_pytket.turns import NO_TURN, turn_about_axis

_EQUAL = 1e-12
"""Schmidt coefficients closer than this count as equal."""
_SINGLET = np.array([0, 1, -1, 0], dtype=np.complex128) / np.sqrt(2)


class Part(NamedTuple):
    """A turn of one track, or a gate of two.

    Args:
        tracks: that it acts on; a gate has the lower one first.
        cartan: the decomposition of a gate; of a turn, its ``after[0]`` alone.
        swap: (circuits,), where the wires of a gate trade places after it.
        axis: of a gate, which of its three axes is written along z where there is no choice; else -1.
        fresh: whether it is the first gate of both tracks.
    """

    tracks: tuple[int, ...]
    cartan: Cartan
    swap: NDArray[np.bool_]
    axis: int = -1
    fresh: bool = False


class _Preparation(NamedTuple):
    """The first block of two tracks, with the turns before it."""

    block: Block
    pair: Pair
    turns: tuple[Turns, Turns]


class BlockParts:
    """Computes the parts.

    Args:
        items: the operations on one or two qubits.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
        fold_swaps: whether SWAPs are taken out of blocks.
        least: two-qubit gates of smaller angles are left out, radians.
        three_angles: whether the target has TK2.
    """

    def __init__(
        self,
        items: tuple[Item, ...],
        angles: Floats,
        vectors: Floats,
        *,
        fold_swaps: bool,
        least: float,
        three_angles: bool,
    ) -> None:
        self._items, self._numbers = items, ItemNumbers(items, angles, vectors)
        self._couplings = Couplings(self._numbers, fold_swaps=fold_swaps, least=least)
        self._three_angles = three_angles
        self._count = len(angles)
        self._start: dict[int, Turns] = {}  # of tracks that have met nobody else
        self._nothing = constant_turns(NO_TURN, self._count)
        self._no_angles, self._no = np.zeros((self._count, 3)), np.zeros(self._count, dtype=bool)

    def parts(self, blocks: tuple[Block, ...]) -> list[Part]:
        """Return the parts in order."""
        tracks = [self._items[block[0]].tracks for block in blocks]
        alone = [block[0] for block, on in zip(blocks, tracks, strict=True) if len(on) == 1]
        turned = dict(zip(alone, self._numbers.turns(alone), strict=True))
        found: list[Part | int] = []  # gates by the number of the block
        prepared: dict[int, _Preparation] = {}
        coupled: dict[int, tuple[Block, Pair]] = {}
        met: set[int] = set()
        for number, (block, on) in enumerate(zip(blocks, tracks, strict=True)):
            if len(on) == 1:
                turn = turned[block[0]]
                if on[0] in met:
                    found.append(self._alone(on[0], turn))
                else:
                    self._start[on[0]] = product(turn, self._start.get(on[0], self._nothing))
                continue
            a, b = sorted(on)
            if met.isdisjoint(on):
                turns = self._start.pop(a, self._nothing), self._start.pop(b, self._nothing)
                prepared[number] = _Preparation(block, (a, b), turns)
            else:
                found += [part for track in (a, b) if track not in met for part in self._started(track)]
                coupled[number] = block, (a, b)
            found.append(number)
            met |= {a, b}
        found += [part for track in sorted(self._start) for part in self._started(track)]
        gates: dict[int, Part] = {}
        for some in groups(list(prepared), lambda number: len(prepared[number].block) * self._count):
            gates |= zip(some, self._preparations([prepared[number] for number in some]), strict=True)
        for number, gate in self._couplings.gates(coupled):
            gates[number] = Part(coupled[number][1], *gate)
        return [gates[part] if isinstance(part, int) else part for part in found]

    def _started(self, track: int) -> Iterator[Part]:
        if track in self._start:
            yield self._alone(track, self._start.pop(track))

    def _alone(self, track: int, turn: Turns) -> Part:
        return Part((track,), Cartan((turn, self._nothing), self._no_angles, (self._nothing, self._nothing)), self._no)

    def _preparations(self, prepared: Sequence[_Preparation]) -> Iterator[Part]:
        """The first blocks of two tracks: of a state, not of its matrix, one angle is left (Schmidt)."""
        left, sizes, right = np.linalg.svd(self._states(prepared).reshape(-1, 2, 2))
        angles = np.zeros((len(sizes), 3))
        large, small = np.ascontiguousarray(sizes.T)
        angles[:, 0] = 2 * np.arctan2(small, large)
        turns = turns_of(np.concatenate([left, right.transpose(0, 2, 1)]))
        on_a, on_b = turns[: len(left)], turns[len(left) :]
        # A turn of one half of a maximally entangled state is one of the other half.
        equal = (sizes[:, :1] - sizes[:, 1:]) < _EQUAL
        if equal.any():
            on_a, on_b = np.where(equal, turns_of(left @ right), on_a), np.where(equal, np.array(NO_TURN), on_b)
        on_a = product(on_a, turn_about_axis("Z", np.pi / 2))
        axis, none = -1 if self._three_angles else 0, (self._nothing, self._nothing)
        arrays = (array.reshape(len(prepared), self._count, -1) for array in (on_a, on_b, angles))
        for each, own_a, own_b, own in zip(prepared, *arrays, strict=True):
            yield Part(each.pair, Cartan((own_a, own_b), own, none), self._no, axis, fresh=True)

    def _states(self, prepared: Sequence[_Preparation]) -> Matrices:
        """The states that the first blocks of two tracks make, (blocks, circuits, 4)."""
        shape = len(prepared), self._count
        columns = [matrices(np.concatenate([each.turns[side] for each in prepared]))[:, :, 0] for side in (0, 1)]
        states: Matrices = np.einsum("ri,rk->rik", *columns).reshape(*shape, 4)
        after = [self._after_singlet(each.block) for each in prepared]
        for place, (each, rest) in enumerate(zip(prepared, after, strict=True)):
            if len(rest) < len(each.block):
                states[place] = _SINGLET
        steps = [(number, each.pair) for each, rest in zip(prepared, after, strict=True) for number in rest]
        if not steps:
            return states
        found = self._numbers.matrices(steps)
        first = np.cumsum([0, *map(len, after)])
        for step in range(max(map(len, after))):
            some = [place for place, rest in enumerate(after) if step < len(rest)]
            states[some] = np.einsum("brij,brj->bri", found[first[some] + step], states[some])
        return states

    def _after_singlet(self, block: Block) -> Block:
        """What is left of a block after the last thing that prepares its state."""
        last = max((place for place, number in enumerate(block) if self._items[number].prepares), default=-1)
        return block[last + 1 :]
