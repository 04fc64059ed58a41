"""The numbers of the operations of a kernel, and their matrices on pairs, for many bindings at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.blocks.fuse import Block
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.turn_arrays import Floats, Matrices, Turns, matrices, turns_about
from qffc.passes.lower_pytket.turns import FLIPS

Pair = tuple[int, int]

_PAULIS: dict[Letter, Matrices] = {letter: 1j * matrices(np.array([FLIPS[letter]]))[0] for letter in LETTERS}
_TIMES_MINUS_I = {(p, q): -1j * np.kron(_PAULIS[p], _PAULIS[q]) for p in LETTERS for q in LETTERS}
_ONE = np.eye(4)
_SWAP = _ONE[[0, 2, 1, 3]]


class ItemNumbers:
    """Computes with the numbers of operations.

    Args:
        items: the operations on one or two qubits.
        angles: (circuits, ops), radians, of the operations of the kernel.
        vectors: (circuits, ops, 3), radians, of its rotations.
    """

    def __init__(self, items: Sequence[Item], angles: Floats, vectors: Floats) -> None:
        self.items, self._vectors = items, vectors
        self.count = len(angles)
        self.angles: Floats = np.empty((len(items), self.count))
        """(operations, circuits), radians."""
        given = [(number, item.op) for number, item in enumerate(items) if item.op is not None]
        self.angles[[number for number, _ in given]] = angles.T[[op for _, op in given]]
        for number, item in enumerate(items):
            if item.op is None:
                self.angles[number] = item.angle

    def turns(self, numbers: Sequence[int]) -> Turns:
        """Return operations on one qubit as turns, (operations, circuits, 4)."""
        vectors = np.zeros((len(numbers), self.count, 3))
        for row, number in enumerate(numbers):
            item = self.items[number]
            if item.letters:
                vectors[row, :, LETTERS.index(item.letters[0])] = self.angles[number]
            else:
                vectors[row] = self._vectors[:, item.op]
        return turns_about(vectors)

    def matrices(self, where: Sequence[tuple[int, Pair]]) -> Matrices:
        """Return the matrices of operations on their pairs, (operations, circuits, 4, 4); not of preparations."""
        found = np.empty((len(where), self.count, 4, 4), dtype=np.complex128)
        places: dict[str, list[int]] = {}
        for place, (number, _) in enumerate(where):
            item = self.items[number]
            kind = "turn" if len(item.tracks) == 1 else "exchange" if item.is_exchange else "rotation"
            places.setdefault(kind, []).append(place)
        if "turn" in places:
            self._put_turns(found, where, places["turn"])
        if "exchange" in places:
            angles = 2 * self._angles_at(where, places["exchange"])
            # sigma . sigma is 2 SWAP - 1: up to a phase of the whole.
            found[places["exchange"]] = np.cos(angles) * _ONE - 1j * np.sin(angles) * _SWAP
        if "rotation" in places:
            half = self._angles_at(where, places["rotation"]) / 2
            strings = [_string(self.items[where[place][0]], where[place][1]) for place in places["rotation"]]
            generators = np.array([_TIMES_MINUS_I[string] for string in strings])[:, None]
            found[places["rotation"]] = np.cos(half) * _ONE + np.sin(half) * generators
        return found

    def unitaries(self, blocks: Sequence[tuple[Block, Pair]]) -> Matrices:
        """Return the matrices of blocks, one block after the other: (blocks times circuits, 4, 4)."""
        found = np.tile(np.eye(4, dtype=np.complex128), (len(blocks), self.count, 1, 1))
        steps = self.matrices([(number, pair) for block, pair in blocks for number in block])
        first = np.cumsum([0, *(len(block) for block, _ in blocks)])
        for step in range(max(len(block) for block, _ in blocks)):
            some = [place for place, (block, _) in enumerate(blocks) if step < len(block)]
            found[some] = steps[first[some] + step] @ found[some]
        return found.reshape(-1, 4, 4)

    def _put_turns(self, found: Matrices, where: Sequence[tuple[int, Pair]], turns: Sequence[int]) -> None:
        numbers = [where[place][0] for place in turns]
        alone = matrices(self.turns(numbers).reshape(-1, 4)).reshape(len(turns), self.count, 2, 2)
        for side, letters in enumerate(("rcij,kl->rcikjl", "rcij,kl->rckilj")):
            own = [k for k, place in enumerate(turns) if self.items[numbers[k]].tracks[0] == where[place][1][side]]
            places = [turns[k] for k in own]
            found[places] = np.einsum(letters, alone[own], np.eye(2)).reshape(-1, self.count, 4, 4)

    def _angles_at(self, where: Sequence[tuple[int, Pair]], places: Sequence[int]) -> Floats:
        found: Floats = self.angles[[where[place][0] for place in places]][:, :, None, None]
        return found


def _string(item: Item, pair: Pair) -> tuple[Letter, Letter]:
    p, q = item.letters
    return (p, q) if item.tracks == pair else (q, p)
