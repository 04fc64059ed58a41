"""What the rules cannot prove of a circuit, they may prove of a shorter one with the same response.

The shorter circuit is what ``slide-singlet``, ``canonicalize``, ``push-cliffords`` and ``light-cone`` make, all exact:
gates that cancel meet, rotations between Clifford gates are the rotations that they spell, and what no observable of
the readout sees goes. So equal turns of both halves of a singlet are nothing.

**Lemma.** A program and its shorter circuit have one response wherever that of the longer one is finite, so a symmetry
of the one is a symmetry of the other there. Hypothesis: each pass keeps expectation values, for all geometries and
parameters; that is its contract, held against numbers by the pipeline and by the tests of the pass.

Symmetries of the circuit itself, declared by hand, are not judged this way: they speak of the state too.
"""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.program import Program
from qffc.passes.equivariance.finding import Rule
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.passes.simplify.light_cone import LightCone
from qffc.passes.simplify.slide_singlet import SlideSinglet
from qffc.passes.target import Target

REDUCED = " of the reduced circuit"
"""Behind the name of a rule that proves something of the shorter circuit."""
ANY_TARGET = Target("any", "the passes ask nothing of it", None)


def of_reduced(rule: Rule) -> Rule:
    """Return a rule as it speaks of the shorter circuit."""
    makers = "slide-singlet, canonicalize, push-cliffords and light-cone"
    why = f"true of the shorter circuit that {makers} make, which responds alike"
    return Rule(rule.name + REDUCED, f"{rule.why}; {why}")


def of_canonical(rule: Rule) -> Rule:
    """Return a rule as it speaks of what ``canonicalize`` makes of the circuit."""
    why = "true of the circuit that canonicalize makes, which prepares the same state"
    return Rule(f"{rule.name} of the circuit in canonical form", f"{rule.why}; {why}")


def of_pushed(rule: Rule) -> Rule:
    """Return a rule as it speaks of what ``push-cliffords`` makes of the circuit in canonical form."""
    why = "true of the circuit that canonicalize and push-cliffords make, which prepares the same state"
    return Rule(f"{rule.name} of the circuit without Clifford gates", f"{rule.why}; {why}")


def without_cliffords(program: Program) -> Program:
    """Return what ``canonicalize`` and ``push-cliffords`` make of a program with declared generators: the same state.

    Example:
        >>> from qffc.library import load
        >>> len(without_cliffords(load("pair", depth=1)).ops) <= len(load("pair", depth=1).ops)
        True
    """
    from qffc.passes.gadgets.push_cliffords import PushCliffords  # slow to load, and few programs ask for it

    for step in (Canonicalize(), PushCliffords(), Canonicalize()):
        program = step.run(program, ANY_TARGET).program
    return program


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
    from qffc.passes.gadgets.push_cliffords import PushCliffords

    plain = replace(program, generators=())
    now, before = plain, None
    while now is not before:
        before = now
        for step in (SlideSinglet(), Canonicalize(), PushCliffords(), LightCone()):
            now = step.run(now, ANY_TARGET).program
    return None if now is plain else now
