"""Settings and weights of strings for each circuit by itself.

A plan that all circuits share is a compromise: what is measured well in one state is measured badly in another. Chosen
for one state, settings and the weights of strings that several of them estimate have a smaller variance. Circuits are
then measured in different settings of one list. Weights are chosen by exact states before anything is measured, and
those of a string add up to one in each circuit, so that estimates stay unbiased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qffc.ir.short_repr import counted, short_repr
from qffc.ir.telling import told
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.settings import MeasurementPlan, Setting

Floats = NDArray[np.float64]

_DIGITS = 9
"""Circuits that agree to so many have the same settings."""


@dataclass(frozen=True, eq=False, repr=False)
class OwnPlan(MeasurementPlan):
    """A plan whose coefficients are those of each circuit.

    Args:
        tables: of each setting the coefficients, (circuits, observables, strings of the setting); all of them are 0
            where a circuit is not measured in a setting.
    """

    tables: tuple[Floats, ...] = ()

    def __repr__(self) -> str:
        circuits = len(self.tables[0]) if self.tables else 0
        return short_repr(self, counted(len(self.settings), "setting"), counted(circuits, "circuit"))

    def weights(self, setting: int) -> Floats:
        """Return (circuits, observables, strings of the setting)."""
        return self.tables[setting]

    def weights_of(self, setting: int, circuit: int) -> Floats:
        """Return (observables, strings of the setting), of one circuit."""
        one: Floats = self.tables[setting][circuit]
        return one

    def measured(self, circuits: int) -> NDArray[np.bool_]:
        """Return (circuits, settings), which circuit is measured in which setting."""
        del circuits
        return np.stack([table.any(axis=(1, 2)) for table in self.tables], axis=1)

    def rows(self, circuits: NDArray[np.intp] | slice) -> OwnPlan:
        """Return the plan of some of the circuits."""
        return replace(self, tables=tuple(table[circuits] for table in self.tables))

    def beside(self, others: Sequence[Setting], coefficients: Sequence[tuple[float, float]]) -> OwnPlan:
        """Return the plan with other settings of the same strings behind its own; see :class:`MeasurementPlan`."""
        own, other = (
            tuple(pair[k] * table for pair, table in zip(coefficients, self.tables, strict=True)) for k in (0, 1)
        )
        return replace(self, settings=(*self.settings, *others), tables=(*own, *other), shares=())


def own_settings(split: Split, slots: Floats, slopes: Floats) -> MeasurementPlan:
    """Return settings and weights that are best for each circuit.

    Args:
        split: the program.
        slots: (circuits, slot_count), radians.
        slopes: (circuits, observables), derivatives of what is wanted by the moments; where all are 0 a circuit is
            measured in no setting.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> split = split_program(load("pair", depth=1))
        >>> random = np.random.default_rng(0)
        >>> plan = own_settings(split, random.normal(size=(3, split.slot_count)), random.normal(size=(3, 4)))
        >>> plan.measured(3).shape == (3, len(plan.settings)), bool(plan.measured(3).all())
        (True, False)
    """
    known: dict[bytes, MeasurementPlan] = {}
    each: dict[int, MeasurementPlan] = {}
    for circuit in told("settings of circuits:", np.flatnonzero(slopes.any(axis=1)).tolist()):
        one = slice(circuit, circuit + 1)
        key = np.round(np.concatenate([slots[one], slopes[one] / np.abs(slopes[one]).max()], axis=1), _DIGITS).tobytes()
        each[circuit] = known[key] = known.get(key) or plan_measurement(split, slots[one], slopes[one])
    if not each:
        return plan_measurement(split)
    found: dict[Setting, list[tuple[int, Floats, bool]]] = {}
    for circuit, plan in each.items():
        for index, setting in enumerate(plan.settings):
            entry = (circuit, plan.weights(index), setting.singlets)
            found.setdefault(replace(setting, singlets=False), []).append(entry)
    constants = MeasurementPlan.constants_of(split.observables)
    settings, tables = [], []
    for setting, entries in found.items():
        # The two of a pair may be turned together only where no circuit asks for more than whether they are singlets.
        settings.append(replace(setting, singlets=all(singlets for _, _, singlets in entries)))
        table = np.zeros((len(slots), len(constants), len(setting.strings)))
        for circuit, weights, _ in entries:
            table[circuit] = weights
        tables.append(table)
    return OwnPlan(tuple(settings), constants, ((),) * len(constants), tables=tuple(tables))
