"""Measured circuits on a target: one after the other, or side by side in jobs that share their shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.execution.backend import EmulatorRun, ShotResult, check_price, price_of, run_circuits
from qffc.passes.lower_pytket.packing import Packing, pack
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit


def parts_of(shots: int, target: Target) -> tuple[int, ...]:
    """Return shots in as many parts as the limit of the target asks for, about equally large.

    Example:
        >>> from dataclasses import replace
        >>> from qffc.targets.catalogue import target
        >>> place = target("H2-1LE")
        >>> parts_of(25, replace(place, limits=replace(place.limits, shots=10)))
        (9, 8, 8)
    """
    limit = target.limits.shots or shots
    count = -(-shots // limit)
    return tuple(shots // count + (part < shots % count) for part in range(count))


def pack_for(sizes: Sequence[int], shots: Sequence[int], target: Target) -> Packing:
    """Return the jobs of circuits on a target.

    One job each where the number of qubits is not known, or where not all can meet: a circuit has its place there.
    """
    if target.connectivity is not None:
        return Packing(tuple((index,) for index in range(len(sizes))), tuple(shots), target.connectivity.qubits)
    return pack(sizes, shots, target.qubits or max(sizes, default=1))


def run_batch(
    circuits: Sequence[Circuit],
    target: Target,
    *,
    shots: Sequence[int],
    seed: int,
    packed: bool = False,
    store: Path | None = None,
    max_price: float | None = None,
) -> EmulatorRun:
    """Run measured circuits with shots of any number each; what is above the limit of the target is run in parts.

    Packed on a machine, each job is one circuit with its parts side by side. Here the parts are run one by one with
    the shots of the job: they share no qubit, and the noise model has no crosstalk and charges the layers of two-qubit
    gates that a qubit waits for until its last gate, which are the same beside other circuits, so the outcomes have the
    same distribution. A state vector of the whole job would not fit any memory.

    Args:
        circuits: native circuits with measurements on the default registers.
        target: where they run.
        shots: that each circuit needs; packed, each gets those of the most demanding circuit of its job.
        seed: what reproduces the shots.
        packed: whether circuits run side by side.
        store: a folder for results; a machine needs one.
        max_price: in HQC; a dearer run is refused before anything runs. A machine needs it.

    Returns:
        The results of the circuits in their order, with all their shots.

    Raises:
        QffcError: when the target cannot run this, or the price is above the limit.
    """
    if not packed:
        return _in_parts(circuits, target, shots, seed, store, max_price)
    packing = pack_for([circuit.n_qubits for circuit in circuits], shots, target)
    places = [index for job in packing.jobs for index in job]
    if target.engine == "qnexus":
        jobs = _jobs(circuits, packing)
        run = _in_parts(jobs, target, packing.shots, seed, store, max_price)
        apart = [
            part
            for job, result in zip(packing.jobs, run.results, strict=True)
            for part in _apart(result, [circuits[index].n_bits for index in job])
        ]
        found = dict(zip(places, apart, strict=True))
    else:
        price = _packed_price(circuits, packing, target)
        check_price(price, max_price)
        # In the order of the circuits, so that each has the same seed whatever its neighbours.
        given = dict(
            zip(places, [n for job, n in zip(packing.jobs, packing.shots, strict=True) for _ in job], strict=True)
        )
        run = _in_parts(circuits, target, [given[index] for index in range(len(circuits))], seed, store, None)
        run = replace(run, price=price)
        found = dict(enumerate(run.results))
    results = tuple(found[index] for index in range(len(circuits)))
    return replace(run, results=results, shots=tuple(result.shots for result in results))


def _in_parts(
    circuits: Sequence[Circuit],
    target: Target,
    shots: Sequence[int],
    seed: int,
    store: Path | None,
    max_price: float | None,
) -> EmulatorRun:
    parts = [parts_of(int(number), target) for number in shots]
    repeated = [circuit for circuit, numbers in zip(circuits, parts, strict=True) for _ in numbers]
    each = [number for numbers in parts for number in numbers]
    run = run_circuits(repeated, target, shots=each, seed=seed, store=store, max_price=max_price)
    found = iter(run.results)
    results = tuple(ShotResult.merged([next(found) for _ in numbers]) for numbers in parts)
    return replace(run, results=results, shots=tuple(sum(numbers) for numbers in parts))


def _jobs(circuits: Sequence[Circuit], packing: Packing) -> list[Circuit]:
    from qffc.passes.lower_pytket.side_by_side import side_by_side

    # A circuit that is alone keeps the names of its qubits.
    parts = [[circuits[index] for index in job] for job in packing.jobs]
    return [each[0] if len(each) == 1 else side_by_side(each) for each in parts]


def _packed_price(circuits: Sequence[Circuit], packing: Packing, target: Target) -> float:
    repeated, shots = [], []
    for job, number in zip(_jobs(circuits, packing), packing.shots, strict=True):
        for part in parts_of(number, target):
            repeated.append(job)
            shots.append(part)
    return price_of(repeated, target, shots)


def _apart(result: ShotResult, bits: Sequence[int]) -> tuple[ShotResult, ...]:
    from qffc.passes.lower_pytket.side_by_side import split_shots

    return tuple(ShotResult.merged([ShotResult(part, result.counts)]) for part in split_shots(result.outcomes, bits))
