"""Whether a transform changes the response of a program, decided by exact arithmetic at random points.

The response, averages included, is computed before and after a transform at points of finite fields (:mod:`.points`,
:mod:`.field_values`, :mod:`.states`). If it is equal at all points the two are one rational function of what is free,
with a probability of error that is computed (:mod:`.bound`); then they are equal at all geometries and parameters. If
they differ at one point they are different functions of what is free; whether numbers of a geometry show it is for
numbers to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random, SystemRandom

from qffc.ir.generators import Generator
from qffc.ir.program import Program
from qffc.passes.equivariance.identities.charges import ChargeComparison
from qffc.passes.equivariance.identities.comparison import Comparison
from qffc.passes.equivariance.identities.ends import ghosts_of
from qffc.passes.equivariance.identities.identity import BITS, Identity
from qffc.passes.equivariance.identities.images import ImageComparison
from qffc.passes.equivariance.identities.points import Unknown
from qffc.passes.equivariance.identities.readouts import has_directions
from qffc.passes.equivariance.verdict import Transform


def compare_exactly(program: Program, transform: Transform, random: Random | None = None) -> Identity:
    """Compare the response of a program before and after a transform of its data.

    Args:
        program: any program; sums over neighbours are left to others, and generators that move qubits to
            :func:`compare_images`.
        transform: of the data.
        random: the source of points and primes; that of the system when left out.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.equivariance.transforms import MIRROR, TURN
        >>> program = load("sivqlm-lih", depth=1)
        >>> [compare_exactly(program, each).outcome for each in (TURN, MIRROR)]
        ['equal', 'equal']
    """
    kind = Comparison if transform.internal is None else ChargeComparison
    return _compared((program, program), transform, (), random, kind)


def compare_images(
    program: Program, transform: Transform, generator: Generator, random: Random | None = None
) -> Identity:
    """Compare the states and the readout of a program before and after what a generator does to data and states.

    Args:
        program: any program; averages and sums over neighbours are left to others.
        transform: what the generator does to data.
        generator: declared by the program.
        random: the source of points and primes; that of the system when left out.
    """
    return _compared((program, program), transform, (), random, partial(ImageComparison, generator))


def compare_programs(one: Program, other: Program, names: Sequence[str] = (), random: Random | None = None) -> Identity:
    """Compare the responses of two programs with the same sites and tables.

    Args:
        one: any program without sums over neighbours.
        other: what a pass made of it, or the like.
        names: of observables of both, whose moments are compared as well.
        random: the source of points and primes; that of the system when left out.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.simplify.canonicalize import Canonicalize
        >>> from qffc.passes.target import Target
        >>> program = load("sivqlm-h2o", depth=2)
        >>> shorter = Canonicalize().run(program, Target("any", "", None)).program
        >>> compare_programs(program, shorter).outcome, compare_programs(program, load("sivqlm-h2o", depth=1)).outcome
        ('equal', 'different')
    """
    return _compared((one, other), Transform("nothing"), tuple(names), random, Comparison)


def _compared(
    programs: tuple[Program, Program],
    transform: Transform,
    names: tuple[str, ...],
    random: Random | None,
    kind: Callable[..., Comparison],
) -> Identity:
    try:
        points = 0
        source, directions = random or SystemRandom(), any(map(has_directions, programs))
        for ghosts in ghosts_of(programs[0], transform):
            found = kind(programs, transform, names, ghosts, source).run()
            if found.outcome != "equal":
                return found
            points += found.points
            if directions:
                again = kind(programs, transform, names, ghosts, source, vanishing=True).run()
                if again.outcome != "equal":
                    raise Unknown("the identity test: equal, but perhaps not where a vector has no direction")
                points += again.points
        return Identity("equal", BITS, points)
    except Unknown as problem:
        return Identity("unknown", why=str(problem))
