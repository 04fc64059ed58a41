"""A circuit as runs of Pauli rotations between operations of other kinds, and a run without its Clifford gates.

A run is R followed by D: rotations, and one Clifford operation behind them (:class:`Sequence`). Each Clifford rotation
of a run turns the strings of the rotations that it passes on its way to the end; rotations that meet become one.
In the literature a rotation by a Pauli string is a Pauli gadget, or a Pauli exponential.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qffc.ir.kept import cached_property
from qffc.ir.operation import Op
from qffc.ir.ops import FourSpin, PauliRotation
from qffc.ir.values import Value, add, as_value
from qffc.passes.gadgets import native_frames
from qffc.passes.gadgets.blocks import Forms, forms_about
from qffc.passes.gadgets.frame import Frame, quarters_and_rest
from qffc.passes.gadgets.paulis import Pauli, bits
from qffc.passes.gadgets.stabilizers import Stabilizers
from qffc.passes.gadgets.strings_table import StringsTable
from qffc.passes.simplify.normal_form import is_identity, normal


@dataclass(frozen=True)
class Gadget:
    """A rotation exp(-i angle/2 P); the string P has the positive sign."""

    string: Pauli
    angle: Value

    @cached_property
    def op(self) -> PauliRotation:
        """The operation."""
        return PauliRotation(self.string.string, self.angle)

    def about(self, string: Pauli) -> PauliRotation:
        """Return the operation with another string, minus which is minus the angle; the same one each time."""
        found = self._about.get(string)
        if found is None:
            angle = -self.angle if string.negative else self.angle
            found = self._about[string] = PauliRotation(string.string, angle)
        return found

    @cached_property
    def _about(self) -> dict[Pauli, PauliRotation]:
        return {}


@dataclass(frozen=True)
class Gadgets:
    """Rotations in their order, and the Clifford operation behind them."""

    rotations: tuple[Gadget, ...]
    frame: Frame

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """The rotations as operations."""
        return tuple(rotation.op for rotation in self.rotations)

    @cached_property
    def forms(self) -> Forms:
        """What counts of them, see :func:`qffc.passes.gadgets.blocks.count_gates`."""
        return forms_about(((rotation.string.x, rotation.string.z) for rotation in self.rotations), len(self.frame.xs))

    @property
    def size(self) -> int:
        """How many rotations there are."""
        return len(self.rotations)


@dataclass(frozen=True)
class Run:
    """Pauli rotations in a row, and operations of other kinds that come before the next run.

    Args:
        ops: Pauli rotations, and what is made of them.
        after: what follows them; nothing in it could be moved to the front of the run.
    """

    ops: tuple[Op, ...]
    after: tuple[Op, ...]

    def pushed(self, qubits: int, state: Stabilizers | None = None) -> tuple[Gadgets, Stabilizers]:
        """Return what :func:`gadgets` makes of it; kept, since what comes behind it is asked for by itself."""
        known: tuple[Stabilizers | None, tuple[Gadgets, Stabilizers]] | None = self.__dict__.get("_pushed")
        if known is None or known[0] != state:
            known = self.__dict__["_pushed"] = state, gadgets(self.ops, qubits, state)
        return known[1]

    @cached_property
    def is_worth_it(self) -> bool:
        """Whether something in it may be shortened: a long string, or a Clifford rotation of several qubits."""
        return any(len(op.qubits) > 2 or (len(op.qubits) > 1 and is_clifford(op)) for op in self.ops)


def is_clifford(op: Op) -> bool:
    """Whether an operation is a Pauli rotation by exact quarter turns."""
    return isinstance(op, PauliRotation) and quarters_and_rest(op.angle)[1] is None


def runs(ops: Iterable[Op]) -> tuple[tuple[Op, ...], tuple[Run, ...]]:
    """Return what comes before the first run, preparations first, and the runs.

    Operations on other qubits change places, so that runs become long.

    Args:
        ops: on wires.
    """
    ops = tuple(ops)
    first: list[Op] = [op for op in ops if op.prepares]
    found: list[Run] = []
    own: list[Op] = []
    after: list[Op] = []
    own_qubits = after_qubits = 0
    for op in ops:
        if op.prepares:
            continue
        mask = sum(1 << qubit for qubit in op.qubits)
        if isinstance(op, PauliRotation | FourSpin):
            if mask & after_qubits:
                found.append(Run(tuple(own), tuple(after)))
                own, after, own_qubits, after_qubits = [], [], 0, 0
            own.append(op)
            own_qubits |= mask
        elif mask & (own_qubits | after_qubits):
            after.append(op)
            after_qubits |= mask
        elif found:
            last = found.pop()
            found.append(Run(last.ops, (*last.after, op)))
        else:
            first.append(op)
    found.append(Run(tuple(own), tuple(after)))
    return tuple(first), tuple(found)


def gadgets(ops: Iterable[Op], qubits: int, state: Stabilizers | None = None) -> tuple[Gadgets, Stabilizers]:
    """Return a run with its Clifford gates at the end, and the strings that fix the state in front of these.

    Args:
        ops: of a run.
        qubits: how many there are.
        state: strings that fix the state before it; rotations are shortened by them. None to shorten nothing.
    """
    parts = [part for op in ops for part in op.parts() if isinstance(part, PauliRotation)]
    strings = [Pauli.of(part.string) for part in parts]
    angles = [quarters_and_rest(part.angle) for part in parts]
    turns = [(string, quarters) for string, (quarters, _) in zip(strings, angles, strict=True)]
    before, frame = pushed(turns, qubits)
    rotations: list[Gadget] = []
    for string, (_, rest) in zip(before, angles, strict=True):
        if rest is not None:
            _append(rotations, string, rest)
    left = state or Stabilizers()
    if left.strings:
        given, rotations = rotations, []
        strings, left = _shortened([rotation.string for rotation in given], left, qubits)
        for string, rotation in zip(strings, given, strict=True):
            _append(rotations, string, rotation.angle)
    return Gadgets(_in_layers(rotations, qubits), frame), left


def _shortened(strings: list[Pauli], left: Stabilizers, qubits: int) -> tuple[list[Pauli], Stabilizers]:
    """Return strings of rotations that do the same to a state, and which strings fix the state after them."""
    if native_frames.reaches(qubits):
        found, group = native_frames.shortened(native_frames.packed(left.strings), native_frames.packed(strings))
        return list(native_frames.unpacked(found)), Stabilizers(tuple(native_frames.unpacked(group)))
    shorter: list[Pauli] = []
    for string in strings:
        shorter.append(left.shortest(string))
        left = left.commuting(shorter[-1])
    return shorter, left


def pushed(turns: Sequence[tuple[Pauli, int]], qubits: int) -> tuple[Sequence[Pauli], Frame]:
    """Return what strings are before the quarter turns about those that come before them, and all turns together."""
    frame = Frame.identity(qubits)
    if native_frames.reaches(qubits):
        words = native_frames.packed((x, z, quarters) for (x, z, _), quarters in turns)
        strings, rows = native_frames.turns_pushed(qubits, frame.words, words)
        return tuple(native_frames.unpacked(strings)), Frame.of_words(rows, qubits)
    found: list[Pauli] = []
    for string, quarters in turns:
        found.append(frame.before(string))
        if quarters:
            frame = frame.then(string, quarters)
    return found, frame


def _in_layers(rotations: list[Gadget], qubits: int) -> tuple[Gadget, ...]:
    """Rotations in an order that does not depend on how those that commute were written: by layers, then strings."""
    strings = [rotation.string for rotation in rotations]
    if native_frames.reaches(qubits):
        layers = native_frames.layers(native_frames.packed(strings))
    else:
        layers = []
        for against in StringsTable.of(strings, qubits).earlier_against(strings, 0):
            layers.append(1 + max((layers[place] for place in bits(against)), default=0))
    order = sorted(range(len(rotations)), key=lambda place: (layers[place], strings[place]))
    return tuple(rotations[place] for place in order)


def _append(rotations: list[Gadget], string: Pauli, angle: Value) -> None:
    """Append a rotation, or merge it with one by the same string that it can be moved to."""
    if not string.support:
        return  # a phase
    if string.negative:
        string, angle = string.negated, -angle
    for place in range(len(rotations) - 1, -1, -1):
        other = rotations[place]
        if other.string == string:
            union = normal(Gadget(string, add(other.angle, angle)).op)
            if is_identity(union):
                del rotations[place]
            else:
                rotations[place] = Gadget(string, union.value if union.value is not None else as_value(0))
            return
        if not other.string.commutes(string):
            break
    rotations.append(Gadget(string, angle))
