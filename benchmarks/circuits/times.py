"""Times of a processor: compiling once, each time in a process that has not seen the circuit; binding many points.

Modules are loaded before, and a small circuit has been compiled by everybody. What is timed is the way from the circuit
to all measured circuits in native gates: for qffc the import, the passes of a level and the binding of one point; for
pytket the compilation of the bound circuits. Each repeat is a fork of its own, so that nothing is kept from before; it
compiles the small circuit again first, for a fork copies pages of memory when it meets them.
"""

from __future__ import annotations

import gc
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import process_time

import numpy as np
from pytket.circuit import Circuit

from benchmarks.circuits.catalogue import sources
from benchmarks.circuits.dense import string_means
from benchmarks.circuits.figures import exact_moments, measured, symbolic
from benchmarks.circuits.source import Source, close
from benchmarks.circuits.table import TOLERANCE, listed
from benchmarks.circuits.with_pytket import GATES, LEVELS, compiled_by_pytket, device
from benchmarks.circuits.with_qffc import compiled_by_qffc, many_slots, measured_by_qffc
from benchmarks.compile_peers import planned_moments
from qffc.ir.evaluate import Instance

Action = Callable[[], object]

SMALL = "ladder-4"
BOUND_LEVEL = 2
"""Of qffc, for devices."""
SYMBOLIC_LEVEL = 1
"""Of pytket: that which keeps symbols short."""
PEER_POINTS = 20
"""Points that substitution is timed at."""
LONGEST = 20.0
"""Seconds for all points, where they are bound one by one; fewer are bound where more would be needed."""
DEAREST = 0.5
"""How much of pytket's level 3 compiling may take."""


@dataclass(frozen=True)
class Times:
    """Seconds, medians.

    Args:
        name: of the circuit.
        ours: for each level.
        pytket: for each of its levels, with the two-qubit gate that takes it less.
        bind: qffc, a point.
        substitute: pytket's symbols, a point; None where there are none, or they do not compile.
        wrong: points at which its symbols give other expectation values.
    """

    name: str
    ours: tuple[float, ...]
    pytket: tuple[float, ...]
    bind: float | None
    substitute: float | None
    wrong: int


def times_of(source: Source, levels: Sequence[int], repeats: int, points: int) -> Times:
    point, small = source.point(), small_circuit()
    circuits, few = measured(source, point), measured(small, small.point())
    gc.collect()  # else forks collect what is left here, and copy all pages that they look through
    ours = [
        _median(lambda: _ours(small, small.point(), level), lambda: _ours(source, point, level), repeats)  # noqa: B023
        for level in levels
    ]
    peers = []
    for level in LEVELS:
        either = [
            _median(
                lambda: compiled_by_pytket(few, gate, level),  # noqa: B023  # called before the next one is made
                lambda: compiled_by_pytket(circuits, gate, level),  # noqa: B023
                repeats,
            )
            for gate in GATES
        ]
        peers.append(min(either))
    bind, substitute, wrong = _binding(source, points) if source.circuit.free_symbols() else (None, None, 0)
    return Times(source.name, tuple(ours), tuple(peers), bind, substitute, wrong)


def small_circuit() -> Source:
    """Return what is compiled first, which loads all modules."""
    return next(source for source in sources() if source.name == SMALL)


def warm() -> None:
    """Compile a small circuit by everybody.

    Raises:
        RuntimeError: when JAX is there, whose threads no fork has.
    """
    small = small_circuit()
    for level in (1, 2, 3):
        _ours(small, small.point(), level)
    for gate in GATES:
        compiled_by_pytket(measured(small, small.point()), gate, max(LEVELS))
    if "jax" in sys.modules:
        raise RuntimeError("JAX is loaded, and a process with its threads cannot be forked")


def _ours(source: Source, point: Instance, level: int) -> object:
    return measured_by_qffc(compiled_by_qffc(source.read(), level), point)


def _median(before: Action, action: Action, repeats: int) -> float:
    return statistics.median(_in_a_fork(before, action) for _ in range(repeats))


def _in_a_fork(before: Action, action: Action) -> float:
    context = get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(before, action, there))
    process.start()
    there.close()
    try:
        return float(here.recv())
    finally:
        process.join()


def _timed(before: Action, action: Action, pipe: Connection) -> None:
    before()
    pipe.send(_seconds(action))


def _seconds(action: Action) -> float:
    start = process_time()
    action()
    return process_time() - start


def _binding(source: Source, points: int) -> tuple[float, float | None, int]:
    """Seconds a point of ours and of pytket's symbols, and how many of its points are wrong."""
    compiled = compiled_by_qffc(source.program, BOUND_LEVEL)
    settings, kernel = compiled.measurements.settings, compiled.kernel
    slots = many_slots(compiled, source, points)
    few = min(points, PEER_POINTS)
    kernel.bind_settings(slots[:1], settings)  # what is worked out once
    first = _seconds(lambda: kernel.bind_settings(slots[:few], settings)) / few
    count = points if first * points < LONGEST else few
    ours = _seconds(lambda: kernel.bind_settings(slots[:count], settings)) / count
    quickest, wrong = None, 0
    for gate in GATES:
        with suppress(RuntimeError):  # a symbol that becomes no number, or a gate that is not taken apart with symbols
            general = [
                device(gate).get_compiled_circuit(circuit, optimisation_level=SYMBOLIC_LEVEL)
                for circuit in symbolic(source)
            ]
            numbers = [source.numbers(source.point(number)) for number in range(few)]
            bound = [_substituted(general, each) for each in numbers]
            seconds = _seconds(lambda: [_substituted(general, each) for each in numbers]) / few  # noqa: B023
            if quickest is None or seconds < quickest:
                quickest, wrong = seconds, sum(not _right(source, number, each) for number, each in enumerate(bound))
    return ours, quickest, wrong


def _substituted(general: Sequence[Circuit], numbers: dict[object, float]) -> list[Circuit]:
    circuits = [circuit.copy() for circuit in general]
    for circuit in circuits:
        circuit.symbol_substitution(numbers)
    return circuits


def _right(source: Source, number: int, circuits: Sequence[Circuit]) -> bool:
    plan = source.plan
    with suppress(RuntimeError, TypeError, ValueError):  # an angle without a number
        strings = [string_means(circuit, setting) for circuit, setting in zip(circuits, plan.settings, strict=True)]
        found = planned_moments(plan, strings)
        return bool(np.isfinite(found).all()) and close(found, exact_moments(source, source.point(number))) < TOLERANCE
    return False


def lines(rows: Sequence[Times], levels: Sequence[int]) -> Iterator[str]:
    """Yield the table in Markdown, and what it comes to."""
    heads = ["circuit", *(f"-O{level}" for level in levels), *(f"pytket {level}" for level in LEVELS)]
    yield f"| {' | '.join([*heads, 'of level 3', 'bind', 'symbols', 'wrong'])} |"
    yield "|---" * (len(heads) + 4) + "|"
    for row in rows:
        cells = [f"{1e3 * each:.0f}" for each in (*row.ours, *row.pytket)] + [f"{row.ours[-1] / row.pytket[-1]:.2f}"]
        cells += [f"{1e3 * each:.2f}" if each is not None else "" for each in (row.bind, row.substitute)]
        yield f"| {' | '.join([row.name, *cells, f'{row.wrong or str()}'])} |"
    yield ""
    yield "milliseconds of a processor: compiling all settings once, and binding them at one of many points"
    for place, level in enumerate(levels):
        ratios = [row.ours[place] / row.pytket[-1] for row in rows]
        slow = [row.name for row, ratio in zip(rows, ratios, strict=True) if ratio > DEAREST]
        yield (
            f"-O{level}: median of the times over pytket's level 3: {statistics.median(ratios):.2f}; over {DEAREST:g}: "
            f"{len(slow)} of {len(rows)}{listed(slow)}"
        )
    both = [row.bind / row.substitute for row in rows if row.bind is not None and row.substitute is not None]
    if both:
        slower = sum(ratio > 1 for ratio in both)
        yield f"binding over substitution: median {statistics.median(both):.2f}; slower in {slower} of {len(both)}"
