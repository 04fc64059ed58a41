"""The acting half of the author object: preparation and gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from typing import cast, overload

from qffc.dsl.atoms import Atom, Twins, Wire
from qffc.dsl.caller import caller_span
from qffc.dsl.declare import Declarations
from qffc.dsl.tables import RadialTable, Table, spell
from qffc.ir.diagnostics import error, quoted
from qffc.ir.exchange_group import like
from qffc.ir.operation import Coupling
from qffc.ir.ops import (
    OPERATIONS,
    Chirality,
    Collective,
    Exchange,
    FourSpin,
    PauliRotation,
    Relabel,
    Rotate,
    Singlet,
    Zero,
)
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.values import Numeric, Value, as_value

Pair = tuple[Wire, Wire]
Angle = Value | Numeric
_COUPLINGS = tuple(kind.declaration.word for kind in OPERATIONS if issubclass(kind, Coupling))


class Gates(Declarations):
    """Operations of an ansatz that is being written, in the order of the calls."""

    _group_start: int | None = None
    _group_count = 0

    def singlet(self, first: Wire, second: Wire) -> None:
        """Prepare two fresh qubits in the singlet, the state that no rotation changes."""
        self._ops.append(Singlet(self._index(first), self._index(second), span=caller_span()))

    def zero(self, *wires: Wire) -> None:
        """Prepare fresh qubits in |0>, which rotations do change."""
        self._ops += [Zero(self._index(wire), span=caller_span()) for wire in wires]

    def rotate(self, wire: Wire, vector: Value) -> None:
        """Apply exp(-i/2 v . sigma): turn the spin about a vector, its length the angle in radians."""
        self._ops.append(Rotate(self._index(wire), need_value(vector), span=caller_span()))

    @overload
    def exchange(self, first: Wire, second: Wire, /, *, angle: Angle) -> None: ...

    @overload
    def exchange(self, first: Sequence[Twins], /, *, angle: Angle | Sequence[Angle]) -> None: ...

    def exchange(
        self, first: Wire | Sequence[Twins], second: Wire | None = None, /, *, angle: Angle | Sequence[Angle]
    ) -> None:
        """Apply exp(-i t (XX + YY + ZZ)) to two qubits, or to every pair of a list of twins.

        The pairs of twins come in three groups: within twins; parallel (upper with upper, lower with lower); crossed.
        For two neighbours the gates of a group act on different qubits, so exchanging the neighbours only reorders
        gates that commute. Four angles give the upper and the lower pairs one each.

        Args:
            first: a qubit, or a list of twins.
            second: the other qubit.
            angle: t in radians; for a list of twins one for all pairs, or one for each group: (within, parallel,
                crossed) or (within, upper, lower, crossed).
        """
        if isinstance(first, Wire) and isinstance(second, Wire):
            self._exchange_pairs([(first, second)], angle)
            return
        twins = need_twins(first)
        groups = pair_groups(twins)
        self._need_symmetric_order(twins)
        angles = list(angle) if isinstance(angle, Sequence) else [angle] * len(groups)
        if len(groups) > 1 and len(angles) == 4:
            within, parallel, crossed = groups
            groups = [within, parallel[0::2], parallel[1::2], crossed]
        if len(angles) != len(groups):
            raise error(
                "angles for the pairs of twins",
                found=f"{len(angles)} angles",
                expected=f"one for all, or {len(groups)}: "
                + ", ".join(("within", "parallel", "crossed")[: len(groups)])
                + (", or 4: within, upper, lower, crossed" if len(groups) > 1 else ""),
                help="write angle=layer.params('J', 3) for two or more twins",
            )
        for pairs, one in zip(groups, angles, strict=True):
            self._exchange_pairs(pairs, one)

    @contextmanager
    def unordered(self) -> Iterator[None]:
        """Leave the order of the couplings inside to the compiler: ``with a.unordered(): ...``.

        The program keeps the order of the calls until the pass ``schedule-layers`` puts the couplings into layers that
        run side by side. Run it before training, for another order is another circuit.
        """
        if self._group_start is not None:
            raise error(
                "unordered couplings inside others",
                found="a.unordered() inside a.unordered()",
                expected="one level",
                help="close the first block before the second",
            )
        self._group_start = len(self._ops)
        try:
            yield
            self._mark_unordered(self._group_start)
        finally:
            self._group_start = None

    def chirality(self, first: Wire, second: Wire, third: Wire, *, angle: Angle) -> None:
        """Apply exp(-i t sigma_a . (sigma_b x sigma_c)) to three qubits."""
        qubits = [self._index(wire) for wire in (first, second, third)]
        self._ops.append(Chirality(qubits[0], qubits[1], qubits[2], need_value(angle), span=caller_span()))

    def four_spin(self, *wires: Wire | Sequence[Twins], angle: Angle) -> None:
        """Apply exp(-i t (sigma_a . sigma_b)(sigma_c . sigma_d)) to four qubits, or to every two of a list of twins.

        These gates of twins commute, so exchanging any number of like neighbours only reorders them.

        Args:
            wires: four qubits, the first two and the last two a pair; or a list of twins, each of them a pair.
            angle: t in radians.
        """
        value = need_value(angle)
        if len(wires) not in (1, 4):
            raise error(
                "not qubits to couple",
                found=f"{len(wires)} of them",
                expected="four qubits, or a list of twins",
                help="write (q1, q2, q3, q4), or ([twins1, twins2]) for every two of a list",
            )
        quads: list[tuple[object, ...]] = [wires]
        if len(wires) == 1:
            quads = [(*one, *other) for one, other in combinations(need_twins(wires[0]), 2)]
        for a, b, c, d in quads:
            qubits = (self._index(a), self._index(b), self._index(c), self._index(d))
            self._ops.append(FourSpin(*qubits, value, span=caller_span()))

    def collective(self, *wires: Wire, angle: Angle) -> None:
        """Apply exp(-i t sum of sigma_p . sigma_q over all pairs) to a set of two to six qubits.

        It depends on the total spin of the qubits alone: no order among them is chosen, so that exchanging any number
        of like neighbours leaves it as it is. It commutes with exchanges within the set.

        Args:
            wires: the qubits of the set, in any order.
            angle: t in radians.
        """
        members = tuple(self._index(wire) for wire in wires)
        self._ops.append(Collective(members, need_value(angle), span=caller_span()))

    def pauli_rotation(self, letters: str | Mapping[Wire, str], *wires: Wire, angle: Angle) -> None:
        """Apply exp(-i t/2 P) for a Pauli string: ``("ZZ", q1, q2)`` or ``({q1: "Z", q2: "Z"})``."""
        string = self._pauli_string(letters, wires)
        self._ops.append(PauliRotation(string, need_value(angle), span=caller_span()))

    def relabel(self, moves: Mapping[Wire, Wire]) -> None:
        """Move the state of each qubit on the left to the qubit on the right."""
        indices = tuple((self._index(source), self._index(target)) for source, target in moves.items())
        self._ops.append(Relabel(indices, span=caller_span()))

    # ----------------------------------------------------------------------- inner

    def _mark_unordered(self, start: int) -> None:
        name = f"free{self._group_count}"
        for place in range(start, len(self._ops)):
            op = self._ops[place]
            if not isinstance(op, Coupling):
                raise error(
                    "operation that is no coupling among unordered ones",
                    found=op.word,
                    expected=f"calls of {quoted(_COUPLINGS)} inside 'with a.unordered()'",
                    help="move it in front of the block, or behind it",
                    span=op.span,
                )
            self._ops[place] = replace(op, unordered=name)
        self._group_count += 1

    def _exchange_pairs(self, pairs: Iterable[Pair], angle: Angle | Sequence[Angle]) -> None:
        value = need_value(angle)
        self._ops += [Exchange(self._index(a), self._index(b), value, span=caller_span()) for a, b in pairs]

    def _need_symmetric_order(self, twins: Sequence[Twins]) -> None:
        if len(twins) < 3 or not self._declares_exchange or "exchange" in self._average:
            return
        sites = [
            site for pair in twins for site in self._sites if pair.atom is not None and site.name == pair.atom.name
        ]
        if not any(like(one, other) for one, other in combinations(sites, 2)):
            return
        raise error(
            "no symmetric order of exchanges",
            found=f"the pairs among the twins of {len(twins)} neighbours, like atoms among them",
            expected="at most two: exchanges that share a qubit do not commute, so every order favours one atom",
            help="couple sets of their qubits by a.collective(...), which has no order; or write "
            "@ansatz(average='exchange') to make the symmetry exact, or leave it out of symmetry=...",
        )

    def _index(self, wire: object) -> int:
        if isinstance(wire, Wire) and wire.home is self:
            return wire.index
        foreign = isinstance(wire, Wire)
        raise error(
            "qubit of another ansatz" if foreign else "not a qubit",
            found=repr(wire.name) if isinstance(wire, Wire) else repr(wire),
            expected=f"a qubit of this ansatz: {quoted(qubit.name for qubit in self._qubits) or '(none yet)'}",
            help="pass what 'a.twins' (two qubits), 'a.qubit' or 'a.qubits' returned",
        )

    def _pauli_string(self, letters: str | Mapping[Wire, str], wires: Sequence[Wire]) -> PauliString:
        pairs = list(zip(wires, letters, strict=False)) if isinstance(letters, str) else list(letters.items())
        if (isinstance(letters, str) and len(letters) != len(wires)) or any(
            letter not in LETTERS for _, letter in pairs
        ):
            raise error(
                "not a Pauli string",
                found=f"{letters!r} on {len(wires)} qubits"
                if isinstance(letters, str)
                else repr(list(letters.values())),
                expected="a letter X, Y or Z for each qubit",
                help="write ('ZZ', q1, q2) or ({q1: 'Z', q2: 'Z'})",
            )
        string = [(self._index(wire), letter) for wire, letter in pairs]
        return cast(PauliString, tuple(sorted(string)))


def pair_groups(twins: Sequence[Twins]) -> list[list[Pair]]:
    """Return all pairs of qubits among twins: within twins, parallel, crossed; the first alone for one twin."""
    within = [(pair.upper, pair.lower) for pair in twins]
    if len(twins) < 2:
        return [within]
    parallel, crossed = [], []
    for left, right in combinations(twins, 2):
        parallel += [(left.upper, right.upper), (left.lower, right.lower)]
        crossed += [(left.upper, right.lower), (left.lower, right.upper)]
    return [within, parallel, crossed]


def need_twins(items: object) -> list[Twins]:
    """Return a list of twins, or raise."""
    twins = list(items) if isinstance(items, Iterable) and not isinstance(items, Twins) else [items]
    if twins and all(isinstance(item, Twins) for item in twins):
        return cast(list[Twins], twins)
    raise error(
        "not qubits to pair",
        found=repr(items),
        expected="two qubits, or a list of twins",
        help="write (q1, q2), (*twins) for the two qubits of one twins, or ([twins1, twins2]) for all pairs",
    )


def need_value(value: object) -> Value:
    """Return a symbolic value, or say what the author probably meant."""
    if isinstance(value, Table | RadialTable):
        called = isinstance(value, RadialTable)
        raise error(
            "a whole table where one value belongs",
            found=f"'{spell(value.parameter)}'",
            expected="one entry",
            help="call it with two atoms, such as f(o, h)" if called else "index it, such as J[0]",
        )
    if isinstance(value, Atom):
        raise error(
            "an atom where a value belongs",
            found=f"'{value.name}'",
            expected="a number or a vector",
            help="use its .direction, .position or .distance",
        )
    return as_value(value)  # type: ignore[arg-type]  # refuses everything that is no value
