"""Routing: a circuit on a device where not all qubits can meet; qubits trade places on the way, by SWAP insertion.

A SWAP is an exchange by pi/4. So where two qubits have just met in a gate of three angles, such as an exchange, the
SWAP goes into that gate: pairs that meet anyway trade places for nothing. The search looks ahead, as that of SABRE does
(Li, Ding, Xie, 2019): of all SWAPs beside a gate that waits, the one after which this gate and the next few are
nearest, with SWAPs that cost gates charged. It draws no random number, so that a circuit is always routed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytket.circuit import Op, OpType

from qffc.passes.connectivity import Connectivity

Angles = tuple[float, float, float]
"""Of a TK2, in half-turns."""

_SWAP = 0.5
"""Half-turns of each angle of the TK2 that is a SWAP."""
_ZERO = 1e-9
_ROUNDS = 3
"""How often a placement is led through the circuit and back."""


class Search(NamedTuple):
    """What a search goes by.

    Args:
        ahead: later gates that it looks at.
        share: what they count beside the gates that wait.
        price: what a CX counts beside a step of distance.
    """

    ahead: int
    share: float
    price: float


_SEARCHES = (
    Search(3, 0.25, 0.1),
    Search(3, 0.25, 0.25),
    Search(3, 0.25, 0.5),
    Search(3, 1.0, 0.25),
    Search(8, 0.25, 0.1),
    Search(20, 0.25, 0.1),
)
"""None is best for all circuits."""


class Gate(NamedTuple):
    """A gate on numbered qubits, one or two."""

    op: Op
    qubits: tuple[int, ...]


class Routed(NamedTuple):
    """A circuit on a device.

    Args:
        gates: on qubits of the device.
        places: for each qubit of the program where it is at the end, by number.
        cost: CX that the two-qubit gates are worth.
    """

    gates: tuple[Gate, ...]
    places: tuple[int, ...]
    cost: int


def worth(op: Op) -> int:
    """Return how many CX a two-qubit gate is worth: TK2 and what is one of two angles, or of one.

    Example:
        >>> [worth(Op.create(OpType.TK2, angles)) for angles in ([0.2, 0.2, 0.2], [0.2, 0, 0], [0.5, 0, 0], [1, 0, 0])]
        [3, 2, 1, 0]
    """
    return _worth(angles_of(op) or (_SWAP / 2,) * 3)


def route(gates: Sequence[Gate], connectivity: Connectivity, start: Start) -> Routed:
    """Return gates such that all that meet can.

    Args:
        gates: on qubits of the program, in order.
        connectivity: of the device.
        start: where the qubits of the program begin, and what the search goes by.
    """
    walk = _Walk(connectivity, gates, list(start.places), start.search)
    walk.run()
    return Routed(tuple(map(Gate._make, walk.written)), tuple(walk.place), sum(map(_cost, walk.written)))


class Start(NamedTuple):
    """How a circuit is routed.

    Args:
        places: for each qubit of the program where it begins, by number.
        search: what the search goes by.
    """

    places: tuple[int, ...]
    search: Search


def best_start(gates: Sequence[Gate], qubits: int, connectivity: Connectivity) -> Start:
    """Return the start that leads to the fewest gates, of some tries.

    Where a circuit ends is a good place to begin for the same circuit backwards, so each try goes there and back.

    Args:
        gates: on qubits of the program, in order.
        qubits: of the program.
        connectivity: of the device.
    """
    pairs = [gate for gate in gates if len(gate.qubits) == 2]
    least = sum(worth(gate.op) for gate in pairs)
    firsts = (_in_order(qubits, connectivity), _by_meetings(pairs, qubits, connectivity))
    best: tuple[int, Start] | None = None
    for search in _SEARCHES:
        for first in firsts:
            start = Start(first, search)
            for _ in range(_ROUNDS):
                found = route(gates, connectivity, start)
                if best is None or found.cost < best[0]:
                    best = (found.cost, start)
                if best[0] == least:
                    return best[1]
                start = Start(route(pairs[::-1], connectivity, start._replace(places=found.places)).places, search)
    assert best is not None
    return best[1]


def _in_order(qubits: int, connectivity: Connectivity) -> tuple[int, ...]:
    """Qubits along a walk that goes on to a neighbour where it can, from a qubit with few of them."""
    start = min(range(connectivity.qubits), key=lambda place: (len(connectivity.neighbours[place]), place))
    walk, seen = [start], {start}
    while len(walk) < qubits:
        # The nearest place that is left, of those the one with the fewest ways on.
        distance = connectivity.distances[walk[-1]]
        free = (place for place in range(connectivity.qubits) if place not in seen)
        nearest = min(free, key=lambda place: (distance[place], len(connectivity.neighbours[place]), place))
        walk.append(nearest)
        seen.add(nearest)
    return tuple(walk)


def _by_meetings(pairs: Sequence[Gate], qubits: int, connectivity: Connectivity) -> tuple[int, ...]:
    """Qubits one after the other, each near those that it meets; gates that come soon count more."""
    meets = [[0.0] * qubits for _ in range(qubits)]
    for number, gate in enumerate(pairs):
        a, b = gate.qubits
        meets[a][b] += 1 / (1 + number)
        meets[b][a] = meets[a][b]
    distances, placed = connectivity.distances, dict[int, int]()
    centre = min(range(connectivity.qubits), key=lambda place: (sum(distances[place]), place))
    while len(placed) < qubits:
        left = [qubit for qubit in range(qubits) if qubit not in placed]
        drawn = {qubit: sum(meets[qubit][other] for other in placed) or 1e-3 * sum(meets[qubit]) for qubit in left}
        chosen = max(left, key=lambda qubit: (drawn[qubit], -qubit))
        free = [place for place in range(connectivity.qubits) if place not in placed.values()]

        def far(place: int, chosen: int = chosen) -> tuple[float, int, int]:
            cost = sum(meets[chosen][other] * distances[place][there] for other, there in placed.items())
            return (cost, distances[centre][place], place)

        placed[chosen] = min(free, key=far)
    return tuple(placed[qubit] for qubit in range(qubits))


@dataclass
class _Walk:
    """The search, step by step."""

    connectivity: Connectivity
    gates: Sequence[Gate]
    place: list[int]
    search: Search
    written: list[tuple[Op, tuple[int, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._holds: dict[int, int] = {place: qubit for qubit, place in enumerate(self.place)}
        self._queue: list[list[int]] = [[] for _ in self.place]
        for number, gate in enumerate(self.gates):
            for qubit in gate.qubits:
                self._queue[qubit].append(number)
        self._next = [0] * len(self.place)
        # Of each place the two-qubit gate that was written last, and whether a SWAP has gone into it.
        self._last: dict[int, int] = {}
        self._swapped: set[int] = set()
        self._stuck = 0

    def run(self) -> None:
        while True:
            while self._advance():
                self._stuck = 0
            waiting = self._waiting()
            if not waiting:
                return
            self._stuck += 1
            if self._stuck > 2 * self.connectivity.qubits:
                self._walk_there(waiting[0])
                self._stuck = 0
            else:
                self._swap(*self._choice(waiting))

    def _advance(self) -> bool:
        """Write every gate that can be; returns whether there was one."""
        wrote = False
        for qubit in range(len(self.place)):
            while (gate := self._ready(qubit)) is not None:
                self._write(gate)
                wrote = True
        return wrote

    def _ready(self, qubit: int) -> Gate | None:
        number = self._front(qubit)
        if number is None:
            return None
        gate = self.gates[number]
        if any(self._front(other) != number for other in gate.qubits):
            return None
        return gate if len(gate.qubits) == 1 or self._distance(gate) == 1 else None

    def _front(self, qubit: int) -> int | None:
        queue, at = self._queue[qubit], self._next[qubit]
        return queue[at] if at < len(queue) else None

    def _distance(self, gate: Gate) -> int:
        a, b = gate.qubits
        return self.connectivity.distances[self.place[a]][self.place[b]]

    def _write(self, gate: Gate) -> None:
        places = tuple(self.place[qubit] for qubit in gate.qubits)
        if len(places) == 2:
            self._last |= dict.fromkeys(places, len(self.written))
        self.written.append((gate.op, places))
        for qubit in gate.qubits:
            self._next[qubit] += 1

    def _waiting(self) -> list[Gate]:
        """Gates of two qubits that both wait for them."""
        fronts = sorted({number for q in range(len(self.place)) if (number := self._front(q)) is not None})
        gates = [self.gates[number] for number in fronts]
        return [
            gate
            for number, gate in zip(fronts, gates, strict=True)
            if all(self._front(qubit) == number for qubit in gate.qubits)
        ]

    def _ahead(self, waiting: Sequence[Gate]) -> list[Gate]:
        """The next gates of two qubits, in order, without those that wait."""
        first = min(self._queue[gate.qubits[0]][self._next[gate.qubits[0]]] for gate in waiting)
        found: list[Gate] = []
        for number in range(first, len(self.gates)):
            gate = self.gates[number]
            done = any((front := self._front(qubit)) is None or front > number for qubit in gate.qubits)
            if len(gate.qubits) == 2 and not done and gate not in waiting:
                found.append(gate)
                if len(found) == self.search.ahead:
                    break
        return found

    def _choice(self, waiting: Sequence[Gate]) -> tuple[int, int]:
        ahead = self._ahead(waiting)
        places = {self.place[qubit] for gate in waiting for qubit in gate.qubits}
        edges = [edge for edge in self.connectivity.edges if places.intersection(edge)]
        return min(edges, key=lambda edge: (self._score(edge, waiting, ahead), edge))

    def _score(self, edge: tuple[int, int], waiting: Sequence[Gate], ahead: Sequence[Gate]) -> float:
        price = self._price(edge)
        self._trade(edge)
        near = sum(map(self._distance, waiting)) / len(waiting)
        later = sum(map(self._distance, ahead)) / len(ahead) if ahead else 0.0
        self._trade(edge)
        return near + self.search.share * later + self.search.price * price

    def _price(self, edge: tuple[int, int]) -> float:
        """CX that a SWAP costs; one that would undo another is dear."""
        met = self._met(edge)
        if met is None:
            return 3.0 if any(place in self._last for place in edge) or self._both(edge) else 0.0
        if met in self._swapped:
            return 100.0
        angles = angles_of(self.written[met][0])
        assert angles is not None
        return float(_worth(_swapped(angles)) - _worth(angles))

    def _both(self, edge: tuple[int, int]) -> bool:
        return all(place in self._holds for place in edge)

    def _met(self, edge: tuple[int, int]) -> int | None:
        """The gate that was the last of both places, if a SWAP can go into it."""
        last = self._last.get(edge[0])
        if last is None or self._last.get(edge[1]) != last or angles_of(self.written[last][0]) is None:
            return None
        return last

    def _trade(self, edge: tuple[int, int]) -> None:
        a, b = edge
        held = self._holds.pop(a, None), self._holds.pop(b, None)
        for place, qubit in zip((b, a), held, strict=True):
            if qubit is not None:
                self._holds[place] = qubit
                self.place[qubit] = place

    def _swap(self, a: int, b: int) -> None:
        met = self._met((a, b))
        if met is None:
            self._last |= dict.fromkeys((a, b), len(self.written))
            self.written.append((Op.create(OpType.TK2, [_SWAP] * 3), (a, b)))
        else:
            angles = angles_of(self.written[met][0])
            assert angles is not None
            self.written[met] = (Op.create(OpType.TK2, list(_swapped(angles))), self.written[met][1])
            self._swapped ^= {met}
            other = {a: b, b: a}
            for number in range(met + 1, len(self.written)):
                op, places = self.written[number]
                if len(places) == 1:
                    self.written[number] = (op, (other.get(places[0], places[0]),))
        self._trade((a, b))

    def _walk_there(self, gate: Gate) -> None:
        """Bring the qubits of a gate together the shortest way, whatever else waits."""
        while self._distance(gate) > 1:
            a, b = (self.place[qubit] for qubit in gate.qubits)
            distance = self.connectivity.distances[b]
            self._swap(a, min(self.connectivity.neighbours[a], key=lambda place: (distance[place], place)))


def angles_of(op: Op) -> Angles | None:
    """Return the angles of a gate as those of a TK2, in half-turns; None when it is no such gate."""
    params = [float(each) for each in op.params]
    match op.type:
        case OpType.TK2:
            return (params[0], params[1], params[2])
        case OpType.ZZPhase:
            return (0.0, 0.0, params[0])
        case _:
            return None


def _swapped(angles: Angles) -> Angles:
    x, y, z = angles
    return (x + _SWAP, y + _SWAP, z + _SWAP)


def _worth(angles: Angles) -> int:
    """A whole half-turn about one axis is a turn of single qubits."""
    rest = sorted((abs(angle - round(angle)) for angle in angles), reverse=True)
    if rest[2] > _ZERO:
        return 3
    if rest[1] > _ZERO:
        return 2
    if rest[0] > _ZERO:
        return 1 if abs(rest[0] - _SWAP) < _ZERO else 2
    return 0


def _cost(written: tuple[Op, tuple[int, ...]]) -> int:
    return worth(written[0]) if len(written[1]) == 2 else 0
