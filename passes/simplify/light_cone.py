"""The pass ``light-cone``: drops what no observable of the readout sees.

What is left is the light cone, or causal cone, of the observables; to drop the rest is dead-code elimination.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from qffc.ir.observables import Observable
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import PauliRotation, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS, Letter, PauliSum
from qffc.ir.program import Program
from qffc.ir.reference import apply_string, dense
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.commutation import (
    bits_of,
    commutes_with_observable,
    commutes_with_spin,
    ends_alone,
    passes,
    passes_together,
    same_turn,
    shape_of,
    spelling,
    turns_together,
)
from qffc.passes.circuit.gates_on_qubits import GatesOnQubits, StringsOnQubits
from qffc.passes.circuit.seen_operators import seen_observables
from qffc.passes.circuit.trace import Shape, unit_generator
from qffc.passes.circuit.turns import axis_rotation, is_turn, on_qubit
from qffc.passes.circuit.wires import flatten
from qffc.passes.target import Target

Named = tuple[tuple[str, Observable], ...]


@dataclass(frozen=True)
class LightCone(Pass[None]):
    r"""Drops what cannot change the moments that the readout sees.

    Repeated until nothing changes:

    - an operation goes when, for each observable, it commutes with it and with all later operations that this
      observable sees: gates outside its backward light cone, and gates at the end that leave it alone, such as an
      exchange on a measured pair. Commutators with observables are exact;
    - equal rotations of several qubits at the end go together when every observable commutes with their common spin;
    - an operation goes when nothing earlier stands between it and the prepared state, of which it makes a phase:
      exchange of a singlet or of two |0>, chirality of three |0>, four_spin or collective exchange of two singlets,
      Pauli strings that the state is an eigenstate of, and equal rotations of both halves of a singlet together.

    In the end observables that the readout does not use go (``observables``), and the preparations of qubits that
    nothing acts on, together with these qubits (``qubits``). Preserves the moments that are left, so the energy; the
    order of qubits, operations and observables stays. Cost: quadratic in the number of operations at worst.

    Args:
        observables: drop observables that the readout does not use.
        qubits: drop qubits that nothing acts on.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program tiny
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... parameter J
        ... qubit a: A
        ... qubit b: B
        ... qubit c
        ... singlet a, b
        ... zero c
        ... exchange a, b, J
        ... rotate a, r(A, B)
        ... rotate c, r(A, B)
        ... exchange a, b, J
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(LightCone().run(program, target("ideal")).program.text.split("\n")[-9:-1]))
        qubit a: A
        qubit b: B
        <BLANKLINE>
        singlet a, b
        rotate a, r(A, B)
        <BLANKLINE>
        observable m = dot(a, b)
        energy moment(m)
    """

    observables: bool = True
    qubits: bool = True
    name: ClassVar[str] = "light-cone"
    preserves: ClassVar[Preserves] = "expectation values"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program without what its readout does not see."""
        if program.round_count > 1:
            # Every vector that turns a qubit is carried on, and is part of the response.
            return PassResult(program, None)
        if program.__dict__.get("_all_seen") == self:  # the same pass left it as it was
            return PassResult(program, None)
        flat = flatten(program, keep_groups=True)
        names = {name for name, _ in seen_observables(program)}
        seen = tuple(item for item in flat.observables if item[0] in names)
        ops = tuple(step.op for step in flat.steps)
        shorter = _seen(ops, tuple(observable.paulis for _, observable in seen))
        # A program has at least one observable, even one that its readout does not use.
        observables = (seen or flat.observables[:1]) if self.observables else flat.observables
        idle = _idle(program, shorter, observables) if self.qubits else ()
        if len(shorter) == len(ops) and len(observables) == len(program.observables) and not idle:
            program.__dict__["_all_seen"] = self
            return PassResult(program, None)
        made = _without(program, shorter, observables, idle)
        if not idle and tuple(step.op for step in flatten(made, keep_groups=True).steps) == shorter:
            made.__dict__["_all_seen"] = self  # nothing else goes, and nothing has become whole
        return PassResult(made, None, changed=True)


def _seen(ops: tuple[Op, ...], observables: tuple[PauliSum, ...]) -> tuple[Op, ...]:
    while True:
        seen = tuple(ops[place] for place in seen_from_end(ops, observables))
        started = _from_start(seen)
        shorter = tuple(started[place] for place in seen_with_turns(started, observables))
        if len(shorter) == len(ops):
            return ops
        ops = shorter


def seen_from_end(ops: Sequence[Op], observables: Sequence[PauliSum]) -> tuple[int, ...]:
    """Return the places of preparations, and of what does not commute with some observable that is carried back to it.

    The others can go at once: each commutes with every observable and with all that this observable sees after it.

    Args:
        ops: on wires, see :func:`qffc.passes.circuit.wires.flatten`.
        observables: on the same wires.
    """
    kept: list[int] = []
    gates = GatesOnQubits()
    cones = [0] * len(observables)  # of each observable, which gates it sees, one bit for each
    all_of_them = (1 << len(observables)) - 1
    direct = _Watching(observables)
    for place in range(len(ops) - 1, -1, -1):
        op = ops[place]
        if op.prepares:
            kept.append(place)
            continue
        watching = direct.at(op)
        if watching != all_of_them:
            watching |= _watching_gates(op, gates, cones, watching)
        if watching:
            kept.append(place)
            bit = gates.append(op)
            cones = [cone | bit if watching >> k & 1 else cone for k, cone in enumerate(cones)]
    return tuple(reversed(kept))


class _Watching:
    """Which observables do not commute with an operation, one bit for each: single strings all at once."""

    def __init__(self, observables: Sequence[PauliSum]) -> None:
        self._all = tuple(enumerate(observables))
        self._sums = tuple((k, paulis) for k, paulis in self._all if len(paulis.terms) != 1)
        self._strings = StringsOnQubits()
        for k, paulis in self._all:
            if len(paulis.terms) == 1:
                self._strings.add(1 << k, *paulis.bits[0], paulis.qubits)

    def at(self, op: Op) -> int:
        _, x, z = bits_of(op)
        found = self._strings.against(x, z, op.qubits) if x >= 0 else 0
        for k, paulis in self._sums if x >= 0 else self._all:
            if not commutes_with_observable(op, paulis):
                found |= 1 << k
        return found


def _watching_gates(op: Op, gates: GatesOnQubits, cones: Sequence[int], others: int) -> int:
    """Which observables see an operation through later gates, one bit for each, apart from others."""
    found = 0
    against = gates.against(op)
    together = turns_together(op)
    for number, cone in enumerate(cones):
        if not against & cone or others >> number & 1:
            continue
        if not (together and passes_together(op, gates.last_first(cone))):
            found |= 1 << number
    return found


def _from_start(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    """Drop what can be moved to the preparations and makes a phase there, equal rotations of a singlet together."""
    partners: dict[int, int | None] = {}
    gates: list[int] = []
    before: list[Op] = []
    for index, op in enumerate(ops):
        match op:
            case Singlet(a, b):
                partners |= {a: b, b: a}
                continue
            case Zero(qubit):
                partners[qubit] = None
                continue
        if is_turn(op):
            twin = _turn_of_other_half(op, partners[op.qubits[0]], before)
            if twin is not None and passes(op, before[::-1]):
                del gates[twin], before[twin]
                continue
        if not (_makes_a_phase(op, partners) and passes(op, before[::-1])):
            gates.append(index)
            before.append(op)
    kept = set(gates)
    return tuple(op for index, op in enumerate(ops) if index in kept or op.prepares)


def _turn_of_other_half(turn: Op, other: int | None, before: list[Op]) -> int | None:
    """The place of a rotation of the other half of a singlet by the same, if it can be moved to the start."""
    if other is None:
        return None
    own = on_qubit(turn, other)
    places = (place for place, op in enumerate(before) if same_turn(op, own))
    return next((place for place in places if passes(own, before[:place][::-1])), None)


def _makes_a_phase(op: Op, partners: Mapping[int, int | None]) -> bool:
    """Whether the prepared state is an eigenstate of an operation, whatever its angle is."""
    if isinstance(op, Rotate):
        about_axis = axis_rotation(op)
        return about_axis is not None and _makes_a_phase(about_axis, partners)
    if isinstance(op, PauliRotation):
        # XX, YY and ZZ are -1 on a singlet, any other string on it leaves it; Z is 1 on |0>.
        for qubit, letter in op.string:
            other = partners[qubit]
            if letter != "Z" if other is None else (other, letter) not in op.string:
                return False
        return True
    if not isinstance(op, Coupling):
        return False
    shape = shape_of(op)
    places = {qubit: place for place, qubit in enumerate(shape.qubits)}
    others = (partners[qubit] for qubit in shape.qubits)
    ends = tuple(None if other is None else places.get(other, len(places) + k) for k, other in enumerate(others))
    return _is_eigenstate(shape._replace(qubits=tuple(places.values())), ends)


@lru_cache(maxsize=1 << 12)
def _is_eigenstate(shape: Shape, partners: tuple[int | None, ...]) -> bool:
    """Whether singlets and |0> are an eigenstate of the generator of a coupling on the first qubits.

    Args:
        shape: the coupling.
        partners: of each of its qubits, the other half of the singlet; None for |0>.
    """
    size = 1 + max((*shape.qubits, *(other for other in partners if other is not None)))
    state = np.zeros((2,) * size, dtype=complex)
    state[(0,) * size] = 1.0
    for qubit, other in enumerate(partners):
        if other is not None and other > qubit:
            state = apply_string(state, ((other, "X"),)) - apply_string(state, ((qubit, "X"),))
    flat = state.reshape(-1) / np.linalg.norm(state)
    image = dense(unit_generator(shape), tuple(range(size))) @ flat
    return bool(np.allclose(image, np.vdot(flat, image) * flat, rtol=0, atol=1e-12))


def seen_with_turns(ops: Sequence[Op], observables: Sequence[PauliSum]) -> tuple[int, ...]:
    """Return the places of all but equal rotations at the end that the observables do not see together."""
    last = ends_alone(ops)
    dropped: set[int] = set()
    for turn in last:
        own = spelling(ops[turn])
        alike = {ops[other].qubits[0]: other for other in last if other not in dropped and spelling(ops[other]) == own}
        for paulis in observables:
            if not _commutes_with_spin(ops[turn], alike, paulis):
                alike = {qubit: other for qubit, other in alike.items() if qubit not in paulis.qubits}
        if all(_commutes_with_spin(ops[turn], alike, paulis) for paulis in observables):
            dropped |= set(alike.values())
    return tuple(index for index in range(len(ops)) if index not in dropped)


def _commutes_with_spin(turn: Op, qubits: Collection[int], paulis: PauliSum) -> bool:
    about_axis = axis_rotation(turn) if isinstance(turn, Rotate) else turn
    letters: Sequence[Letter] = (about_axis.string[0][1],) if isinstance(about_axis, PauliRotation) else LETTERS
    mask = sum(1 << qubit for qubit in qubits)
    return all(commutes_with_spin(mask, letter, paulis) for letter in letters)


def _idle(program: Program, ops: tuple[Op, ...], observables: Named) -> tuple[int, ...]:
    """Qubits that nothing acts on or sees; none when the program declares generators, which may name them."""
    if program.generators:
        return ()
    used = {qubit for op in ops if not op.prepares for qubit in op.qubits}
    used |= {qubit for _, observable in observables for qubit in observable.qubits}
    used |= {qubit for op in ops if op.prepares and used & set(op.qubits) for qubit in op.qubits}
    return tuple(qubit for qubit in range(len(program.qubits)) if qubit not in used)


def _without(program: Program, ops: tuple[Op, ...], observables: Named, idle: tuple[int, ...]) -> Program:
    stay = [qubit for qubit in range(len(program.qubits)) if qubit not in idle]
    places = {qubit: place for place, qubit in enumerate(stay)}
    return replace(
        program,
        qubits=tuple(program.qubits[qubit] for qubit in stay),
        ops=tuple(op.relabelled(places) for op in ops if not set(op.qubits) & set(idle)),
        observables=tuple((name, observable.relabelled(places)) for name, observable in observables),
    )
