"""A trained model as a calculator of the Atomic Simulation Environment (ASE)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.calculators import calculator as ase_calculator
from numpy.typing import NDArray

from qffc.data.cells import to_voigt
from qffc.ir.diagnostics import error, quoted
from qffc.ir.short_repr import short_repr
from qffc.models.beyond_data import beyond_data
from qffc.models.ensemble import Ensemble, consensus_of
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.force_field import ForceField
from qffc.models.given.closed_shell import need_closed_shell
from qffc.models.given.finite import check_predictions
from qffc.models.moving_atoms import NeighbourCounts, skin_and_precision
from qffc.models.voice import ENERGIES, STRESS, Voice, mean_of, why_not

_SETTINGS = ("model", "skin", "precision")


class Calculator(ase_calculator.Calculator):
    """Energies (eV), forces (eV/Angstrom) and Hessians of molecules, and with a cutoff of atoms in cells, with stress.

    It can be copied and pickled at any time, and sent to processes that are spawned; JAX does not support forked ones.

    The functions are compiled at the first call for a molecule and kept by the model. Where every neighbour leaves at
    a cutoff, as in ``lib:pair``, circuits are run for neighbours only: a step costs in proportion to the number of
    atoms. Such models take periodic boundaries, along one, two or three vectors of a cell of any size, with all images
    within the cutoff; ``stress`` is the exact derivative by strain over the volume, eV/Angstrom^3, in the order and
    with the sign of ASE. Where the energy is a sum over atoms ``energies`` (atoms,) has its parts, eV.

    Where the training data end, energies fade to those of free atoms, which repel each other. The calculator warns once
    when a geometry is there, and ``results["extrapolation_grade"]`` tells it of each: up to 1 every atom has
    surroundings as in the training data, and ``results["extrapolation_grades"]`` (atoms,) tells which ones have not.
    Of an ensemble ``results["energy_deviation"]`` (eV) and ``results["force_deviations"]`` (atoms,) in eV/Angstrom tell
    how far its models are apart, see :class:`qffc.models.ensemble.Consensus`; of a model with uncertainty
    (``qf.with_uncertainty``) how far its heads are, and a step takes about ten times as long. These names are none
    of ASE's: drop them before results go to a ``SinglePointCalculator``.

    Args:
        model: a trained model, its file, the folder of its run, or ``trained:NAME``; or an ensemble.
        skin: how much further neighbours are listed than they count, Angstrom: the list is made anew when an atom has
            moved by half of it. ``neighbours`` tells what the list holds.
        precision: bits of the numbers inside, 64 or 32, for models that list neighbours; see
            :class:`qffc.models.moving_atoms.MovingAtoms`.

    Raises:
        QffcError: for a skin or a precision that is none; on calculation, when the atoms are periodic and the model
            has no cutoff, when they have a charge or a spin, or do not fit the model, and when a position, the energy
            or a force is not finite.

    Example:
        >>> from ase.build import molecule
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = molecule("H2O")
        >>> water.calc = Calculator(untrained(load("sivqlm-h2o", depth=1), seed=0))
        >>> water.get_forces().shape
        (3, 3)
    """

    implemented_properties = ["energy", "free_energy", "forces", "hessian"]
    """Of an instance also ``energies`` and ``stress``, where its models have them."""
    _before: Atoms | None
    """The atoms of the last calculation, where something has changed since."""

    def __init__(self, model: ModelLike | Ensemble, skin: float = 0.5, precision: int | str = 64) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of ASE
        self._choose(model, skin, precision)

    def __repr__(self) -> str:
        return short_repr(self, repr(self._model), f"{self._precision} bits")

    @property
    def model(self) -> ForceField | Ensemble:
        """The trained model, or the ensemble; another one takes effect at once."""
        return self._model

    @model.setter
    def model(self, model: ModelLike | Ensemble) -> None:
        self._choose(model, self._skin, self._precision)

    @property
    def skin(self) -> float:
        """How much further neighbours are listed than they count, Angstrom; another one takes effect at once."""
        return self._skin

    @skin.setter
    def skin(self, skin: float) -> None:
        self._choose(self._model, skin, self._precision)

    @property
    def precision(self) -> int:
        """Bits of the numbers inside, 64 or 32; another one takes effect at once."""
        return self._precision

    @precision.setter
    def precision(self, precision: int | str) -> None:
        self._choose(self._model, self._skin, precision)

    def set(self, **changes: object) -> dict[str, object]:
        """Change the model, the skin or the precision, as ``calculator.skin = 0.3`` does; part of ASE's interface.

        Returns:
            What changed, by name.

        Raises:
            QffcError: for another name.
        """
        unknown = [name for name in changes if name not in _SETTINGS]
        if unknown:
            raise error(
                "unknown parameter of the calculator",
                found=quoted(unknown),
                expected=f"one of {quoted(_SETTINGS)}",
                help="correct the name; everything else is decided by the program of the model",
            )
        changed = {name: value for name, value in changes.items() if value is not getattr(self, name)}
        for name, value in changed.items():
            setattr(self, name, value)
        return changed

    def _choose(self, model: ModelLike | Ensemble, skin: float, precision: int | str) -> None:
        """Take these, and drop all that was computed with others."""
        self._skin, self._precision = skin_and_precision(skin, precision)
        self._model = model if isinstance(model, Ensemble) else model_of(model)
        members = self._model.members if isinstance(self._model, Ensemble) else (self._model,)
        self._voices = tuple(Voice(member, self._skin, self._precision) for member in members)
        more = [name for name in (ENERGIES, STRESS) if why_not(name, [member.program for member in members]) is None]
        self.implemented_properties = [*type(self).implemented_properties, *more]
        self._warned = False
        self.reset()
        self._before = None

    def check_state(self, atoms: Atoms, tol: float = 1e-15) -> list[str]:
        """Return what changed since the last calculation; called by ASE twice a step.

        ASE compares within a tolerance of rounding errors, and takes a tenth of the time of a small molecule for it.
        What differs at all is computed here.
        """
        before = self.atoms
        if before is None:
            return list(ase_calculator.all_changes)
        return [name for name in ase_calculator.all_changes if not _same(_state(before, name), _state(atoms, name))]

    def reset(self) -> None:
        """Forget what was computed; called by ASE when something has changed."""
        self._before = self.atoms
        super().reset()  # type: ignore[no-untyped-call]  # of ASE

    @property
    def neighbours(self) -> NeighbourCounts | None:
        """What the list of neighbours holds; None before the first step, and where every atom counts.

        Of an ensemble it is the list of the first model.
        """
        return self._voices[0].counts

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(ase_calculator.all_changes),
    ) -> None:
        """Compute energy and forces together; called by ASE."""
        before, self._before = self._before, None
        if atoms is not None and before is not None and tuple(system_changes) == ("positions",):
            # A step of dynamics: a copy of all that atoms hold would take a twentieth of it.
            before.arrays["positions"], before.info = atoms.positions.copy(), dict(atoms.info)
            self.atoms = before
        else:
            super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]  # of ASE
        here = _closed_shell(self.atoms)
        alone = len(self._voices) == 1
        said = [voice.predict(here, energies=ENERGIES in properties, deviations=alone) for voice in self._voices]
        energies, forces = np.array([each.energy for each in said]), np.array([each.forces for each in said])
        check_predictions(energies, forces)
        energy, force = (said[0].energy, forces[0]) if len(said) == 1 else (float(energies.mean()), forces.mean(axis=0))
        # A molecule has no electronic smearing here, so the two energies that ASE knows are one.
        self.results = {"energy": energy, "free_energy": energy, "forces": force}
        if (parts := mean_of([each.energies for each in said])) is not None:
            self.results[ENERGIES] = parts
        if (virial := mean_of([each.virial for each in said])) is not None and here.cell.rank == 3:
            self.results[STRESS] = to_voigt(virial / here.cell.volume)
        if isinstance(self._model, Ensemble):
            apart = consensus_of(energies[:, None], forces[:, None])
            self.results["energy_deviation"] = float(apart.energy_deviations[0])
            self.results["force_deviations"] = apart.force_deviations[0]
        elif (known := said[0].deviations) is not None:
            self.results["energy_deviation"], self.results["force_deviations"] = known
        if "hessian" in properties:
            self.results["hessian"] = np.mean([voice.hessian(here) for voice in self._voices], axis=0)
        grades = [each.grades for each in said if each.grades is not None]
        if grades:
            self.results["extrapolation_grades"] = np.max(grades, axis=0)
            self.results["extrapolation_grade"] = float(np.max(grades))
            self._warn_once(float(np.max(grades)))

    def get_property(self, name: str, atoms: Atoms | None = None, allow_calculation: bool = True) -> object:
        """Return a result; called by ASE.

        Raises:
            PropertyNotImplementedError: for what the model does not give, with the reason.
        """
        try:
            return super().get_property(name, atoms, allow_calculation)  # type: ignore[no-untyped-call]  # of ASE
        except ase_calculator.PropertyNotImplementedError as problem:
            programs = [voice.model.program for voice in self._voices]
            raise ase_calculator.PropertyNotImplementedError(
                why_not(name, programs, periodic=False) or str(problem)
            ) from None

    def get_hessian(self, atoms: Atoms | None = None) -> NDArray[np.float64]:
        """Return the Hessian (3 atoms, 3 atoms) in eV/Angstrom^2, by atom, then x, y and z; of an ensemble the mean.

        ``ase.vibrations.VibrationsData.from_2d(atoms, hessian)`` takes it as it is.
        """
        return np.asarray(self.get_property("hessian", atoms), np.float64)

    def _warn_once(self, grade: float) -> None:
        if grade <= 1.0 or self._warned:
            return
        self._warned = True
        warnings.warn(beyond_data(grade), stacklevel=2)


def _state(atoms: Atoms, name: str) -> NDArray[np.generic] | None:
    """One of the properties that ASE looks at for changes; None for charges and moments that were never set."""
    if name == "cell":
        cell: NDArray[np.generic] = atoms.cell.array
        return cell
    found: NDArray[np.generic] | None = atoms.pbc if name == "pbc" else atoms.arrays.get(name)
    return found


def _same(one: NDArray[np.generic] | None, other: NDArray[np.generic] | None) -> bool:
    """Whether arrays hold the same bytes, which is found in less time than whether they hold the same numbers."""
    if one is other or one is None or other is None:
        return one is other
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _closed_shell(atoms: Atoms | None) -> Atoms:
    if atoms is None:
        raise error(
            "calculator without atoms",
            found="no atoms",
            expected="a molecule",
            help="set atoms.calc to the calculator and ask the atoms",
        )
    need_closed_shell(atoms)
    return atoms
