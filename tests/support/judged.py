"""Verdicts of the equivariance check beside the second opinion."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from second_circuit import internal_distance, response
from second_opinion import Change, Motion, change, changes
from second_text import Text, read
from second_values import GHOST, Point

from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.verdict import GHOST_NAME, Counterexample, Verdict
from qffc.passes.pipeline import parse_pipeline, run_pipeline
from qffc.targets.catalogue import target

BUDGET = 10.0
"""Seconds of one processor that a check of a small program may take."""
_PASSES = ("canonicalize", "light-cone", "slide-singlet", "schedule-layers")
NO_NUMBER = "a number at one end alone"
_SAME = 1e-8
"""How far numbers of a counterexample may be from those of the second opinion, relative to the response."""


@dataclass(frozen=True)
class Row:
    """One verdict, or one crash, and what is wrong with it.

    Args:
        generator: as the verdict names it.
        status: ``proven``, ``refuted``, ``undecided`` or ``crash``.
        rule: that proved it, or that was tried.
        residual: what is left over.
        fault: ``false proof``, ``false refutation``, ``crash`` or nothing.
        detail: numbers, for people.
    """

    generator: str
    status: str
    rule: str = ""
    residual: str = ""
    fault: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Judged:
    """The verdicts on one program and the seconds that they took."""

    rows: tuple[Row, ...]
    seconds: float


def judged(program: Program, seed: int, points: int = 6) -> Judged:
    """Return the verdicts on a program, each held against the second opinion."""
    start = time.process_time()
    try:
        certificate = check_equivariance(program)
        certificate.render(program)
        Certificate.from_json(certificate.to_json())
    except Exception as problem:  # whatever it is: no valid program may end a check
        return _crashed(problem, time.process_time() - start)
    seconds = time.process_time() - start
    random = np.random.default_rng((seed, 7))
    return Judged(tuple(_rows(read(program.text), certificate.verdicts, random, points)), seconds)


def judged_after(program: Program, seed: int, points: int = 6) -> Judged:
    """Return the verdicts on what passes that keep the response make of a program, certificates carried along."""
    start = time.process_time()
    random = Random(f"passes {seed}")
    names = [random.choice(_PASSES) for _ in range(random.randint(1, 4))]
    steps = parse_pipeline(",".join(["check-equivariance", *names]))
    try:
        result = run_pipeline(steps, program, target("H2-1LE"))
    except Exception as problem:
        return _crashed(problem, time.process_time() - start)
    seconds = time.process_time() - start
    assert result.certificate is not None
    text, numbers = read(result.program.text), np.random.default_rng((seed, 8))
    return Judged(tuple(_rows(text, result.certificate.verdicts, numbers, points)), seconds)


def _crashed(problem: Exception, seconds: float) -> Judged:
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    if frame.name == "_stop":
        raise problem
    detail = f"{type(problem).__name__} at {frame.name}:{frame.lineno}: {problem}"
    return Judged((Row("", "crash", fault="crash", detail=detail),), seconds)


def _rows(text: Text, verdicts: tuple[Verdict, ...], random: np.random.Generator, points: int) -> Iterator[Row]:
    for verdict in verdicts:
        fault, detail = "", ""
        if verdict.status == "proven":
            found = changes(text, verdict.generator, random, points)
            # Exact arithmetic takes two atoms for two places: the direction from one to the other is one.
            fault, detail = _worst(found if verdict.bits is None else filter(_apart, found))
        if verdict.counterexample is not None:
            fault, detail = _reproduced(text, verdict.generator, verdict.counterexample)
        residual = "" if verdict.failure is None else verdict.failure.residual
        yield Row(verdict.generator, verdict.status, verdict.rule, residual, fault, detail)
        for part in verdict.survives:
            fault, detail = _worst(changes(text, part, random, points))
            yield Row(part, "proven", "survives", "", fault, detail)
    exchange = [verdict for verdict in verdicts if verdict.generator.split()[0] == "exchange"]
    if text.scope != "molecule" and exchange and all(verdict.status == "proven" for verdict in exchange):
        fault, detail = _worst(changes(text, "renumbering", random, 4))
        yield Row("renumbering", "proven", "exchange of all like sites", "", fault, detail)


def _apart(change: Change) -> bool:
    """Whether no two atoms are at one place."""
    if change.where is None:
        return True
    pairs = zip(change.where.positions.astype(float).tolist(), change.where.elements, strict=True)
    atoms = [tuple(place) for place, element in pairs if element != GHOST]
    return len(set(atoms)) == len(atoms)


def _worst(found: Iterator[Change]) -> tuple[str, str]:
    """A proof speaks of points at which both responses are numbers; where one is none, that is said and no fault."""
    all_changes = list(found)
    worst = max(
        (change for change in all_changes if np.isfinite(change.size)), key=lambda change: change.size, default=None
    )
    if worst is None or not worst.counts:
        return "", NO_NUMBER if any(np.isinf(change.size) for change in all_changes) else ""
    where = "" if worst.where is None else f" at {worst.where.positions.astype(float).tolist()} {worst.where.elements}"
    return "false proof", f"{worst.size:.2e}{' special' if worst.special else ''}{where}"


def _reproduced(text: Text, generator: str, example: Counterexample) -> tuple[str, str]:
    tables = {table.name: np.array(table.entries).reshape(table.shape) for table in example.parameters}
    elements = tuple(GHOST if name == GHOST_NAME else name for name in example.species)
    point = Point(np.array(example.positions), elements, tables, example.channel)
    transform = example.transform
    with np.errstate(all="ignore"):
        if transform.internal is not None:
            found = internal_distance(text, point, text.declared[generator], np.random.default_rng(5))
            # What the readout tells apart is measured in another way: that either differs is what counts.
            return ("", "") if found.max() > 1e-10 else ("false refutation", f"{found.max():.1e}")
        names = [site.name for site in text.sites]
        taken = dict(transform.sites)
        motion = Motion(
            np.array(transform.matrix),
            np.array(transform.shift),
            tuple(names.index(taken.get(name, name)) for name in names),
            tuple((moves.parameter, tuple(moves.axes or ()), dict(moves.moves)) for moves in transform.entries),
        )
        before, after = response(text, point), response(text, motion.of(point))
        size = change(text, point, motion, special=True).size
    scale = max(1.0, float(np.abs(before).max()))
    given = np.array(example.response), np.array(example.transformed)
    off = max(float(np.abs(mine - theirs).max()) for mine, theirs in zip((before, after), given, strict=True))
    # Angles of millions lose digits in double precision; what is lost has to be far below the difference that refutes.
    if not off <= max(_SAME * scale, 1e-3 * example.difference):
        return "false refutation", f"numbers are {before.astype(float)} and {after.astype(float)}, not {given}"
    return ("", "") if size > 1e-11 else ("false refutation", f"the difference is {size:.1e}")
