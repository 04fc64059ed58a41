"""Packing: which small circuits run side by side on one device.

Also known as quantum multi-programming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qffc.ir.diagnostics import error


@dataclass(frozen=True)
class Packing:
    """Circuits grouped into jobs.

    Args:
        jobs: of each job, the indices of its circuits, in the order of their qubits.
        shots: of each job: what the most demanding of its circuits needs.
        capacity: qubits of the device.
    """

    jobs: tuple[tuple[int, ...], ...]
    shots: tuple[int, ...]
    capacity: int


def pack(sizes: Sequence[int], shots: Sequence[int], capacity: int) -> Packing:
    """Group circuits into jobs that fit a device.

    The circuits of a job get the shots of the most demanding one, so circuits that need about as many go together: the
    demanding ones are placed first, each into the first job with room. Circuits of one size give the fewest jobs
    possible, and among all ways to do so the smallest sum of shots over the jobs.

    Args:
        sizes: qubits of each circuit.
        shots: that each circuit needs.
        capacity: qubits of the device.

    Raises:
        QffcError: when a circuit is larger than the device.

    Example:
        >>> pack([4, 4, 4], [100, 900, 800], 8).jobs
        ((1, 2), (0,))
    """
    if len(sizes) != len(shots):
        raise error(
            "circuits and shots that do not fit",
            found=f"{len(sizes)} sizes and {len(shots)} numbers of shots",
            expected="one of each for every circuit",
            help="give both in the order of the circuits",
        )
    largest = max(sizes, default=0)
    if largest > capacity:
        raise error(
            "circuit larger than the device",
            found=f"{largest} qubits",
            expected=f"at most {capacity}",
            help="choose a larger device",
        )
    jobs: list[list[int]] = []
    free: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda k: (-shots[k], -sizes[k], k)):
        place = next((job for job, room in enumerate(free) if room >= sizes[index]), len(jobs))
        if place == len(jobs):
            jobs.append([])
            free.append(capacity)
        jobs[place].append(index)
        free[place] -= sizes[index]
    return Packing(tuple(map(tuple, jobs)), tuple(max(shots[k] for k in job) for job in jobs), capacity)
