"""The declared symmetries of a model that is about to be trained, tested at frames of its data before any step."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from qffc.data import Dataset
from qffc.data.surroundings import surroundings
from qffc.ir.diagnostics import QffcError, error
from qffc.models.checks.energy_function_tests import SYMMETRY_TESTS, PropertyTest
from qffc.models.checks.property_tests import ModelSubject
from qffc.models.force_field import ForceField
from qffc.models.frames.frame_circuits import CircuitLists

FRAMES = 2
"""Compiling the model takes longer than these."""


def need_symmetries(model: ForceField, sets: Sequence[Dataset]) -> str:
    """Refuse a model whose energies and forces break a symmetry that its program declares.

    What was proven is the circuit. This tests it together with all around it: which atoms take which sites, the readout
    and the head. Two frames of the molecule with the most circuits are taken; of frames in cells atoms with some around
    them, in a vacuum.

    Args:
        model: usually with the parameters that training starts from.
        sets: training frames, a set for each molecule.

    Returns:
        A line that says what was tested, where, and how long it took.

    Raises:
        QffcError: when a symmetry is broken by more than rounding, or a number is not finite.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> line = need_symmetries(untrained(load("sivqlm-h2o", depth=1), seed=0), [load_embedded("water")])
        >>> print(line.rpartition(",")[0])
        rotation, inversion, translation, exchange hold at 2 frames of 'water', before training
    """
    begin = perf_counter()
    circuits, data = _with_most_circuits(model, sets)
    generator = np.random.default_rng(2)
    numbers, frames = surroundings(data, FRAMES)
    # An atom at the origin would hide that the energy depends on where it is.
    moved = frames + generator.normal(size=3)
    subject = ModelSubject(numbers, moved, generator, model, batch=len(frames))
    counted = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
    where = f"{counted} of '{data.name}'{'' if circuits else ', which no circuit fits'}, before training"
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is found below, and named
        if not all(np.isfinite(numbers).all() for numbers in subject.here):
            raise _not_finite(where)
        tests = [test for run in SYMMETRY_TESTS for test in run(subject)]
    broken = [test for test in tests if test.verdict == "FAILS"]
    if broken:
        raise _broken(broken, where)
    kept = dict.fromkeys(test.name.partition(":")[0] for test in tests if test.verdict == "holds")
    holding = f"{', '.join(kept)} hold{'s' if len(kept) == 1 else ''}" if kept else "no declared symmetry applies"
    return f"{holding} at {where}, tested in {perf_counter() - begin:.1f} s"


def _with_most_circuits(model: ForceField, sets: Sequence[Dataset]) -> tuple[int, Dataset]:
    """How many circuits, and the molecule; one without any has every symmetry, for only its composition counts."""
    lists = CircuitLists(model.lowered)
    found = []
    for data in sets:
        numbers, (first, *_) = surroundings(data)
        found.append((lists.of(numbers, first).instances.counted, data))
    return max(found, key=lambda pair: pair[0])


def _not_finite(where: str) -> QffcError:
    return error(
        "energy or force that is not finite",
        found="NaN or infinity before training",
        expected="finite numbers",
        help="the program divides by zero or takes a logarithm of zero there: guard the value",
        where=where,
    )


def _broken(tests: Sequence[PropertyTest], where: str) -> QffcError:
    return error(
        "declared symmetry that the model breaks",
        found="; ".join(
            f"{test.name} off by {test.deviation:.1e} {test.unit} (at most {test.tolerance:.1e})" for test in tests
        ),
        expected="energies and forces that keep what is proven of the circuit, up to rounding",
        help="report this with the program; to train it all the same: unproven=True, --unproven",
        where=where,
    )
