"""What every operation has: its declaration, and all that follows from it alone.

An operation is one class with one declaration (:class:`Declaration`) and, for a gate, its generator. The text format,
the grammar, renaming of qubits, the split into slots and the table in ``FORMAT.md`` follow. ``ops.py`` lists the
operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar, Self

from qffc.ir.diagnostics import Span, error
from qffc.ir.kept import cached_property
from qffc.ir.pauli import Letter, PauliString, PauliSum, spell_string
from qffc.ir.values import Value

Moves = tuple[tuple[int, int], ...]
ALL_AXES = (0, 1, 2)


@dataclass(frozen=True)
class Declaration:
    """What is said of an operation.

    Args:
        word: what starts its line in the text format.
        qubits: the fields that hold one qubit each, in the order in which they are written; none when it acts on a
            set of qubits, on a ``string`` or by ``moves``.
        members: the field that holds a set of qubits: as many as are in ``sizes``, in ascending order.
        sizes: how many qubits a set may have.
        string: the field that holds a Pauli string.
        moves: the field that holds the moves of a relabelling.
        angle: the field that holds an angle in radians.
        vector: the field that holds a vector; an operation has an angle, a vector or neither.
        unitary: what it does, with the letters a, b, ... for its qubits, t for its angle and v for its vector.
        meaning: the rest that a reader has to know, one sentence or none.
        symbol: what stands for it in drawings.
        prepares: whether it prepares fresh qubits.
        invariant_about: the axes of the laboratory, 0 to 2, about which turns leave what it prepares alone, up to a
            phase.
        exchanges: in which other orders its qubits may be written: generators of all of them, each an order of places
            and the sign that the angle takes; what that changes is a phase.
        period: the angle, in multiples of pi, that is a phase; None when there is none.
    """

    word: str
    qubits: tuple[str, ...] = ()
    members: str | None = None
    sizes: range = range(0)
    string: str | None = None
    moves: str | None = None
    angle: str | None = None
    vector: str | None = None
    unitary: str = ""
    meaning: str = ""
    symbol: str = ""
    prepares: bool = False
    invariant_about: tuple[int, ...] = ()
    exchanges: tuple[tuple[tuple[int, ...], int], ...] = ()
    period: Fraction | None = None

    @property
    def counts(self) -> range:
        """On how many qubits it may act, a Pauli string and moves aside."""
        return range(len(self.qubits), len(self.qubits) + 1) if self.members is None else self.sizes

    @property
    def is_signed(self) -> bool:
        """Whether some order of its qubits changes the sign of the angle."""
        return any(sign < 0 for _, sign in self.exchanges)

    @cached_property
    def orders(self) -> Mapping[tuple[int, ...], int]:
        """Every order of places in which its qubits may be written, and the sign that the angle takes."""
        found = {tuple(range(len(self.qubits))): 1}
        waiting = list(found)
        while waiting:
            order = waiting.pop()
            for places, sign in self.exchanges:
                other = tuple(order[place] for place in places)
                if other not in found:
                    found[other] = sign * found[order]
                    waiting.append(other)
        return found

    def first_order(self, qubits: Sequence[int]) -> tuple[tuple[int, ...], int]:
        """Return the order in which these qubits come first, and the sign that the angle takes.

        A set has no order, so that any is the same operation.

        Example:
            >>> from qffc.ir.ops import Chirality
            >>> Chirality.declaration.first_order((4, 2, 3))
            ((1, 2, 0), 1)
        """
        if self.members is not None:
            return tuple(sorted(range(len(qubits)), key=lambda place: qubits[place])), 1
        order = min(self.orders, key=lambda places: [qubits[place] for place in places])
        return order, self.orders[order]


@dataclass(frozen=True)
class Op:
    """Base of all operations."""

    declaration: ClassVar[Declaration]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        angle, vector = self.declaration.angle, self.declaration.vector
        if angle is not None:
            need_angle(getattr(self, angle), self.word, self.span)
        if vector is not None:
            need_vector(getattr(self, vector), self.word, self.span)
        if self.declaration.members is not None:
            members = need_members(getattr(self, self.declaration.members), self.declaration, self.span)
            object.__setattr__(self, self.declaration.members, members)

    @property
    def word(self) -> str:
        """What starts its line in the text format."""
        return self.declaration.word

    @property
    def prepares(self) -> bool:
        """Whether it prepares fresh qubits."""
        return self.declaration.prepares

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that the operation acts on, in its own order."""
        if self.declaration.string is not None:
            return tuple(qubit for qubit, _ in self.letters)
        if self.declaration.moves is not None:
            return tuple(source for source, _ in self.moved)
        if self.declaration.members is not None:
            members: tuple[int, ...] = getattr(self, self.declaration.members)
            return members
        return tuple(getattr(self, name) for name in self.declaration.qubits)

    @property
    def value(self) -> Value | None:
        """The symbolic value that drives the operation: an angle or a vector; None for fixed operations."""
        name = self.declaration.angle or self.declaration.vector
        return None if name is None else getattr(self, name)

    @property
    def period(self) -> Fraction | None:
        """The angle, in multiples of pi, that is a phase; None when there is none."""
        return self.declaration.period

    @property
    def letters(self) -> PauliString:
        """Its Pauli string; empty when it has none."""
        name = self.declaration.string
        string: PauliString = () if name is None else getattr(self, name)
        return string

    @property
    def moved(self) -> Moves:
        """Its moves, each from one qubit to another; empty when it has none."""
        name = self.declaration.moves
        moves: Moves = () if name is None else getattr(self, name)
        return moves

    @property
    def group(self) -> str | None:
        """The group of couplings among which it is free in order; None for most."""
        return None

    def with_value(self, value: Value) -> Self:
        """Return the operation driven by another value."""
        name = self.declaration.angle or self.declaration.vector
        return self if name is None else self._changed({name: value})

    def _changed(self, changes: Mapping[str, Any]) -> Self:
        """The operation with other fields: what ``replace`` of dataclasses does, in a fraction of the time."""
        other = object.__new__(type(self))
        own = self.__dict__
        other.__dict__.update({name: own[name] for name in type(self).__dataclass_fields__ if name in own}, **changes)
        other.__post_init__()
        return other

    def relabelled(self, qubits: Mapping[int, int]) -> Self:
        """Return the operation with its qubits renamed; those that are not in ``qubits`` stay."""
        for qubit in self.qubits:
            if qubits.get(qubit, qubit) != qubit:
                break
        else:
            return self
        said = self.declaration
        changes: dict[str, Any] = {name: qubits.get(old, old) for name in said.qubits for old in [getattr(self, name)]}
        if said.members is not None:
            changes[said.members] = tuple(qubits.get(qubit, qubit) for qubit in self.qubits)
        if said.string is not None:
            changes[said.string] = tuple((qubits.get(qubit, qubit), letter) for qubit, letter in self.letters)
        if said.moves is not None:
            changes[said.moves] = tuple((qubits.get(a, a), qubits.get(b, b)) for a, b in self.moved)
        return self._changed(changes)

    def ordered(self) -> Self:
        """Return the same operation with its qubits in the order that comes first, up to a phase."""
        if not self.declaration.exchanges:
            return self
        order, sign = self.declaration.first_order(self.qubits)
        moved = self.relabelled({self.qubits[k]: self.qubits[place] for k, place in enumerate(order)})
        return moved.with_value(-self.value) if sign < 0 and self.value is not None else moved

    def inverse(self) -> Self:
        """Return the operation that undoes this one; nothing undoes a preparation."""
        if self.prepares:
            raise TypeError(f"{type(self).__name__} has no inverse")
        if self.declaration.moves is not None:
            back: dict[str, Any] = {self.declaration.moves: tuple((b, a) for a, b in self.moved)}
            return replace(self, **back)
        return self if self.value is None else self.with_value(-self.value)

    def parts(self) -> tuple[Op, ...]:
        """Return the operations that this one is carried out by, in order; itself for what every lowering knows."""
        return (self,)

    def text(self, names: Sequence[str]) -> str:
        """Return its line in the text format; ``names`` are the names of the qubits."""
        said, value, group = self.declaration, self.value, self.group
        if said.string is not None:
            operands = [spell_string(self.letters, names)]
        elif said.moves is not None:
            operands = [f"{names[a]} -> {names[b]}" for a, b in self.moved]
        else:
            operands = [names[qubit] for qubit in self.qubits]
        if value is not None:
            operands.append(value.text)
        free = "" if group is None else f" unordered {group}"
        return f"{said.word} {', '.join(operands)}{free}"


@dataclass(frozen=True)
class Gate(Op):
    """Base of the operations exp(-i G) with a generator G that is linear in their value."""

    @property
    def value(self) -> Value:
        """The angle or the vector."""
        said = self.declaration
        value: Value = getattr(self, said.angle or said.vector or "")  # every gate declares one
        return value

    @property
    def generator(self) -> PauliSum:
        """G in exp(-i G)."""
        raise TypeError(f"{type(self).__name__} has no generator")


@dataclass(frozen=True)
class Coupling(Gate):
    """Base of the gates with an angle.

    Args:
        unordered: the group of couplings among which the author declares this one free in order; None when its place
            matters. The couplings of a group stand in a row.
    """

    unordered: str | None = field(default=None, kw_only=True)

    @property
    def group(self) -> str | None:
        return self.unordered

    @property
    def generator(self) -> PauliSum:
        return self.unit_generator(self.qubits, tuple(letter for _, letter in self.letters)).scaled(self.value)

    @classmethod
    def unit_generator(cls, qubits: Sequence[int], letters: Sequence[Letter] = ()) -> PauliSum:
        """Return the generator at the angle 1, on these qubits, with the letters of its Pauli string if it has one."""
        raise TypeError(f"{cls.__name__} has no generator")


def need_angle(angle: Value, user: str, span: Span | None) -> None:
    """Refuse a vector where an angle belongs."""
    if angle.law.rank != 0:
        raise error(
            "a vector where a scalar belongs",
            found=f"'{angle}' ({angle.law.name})",
            expected=f"a number, the angle in radians, in '{user}'",
            help="take norm(...) or dot(...) of it",
            span=span,
        )


def need_members(members: Sequence[int], said: Declaration, span: Span | None) -> tuple[int, ...]:
    """Return a set of qubits in ascending order; refuse one of another size than an operation takes."""
    least, most = said.sizes[0], said.sizes[-1]
    if len(members) not in said.sizes:
        raise error(
            f"not as many qubits as '{said.word}' takes",
            found=f"{len(members)} qubit{'' if len(members) == 1 else 's'}",
            expected=f"{least} to {most}",
            help="couple a smaller set" if len(members) > most else "name every qubit of the set",
            span=span,
        )
    return tuple(sorted(members))


def need_vector(vector: Value, user: str, span: Span | None) -> None:
    """Refuse a number where a vector belongs."""
    if vector.law.rank != 1:
        raise error(
            "a scalar where a vector belongs",
            found=f"'{vector}' ({vector.law.name})",
            expected=f"a vector in '{user}'",
            help="multiply it by a direction, for instance unit(r(a, b))",
            span=span,
        )
