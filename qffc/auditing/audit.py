"""An audit: every property of a calculator, at its worst, with the geometry that shows it."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.calculators.abc import GetPropertiesMixin

from qffc.auditing.calculator_subject import CalculatorSubject, MakeCalculator, Row
from qffc.auditing.close_together import close_rows
from qffc.auditing.derivatives import derivative_rows
from qffc.auditing.far_apart import far_apart_rows
from qffc.auditing.motions import motion_rows
from qffc.auditing.over_time import over_time_rows
from qffc.auditing.paths import path_rows
from qffc.auditing.rounding import precision_of, with_rounding
from qffc.ir.declarations import SYMMETRIES, Symmetry
from qffc.ir.given_values import not_a, whole_of
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.telling import told
from qffc.models.checks.energy_function_tests import PropertyTest
from qffc.progress_line import shown_as

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

_FRAMES, _RATTLE = 2, 0.05
"""Frames, displaced from the given one by this standard deviation, Angstrom: nothing vanishes there by symmetry."""

_GROUPS: tuple[tuple[str, Callable[[CalculatorSubject], list[Row]]], ...] = (
    ("symmetry", motion_rows),
    ("derivatives", derivative_rows),
    ("calls", over_time_rows),
    ("far apart", far_apart_rows),
    ("close together", close_rows),
    ("smoothness", path_rows),
)


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit found.

    Args:
        calculator: its name.
        formula: of the atoms.
        precision: what the rounding of the energies looks like.
        seed: of displacements, motions and directions.
        rows: one for each property, in a fixed order.
    """

    calculator: str
    formula: str
    precision: str
    seed: int
    rows: tuple[Row, ...]

    _repr_html_ = html_of

    def __repr__(self) -> str:
        outcome = "holds" if self.holds else f"FAILS: {', '.join(self.failed)}"
        return short_repr(
            self, f"of {self.calculator}", f"{counted(len(self.rows), 'property', 'properties')}", outcome
        )

    @property
    def holds(self) -> bool:
        """Whether every property that applies holds."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the properties that fail."""
        return tuple(row.test.name for row in self.rows if row.test.verdict == "FAILS")

    @property
    def unasked(self) -> dict[str, list[str]]:
        """Properties that do not apply, by the reason."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            if row.test.verdict == "does not apply":
                found.setdefault(row.test.reason, []).append(row.test.name)
        return found

    def render(self) -> str:
        """Return a table for people."""
        failed = len(self.failed)
        outcome = (
            "every property that applies holds" if self.holds else f"{counted(failed, 'property', 'properties')} of "
        )
        if failed:
            outcome += f"{len(self.rows)} FAIL" + ("S" if failed == 1 else "")
        lines = [f"{self.calculator}, {self.formula}: {outcome}", f"  energies look like {self.precision}", ""]
        cells = [("property", "worst", "tolerance", "unit", "verdict")]
        cells += [cells_of(row.test) for row in self.rows if row.test.verdict != "does not apply"]
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        for name, worst, tolerance, unit, verdict in cells:
            padded = (name.ljust(widths[0]), worst.rjust(widths[1]), tolerance.rjust(widths[2]), unit.ljust(widths[3]))
            lines.append("  ".join((*padded, verdict)).rstrip())
        lines += [""] * bool(self.unasked)
        lines += [f"does not apply, {reason}: {', '.join(names)}" for reason, names in self.unasked.items()]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, object]:
        """Return the table as plain data; a deviation that is not finite is null."""
        return {
            "holds": self.holds,
            "calculator": self.calculator,
            "formula": self.formula,
            "precision": self.precision,
            "seed": self.seed,
            "properties": [
                {
                    "property": row.test.name,
                    "group": row.group,
                    "verdict": row.test.verdict.lower(),
                    "deviation": _finite(row.test.deviation),
                    "tolerance": row.test.tolerance,
                    "unit": row.test.unit,
                    "reason": row.test.reason,
                }
                for row in self.rows
            ],
        }


@shown_as("audit")
def audit(
    calculator: Calculator | MakeCalculator,
    atoms: Atoms,
    symmetry: tuple[Symmetry, ...] = SYMMETRIES,
    seed: int = 0,
    name: str | None = None,
) -> Audit:
    """Put any ASE calculator to the test: does it compute one smooth, symmetric energy with its forces?

    Rounding is measured first, and every tolerance follows from it, so that calculators in single and in double
    precision are each held to what they can have. Tested are symmetries (of crystals with their cell), forces and
    stress as derivatives, the symmetry of the Hessian, whether calls depend on earlier ones, energy in dynamics,
    molecules far apart, atoms pushed together, at one place and on a line, and jumps where neighbours come and go.
    The program behind the numbers is not looked at: what holds at these geometries may fail at others.

    Args:
        calculator: an ASE calculator, or, better, a function without arguments that makes one.
        atoms: a molecule or a crystal that it is meant for, near a minimum.
        symmetry: what must leave the energy as it is: leave out what the calculator does not claim.
        seed: of displacements, motions and directions.
        name: in the report; by default that of the class.

    Raises:
        QffcError: when there is no calculator or there are no atoms.
        Exception: what the calculator raises for the atoms as they are given.

    Example:
        >>> from ase.build import molecule
        >>> from ase.calculators.emt import EMT
        >>> report = audit(EMT, molecule("H2O"))
        >>> report.calculator, report.precision
        ('EMT', 'double precision')
        >>> [row.test.verdict for row in report.rows if row.test.name == "rotation: energy"]
        ['holds']
    """
    given: object = atoms
    if not isinstance(given, Atoms) or not len(given):
        raise not_a("atoms", given, "an ase.Atoms with at least one atom", "ase.io.read gives the atoms in a file")
    make, single = _maker(calculator)
    generator = np.random.default_rng([whole_of("seed", seed), 4])
    # An atom at the origin would hide that the energy depends on where it is.
    frames = (
        atoms.positions + _RATTLE * generator.normal(size=(_FRAMES, *atoms.positions.shape)) + generator.normal(size=3)
    )
    bare = atoms.copy()
    bare.calc = None
    subject = CalculatorSubject(np.array(atoms.numbers), frames, generator, bare, make, tuple(symmetry), single)
    found, rounding = with_rounding(subject)
    rows = [rounding]
    with np.errstate(all="ignore"):  # what is not finite is found, and named
        for group, run in told("properties:", _GROUPS):
            rows += _guarded(group, found, run)
    named = name or type(make()).__name__
    return Audit(named, atoms.get_chemical_formula(), precision_of(found), seed, tuple(rows))


def _maker(given: Calculator | MakeCalculator) -> tuple[MakeCalculator, bool]:
    if isinstance(given, GetPropertiesMixin):
        return (lambda: given), True
    if callable(given):
        return given, False
    raise not_a(
        "a calculator",
        given,
        "an ASE calculator, or a function that makes one",
        "give the class of the calculator, or a lambda with its settings",
    )


def _guarded(group: str, subject: CalculatorSubject, run: Callable[[CalculatorSubject], list[Row]]) -> list[Row]:
    """The rows of a group; what the calculator raises on the way is a property that fails, with the error."""
    try:
        return run(subject)
    except Exception as problem:  # of the calculator: whatever it is, it is told
        text = f"{type(problem).__name__}: {problem}".splitlines()[0][:100]
        row = PropertyTest(f"{group}: the calculator raised {text}", "errors", 1.0, 0.0)
        return [Row(group, row, (subject.at(subject.frames[0]),))]


def cells_of(test: PropertyTest) -> tuple[str, str, str, str, str]:
    """Return name, deviation, tolerance, unit and verdict of a test as text."""
    return test.name, _spell(test.deviation), _spell(test.tolerance), test.unit, test.verdict


def _spell(number: float | None) -> str:
    if number is None or not math.isfinite(number):
        return "not finite"
    return "0" if number == 0 else f"{number:.1e}"


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
