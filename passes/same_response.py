"""Does a pass keep its promise? The program before it and the program after it, at the same random points.

Numbers find a wrong pass and prove nothing about a right one: it is translation validation by samples, quick enough to
run for every pass. :func:`compare_responses` is translation validation by exact arithmetic, on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.program import Program
from qffc.ir.reference import Arithmetic, State, moments_of, read, statevector
from qffc.ir.values import as_value
from qffc.passes.base import MEANINGS, Pass, Preserves, keeps, keeps_symmetry
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.identities.identity import Identity
from qffc.passes.equivariance.identities.identity_test import compare_programs
from qffc.passes.equivariance.numbers.before_and_after import observed
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.numbers.random_rounding import RandomRounding
from qffc.passes.equivariance.verdict import Transform

Floats = NDArray[np.float64]

_POINTS = 2
_TOLERANCE = 1e-7
"""Relative to the largest number; right passes differ by rounding, wrong ones by much more."""
_ROUNDINGS = 3
_ABOVE_ROUNDING = 1000.0
"""Where angles are large, or numbers cancel, rounding is more than the tolerance: then it is measured."""
_MOST_QUBITS = 10
_MOST_OPERATIONS = 1_000
"""Operations and Pauli strings that are simulated for one point: about 0.2 s."""
_LEFT_ALONE = ("symmetry", "generators", "scope", "species", "sites", "channels")


@dataclass(frozen=True)
class Change:
    """What a pass has made of a program.

    Args:
        step: the pass.
        before: the program that it was given.
        after: the program that it returned.
    """

    step: Pass[object]
    before: Program
    after: Program


def verify_promise(step: Pass[object], before: Program, after: Program) -> None:
    """Hold a pass to what it says that it preserves: the interface of the program exactly, its numbers at two points.

    Programs with more than ten qubits, or too long to simulate at once, are compared in their interface alone.

    Args:
        step: the pass.
        before: the program that it was given.
        after: the program that it returned.

    Raises:
        InternalError: when the pass breaks its promise.
    """
    change = Change(step, before, after)
    verify_interface(change)
    _verify_at_points(change)


def verify_interface(change: Change) -> None:
    """Hold a pass to what it leaves alone whatever the numbers are.

    Raises:
        InternalError: when it does not.
    """
    if not keeps_symmetry(change.step.preserves):
        return
    changed = _changed_interface(change.step, change.before, change.after)
    if changed:
        raise InternalError(f"pass '{change.step.name}' preserves {change.step.preserves}, and changed {changed}")


def broken_promise(changes: Sequence[Change]) -> tuple[Change, InternalError] | None:
    """Return the first change that is not what its pass promises in numbers, and what is wrong with it.

    What all of them preserve is compared once, before the first and after the last: only where that differs, or is too
    much to simulate, is it asked which of them it was.

    Args:
        changes: each begins with the program that the one before it ends with, and keeps the response.
    """
    if len(changes) > 1:
        first, last = changes[0].before, changes[-1].after
        weakest = next(what for what in reversed(tuple(MEANINGS)) if any(c.step.preserves == what for c in changes))
        if _is_quick(first, last) and all(_agree(weakest, *point) for point in _points(first, last)):
            return None
    for change in changes:
        try:
            _verify_at_points(change)
        except InternalError as problem:
            return change, problem
    return None


def _verify_at_points(change: Change) -> None:
    if keeps_symmetry(change.step.preserves) and _is_quick(change.before, change.after):
        for before, after, instance in _points(change.before, change.after):
            verify_numbers(change.step, before, after, instance)


def _is_quick(before: Program, after: Program) -> bool:
    return max(_cost(before), _cost(after)) <= _MOST_OPERATIONS


def _points(before: Program, after: Program) -> Iterator[tuple[Program, Program, Instance]]:
    """Two programs with their sums written out, and random points."""
    out = written_out(before)
    if out is not None:
        before, after = out.program, out.of(after)
    random = np.random.default_rng(20241009)
    for _ in range(_POINTS):
        point = random_point(before, Transform("nothing"), random)
        instance, _ = point.instances(before)
        yield before, after, instance


def compare_responses(before: Program, after: Program, *, moments: bool = False) -> Identity:
    """Compare the responses of a program and of what passes made of it, for all parameters and geometries at once.

    Sums over neighbours are written out, for
    as many as the check takes for its numbers.

    Args:
        before: any program.
        after: with the same sites and tables.
        moments: compare the moments of observables that both name, too.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.simplify.canonicalize import Canonicalize
        >>> from qffc.passes.target import Target
        >>> program = load("sivqlm-h2o", depth=2)
        >>> compare_responses(program, Canonicalize().run(program, Target("any", "", None)).program).outcome
        'equal'
    """
    out = written_out(before)
    if out is not None:
        before, after = out.program, out.of(after)
    names = [name for name in _names(before) if name in _names(after)] if moments else []
    return compare_programs(before, after, names)


def verify_numbers(step: Pass[object], before: Program, after: Program, instance: Instance) -> None:
    """Compare what a pass says that it preserves at one point; nothing where a number is not finite.

    Args:
        step: the pass, which preserves at least the response.
        before: the program that it was given.
        after: the program that it returned.
        instance: the point.

    Raises:
        InternalError: when the numbers differ by more than rounding.
    """
    if not _agree(step.preserves, before, after, instance):
        with np.errstate(all="ignore"):
            one, other = _numbers(step.preserves, before, after, instance)
        raise InternalError(
            f"pass '{step.name}' preserves {step.preserves}, and changed {one} to {other} at {instance}"
        )


def _agree(preserves: Preserves, before: Program, after: Program, instance: Instance) -> bool:
    """Whether what is preserved is the same at one point, rounding aside, or not finite."""
    with np.errstate(all="ignore"):
        one, other = _numbers(preserves, before, after, instance)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return True
    difference, allowed = np.abs(one - other), _TOLERANCE * max(1.0, float(np.abs(one).max(initial=0.0)))
    if difference.max(initial=0.0) <= allowed:
        return True
    noise = _rounding(preserves, before, after, instance, (one, other))
    return not (difference > np.maximum(allowed, _ABOVE_ROUNDING * noise)).any()


def _changed_interface(step: Pass[object], before: Program, after: Program) -> str:
    """What a pass changed that it may not; empty when nothing."""
    changed = [name for name in _LEFT_ALONE if getattr(before, name) != getattr(after, name)]
    if not set(after.parameters) <= set(before.parameters):
        changed.append("parameters")
    if _readout_shape(before) != _readout_shape(after):
        changed.append("readout")
    if before.round_count > 1 and before.turning != after.turning:
        changed.append("vectors that are carried on")
    if keeps(step.preserves, "moments") and not set(_names(before)) <= set(_names(after)):
        changed.append("observables")
    return ", ".join(changed)


def _readout_shape(program: Program) -> object:
    """What has to stay of the readout whatever the observables: with a head, everything but the weight."""
    readout = program.readout
    return replace(readout, weight=as_value(1)) if isinstance(readout, AtomicReadout) else None


def _numbers(
    preserves: Preserves, before: Program, after: Program, instance: Instance, arithmetic: Arithmetic = Evaluator
) -> tuple[Floats, Floats]:
    """What has to agree: the response, every moment when the pass preserves those, the state when it preserves that."""
    if before.average != after.average:
        return observed(before, instance, arithmetic), observed(after, instance, arithmetic)
    by_moments, programs = keeps(preserves, "moments"), (before, after)
    states = [statevector(program, instance, arithmetic) for program in programs]
    found = [
        dict(zip(_names(program), moments_of(program, state), strict=True))
        for program, state in zip(programs, states, strict=True)
    ]
    one, other = np.zeros(0), np.zeros(0)
    if not by_moments or before.readout != after.readout:  # else the response follows from the moments
        one, other = (read(p, instance, named, arithmetic) for p, named in zip(programs, found, strict=True))
    if by_moments:
        one, other = (
            np.concatenate([numbers, [named[name] for name in _names(before)]])
            for numbers, named in zip((one, other), found, strict=True)
        )
    if keeps(preserves, "unitary"):
        one, other = (np.concatenate(parts) for parts in zip((one, other), _up_to_a_phase(*states), strict=True))
    return one, other


def _up_to_a_phase(one: State, other: State) -> tuple[Floats, Floats]:
    """Real and imaginary parts of two states, the second with the phase that brings it nearest to the first."""
    if one.shape != other.shape:
        return np.ones(1), np.zeros(1)
    overlap = np.vdot(other, one)
    turned = other * (overlap / abs(overlap) if overlap else 1.0)
    return np.concatenate([one.real, one.imag]), np.concatenate([turned.real, turned.imag])


def _rounding(
    preserves: Preserves, before: Program, after: Program, instance: Instance, known: tuple[Floats, Floats]
) -> Floats:
    """How far each number moves with arithmetic that rounds at random."""
    noise = np.zeros_like(known[0])
    for seed in range(_ROUNDINGS):
        random = np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            moved = _numbers(preserves, before, after, instance, partial(RandomRounding, random))
        noise = np.maximum(noise, np.maximum(*(np.abs(a - b) for a, b in zip(moved, known, strict=True))))
    return noise


def _names(program: Program) -> tuple[str, ...]:
    return tuple(name for name, _ in program.observables)


def _cost(program: Program) -> float:
    if len(program.qubits) > _MOST_QUBITS:
        return float("inf")
    return len(program.ops) + sum(len(observable.paulis.terms) for _, observable in program.observables)
