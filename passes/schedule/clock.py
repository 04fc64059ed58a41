"""The two-qubit depth that a program will have as a circuit, followed operation by operation.

A singlet takes one two-qubit gate, an exchange one, a chirality four, a collective exchange of three qubits four, one
of four qubits six, a Pauli string of k letters 2k - 3, another coupling what its parts take. A collective exchange of
more qubits, for which no circuit is known, counts as all its pairs. While two qubits have met nobody else, couplings
between them are absorbed by their preparation and take no time: that is how circuits are lowered to native gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Chirality, Collective, Relabel, Singlet
from qffc.ir.program import Program

_COLLECTIVE = {3: 4, 4: 6}
"""Two-qubit gates in a row of a collective exchange, by the size of its set."""


class Clock:
    """When each qubit is ready, in layers of two-qubit gates, while operations are appended."""

    def __init__(self, qubits: int) -> None:
        self.ready = [0] * qubits
        self._partner: dict[int, int | None] = dict.fromkeys(range(qubits))  # of qubits that met nobody else

    def copy(self) -> Clock:
        """Return a clock that goes on by itself."""
        other = Clock(0)
        other.ready, other._partner = self.ready.copy(), self._partner.copy()
        return other

    @property
    def reading(self) -> tuple[int, int]:
        """How late it is: the depth so far, then the sum over qubits."""
        return max(self.ready), sum(self.ready)

    def absorbs(self, op: Op) -> bool:
        """Whether an operation is done by the preparation of its two qubits."""
        if len(op.qubits) != 2 or isinstance(op, Relabel) or not self._partner.keys() >= set(op.qubits):
            return False
        a, b = op.qubits
        return self._partner[a] == b or self._partner[a] is self._partner[b] is None

    def apply(self, op: Op) -> None:
        """Append an operation."""
        if isinstance(op, Relabel):
            self._relabel(dict(op.moves))
        elif self.absorbs(op):
            self._prepare(*op.qubits)
        elif len(op.qubits) > 1:
            late = duration(op) + max(self.ready[qubit] for qubit in op.qubits)
            for qubit in op.qubits:
                self.ready[qubit] = late
            self._meet(op.qubits)

    def _prepare(self, a: int, b: int) -> None:
        self._partner |= {a: b, b: a}
        self.ready[a] = self.ready[b] = 1

    def _meet(self, qubits: Sequence[int]) -> None:
        for qubit in qubits:
            partner = self._partner.pop(qubit, None)
            if partner is not None:
                self._partner.pop(partner, None)

    def _relabel(self, moves: dict[int, int]) -> None:
        places = [moves.get(qubit, qubit) for qubit in range(len(self.ready))]
        ready = dict(zip(places, self.ready, strict=True))
        self.ready = [ready[qubit] for qubit in range(len(places))]
        self._partner = {places[a]: None if b is None else places[b] for a, b in self._partner.items()}


class _Loads(Clock):
    """How long each qubit is busy, with the operations of a group in the order that is best for each of them."""

    def apply_group(self, group: Sequence[Op]) -> None:
        absorbed = [op for op in group if self.absorbs(op)]
        lasting = [op for op in group if len(op.qubits) > 1 and not self.absorbs(op)]
        for op in absorbed:
            self._prepare(*op.qubits)
        for op in lasting:
            for qubit in op.qubits:
                self.ready[qubit] += duration(op)
            self._meet(op.qubits)


def duration(op: Op) -> int:
    """Return how many two-qubit gates in a row an operation takes."""
    parts = op.parts()
    if parts != (op,):
        return sum(map(duration, parts))
    if not isinstance(op, Coupling | Singlet) or len(op.qubits) < 2:
        return 0
    if isinstance(op, Collective):
        return _COLLECTIVE.get(len(op.members), len(op.members) * (len(op.members) - 1) // 2)
    return 4 if isinstance(op, Chirality) else 2 * len(op.qubits) - 3


def circuit_depth(program: Program) -> int:
    """Return the two-qubit depth that a program has as a circuit.

    Example:
        >>> from qffc.library import load
        >>> circuit_depth(load("sivqlm-h2o", depth=2))
        6
    """
    clock = Clock(len(program.qubits))
    for op in program.ops:
        clock.apply(op)
    return clock.reading[0]


def depth_bound(program: Program, groups: Iterable[Sequence[int]]) -> int:
    """Return a depth that no order within the groups goes below: the busiest qubit, or what fits side by side.

    Args:
        program: any program.
        groups: places of operations whose order is free, each in a row.
    """
    place_of_group = {group[0]: group for group in groups}
    loads = _Loads(len(program.qubits))
    place = 0
    while place < len(program.ops):
        op = program.ops[place]
        group = place_of_group.get(place, (place,))
        if isinstance(op, Relabel):
            loads.apply(op)
        else:
            loads.apply_group([program.ops[k] for k in group])
        place += len(group)
    depth, busy = loads.reading
    in_pairs = all(len(op.qubits) < 3 for op in program.ops if not isinstance(op, Relabel))
    room = len(loads.ready) - len(loads.ready) % 2 if in_pairs else len(loads.ready)
    return max(depth, -(-busy // max(room, 1)))
