"""The pass ``canonicalize``: drops identities, merges what can meet, folds SWAPs into names.

In the words of circuit compilers: gate cancellation and rotation merging, modulo commutation, and removal of SWAPs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qffc.ir.operation import Op
from qffc.ir.ops import Relabel
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.simplify.merge import Word
from qffc.passes.simplify.normal_form import is_identity, normal, without_swap
from qffc.passes.target import Target


@dataclass(frozen=True)
class Canonicalize(Pass[None]):
    r"""Brings a program to a shorter form that means the same.

    Rewrites, repeated until nothing changes:

    - operations with an angle or a vector that is exactly zero go;
    - exact multiples of pi are reduced: in the angles of exchanges and four_spins modulo pi/2, of collective exchanges
      modulo their period, of Pauli rotations modulo 2 pi, and of rotations about a ``unit`` vector modulo 2 pi;
    - rotations of a qubit about one direction become one (``fuse``), couplings of one kind on the same qubits become
      one, also across operations that commute with them (``merge``): with one another, or with equal rotations of all
      qubits of a coupling that keeps the spin taken together;
    - Pauli rotations XX, YY and ZZ of a pair by one angle t become an exchange by t/2 (``merge``); a collective
      exchange of two qubits is an exchange;
    - exp(-i pi/4 (XX+YY+ZZ)) is SWAP, so exact multiples of pi/4 in the angle of an exchange turn into a relabel
      (``fold_swaps``), which leaves every exact angle between -pi/8 and pi/8;
    - relabels move to the end, where observables absorb them;
    - one spelling: a rotation about an axis of the laboratory is a Pauli rotation, the qubits of singlets and couplings
      stand in their first order, with the sign that a chirality takes.

    What is left stays in the order in which it was written. Preserves the unitary up to a global phase and up to the
    absorbed relabel, hence the moments. Qubits keep their names and their sites: a site permutation acts on the qubits
    where the state was prepared. A certificate is bound to the text of a program, so it has to be made again
    afterwards. Cost: quadratic in the number of operations at worst, milliseconds for hundreds.

    Args:
        fuse: fuse rotations.
        merge: merge couplings.
        fold_swaps: turn SWAPs into names.

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
        ... parameter K
        ... qubit a: A
        ... qubit b: B
        ... qubit c
        ... singlet a, b
        ... zero c
        ... rotate a, J*r(A, B)
        ... rotate a, K*r(A, B)
        ... exchange b, c, 1/4*pi
        ... exchange a, b, J
        ... exchange a, b, J
        ... observable m = dot(b, c)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(Canonicalize().run(program, target("ideal")).program.text.split("\n")[-8:-1]))
        singlet a, b
        zero c
        rotate a, (J + K)*r(A, B)
        exchange a, c, 2*J
        <BLANKLINE>
        observable m = dot(b, c)
        energy moment(m)
    """

    fuse: bool = True
    merge: bool = True
    fold_swaps: bool = True
    name: ClassVar[str] = "canonicalize"
    preserves: ClassVar[Preserves] = "moments"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program in its shorter form."""
        if program.round_count > 1:
            # Every vector that turns a qubit is carried on, and is part of the response.
            return PassResult(program, None)
        if program.__dict__.get("_canonical") == self:  # it is what this pass has made, or left as it was
            return PassResult(program, None)
        ops = program.ops
        place = {qubit: qubit for qubit in range(len(program.qubits))}
        while True:
            shorter, moved = self._sweep(ops, len(program.qubits))
            place = {qubit: moved[now] for qubit, now in place.items()}
            if shorter == ops:
                break
            ops = shorter
        changed = ops != program.ops
        if changed:
            observables = tuple((name, observable.relabelled(place)) for name, observable in program.observables)
            program = replace(program, ops=ops, observables=observables)
        program.__dict__["_canonical"] = self  # the last sweep found nothing to do, and no other one would
        return PassResult(program, None, changed)

    def _sweep(self, ops: tuple[Op, ...], qubits: int) -> tuple[tuple[Op, ...], dict[int, int]]:
        """One walk over the operations: the new ones, and the place where the state of each qubit ends."""
        place = {qubit: qubit for qubit in range(qubits)}
        moved = False
        word = Word(fuse=self.fuse, merge=self.merge)
        for op in ops:
            if isinstance(op, Relabel):
                place |= {to: place[source] for source, to in op.moves}
                moved = True
                continue
            here = normal(op.relabelled(place) if moved else op)
            if self.fold_swaps:
                here, swap = without_swap(here)
                if swap:
                    place = {qubit: swap.get(now, now) for qubit, now in place.items()}
                    moved = True
            if not is_identity(here):
                word.append(here)
        return tuple(word.ops), place
