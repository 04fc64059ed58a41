"""Predictions for structures: what a model says of each, beside all that was known of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.files.model_given import ModelLike

REFERENCE = "reference_"
"""Before the names of labels that a structure had."""

_ASE = ("energy", "free_energy", "forces", "stress", "energies")
_KINDS_KEPT = 64
"""Molecules whose lists of neighbours are kept, so that what is compiled for them is not compiled anew."""


def predict_structures(model: ModelLike | Ensemble, structures: Iterable[Atoms], where: str) -> Iterator[Atoms]:
    """Yield copies of structures with what a model predicts, in their order.

    Energy, forces, stress and energies of atoms are those of a ``SinglePointCalculator``; grades of extrapolation and
    deviations of an ensemble stand in ``info`` and ``arrays``, under the names of
    :class:`qffc.models.calculator.Calculator`. Labels that a calculator of the structure held are kept there as
    ``reference_energy``, ``reference_forces`` and so on; all else stays as it is.

    Args:
        model: a model, or an ensemble.
        structures: molecules, and atoms in cells where the model has a cutoff; read one by one.
        where: what messages call them, such as the name of a file.

    Raises:
        QffcError: when a structure does not fit the model; names the frame, counted from 0.

    Example:
        >>> from ase.build import molecule
        >>> from qffc.models.files.model_file import load_model
        >>> (water,) = predict_structures(load_model("trained:water"), [molecule("H2O")], "one water")
        >>> water.get_forces().shape, bool(water.info["extrapolation_grade"] < 1)
        ((3, 3), True)
    """
    calculators: dict[tuple[bytes, bytes], Calculator] = {}
    for number, structure in enumerate(structures):
        kind = (structure.numbers.tobytes(), structure.pbc.tobytes())
        if kind not in calculators and len(calculators) == _KINDS_KEPT:
            del calculators[next(iter(calculators))]
        calculator = calculators.pop(kind, None) or Calculator(model)
        calculators[kind] = calculator
        try:
            yield _predicted(structure, calculator)
        except QffcError as mistake:
            inside = "" if mistake.diagnostic.where is None else f", {mistake.diagnostic.where}"
            place = f"{where}, frame {number}{inside}"
            raise QffcError(replace(mistake.diagnostic, where=place)) from None


def _predicted(structure: Atoms, calculator: Calculator) -> Atoms:
    found: Atoms = structure.copy()  # type: ignore[no-untyped-call]  # of ASE; without its calculator
    found.info, labels = dict(structure.info), getattr(structure.calc, "results", {})
    with warnings.catch_warnings():
        # Whoever asks for many is told at the end.
        warnings.simplefilter("ignore", QffcWarning)
        calculator.calculate(found, ("energy", "energies"))
    for name, value in labels.items():
        _keep(found, f"{REFERENCE}{name}", value)
    for name, value in calculator.results.items():
        if name not in _ASE:
            _keep(found, name, value)
    said = {name: calculator.results[name] for name in _ASE if name in calculator.results}
    found.calc = SinglePointCalculator(found, **said)  # type: ignore[no-untyped-call]  # of ASE
    return found


def _keep(atoms: Atoms, name: str, value: object) -> None:
    """Note a value at atoms: where there is one for each of them, beside their positions."""
    if np.ndim(np.asarray(value)) > 0 and len(np.asarray(value)) == len(atoms):
        atoms.arrays[name] = np.asarray(value)
    else:
        atoms.info[name] = value
