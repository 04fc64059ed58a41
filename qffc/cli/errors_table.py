"""The table of a model beside baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qffc.cli.output import table

if TYPE_CHECKING:
    from qffc.reports.evaluation import Evaluation

_HEADER = ("", "energy MAE", "RMSE", "MAE per atom", "force MAE", "RMSE")
_UNITS = ("", "meV", "meV", "meV", "meV/Å", "meV/Å")


def elements_table(evaluation: Evaluation) -> str:
    """Return errors of the model's forces on the atoms of each element, in the order of their first atom."""
    rows = [(element, f"{mae:.2f}", f"{rmse:.2f}") for element, (mae, rmse) in evaluation.elements.items()]
    return table(("forces on", "MAE", "RMSE"), [("", "meV/Å", "meV/Å"), *rows])


def errors_table(evaluation: Evaluation) -> str:
    """Return mean absolute and root mean square errors of the model and of each baseline."""
    atoms = len(evaluation.data.numbers)
    rows = [
        (name, *(f"{x:.2f}" for x in (e.energy_mae, e.energy_rmse, e.energy_mae / atoms, e.force_mae, e.force_rmse)))
        for name, e in evaluation.rows()
    ]
    return table(_HEADER, [_UNITS, *rows])
