"""What is done against the noise of a device when energies are put together from shots, and what it costs.

All of it is in the plan of what is measured, so that shots, prices, standard errors, batches and forces take it as they
take any plan.

- ``readout``: wrong readings are undone by the figures of the target (:mod:`qffc.passes.measurement.corrections`).
- ``symmetry``: shots are left out whose outcome the circuit cannot give without noise
  (:mod:`qffc.passes.measurement.possible`).
- ``extrapolate``: each setting is measured again by circuits with three times the noise of gates and memory
  (:mod:`qffc.execution.measured_circuits`), and moments are extrapolated to none.

With the noise k a string is left with e^-k of its expectation, and with three times the noise with e^-3k. Of

    c1 e^-k + c3 e^-3k,    c1 + c3 = 1,    c3 = -(1 - e^-k) / (e^-k - e^-3k) = -1/2 - 3k/4 + ...

the sum is 1, so c1 times the one and c3 times the other is the expectation without noise: for this k, for k = 0, and to
second order for what is between. Linear extrapolation is the limit of small k. The k of a setting comes from the
figures of the target. That they are wrong by a part d is seen in second order alone, as 1.5 d k^2 of a moment; without
figures the extrapolation is linear, and leaves 1.5 k^2.

Coefficients are known before anything is measured. So standard errors are those of two independent circuits, and Neyman
allocation gives the shots: |c1| to |c3|, three quarters to the plain circuit. The variance is that of
(|c1| + |c3|)^2, at least four, times the shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from qffc.execution.measured_circuits import measured_circuits
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.pauli import Letter, PauliString
from qffc.passes.circuit.split_program import Split
from qffc.passes.counts import CircuitCounts
from qffc.passes.measurement.corrections import Correction
from qffc.passes.measurement.kernel_states import DENSE_QUBITS
from qffc.passes.measurement.possible import possible_outcomes
from qffc.passes.measurement.settings import MeasurementPlan, Setting, measurement_plan
from qffc.passes.target import Target
from qffc.passes.target_noise import NoiseModel

METHODS = ("readout", "symmetry", "extrapolate")
_FOLDS = 1
_SMALL = 1e-6
"""Noise below this is extrapolated linearly: the quotient of the coefficients is 0 / 0."""


@dataclass(frozen=True)
class Mitigation:
    """What is done against noise.

    Args:
        methods: some of ``readout``, ``symmetry``, ``extrapolate``, each once.

    Raises:
        QffcError: for an unknown name.

    Example:
        >>> Mitigation.of("readout, extrapolate").methods
        ('readout', 'extrapolate')
    """

    methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown:
            raise error(
                "unknown mitigation",
                found=quoted(unknown),
                expected=f"some of {quoted(METHODS)}",
                help="correct the name, or leave it out",
            )

    @staticmethod
    def of(given: str | Sequence[str] | None) -> Mitigation:
        """Return the mitigation of names, as a sequence or with commas between them; None is none."""
        names = given.split(",") if isinstance(given, str) else list(given or ())
        found = [part.strip() for name in names for part in name.split(",")]
        return Mitigation(tuple(dict.fromkeys(name for name in found if name)))

    def __bool__(self) -> bool:
        return bool(self.methods)

    def applied(self, plan: MeasurementPlan, split: Split, target: Target) -> MeasurementPlan:
        """Return what is measured, and how it is read, in the place of a plan.

        Args:
            plan: without mitigation.
            split: the program of the circuits.
            target: where they run.

        Raises:
            QffcError: when a figure is missing that a method needs, no outcome is forbidden by symmetry, or circuits
                are too large to tell.
        """
        wrong = _wrong_readings(target) if "readout" in self.methods else (0.0, 0.0)
        plan, possible = _checked(plan, split) if "symmetry" in self.methods else (plan, (b"",) * len(plan.settings))
        if "readout" in self.methods or any(possible):
            settings = tuple(
                replace(setting, correction=Correction(wrong, kept))
                for setting, kept in zip(plan.settings, possible, strict=True)
            )
            plan = replace(plan, settings=settings)
        return _extrapolated(plan, split, target) if "extrapolate" in self.methods else plan


NOTHING = Mitigation()


def _wrong_readings(target: Target) -> tuple[float, float]:
    noise = target.noise
    if noise is None:
        raise error(
            "readout correction without figures",
            found=f"'{target.name}' has no figures of its noise",
            expected="a target with the chances of wrong readings, such as 'H2-1' or 'H2-1LE-noisy'",
            help="leave 'readout' out, or give the target a section [noise]",
        )
    return noise.measurement_0, noise.measurement_1


def _checked(plan: MeasurementPlan, split: Split) -> tuple[MeasurementPlan, tuple[bytes, ...]]:
    """A plan that sees what is conserved, and of each setting the outcomes that are kept; empty where all may come.

    The plan itself, or where it forbids nothing Pauli bases of all qubits, which see parities and total spins.
    """
    name = split.program.name
    if split.qubit_count > DENSE_QUBITS:
        raise error(
            "symmetry of circuits without exact states",
            found=f"{split.qubit_count} qubits in '{name}'",
            expected=f"at most {DENSE_QUBITS}: outcomes that never come are found by states",
            help="leave 'symmetry' out",
        )
    for chosen in (plan, _of_all_qubits(measurement_plan(split.observables, split.qubit_count))):
        found = possible_outcomes(split, chosen)
        if not all(each.all() for each in found):
            return chosen, tuple(b"" if each.all() else each.astype(np.uint8).tobytes() for each in found)
    raise _nothing_forbidden(name)


def _of_all_qubits(plan: MeasurementPlan) -> MeasurementPlan:
    """The same settings with every qubit read, in the letter of the others where they share one."""
    return replace(plan, settings=tuple(map(_filled, plan.settings)))


def _filled(setting: Setting) -> Setting:
    used = sorted({letter for letter in setting.letters if letter is not None})
    missing: Letter = used[0] if len(used) == 1 else "Z"
    letters = tuple(letter or missing for letter in setting.letters)
    alone: tuple[PauliString, ...] = tuple(((qubit, letter),) for qubit, letter in enumerate(letters))
    # What is asked for keeps its place; the rest is asked for so that its operations stay in the circuit.
    strings = (*setting.strings, *(string for string in alone if string not in setting.strings))
    return replace(setting, letters=letters, strings=strings)


def _nothing_forbidden(name: str) -> QffcError:
    return error(
        "no outcome that symmetry forbids",
        found=f"'{name}', whose circuits give every outcome without noise: no parity and no total spin is conserved",
        expected="a program that conserves what is measured, such as one of singlets and exchanges alone",
        help="leave 'symmetry' out; 'readout' and 'extrapolate' work for every program",
    )


def _extrapolated(plan: MeasurementPlan, split: Split, target: Target) -> MeasurementPlan:
    """The settings, then the same with folds; terms of both with their coefficients."""
    coefficients = [coefficients_of(decay) for decay in _decays(plan, split, target)]
    return plan.beside([replace(setting, folds=_FOLDS) for setting in plan.settings], coefficients)


def coefficients_of(decay: float, folds: int = _FOLDS) -> tuple[float, float]:
    """Return the coefficients of what is measured with plain circuits and with folded ones; they add up to one.

    Args:
        decay: k, where noise leaves e^-k of an expectation.
        folds: of two-qubit gates.

    Example:
        >>> coefficients_of(0.0), [round(c, 4) for c in coefficients_of(0.1)]
        ((1.5, -0.5), [1.5802, -0.5802])
    """
    times = 1 + 2 * folds
    louder = -1 / (times - 1) if decay < _SMALL else -(1 - exp(-decay)) / (exp(-decay) - exp(-times * decay))
    return 1 - louder, louder


def _decays(plan: MeasurementPlan, split: Split, target: Target) -> list[float]:
    """What noise of gates and memory takes from a string of each setting, by the figures of the target."""
    noise = target.noise
    if noise is None or not target.native:
        return [0.0] * len(plan.settings)
    from qffc.passes.lower_pytket.kernel import PytketKernel  # pytket is heavy

    kernel = PytketKernel(split, target, fix_frame=True)
    slots = np.random.default_rng(0).normal(size=(1, split.slot_count))
    circuits = measured_circuits(kernel, slots, plan.settings)
    return [_decay(kernel.counts(circuit), noise) for circuit in circuits]


def _decay(counts: CircuitCounts, noise: NoiseModel) -> float:
    """The part of an expectation that noise takes, in the mean of all strings on the qubits of each gate.

    A Pauli at random takes fifteen of sixteen strings of two qubits, in the mean once; a Z two letters of four, twice.
    """
    return counts.cost * noise.pauli_two_qubit(1.0) + 2 * counts.two_qubit * noise.dephasing(1)
