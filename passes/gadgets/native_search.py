"""The greedy search of ``greedy_search.py`` by the native library, where it was built: the same steps, sooner."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.greedy_search import Found, Search, no_gates
from qffc.passes.gadgets.sequence import Gadgets
from qffc.passes.native_library import address, native_state

MOST_QUBITS = 63
"""A string is two words of 64 bits, one bit for each qubit; with one to spare."""
_ROOM = 256
"""Steps that there is room for at first."""


def reaches(qubits: int) -> bool:
    """Whether the native library can be used for so many qubits."""
    return qubits <= MOST_QUBITS and native_state().available


def carried_out(given: Gadgets, search: Search, gate_on: Sequence[int], most: int | None) -> Found | None:
    """Return what :func:`qffc.passes.gadgets.greedy_search.carried_out` does."""
    if not given.rotations:
        return Found.of((), given.frame)
    return _searched(given, search, gate_on, most)


def undo(frame: Frame) -> Found:
    """Return what :func:`qffc.passes.gadgets.greedy_search.undo` does."""
    found = _searched(Gadgets((), frame), Search(), no_gates(len(frame.xs)), None)
    assert found is not None  # it may take as many gates as it likes
    return found


def _searched(
    given: Gadgets, search: Search, gate_on: Sequence[int], most: int | None, room: int = _ROOM
) -> Found | None:
    library = native_state().library
    assert library is not None  # else the caller does not come here
    qubits, count = len(given.frame.xs), len(given.rotations)
    xs, zs, signs = (column.copy() for column in _strings(given))
    gates, weights = np.array(gate_on, dtype=np.int64), np.array(search.weights)
    state = _generator_state(search.shake) if search.shake else None
    places, step_x, step_z, step_signs = (np.empty(room, dtype) for dtype in (np.int64, np.uint64, np.uint64, np.uint8))
    taken = ctypes.c_int64()
    call = library.qffc_gadget_search
    call.restype = ctypes.c_int64
    steps = call(
        ctypes.c_int64(qubits),
        ctypes.c_int64(count),
        address(xs),
        address(zs),
        address(signs),
        address(gates),
        address(weights),
        ctypes.c_double(search.tail),
        ctypes.c_double(search.shaken),
        ctypes.c_int64(search.patient),
        None if state is None else address(state),
        ctypes.c_int64(-1 if most is None else most),
        ctypes.c_int64(room),
        address(places),
        address(step_x),
        address(step_z),
        address(step_signs),
        ctypes.byref(taken),
    )
    if steps < 0:
        return None
    if steps > room:
        return _searched(given, search, gate_on, most, steps)
    step_columns, rows = (
        tuple(tuple(part[:count].tolist()) for part in parts)
        for parts, count in (((step_x, step_z, step_signs), steps), ((xs, zs, signs), 2 * qubits))
    )
    found = Found(tuple(places[:steps].tolist()), step_columns, rows)  # type: ignore[arg-type]  # three of them
    found.__dict__["gates"] = taken.value  # which would be counted when it is asked for
    return found


def _strings(given: Gadgets) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]]:
    """The rows of the frame and the strings, which search after search starts from."""
    known: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]] | None = given.__dict__.get("_words")
    if known is None:
        strings = [*given.frame.xs, *given.frame.zs, *(rotation.string for rotation in given.rotations)]
        x, z, negative = (list(parts) for parts in zip(*strings, strict=True))
        known = given.__dict__["_words"] = _words(x), _words(z), np.array(negative, dtype=np.uint8)
    return known


def _words(numbers: list[int]) -> NDArray[np.uint64]:
    return np.array(numbers, dtype=np.uint64)


@lru_cache(maxsize=1 << 8)
def _generator_state(seed: int) -> NDArray[np.uint64]:
    """The state and the increment of NumPy's default generator for a seed, each as two words, the upper one first."""
    numbers = np.random.PCG64(seed).state["state"]
    halves = [half for name in ("state", "inc") for half in divmod(int(numbers[name]), 1 << 64)]
    return _words(halves)
