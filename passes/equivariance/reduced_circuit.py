"""What the rules cannot prove of a circuit, they may prove of a shorter one with the same response.

The shorter circuit is what ``canonicalize`` and ``light-cone`` make, both exact: gates that cancel meet, and what no
observable of the readout sees goes. Symmetries of the circuit itself, declared by hand, are not judged this way.
"""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.program import Program
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.passes.simplify.light_cone import LightCone
from qffc.passes.target import Target

REDUCED = " of the reduced circuit"
"""Behind the name of a rule that proves something of the shorter circuit."""
_ANY = Target("any", "the passes ask nothing of it", None)


def reduced_circuit(program: Program) -> Program | None:
    """Return a shorter program with the same response, or None when there is none.

    Example:
        >>> from qffc.ir import parse_program
        >>> program = parse_program('''qffc 1
        ... program bond
        ... scope molecule
        ... species H
        ... site A: H free
        ... qubit a: A
        ... qubit b: A
        ... singlet a, b
        ... exchange a, b, 0.5
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> len(reduced_circuit(program).ops)
        1
    """
    plain = replace(program, generators=())
    now, before = plain, None
    while now is not before:
        before = now
        for step in (Canonicalize(), LightCone()):
            now = step.run(now, _ANY).program
    return None if now is plain else now
