"""Search for a counterexample: the program at random geometries and parameters, before and after a transform.

Numbers refute and never prove. All of them are rounded before they are used, so that what is printed reproduces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.exchange_group import copy_count, count_text, exchange_orders
from qffc.ir.program import Program
from qffc.ir.reference import Arithmetic, response
from qffc.ir.verification.sizes import table_numbers
from qffc.passes.equivariance.internal_numbers import distances
from qffc.passes.equivariance.random_rounding import RandomRounding
from qffc.passes.equivariance.verdict import GHOST_NAME, Counterexample, Failure, Table, Transform, Verdict

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
_CLOSEST = 0.69996
"""Random atoms keep this distance, in Angstrom; none has it exactly, for squares of distances have four decimals."""

TURN = Transform("rotation by the matrix", ((0.36, 0.48, -0.8), (-0.8, 0.6, 0.0), (0.48, 0.64, 0.6)))
MIRROR = Transform("inversion x -> -x", ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)))
SHIFT = Transform("translation by the vector", shift=(0.53, -1.27, 1.91))
"""No component is a small multiple of a small fraction: an angle of pi/4 for each Angstrom along z takes 2 Angstrom for
nothing, since an exchange by pi/2 only swaps two qubits."""


@dataclass(frozen=True)
class Sampling:
    """What random points showed: how many, the largest deviation, what is rounding, a counterexample when it counts."""

    points: int
    deviation: float
    rounding: float
    counterexample: Counterexample | None


def observed(program: Program, instance: Instance, arithmetic: Arithmetic = Evaluator) -> NDArray[np.float64]:
    """Return the response of a program, averaged as the program says.

    Without ``average`` this is :func:`qffc.ir.reference.response`.
    """
    responses = np.array([response(program, copy, arithmetic) for copy in _copies(program, instance)])
    mean: NDArray[np.float64] = responses.mean(axis=0)
    return mean


def measured(program: Program, example: Counterexample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of a counterexample before and after: what a symmetry says are equal.

    They are the response at both ends of the transform; or, for a symmetry that leaves the data alone, zeros and how
    far state and operators are from it.
    """
    return _numbers(program, example, Evaluator)


def _numbers(
    program: Program, example: Counterexample, arithmetic: Arithmetic
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    before, after = example.instances(program)
    internal = example.transform.internal
    if internal is None:
        return observed(program, before, arithmetic), observed(program, after, arithmetic)
    found = distances(program, before, internal, arithmetic)
    return np.zeros_like(found), found


def judge(program: Program, generator: str, rule: str, failure: Failure, transform: Transform) -> Verdict:
    """Return the verdict after a rule has failed: refuted by numbers, or undecided."""
    sampling = sample(program, transform)
    return Verdict(
        generator,
        "undecided" if sampling.counterexample is None else "refuted",
        rule,
        sampling.points,
        sampling.deviation,
        failure,
        sampling.counterexample,
        "" if sampling.points else _why_no_points(program),
        rounding=sampling.rounding,
    )


def sample(program: Program, transform: Transform, points: int = POINTS) -> Sampling:
    """Compare a program before and after a transform at random points."""
    random = np.random.default_rng(20231111)
    best: Counterexample | None = None
    deviation, done = 0.0, 0
    for _ in range(min(points, _affordable(program))):
        candidate = random_point(program, transform, random, ghosts=program.scope == "atom")
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
        return Sampling(0, 0.0, 0.0, None)
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
            numbers = _numbers(program, candidate, partial(RandomRounding, random))
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


def random_point(
    program: Program, transform: Transform, random: np.random.Generator, *, ghosts: bool = False
) -> Counterexample:
    """Return rounded numbers at which a program can be evaluated; the responses are left empty.

    Args:
        program: the program.
        transform: what is to be compared.
        random: the source of numbers.
        ghosts: leave slots of scope atom to ghosts, at half of the points.
    """
    tables = []
    for parameter in program.parameters:
        shape = program.shape(parameter)
        # Frozen tables too: a symmetry has to hold for every value, not only for the one that training keeps.
        entries = np.round(random.uniform(-1.0, 1.0, shape), 2)
        tables.append(Table(parameter.name, shape, _floats(entries)))
    positions = _random_positions(len(program.sites), random)
    species = _random_species(program, transform, random)
    if ghosts:
        empty = _empty_slots(program, transform, random)
        centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
        positions[empty] = positions[centre]
        species = tuple(GHOST_NAME if index in empty else symbol for index, symbol in enumerate(species))
    return Counterexample(
        tuple(site.name for site in program.sites),
        species,
        tuple((float(x), float(y), float(z)) for x, y, z in positions),
        tuple(tables),
        int(random.integers(program.channels)),
        transform,
        (),
        (),
    )


def _random_positions(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    chosen: list[NDArray[np.float64]] = []
    spread = 0.9 * max(count, 2) ** (1 / 3)
    while len(chosen) < count:
        point = np.round(random.normal(scale=spread, size=3), 2) + 0.0
        if all(np.linalg.norm(point - other) >= _CLOSEST for other in chosen):
            chosen.append(point)
        spread *= 1.001
    return np.array(chosen).reshape(count, 3)


def _random_species(program: Program, transform: Transform, random: np.random.Generator) -> tuple[str, ...]:
    """Species for all sites; like ones where the transform swaps, and free neighbours in the order of the species."""
    chosen = [site.species or program.species[random.integers(len(program.species))] for site in program.sites]
    open_sites = [i for i, site in enumerate(program.sites) if site.species is None and site.role == "neighbour"]
    ordered = sorted((chosen[i] for i in open_sites), key=program.species.index)
    for i, symbol in zip(open_sites, ordered, strict=True):
        chosen[i] = symbol
    places = {site.name: index for index, site in enumerate(program.sites)}
    moves = {places[a]: places[b] for a, b in transform.sites}
    for start in sorted(moves):
        cycle = [start]
        while moves[cycle[-1]] != start:
            cycle.append(moves[cycle[-1]])
        fixed = (program.sites[place].species for place in cycle)
        symbol = next(filter(None, fixed), chosen[min(cycle)])
        for place in cycle:
            chosen[place] = symbol
    return tuple(chosen)


def _empty_slots(program: Program, transform: Transform, random: np.random.Generator) -> list[int]:
    """The slots that no atom takes: the last ones, none that trades places, at least one stays; often none at all."""
    slots = [index for index, site in enumerate(program.sites) if site.role == "neighbour"]
    moved = [place for place, index in enumerate(slots) if program.sites[index].name in dict(transform.sites)]
    taken = int(random.integers(max(moved, default=0) + 1, len(slots) + 1))
    return slots[taken:] if random.random() < 0.5 else []


def _copies(program: Program, instance: Instance) -> Iterator[Instance]:
    mirrors = (1.0, -1.0) if "inversion" in program.average else (1.0,)
    own = tuple(range(len(program.sites)))
    orders = list(exchange_orders(program.sites)) if "exchange" in program.average else [own]
    for sign in mirrors:
        for order in orders:
            yield replace(instance, positions=sign * instance.positions[list(order)])


def _floats(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(number) for number in np.asarray(numbers, dtype=float).reshape(-1))
