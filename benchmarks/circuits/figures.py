"""What measured circuits cost on the device, and whether they give the expectation values of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit

from benchmarks.circuits.dense import dense_state, string_means
from benchmarks.circuits.source import Source, close
from benchmarks.compile_peers import planned_moments
from qffc.ir.evaluate import Instance
from qffc.ir.reference import expectation
from qffc.passes.lower_pytket.counts import count_circuit
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.targets.catalogue import target

Moments = NDArray[np.float64]

PLACE = target("H2-1")
SHOTS = 1000
EQUAL = 1e-9
"""Prices, costs closer than this are one."""


@dataclass(frozen=True)
class Figures:
    """Sums over the settings.

    Args:
        settings: circuits to run.
        gates: on two qubits.
        cost: of these, in ZZ.
        price: in HQC, each setting with 1,000 shots.
        phased_x: physical gates on one qubit.
        deviation: of expectation values from those of the source, the largest.
        label: which choice of the compiler it is.
    """

    settings: int
    gates: int
    cost: float
    price: float
    phased_x: int
    deviation: float
    label: str = ""

    @property
    def text(self) -> str:
        return f"{self.gates} / {self.cost:.1f} / {self.price:.1f}"


def exact_moments(source: Source, point: Instance) -> Moments:
    """Return the expectation values of the circuit as it was written, gate by gate, (observables,)."""
    state = dense_state(source.bound(point))
    return np.array(
        [expectation(observable, state, source.circuit.n_qubits) for observable in source.split.observables]
    )


def figures(circuits: Sequence[Circuit], plan: MeasurementPlan, exact: Moments, label: str = "") -> Figures:
    """Return what circuits cost, one for each setting of a plan in native gates.

    Raises:
        ValueError: for other gates than the native ones, which have no price.
    """
    counts = [count_circuit(circuit, PLACE.weights) for circuit in circuits]
    if any(each.other for each in counts):
        raise ValueError(f"gates that are not native: {label}")
    strings = [string_means(circuit, setting) for circuit, setting in zip(circuits, plan.settings, strict=True)]
    return Figures(
        settings=len(circuits),
        gates=sum(each.two_qubit for each in counts),
        cost=round(sum(each.cost for each in counts), 9),
        price=round(PLACE.price(counts, SHOTS), 9),
        phased_x=sum(each.phased_x for each in counts),
        deviation=close(planned_moments(plan, strings), exact),
        label=label,
    )


def measured(source: Source, point: Instance) -> list[Circuit]:
    """Return what peers are given: the circuit with numbers, and the measurement of each setting."""
    circuits = []
    for setting in source.plan.settings:
        circuit = Circuit(source.circuit.n_qubits, len(setting.measured))
        circuit.append(source.bound(point))
        _measure(circuit, setting.letters, setting.measured)
        circuits.append(circuit)
    return circuits


def symbolic(source: Source) -> list[Circuit]:
    """Return the same with symbols."""
    circuits = []
    for setting in source.plan.settings:
        circuit = Circuit(source.circuit.n_qubits, len(setting.measured))
        circuit.append(source.circuit)
        _measure(circuit, setting.letters, setting.measured)
        circuits.append(circuit)
    return circuits


def _measure(circuit: Circuit, letters: Sequence[str | None], qubits: Sequence[int]) -> None:
    for bit, qubit in enumerate(qubits):
        if letters[qubit] == "X":
            circuit.H(qubit)
        elif letters[qubit] == "Y":
            circuit.V(qubit)
        circuit.Measure(qubit, bit)
