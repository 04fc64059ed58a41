"""Which operations become one two-qubit gate: blocks on one pair, brought together past what they commute with.

Operations are a partial order, in which what does not commute stays in its order. Two blocks of one pair can be one
block when all that has to happen between them is on this pair; then no operation depends on the block and
has to come before it. Blocks are joined one after another, and which are joined first decides how many are left: the
edges of a ring, layer after layer, can be joined with the next layer for every second edge. So several orders are
tried, and the one with the fewest gates is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from random import Random

from qffc.passes.circuit.gates_on_qubits import StringsOnQubits
from qffc.passes.lower_pytket.blocks.items import Item, commute

_ORDERS = 12
"""How many random orders are tried."""
_WORK = 60_000
"""Items times orders, at most; large circuits get fewer orders."""

Block = tuple[int, ...]


def fused(items: Sequence[Item]) -> list[Block]:
    """Return operations as blocks of one pair, or single operations of one qubit, in an order in which they can run.

    Args:
        items: in order.

    Example:
        >>> zz = [Item((a, b), 0, ("Z", "Z")) for a, b in ((0, 1), (1, 2))]
        >>> x = [Item((a,), 0, ("X",)) for a in range(3)]
        >>> fused([*zz, *x, *zz])
        [(1,), (4,), (0, 2, 3, 5), (6,)]
    """
    candidates = _candidates(items)
    start = _Joining(items)
    # What is between two of them stays there, whatever is joined: two that cannot be joined at first never can.
    most = sum(start.joinable(*pair) for pair in candidates)
    best = start.joining(candidates)
    random = Random(0)
    for _ in range(min(_ORDERS, _WORK // (len(items) * max(1, len(candidates) // 8) + 1))):
        if best.joined >= most:
            break
        other = start.joining(random.sample(candidates, len(candidates)))
        best = max(best, other, key=lambda joining: joining.joined)
    return best.blocks()


def _earlier(items: Sequence[Item]) -> list[int]:
    """For each operation a set of bits: which operations have to come before it."""
    strings = StringsOnQubits()  # of rotations, which are compared all at once
    on: dict[int, list[int]] = {}  # of each track, what else there is
    on_all: dict[int, list[int]] = {}
    earlier: list[int] = []
    for number, item in enumerate(items):
        x, z = item.bits
        against = strings.against(x, z, item.tracks) if item.letters else 0
        beside = on if item.letters else on_all
        for other in {other for track in item.tracks for other in beside.get(track, ())}:
            if not commute(items[other], item):
                against |= 1 << other
        before = 0
        while against:
            latest = against.bit_length() - 1
            before |= earlier[latest] | 1 << latest
            against &= ~before
        earlier.append(before)
        if item.letters:
            strings.add(1 << number, x, z, item.tracks)
        for track in item.tracks:
            on_all.setdefault(track, []).append(number)
            if not item.letters:
                on.setdefault(track, []).append(number)
    return earlier


def _later(earlier: Sequence[int]) -> list[int]:
    """The same the other way round: which operations have to come after it."""
    count = len(earlier)
    rows = [f"{before:0{count}b}"[::-1] for before in earlier]
    # Columns of bits as texts: the quickest way to turn a table of them around.
    return [int("".join(column)[::-1], 2) for column in zip(*rows, strict=True)]


def _candidates(items: Sequence[Item]) -> list[tuple[int, int]]:
    """Operations that follow one another on one pair."""
    latest: dict[tuple[int, ...], int] = {}
    found = []
    for number, item in enumerate(items):
        if len(item.tracks) == 2:
            pair = tuple(sorted(item.tracks))
            if pair in latest:
                found.append((latest[pair], number))
            latest[pair] = number
    return found


class _Joining:
    """Blocks that are joined; each has the number of its first operation, and sets are bits of these numbers."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._pairs = [frozenset(item.tracks) for item in items]
        self._members: dict[int, list[int]] = {number: [number] for number in range(len(items))}
        self._block = list(range(len(items)))
        self._earlier = _earlier(items)
        self._later = _later(self._earlier)
        self.joined = 0

    def joining(self, pairs: Sequence[tuple[int, int]]) -> _Joining:
        """Return another one, with blocks joined in this order."""
        other = copy(self)
        other._members, other._block = dict(self._members), list(self._block)  # members are replaced, never changed
        other._earlier, other._later = list(self._earlier), list(self._later)
        other.join_all(pairs)
        return other

    def join_all(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Join blocks as long as some can be."""
        waiting = list(pairs)
        while True:
            left = [pair for pair in waiting if not self._join(*pair)]
            if len(left) == len(waiting):
                return
            waiting = left

    def blocks(self) -> list[Block]:
        """Return the blocks in an order in which they can run, operations of one qubit as early as they can."""
        left = dict.fromkeys(self._members)
        done = 0
        result: list[Block] = []
        while left:
            ready = [number for number in left if not self._earlier[number] & ~done]
            single = [number for number in ready if len(self._items[number].tracks) == 1]
            for number in single or ready[:1]:
                del left[number]
                done |= 1 << number
                result.append(tuple(sorted(self._members[number])))
        return result

    def joinable(self, one: int, other: int) -> bool:
        """Whether two operations of one pair can be joined, where nothing else is."""
        return self._between(one, other, self._pairs[one]) is not None

    def _between(self, first: int, second: int, pair: frozenset[int]) -> list[int] | None:
        """The blocks that come after one and before another block of a pair; None where they are not all on it."""
        found = []
        between = self._later[first] & self._earlier[second]
        while between:
            low = between & -between
            part = low.bit_length() - 1
            if not self._pairs[part] <= pair:
                return None
            found.append(part)
            between ^= low
        return found

    def _join(self, one: int, other: int) -> bool:
        """Join the blocks of two operations, if that is possible; True when they are one."""
        first, second = sorted((self._block[one], self._block[other]))
        if first == second:
            return True
        if self._later[second] >> first & 1:
            first, second = second, first
        between = self._between(first, second, self._pairs[one])
        if between is None:
            return False
        parts = [first, second, *between]
        bits = sum(1 << part for part in parts)
        earlier, later = 0, 0
        for part in parts:
            earlier |= self._earlier[part]
            later |= self._later[part]
        earlier, later = earlier & ~bits, later & ~bits
        new = min(parts)
        members = [member for part in parts for member in self._members.pop(part)]
        self._members[new] = members
        for member in members:
            self._block[member] = new
        bit = 1 << new
        self._earlier[new], self._later[new] = earlier, later
        for number in _numbers(earlier):
            self._later[number] = self._later[number] & ~bits | bit | later
        for number in _numbers(later):
            self._earlier[number] = self._earlier[number] & ~bits | bit | earlier
        self.joined += sum(len(self._items[part].tracks) == 2 for part in parts) - 1
        return True


def _numbers(bits: int) -> list[int]:
    numbers = []
    while bits:
        low = bits & -bits
        numbers.append(low.bit_length() - 1)
        bits ^= low
    return numbers
