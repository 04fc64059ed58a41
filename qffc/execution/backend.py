"""Bound circuits on a local emulator: shots, reproducible by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

EMULATOR_QUBITS = 26
"""A state vector of more qubits takes over a gigabyte."""


@dataclass(frozen=True, eq=False)
class ShotResult:
    """The outcomes of one circuit.

    Args:
        outcomes: (distinct, bits), 0 or 1: the outcomes that were seen, each once.
        counts: (distinct,), how often each was seen.
    """

    outcomes: NDArray[np.uint8]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.outcomes.ndim != 2 or self.counts.shape != self.outcomes.shape[:1] or (self.counts < 1).any():
            raise error(
                "outcomes and counts that do not fit",
                found=f"outcomes of shape {self.outcomes.shape}, counts of shape {self.counts.shape}",
                expected="(distinct, bits) and (distinct,), counts of at least 1",
                help="make the result from shots with ShotResult.of",
            )

    @staticmethod
    def of(shots: NDArray[np.integer[Any]]) -> ShotResult:
        """Return the result for shots, (shots, bits).

        Example:
            >>> ShotResult.of(np.array([[0, 1], [0, 0], [0, 1]])).counts.tolist()
            [1, 2]
        """
        table = np.asarray(shots, dtype=np.uint8)
        outcomes, counts = np.unique(table, axis=0, return_counts=True)
        return ShotResult(outcomes, counts.astype(np.int64))

    @property
    def shots(self) -> int:
        """The number of shots."""
        return int(self.counts.sum())

    def parities(self, bits: Sequence[int]) -> NDArray[np.float64]:
        """Return (distinct,), the product over bits of +1 for 0 and -1 for 1."""
        odd = self.outcomes[:, list(bits)].sum(axis=1) % 2
        return np.asarray(1.0 - 2.0 * odd, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class EmulatorRun:
    """What one batch gave.

    Args:
        results: of each circuit, in order.
        target: where it ran.
        shots: of each circuit, in order.
        seed: what reproduces it.
        seconds: the run time.
        price: in HQC, what the device would charge for it; the emulator is free.
    """

    results: tuple[ShotResult, ...]
    target: str
    shots: tuple[int, ...]
    seed: int
    seconds: float
    price: float


def run_circuits(circuits: Sequence[Circuit], target: Target, *, shots: int | Sequence[int], seed: int) -> EmulatorRun:
    """Run measured circuits as one batch on the local emulator of a target.

    Each circuit has a seed of its own, derived from ``seed`` and its place in the batch.

    Args:
        circuits: native circuits with measurements, such as ``PytketKernel.bind_measured`` gives.
        target: a target with an emulator.
        shots: of each circuit: one number, or one for each.
        seed: a number from 0 on.

    Raises:
        QffcError: when the target has no emulator, the emulator is not installed, or a circuit is too large for it.
    """
    emulator = need_emulator(target)
    each = shots_of_each(circuits, shots)
    if seed < 0:
        raise error("seed out of range", found=f"{seed}", expected="a number from 0 on", help="correct it")
    price = price_of(circuits, target, each)
    start = perf_counter()
    results = _emulate(circuits, emulator, each, seed) if circuits else ()
    return EmulatorRun(results, target.name, each, seed, perf_counter() - start, price)


def shots_of_each(circuits: Sequence[Circuit], shots: int | Sequence[int]) -> tuple[int, ...]:
    """Return the shots of each circuit.

    Raises:
        QffcError: when there is not one number of at least 1 for each circuit.
    """
    each = (shots,) * len(circuits) if isinstance(shots, int) else tuple(int(number) for number in shots)
    least = shots if isinstance(shots, int) else min(each, default=1)
    if len(each) != len(circuits) or least < 1:
        raise error(
            "shots out of range",
            found=f"{len(each)} numbers, the least {least}",
            expected=f"at least 1 shot for each of {len(circuits)} circuits",
            help="correct them",
        )
    return each


def need_emulator(target: Target) -> str:
    """Return the name of the local emulator of a target.

    Raises:
        QffcError: when it has none: devices are for compiling only.
    """
    if target.emulator is not None:
        return target.emulator
    raise error(
        "target without an emulator",
        found=f"'{target.name}'",
        expected="a target with a local emulator, such as 'H1-1LE' or 'H2-1LE'",
        help="choose another target",
    )


def price_of(circuits: Sequence[Circuit], target: Target, shots: int | Sequence[int]) -> float:
    """Return the price in HQC of running circuits, with shots as for :func:`run_circuits`; show it before spending."""
    from qffc.passes.lower_pytket_counts import count_circuit

    each = zip(circuits, shots_of_each(circuits, shots), strict=True)
    return sum((target.price(count_circuit(circuit, target.weights), number) for circuit, number in each), 0.0)


def _emulate(circuits: Sequence[Circuit], emulator: str, shots: tuple[int, ...], seed: int) -> tuple[ShotResult, ...]:
    _need_pecos()
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    for circuit in circuits:
        if circuit.n_qubits > EMULATOR_QUBITS:
            raise error(
                "circuit too large for the emulator",
                found=f"{circuit.n_qubits} qubits",
                expected=f"at most {EMULATOR_QUBITS}: it keeps a state vector in memory",
                help="run smaller circuits one after the other",
            )
    backend = QuantinuumBackend(emulator)
    start = int(np.random.SeedSequence(seed).generate_state(1)[0]) // 2  # neighbouring seeds share no circuit seeds
    handles = backend.process_circuits([_ordered(circuit) for circuit in circuits], n_shots=list(shots), seed=start)
    return tuple(ShotResult.of(backend.get_result(handle).get_shots()) for handle in handles)


def _ordered(circuit: Circuit) -> Circuit:
    """The circuit with its measurements one after the other, in the order of their bits.

    Without barriers the emulator takes measurements of different qubits in an order that changes from run to run, and
    with it the random number that each of them gets.
    """
    from pytket.circuit import Circuit, OpType

    ordered = Circuit()
    for qubit in circuit.qubits:
        ordered.add_qubit(qubit)
    for bit in circuit.bits:
        ordered.add_bit(bit)
    commands = circuit.get_commands()
    measurements = [command for command in commands if command.op.type == OpType.Measure]
    for command in commands:
        if command.op.type != OpType.Measure:
            ordered.add_gate(command.op, command.args)
    for command in sorted(measurements, key=lambda command: command.bits[0]):
        ordered.add_barrier(ordered.qubits)
        ordered.add_gate(command.op, command.args)
    return ordered


def _need_pecos() -> None:
    from importlib.util import find_spec

    if find_spec("pytket_pecos") is None:
        raise error(
            "local emulator not installed",
            found="no package pytket-pecos",
            expected="the extra 'emulator'",
            help='pip install "pytket-quantinuum[pecos]", which is what the extra is',
        )
