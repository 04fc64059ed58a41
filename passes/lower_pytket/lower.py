"""The pass ``lower-pytket``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.target import Target


@dataclass(frozen=True)
class LowerPytket(Pass[PytketKernel]):
    """Lowers a program to circuits of the native gates of the target.

    The program stays; the output is a :class:`PytketKernel`. Preserves the state up to a global phase, gates below
    the minimum angles of the target aside; with ``fix_frame`` the moments only. Cost: linear in the number of
    operations, here and for each binding, and some milliseconds for each run of exchanges that gets shorter.

    Args:
        fold_swaps: take SWAPs out of exchange angles by renaming wires.
        fix_frame: write exchanges in frames of their own, such that many turns are about z.
        shorten_runs: write more than four exchanges in a row on three qubits as four.
        fuse_pairs: write what comes together on one pair of qubits as one gate, where that is cheaper.
        ask_pytket: take what pytket's own passes make of the operations, where that is cheaper and is right; seconds.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> import numpy as np
        >>> program = parse_program('''qffc 1
        ... program tiny
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... parameter J
        ... qubit a: A
        ... qubit b: B
        ... singlet a, b
        ... rotate a, r(A, B)
        ... exchange a, b, J
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> kernel = LowerPytket().run(program, target("H2-1LE")).output
        >>> circuit = kernel.bind(np.array([0.1, 0.0, 0.0, 0.5]))  # J, then the vector r(A, B)
        >>> kernel.counts(circuit).two_qubit
        1
    """

    fold_swaps: bool = True
    fix_frame: bool = False
    shorten_runs: bool = True
    fuse_pairs: bool = True
    ask_pytket: bool = False
    name: ClassVar[str] = "lower-pytket"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program: Program, target: Target) -> PassResult[PytketKernel]:
        """Return the kernel; the program is unchanged."""
        options = (self.fold_swaps, self.fix_frame, self.shorten_runs, self.fuse_pairs, self.ask_pytket)
        return PassResult(program, PytketKernel(split_program(program), target, *options))
