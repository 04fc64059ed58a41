"""The table of a model beside baselines."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from qffc.cli.output import table
from qffc.reports.coverage import COVERAGE_HEADER, coverage_rows

if TYPE_CHECKING:
    from qffc.execution.shot_need import ShotNeed
    from qffc.models.errors import Errors
    from qffc.models.uncertainty.calibration import Calibration
    from qffc.reports.evaluation import Evaluation

_HEADER = ("", "energy MAE", "RMSE", "MAE per atom", "force MAE", "RMSE")
_UNITS = ("", "meV", "meV", "meV", "meV/Å", "meV/Å")


def elements_table(evaluation: Evaluation) -> str:
    """Return errors of the model's forces on the atoms of each element, in the order of their first atom."""
    rows = [(element, f"{mae:.2f}", f"{rmse:.2f}") for element, (mae, rmse) in evaluation.elements.items()]
    return table(("forces on", "MAE", "RMSE"), [("", "meV/Å", "meV/Å"), *rows])


def calibration_table(told: Calibration) -> str:
    """Return how well the deviations of a model with uncertainty tell its errors."""
    return table(COVERAGE_HEADER, coverage_rows(told))


def errors_table(evaluation: Evaluation) -> str:
    """Return mean absolute and root mean square errors of the model and of each baseline."""
    rows = [(name, *map(_spelt, _figures(errors, len(evaluation.data.numbers)))) for name, errors in evaluation.rows()]
    if not evaluation.errors.has_stress:
        return table(_HEADER, [_UNITS, *rows])
    stresses = [(_spelt(errors.stress_mae), _spelt(errors.stress_rmse)) for _, errors in evaluation.rows()]
    more = [(*row, *own) for row, own in zip(rows, stresses, strict=True)]
    return table((*_HEADER, "stress MAE", "RMSE"), [(*_UNITS, "meV/Å³", "meV/Å³"), *more])


def shots_line(need: ShotNeed) -> str:
    """Return what energies take on a device, in one line, and how much of them is measured."""
    price = "" if isnan(need.price) else f", {need.price:.3g} HQC on {need.target}"
    measured = "" if isnan(need.measured) else f"; {need.measured:.0%} of the variance of energies is measured"
    shots = f"{need.median:.3g} in {need.circuits} circuits"
    return f"shots for a standard error of {1e3 * need.standard_error:g} meV: {shots}{price}{measured}"


def _figures(errors: Errors, atoms: int) -> tuple[float, ...]:
    return errors.energy_mae, errors.energy_rmse, errors.energy_mae / atoms, errors.force_mae, errors.force_rmse


def _spelt(figure: float) -> str:
    """Frames without forces have no errors of them."""
    return "-" if isnan(figure) else f"{figure:.2f}"
