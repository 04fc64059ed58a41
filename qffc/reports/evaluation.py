"""A model beside baselines: the table that says whether it is any good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.baselines import Baseline, constant_baseline, harmonic_baseline
from qffc.execution.shot_need import ShotNeed
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import counted, short_repr
from qffc.models.ensemble import Ensemble, consensus_of
from qffc.models.errors import Errors, errors_of, force_errors_by_element
from qffc.models.force_field import ForceField
from qffc.models.noisy_model import noise_of
from qffc.models.predicted import deviations_of_data, predict_data
from qffc.models.uncertainty.calibration import Calibration, calibration_of
from qffc.models.uncertainty.heads import has_heads
from qffc.units import energy_from_ev, force_from_ev_per_angstrom

_STILL = 0.02
"""Predictions that vary by less than this share of what they should are called constant."""
_COUPLED_ATOMS = 12
"""Up to here the harmonic baseline couples its springs; beyond, it would have thousands of coefficients."""


@dataclass(frozen=True)
class Members:
    """The models of an ensemble, each by itself, and how far they are apart.

    Args:
        errors: of each.
        energy_deviation: root mean square of the standard deviations of energies, meV.
        force_deviation: root mean square of those of force components, meV/Angstrom.
    """

    errors: tuple[Errors, ...]
    energy_deviation: float
    force_deviation: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions on held-out frames and their errors.

    Args:
        data: the frames.
        energies: (frames,) predicted, eV.
        forces: (frames, atoms, 3) predicted, eV/Angstrom.
        errors: of the model.
        baselines: name and errors of what the model must beat, each fitted to the same training frames.
        seen: how many of the frames the model was trained on; None where that is not known.
        left_out: how many frames were left out because the model was trained on them.
        members: of an ensemble, its models.
        calibration: of a model with uncertainty, how well it tells its errors.
        stresses: (frames, 3, 3) predicted, eV/Angstrom^3; None of molecules in a vacuum.
        shots: what the energies of some of the frames take on a device, where that was asked for.
        noise: the target whose noise the circuits have; None of exact ones.
    """

    data: Dataset
    energies: NDArray[np.float64]
    forces: NDArray[np.float64]
    errors: Errors
    baselines: tuple[tuple[str, Errors], ...] = ()
    seen: int | None = None
    left_out: int = 0
    members: Members | None = None
    calibration: Calibration | None = None
    shots: ShotNeed | None = None
    stresses: NDArray[np.float64] | None = None
    noise: str | None = None

    _repr_html_ = html_of

    def __repr__(self) -> str:
        errors = self.errors
        figures = f"energy MAE {errors.energy_mae:.2f} meV", f"force MAE {errors.force_mae:.2f} meV/Å"
        return short_repr(self, f"on {counted(len(self.data), 'frame')} of {self.data.name}", *figures)

    def rows(self) -> tuple[tuple[str, Errors], ...]:
        """Return (name, errors) of the model, with its noise, of each member of an ensemble, and of each baseline."""
        model = "model" if self.noise is None else f"model, noise of {self.noise}"
        members = () if self.members is None else self.members.errors
        numbered = tuple((f"member {number}", errors) for number, errors in enumerate(members, 1))
        return ((model, self.errors), *numbered, *self.baselines)

    @property
    def doubt(self) -> str | None:
        """What is said of a model that is no better than a constant: it has learned nothing, or was thrown off."""
        sizes = float(np.std(self.energies)), _root_mean_square(self.forces)
        wanted = float(np.std(self.data.energies)), _root_mean_square(self.data.forces)
        if self.data.has_forces and all(size < _STILL * want for size, want in zip(sizes, wanted, strict=True)):
            deviation, force = energy_from_ev(sizes[0], "meV"), force_from_ev_per_angstrom(sizes[1], "meV/Angstrom")
            told = f"energies deviate by {deviation:.2g} meV, forces are {force:.2g} meV/Å"
            return f"the model predicts a constant, whatever the geometry: {told}"
        constant = dict(self.baselines).get("constant")
        if constant is None or not self.errors.force_mae >= constant.force_mae:
            return None
        off = f"{self.errors.force_mae:.0f} meV/Å, those of a constant by {constant.force_mae:.0f}"
        return f"the model is no better than a constant: forces are off by {off}"

    @property
    def elements(self) -> dict[str, tuple[float, float]]:
        """Mean absolute and root mean square errors of the model's forces by element, meV/Angstrom."""
        return force_errors_by_element(self.forces, self.data)

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain data, units in the names; None for those of forces that are not there."""
        figures: dict[str, dict[str, object]] = {
            name: dict(_figures(errors, len(self.data.numbers)))
            for name, errors in (("model", self.errors), *self.rows()[1:])
        }
        figures["model"]["forces_by_element"] = {
            element: {"mae_meV_per_Angstrom": mae, "rmse_meV_per_Angstrom": rmse}
            for element, (mae, rmse) in self.elements.items()
        }
        if self.noise is not None:
            figures["model"]["noise"] = self.noise
        if self.calibration is not None:
            figures["model"]["calibration"] = self.calibration.to_json()
        if self.shots is not None:
            figures["model"]["shots"] = self.shots.to_json()
        return dict(figures)


def evaluate(
    model: ForceField | Ensemble,
    data: Dataset,
    train: Dataset | None = None,
    *,
    seen: int | None = None,
    left_out: int = 0,
) -> Evaluation:
    """Return the errors of a model on frames that it was not trained on.

    Args:
        model: the model, or an ensemble.
        data: held-out frames.
        train: the frames that the baselines are fitted to; no baselines without them.
        seen: how many of the frames it was trained on all the same.
        left_out: how many were left out because it was.
    """
    members = calibration = None
    if isinstance(model, Ensemble):
        each = [predict_data(member, data) for member in model.members]
        said = consensus_of(np.stack([one.energies for one in each]), np.stack([one.forces for one in each]))
        energies, forces = said.energies, said.forces
        parts = [one.stresses for one in each if one.stresses is not None]
        stresses = np.mean(parts, axis=0) if parts else None
        members = Members(
            tuple(errors_of(one.energies, one.forces, data, one.stresses) for one in each),
            energy_from_ev(_root_mean_square(said.energy_deviations), "meV"),
            force_from_ev_per_angstrom(_root_mean_square(said.force_deviations) / 3**0.5, "meV/Angstrom"),
        )
    else:
        energies, forces, stresses = predict_data(model, data)
        if has_heads(model.arrays):
            deviations = deviations_of_data(model, data)
            calibration = calibration_of((energies, forces), deviations, data)
    baselines = () if train is None else tuple(_baseline(name, fit, train, data) for name, fit in _fits(train))
    errors = errors_of(energies, forces, data, stresses)
    found = Evaluation(data, energies, forces, errors, baselines, seen, left_out, members, calibration)
    return replace(found, stresses=stresses, noise=noise_of(model))


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _fits(train: Dataset) -> tuple[tuple[str, Baseline], ...]:
    if train.periodic:
        return (("constant", constant_baseline(train)),)
    springs = harmonic_baseline(train, couplings=len(train.numbers) <= _COUPLED_ATOMS)
    return (("constant", constant_baseline(train)), ("harmonic", springs))


def _baseline(name: str, fit: Baseline, train: Dataset, data: Dataset) -> tuple[str, Errors]:
    mean = None if train.stresses is None else np.broadcast_to(train.stresses.mean(axis=0), (len(data), 3, 3))
    return name, errors_of(*fit.predict(data.positions), data, mean)


def _figures(errors: Errors, atoms: int) -> dict[str, float | None]:
    names = {
        "energy_mae": "energy_mae_meV",
        "energy_rmse": "energy_rmse_meV",
        "force_mae": "force_mae_meV_per_Angstrom",
        "force_rmse": "force_rmse_meV_per_Angstrom",
        "frames": "frames",
        "stress_mae": "stress_mae_meV_per_Angstrom3",
        "stress_rmse": "stress_rmse_meV_per_Angstrom3",
    }
    figures = {names[key]: None if isnan(value) else value for key, value in errors.figures().items()}
    return figures | {"energy_mae_per_atom_meV": errors.energy_mae / atoms}
