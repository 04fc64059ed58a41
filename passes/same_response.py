"""Does a pass keep its promise? The program before it and the program after it, at the same random points.

Numbers find a wrong pass and prove nothing about a right one: it is translation validation by samples, quick enough to
run for every pass. :func:`compare_responses` is translation validation by exact arithmetic, on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from qffc.passes.circuit.flat_strings import expectations
from qffc.passes.circuit.split_program import split_program
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.identities.identity import Identity
from qffc.passes.equivariance.identities.identity_test import compare_programs
from qffc.passes.equivariance.numbers.before_and_after import observed
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.numbers.random_rounding import RandomRounding
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.measurement.kernel_states import kernel_states

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
        if _is_quick(first, last) and all(_agree(weakest, *pair) for pair in _at_points(first, last)):
            return None
    for change in changes:
        try:
            _verify_at_points(change)
        except InternalError as problem:
            return change, problem
    return None


def _verify_at_points(change: Change) -> None:
    if keeps_symmetry(change.step.preserves) and _is_quick(change.before, change.after):
        for pair in _at_points(change.before, change.after):
            _verify_numbers(change.step, *pair)


def _is_quick(before: Program, after: Program) -> bool:
    return max(_cost(before), _cost(after)) <= _MOST_OPERATIONS


@dataclass(frozen=True)
class _Seen:
    """What a program gives at a point.

    Args:
        program: without sums over neighbours.
        instance: the point.
        state: (2**qubits,).
        moments: of its observables, by name.
        arithmetic: of its readout.
    """

    program: Program
    instance: Instance
    state: State
    moments: Mapping[str, float]
    arithmetic: Arithmetic = Evaluator

    @property
    def response(self) -> Floats:
        return read(self.program, self.instance, self.moments, self.arithmetic)


def _at_points(before: Program, after: Program) -> Iterator[tuple[_Seen, _Seen]]:
    """Two programs with their sums written out, at random points."""
    out = written_out(before)
    if out is not None:
        before, after = out.program, out.of(after)
    random = np.random.default_rng(20241009)
    points = [random_point(before, Transform("nothing"), random) for _ in range(_POINTS)]
    yield from _simulated(before, after, [point.instances(before)[0] for point in points])


def _simulated(before: Program, after: Program, instances: Sequence[Instance]) -> Iterator[tuple[_Seen, _Seen]]:
    """Both programs at points, by their kernels: all points at once, which the reference simulator is too slow for."""
    evaluators = [Evaluator(before, instance) for instance in instances]  # both have the same sites and tables
    with np.errstate(all="ignore"):
        sides = [_by_kernel(program, instances, evaluators) for program in (before, after)]
    yield from zip(*sides, strict=True)


def _by_kernel(program: Program, instances: Sequence[Instance], evaluators: Sequence[Evaluator]) -> list[_Seen]:
    split, qubits = split_program(program), len(program.qubits)
    slots = [
        [*(evaluate(value) for value in split.scalars), *(part for value in split.vectors for part in evaluate(value))]
        for evaluate in evaluators
    ]
    states = kernel_states(split, np.array(slots, dtype=np.float64).reshape(len(instances), split.slot_count))
    moments = expectations([observable.paulis for _, observable in program.observables], states, qubits).tolist()
    names = _names(program)
    return [
        _Seen(program, instance, state, dict(zip(names, numbers, strict=True)))
        for instance, state, numbers in zip(instances, states, moments, strict=True)
    ]


def _by_reference(program: Program, instance: Instance, arithmetic: Arithmetic) -> _Seen:
    state = statevector(program, instance, arithmetic)
    moments = dict(zip(_names(program), moments_of(program, state), strict=True))
    return _Seen(program, instance, state, moments, arithmetic)


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
    for pair in _simulated(before, after, [instance]):
        _verify_numbers(step, *pair)


def _verify_numbers(step: Pass[object], before: _Seen, after: _Seen) -> None:
    if _agree(step.preserves, before, after):
        return
    with np.errstate(all="ignore"):
        one, other = _numbers(step.preserves, before, after)
    raise InternalError(
        f"pass '{step.name}' preserves {step.preserves}, and changed {one} to {other} at {before.instance}"
    )


def _agree(preserves: Preserves, before: _Seen, after: _Seen) -> bool:
    """Whether what is preserved is the same at one point, rounding aside, or not finite."""
    with np.errstate(all="ignore"):
        one, other = _numbers(preserves, before, after)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return True
    difference, allowed = np.abs(one - other), _TOLERANCE * max(1.0, float(np.abs(one).max(initial=0.0)))
    if difference.max(initial=0.0) <= allowed:
        return True
    noise = _rounding(preserves, before, after)
    return not (difference > np.maximum(allowed, _ABOVE_ROUNDING * noise)).any()


def _changed_interface(step: Pass[object], before: Program, after: Program) -> str:
    """What a pass changed that it may not; empty when nothing."""
    changed = [name for name in _LEFT_ALONE if getattr(before, name) != getattr(after, name)]
    if after.parameters is not before.parameters and not set(after.parameters) <= set(before.parameters):
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


def _numbers(preserves: Preserves, before: _Seen, after: _Seen) -> tuple[Floats, Floats]:
    """What has to agree: the response, every moment when the pass preserves those, the state when it preserves that."""
    if before.program.average != after.program.average:
        one, other = (observed(seen.program, seen.instance, seen.arithmetic) for seen in (before, after))
        return one, other
    one, other = np.zeros(0), np.zeros(0)
    by_moments = keeps(preserves, "moments")
    if not by_moments or before.program.readout != after.program.readout:  # else the response follows from the moments
        one, other = before.response, after.response
    if by_moments:
        names = _names(before.program)
        one, other = (
            np.concatenate([numbers, [seen.moments[name] for name in names]])
            for numbers, seen in ((one, before), (other, after))
        )
    if keeps(preserves, "unitary"):
        states = _up_to_a_phase(before.state, after.state)
        one, other = (np.concatenate(parts) for parts in zip((one, other), states, strict=True))
    return one, other


def _up_to_a_phase(one: State, other: State) -> tuple[Floats, Floats]:
    """Real and imaginary parts of two states, the second with the phase that brings it nearest to the first."""
    if one.shape != other.shape:
        return np.ones(1), np.zeros(1)
    overlap = np.vdot(other, one)
    turned = other * (overlap / abs(overlap) if overlap else 1.0)
    return np.concatenate([one.real, one.imag]), np.concatenate([turned.real, turned.imag])


def _rounding(preserves: Preserves, before: _Seen, after: _Seen) -> Floats:
    """How far each number moves with arithmetic that rounds at random."""

    def numbers(arithmetic: Arithmetic) -> tuple[Floats, Floats]:
        with np.errstate(all="ignore"):
            one, other = (_by_reference(seen.program, seen.instance, arithmetic) for seen in (before, after))
            return _numbers(preserves, one, other)

    known = numbers(Evaluator)  # whose states have phases of their own
    noise = np.zeros_like(known[0])
    for seed in range(_ROUNDINGS):
        moved = numbers(partial(RandomRounding, np.random.default_rng(seed)))
        noise = np.maximum(noise, np.maximum(*(np.abs(a - b) for a, b in zip(moved, known, strict=True))))
    return noise


def _names(program: Program) -> tuple[str, ...]:
    return tuple(name for name, _ in program.observables)


def _cost(program: Program) -> float:
    if len(program.qubits) > _MOST_QUBITS:
        return float("inf")
    return len(program.ops) + sum(len(observable.paulis.terms) for _, observable in program.observables)
