"""Search for a counterexample: the program at random geometries and parameters, before and after a transform.

Numbers refute and never prove.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qffc.ir.exchange_group import copy_count, count_text
from qffc.ir.program import Program
from qffc.ir.verification.sizes import table_numbers
from qffc.passes.circuit.written_out import plain
from qffc.passes.equivariance.numbers.before_and_after import measured
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.numbers.random_rounding import RandomRounding
from qffc.passes.equivariance.verdict import Counterexample, Transform

POINTS = 12
THRESHOLD = 1e-9
"""A smaller change of the response refutes nothing."""
_CLEAR = 1.03e-3
"""A change above this, relative to the response, ends the search; no round number, which a program may meet exactly."""
_BETTER = 1.01
"""A larger difference counts more when it is larger by this factor, so that rounding does not choose the point."""
_ROUNDINGS = 3
"""How often a counterexample is computed again to measure rounding."""
_BUDGET = 10**9
"""Matrix elements that the dense simulator may touch for one generator."""
_MOST_QUBITS = 11
"""Above this the matrices of the reference simulator take too much memory."""
_MOST_NUMBERS = 10**6
"""Of all tables of parameters; a counterexample has each of them written down."""


@dataclass(frozen=True)
class Sampling:
    """What random points showed: how many, the largest deviation, what is rounding, a counterexample when it counts.

    Without any points ``why_none`` says why.
    """

    points: int
    deviation: float
    rounding: float
    counterexample: Counterexample | None
    why_none: str = ""


def sample(program: Program, transform: Transform, points: int = POINTS) -> Sampling:
    """Compare a program before and after a transform at random points."""
    ghosts = program.scope == "atom" and program.gathered is None
    program = plain(program)
    random = np.random.default_rng(20231111)
    best: Counterexample | None = None
    deviation, done = 0.0, 0
    for _ in range(min(points, _affordable(program))):
        candidate = random_point(program, transform, random, ghosts=ghosts)
        with np.errstate(all="ignore"):
            before, after = measured(program, candidate)
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            continue
        done += 1
        candidate = replace(candidate, response=_floats(before), transformed=_floats(after))
        deviation = max(deviation, candidate.difference)
        if best is None or candidate.difference > _BETTER * best.difference:
            best = candidate
        if best.difference > _CLEAR * max(1.0, float(np.abs(before).max())):
            break
    if best is None:
        return Sampling(0, 0.0, 0.0, None, _why_no_points(program))
    rounding = _rounding(program, best)
    return Sampling(done, deviation, rounding, best if best.difference > rounding else None)


def _rounding(program: Program, candidate: Counterexample) -> float:
    """The largest difference that rounding may explain.

    It is measured: both ends once more with arithmetic that rounds every number at random (Monte Carlo arithmetic;
    Parker, UCLA CSD-970002, 1997), so that what is lost where numbers cancel shows; and far above that.
    """
    scale = max(1.0, *map(abs, candidate.response), *map(abs, candidate.transformed))
    if candidate.difference <= THRESHOLD * scale:
        return THRESHOLD * scale
    noise = 0.0
    for seed in range(_ROUNDINGS):
        random = np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            numbers = measured(program, candidate, partial(RandomRounding, random))
        for now, known in zip(numbers, (candidate.response, candidate.transformed), strict=True):
            difference = float(np.abs(now - np.array(known)).max())
            noise = max(noise, difference) if np.isfinite(difference) else np.inf
    return max(THRESHOLD * scale, 1000.0 * noise)


def _why_no_points(program: Program) -> str:
    numbers = table_numbers(program)
    if _affordable(program):
        why = "the response is not finite at any that was tried"
    elif len(program.qubits) > _MOST_QUBITS:
        why = f"{len(program.qubits)} qubits are too many to simulate here"
    elif numbers > _MOST_NUMBERS:
        why = f"tables with {count_text(numbers)} numbers are too large to write down"
    elif _cost(program) <= _BUDGET // 2:
        why = f"{count_text(copy_count(program))} copies of the circuit are too many to simulate here"
    else:
        why = f"{len(program.ops):,} operations on {len(program.qubits)} qubits are too many to simulate here"
    return f"no random points: {why}"


def _affordable(program: Program) -> int:
    """How many points may be compared."""
    if len(program.qubits) > _MOST_QUBITS or table_numbers(program) > _MOST_NUMBERS:
        return 0
    return _BUDGET // (2 * _cost(program) * copy_count(program))


def _cost(program: Program) -> int:
    """Matrix elements that the dense simulator touches for one copy of the circuit."""
    size = int(2 ** len(program.qubits))
    strings = sum(observable.strings for _, observable in program.observables)
    return max(1, size * (size * strings + 16 * len(program.ops)))


def _floats(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(number) for number in np.asarray(numbers, dtype=float).reshape(-1))
