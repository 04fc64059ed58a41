"""A model put to the test from end to end: does what was proven of the circuit hold for the energies and forces?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qffc.ir.given_values import whole_of
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.telling import told
from qffc.models.checks.beyond_data_tests import beyond_data_tests
from qffc.models.checks.check_geometries import choose_geometries
from qffc.models.checks.energy_function_tests import PropertyTest
from qffc.models.checks.property_tests import TESTS, ModelSubject
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.given.atoms_given import Elements, elements_of, positions_of
from qffc.progress_line import shown_as


@dataclass(frozen=True)
class ModelCheck:
    """The properties of a model, tested in float64 at a few geometries.

    Args:
        program: name of the program.
        digest: of its text.
        geometries: where they come from.
        frames: how many.
        seed: of the random geometries, motions and directions.
        tests: one for each property, in a fixed order.
    """

    program: str
    digest: str
    geometries: str
    frames: int
    seed: int
    tests: tuple[PropertyTest, ...]

    def __repr__(self) -> str:
        outcome = "holds" if self.holds else f"FAILS: {', '.join(self.failed)}"
        return short_repr(self, f"of '{self.program}'", f"at {counted(self.frames, 'geometry', 'geometries')}", outcome)

    @property
    def holds(self) -> bool:
        """Whether every property that applies holds."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the properties that fail."""
        return tuple(test.name for test in self.tests if test.verdict == "FAILS")

    def render(self) -> str:
        """Return a table for people."""
        outcome = "every property that applies holds" if self.holds else f"{len(self.failed)} properties FAIL"
        if len(self.failed) == 1:
            outcome = "1 property FAILS"
        counted = "1 geometry" if self.frames == 1 else f"{self.frames} geometries"
        rows = [("property", "worst deviation", "tolerance", "unit", "verdict"), *map(_row, self.tests)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [f"energies and forces of {self.program}: {outcome}", f"  at {counted}, {self.geometries}", ""]
        for name, deviation, tolerance, unit, verdict in rows:
            cells = (
                name.ljust(widths[0]),
                deviation.rjust(widths[1]),
                tolerance.rjust(widths[2]),
                unit.ljust(widths[3]),
                verdict,
            )
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, object]:
        """Return the table as plain data; a deviation that is not finite is null."""
        return {
            "holds": self.holds,
            "program": self.program,
            "digest": self.digest,
            "geometries": self.geometries,
            "frames": self.frames,
            "seed": self.seed,
            "properties": [
                {
                    "property": test.name,
                    "verdict": test.verdict.lower(),
                    "deviation": _finite(test.deviation),
                    "tolerance": test.tolerance,
                    "unit": test.unit,
                    "reason": test.reason,
                }
                for test in self.tests
            ],
        }


@shown_as("check model")
def check_model(
    model: ModelLike,
    numbers: Elements | None = None,
    positions: ArrayLike | None = None,
    seed: int = 0,
) -> ModelCheck:
    """Test the energies and forces of a model, readout and head and all, in float64.

    The certificate of a program speaks of its circuit, for all geometries and parameters; this speaks of everything
    around it, at a few geometries. Declared symmetries, forces as minus the gradient, net force and torque, smoothness
    where an atom leaves at a cutoff, two molecules far apart, and finite numbers where atoms meet or lie on a line.

    Args:
        model: the model, its file, the folder of its run, or ``trained:NAME``.
        numbers: (atoms,) atomic numbers, or symbols of the elements; by default those of its data, or of its sites,
            or two atoms of each element.
        positions: (frames, atoms, 3) or (atoms, 3), Angstrom, of which at most four frames are taken, spread evenly; by
            default frames of the embedded dataset that it was trained on, or random ones. All are moved by one random
            vector.
        seed: of the random geometries, motions and directions.

    Raises:
        QffcError: when the atoms do not fit the program, or the positions do not fit the atoms.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> report = check_model(untrained(load("sivqlm-h2o", depth=1), seed=0))
        >>> report.holds, report.frames
        (True, 4)
    """
    model, generator = model_of(model), np.random.default_rng([whole_of("seed", seed), 2])
    numbers = None if numbers is None else elements_of(numbers)
    positions = None if positions is None else positions_of(positions)
    chosen = choose_geometries(model, numbers, positions, generator)
    # An atom at the origin would hide that the energy depends on where it is.
    subject = ModelSubject(chosen.numbers, chosen.frames + generator.normal(size=3), generator, model)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is found below, and named
        tests = tuple(test for run in told("tests of the model:", (*TESTS, beyond_data_tests)) for test in run(subject))
    program = model.program
    return ModelCheck(program.name, program.digest, chosen.source, len(chosen.frames), seed, tests)


def _row(test: PropertyTest) -> tuple[str, str, str, str, str]:
    if test.deviation is None or test.tolerance is None:
        return test.name, "-", "-", "", f"{test.verdict} ({test.reason})"
    return test.name, _spell(test.deviation), _spell(test.tolerance), test.unit, test.verdict


def _spell(number: float) -> str:
    if not math.isfinite(number):
        return "not finite"
    return "0" if number == 0 else f"{number:.1e}"


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
