"""The pass ``push-cliffords``: Clifford gates go past rotations, and where they end they are nothing, or measured.

In the words of circuit compilers: the Pauli gadget form of a circuit, Clifford conjugation, and absorption of Clifford
gates by the measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from qffc.ir.operation import Op
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.free_order import group_of
from qffc.passes.gadgets.frame import Frame, quarter_turns, quarters_and_rest
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.sequence import Gadget, Run, is_clifford, pushed
from qffc.passes.gadgets.spellings import Place, Spelling, Written, shortest_spelling
from qffc.passes.gadgets.stabilizers import generator_strings
from qffc.passes.target import Target


def leaves_alone(program: Program) -> bool:
    """Whether a program has rounds, whose vectors are carried on, or couplings that have no order yet."""
    return program.round_count > 1 or any(group_of(op) is not None for op in program.ops)


@dataclass(frozen=True)
class PushCliffords(Pass[None]):
    r"""Moves Pauli rotations by exact quarter turns past the other Pauli rotations, and what is left to the readout.

    - A rotation by P between Clifford gates C and C^dagger is one by the string C^dagger P C: CX, a rotation of the
      target about z, and CX are a rotation by ZZ.
    - Clifford gates that make turns of single qubits together are these turns, in front of the rotations.
    - At the end they are measured instead: observables become other strings, under the same names. That is done where
      it takes no more settings, and no inner product of two spins falls apart. Not in programs that declare
      generators, which speak of the state.

    A run of Pauli rotations goes as far as operations of other kinds on its qubits let it. It is rewritten where the
    circuit then takes fewer two-qubit gates, with operations that can be brought together on a pair as one, or as many
    and fewer operations. Preserves the moments; where no observable changes, the state up to a phase.
    Cost: linear in the operations, times the rotations that they pass.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program gadget
        ... scope molecule
        ... species H
        ... site A: H free
        ... parameter J
        ... qubit a: A
        ... qubit b
        ... zero a
        ... zero b
        ... pauli_rotation X(a), J
        ... pauli_rotation Z(a) X(b), pi/2
        ... pauli_rotation Z(b), 2*J
        ... pauli_rotation Z(a) X(b), -pi/2
        ... observable m = X(a) X(b)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(PushCliffords().run(program, target("ideal")).program.text.split("\n")[-8:-3]))
        zero a
        zero b
        pauli_rotation X(a), J
        pauli_rotation Z(a) Y(b), 2*J
        <BLANKLINE>
    """

    name: ClassVar[str] = "push-cliffords"
    preserves: ClassVar[Preserves] = "moments"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program with its Clifford gates out of the way."""
        if leaves_alone(program):
            return PassResult(program, None)
        now, before = program, None
        while now is not before:
            before, now = now, shortest_spelling(now, _spellings)
        return PassResult(now, None, changed=now is not program)


def _spellings(run: Run, place: Place) -> Iterator[Spelling]:
    given, _ = run.pushed(place.qubits)
    if given.frame.sources == tuple(range(place.qubits)):
        yield Spelling(Written(turned_first(given.rotations, given.frame), place.qubits))
    elif not place.keeps_state and (place.is_last or given.frame.sources is not None):
        yield Spelling(given, given.frame)
    if place.is_last and not place.keeps_state:
        yield without_tail(run.ops, place.qubits)


def turned_first(rotations: tuple[Gadget, ...], frame: Frame) -> tuple[Op, ...]:
    """Return rotations and turns of single qubits behind them with the turns in front."""
    turned = [(frame.after(rotation.string), rotation.angle) for rotation in rotations]
    gates = [Gadget(Pauli(s.x, s.z), -angle if s.negative else angle).op for s, angle in turned]
    return (*quarter_turns(frame.turns()), *gates)


def without_tail(ops: tuple[Op, ...], qubits: int) -> Spelling:
    """Return a run without the Clifford gates that can be moved behind all the rest, and these as a frame."""
    kept: list[Op] = []
    tail: list[Op] = []
    later: list[Pauli] = []
    for op in reversed(ops):
        strings = generator_strings(op)
        if is_clifford(op) and all(own.commutes(string) for own in later for string in strings):
            tail.append(op)
        else:
            kept.append(op)
            later += [string for string in strings if string not in later]
    turns = [(Pauli.of(op.letters), quarters_and_rest(op.value)[0]) for op in reversed(tail) if op.value is not None]
    _, frame = pushed(turns, qubits)
    return Spelling(Written(tuple(reversed(kept)), qubits), frame)
