"""Bound circuits on the emulator or the machine of a target: shots, reproducible by a seed where nothing is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np

from qffc.execution import exact_circuits, pecos, selene
from qffc.execution.engines import engines
from qffc.execution.jobs import JobStore, Task, make_task
from qffc.execution.shots import ShotResult as ShotResult
from qffc.ir.diagnostics import error, quoted
from qffc.ir.plain_numbers import whole_number
from qffc.ir.telling import told
from qffc.passes.target import EXACT, SELENE, Target
from qffc.progress_line import shown_as

if TYPE_CHECKING:
    from pytket.circuit import Circuit, OpType


@dataclass(frozen=True, eq=False)
class EmulatorRun:
    """What one batch gave.

    Args:
        results: of each circuit, in order.
        target: where it ran.
        shots: of each circuit, in order.
        seed: what reproduces it.
        seconds: the run time.
        price: in HQC, what the device would charge for it, or did; emulators are free.
        stored: how many of the results were there from an earlier run.
    """

    results: tuple[ShotResult, ...]
    target: str
    shots: tuple[int, ...]
    seed: int
    seconds: float
    price: float
    stored: int = 0


@shown_as("run")
def run_circuits(
    circuits: Sequence[Circuit],
    target: Target,
    *,
    shots: int | Sequence[int],
    seed: int,
    store: Path | None = None,
    max_price: float | None = None,
) -> EmulatorRun:
    """Run measured circuits as one batch on a target: on this machine, or on its machine.

    An emulator applies the noise of the target; without noise shots are drawn from the exact state of a circuit. Each
    circuit has a seed of its own, derived from ``seed`` and its place in the batch. With a folder, each result is
    stored when it is there, and what is stored is not run again: after a kill, the same call goes on with what is
    missing, and gives the same shots as an uninterrupted one.

    Args:
        circuits: native circuits with measurements, such as ``PytketKernel.bind_measured`` gives.
        target: a target that runs circuits.
        shots: of each circuit, or one number for all.
        seed: a number from 0 on.
        store: a folder for results; a machine needs one.
        max_price: in HQC; a dearer run is refused before anything runs. A machine needs it. What is stored, or was
            submitted before, is not paid again and does not count.

    Raises:
        QffcError: when the target runs nothing or cannot run this, an emulator is not installed, or the price is above
            the limit.
    """
    need_runner(target)
    many = shots_of_each(circuits, shots)
    _check(circuits, target, many, seed)
    start = perf_counter()
    first = int(np.random.SeedSequence(seed).generate_state(1)[0]) // 2  # neighbouring seeds share no circuit seeds
    tasks = [make_task(c, target, n, first + i) for i, (c, n) in enumerate(zip(circuits, many, strict=True))]
    keeper = JobStore(store) if store is not None else None
    found = {task.key: result for task in tasks if keeper and (result := keeper.load(task))}
    missing = [task for task in tasks if task.key not in found]
    if target.engine == "qnexus":
        from qffc.execution.nexus import run_on_machine

        fresh = run_on_machine(missing, target, keeper, max_price)
    else:
        _check_price(missing, target, max_price)
        fresh = {task.key: _emulate(task, target, keeper) for task in told("circuits run:", missing)}
    results = tuple({**found, **fresh}[task.key] for task in tasks)
    price = price_of(circuits, target, many)
    return EmulatorRun(results, target.name, many, seed, perf_counter() - start, price, len(found))


def shots_of_each(circuits: Sequence[Circuit], shots: int | Sequence[int]) -> tuple[int, ...]:
    """Return the shots of each circuit.

    Raises:
        QffcError: when there is not one whole number of at least 1 for each circuit.
    """
    alone = np.ndim(shots) == 0
    given: list[object] = [shots] if alone else list(cast(Sequence[object], shots))
    each = [whole_number(number) or 0 for number in given]
    wrong = next((number for number, whole in zip(given, each, strict=True) if whole < 1), None)
    if wrong is not None or not (alone or len(each) == len(circuits)):
        raise error(
            "shots out of range",
            found=f"{len(each)} numbers" if wrong is None else f"{wrong!r}",
            expected=f"a whole number from 1 on, for each of {len(circuits)} circuits",
            help="correct them",
        )
    return (each[0],) * len(circuits) if alone else tuple(each)


def need_runner(target: Target) -> None:
    """Stop unless circuits can be run on a target, from this machine and as it is installed.

    Raises:
        QffcError: when the target has neither an emulator nor a machine, or an extra is missing.
    """
    name = target.engine
    if name is None:
        raise error(
            "target without an emulator",
            found=f"'{target.name}'",
            expected="a target that runs circuits, such as 'H2-1LE' or 'H2-1LE-noisy'",
            help="choose another target; 'qffc targets' says which run",
        )
    engine = engines()[name]
    if not engine.installed:
        raise error(
            "engine not installed" if target.emulator is None else "local emulator not installed",
            found=f"'{name}' for target '{target.name}': {', '.join(engine.versions) or 'no package'}",
            expected=f"the extra '{engine.extra}'",
            help=engine.advice,
        )
    if name == SELENE:
        selene.check_noise(target)


def price_of(circuits: Sequence[Circuit], target: Target, shots: int | Sequence[int]) -> float:
    """Return the price in HQC of running circuits, with shots as for :func:`run_circuits`; show it before spending."""
    from qffc.passes.lower_pytket.counts import count_circuit

    each = zip(circuits, shots_of_each(circuits, shots), strict=True)
    return sum((target.price(count_circuit(circuit, target.weights), number) for circuit, number in each), 0.0)


def check_price(price: float, max_price: float | None) -> None:
    """Stop when a price in HQC is above a limit.

    Raises:
        QffcError: says both.
    """
    if max_price is not None and not price <= max_price:  # NaN is no limit
        raise error(
            "run above the limit of its price",
            found=f"{price:.2f} HQC",
            expected=f"at most {max_price:g} HQC",
            help="take fewer shots or fewer circuits, or raise the limit",
        )


def _check_price(missing: Sequence[Task], target: Target, max_price: float | None) -> None:
    if max_price is not None:
        circuits, shots = [task.circuit for task in missing], [task.shots for task in missing]
        check_price(price_of(circuits, target, shots), max_price)


def _emulate(task: Task, target: Target, keeper: JobStore | None) -> ShotResult:
    emulate = {EXACT: exact_circuits.emulate, SELENE: selene.emulate}.get(str(target.engine), pecos.emulate)
    result = ShotResult.of(emulate(task.circuit, target, task.shots, task.seed))
    if keeper is not None:
        keeper.save(task, result)
    return result


def _check(circuits: Sequence[Circuit], target: Target, shots: Sequence[int], seed: int) -> None:
    if seed < 0:
        raise error("seed out of range", found=f"{seed}", expected="a number from 0 on", help="correct it")
    limit = target.limits.shots
    if limit is not None and max(shots, default=0) > limit:
        raise error(
            "more shots than the target takes",
            found=f"{max(shots)} for one circuit",
            expected=f"at most {limit} on '{target.name}'",
            help="run the circuit several times with fewer shots",
        )
    native = {*target.gates, *target.one_qubit}
    # A ZZMax is a ZZPhase, and a TK2 of one angle, too.
    foreign = {kind.name for circuit in circuits for kind in _two_qubit_kinds(circuit)} - native - {"ZZPhase", "ZZMax"}
    if target.native and foreign:
        raise error(
            "gate that the target does not have",
            found=f"{', '.join(sorted(foreign))} in a circuit for '{target.name}'",
            expected=f"gates among {quoted(target.gates)}, {' and '.join(target.one_qubit)}",
            help="compile the program for this target",
        )
    largest = target.limits.emulated_qubits if target.emulator else target.qubits
    wide = max((circuit.n_qubits for circuit in circuits), default=0)
    if largest is not None and wide > largest:
        raise error(
            "circuit too large for the emulator" if target.emulator else "circuit too large for the target",
            found=f"{wide} qubits",
            expected=f"at most {largest}" + (": a state vector is kept in memory" if target.emulator else ""),
            help="run smaller circuits one after the other",
        )


def _two_qubit_kinds(circuit: Circuit) -> set[OpType]:
    from pytket.circuit import OpType

    return {command.op.type for command in circuit if len(command.qubits) == 2 and command.op.type != OpType.Barrier}
