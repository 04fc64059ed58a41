"""The greedy search of ``greedy_search.py`` by the native library, where it was built: the same steps, sooner."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.greedy_search import Attempt, Columns, Found, Search, no_gates
from qffc.passes.gadgets.sequence import Gadgets
from qffc.passes.native_library import address, native_state

_ROOM = 256
"""Steps of a search that there is room for at first."""
_HEAD, _STEP, _ROW = 3, 4, 3
"""Words of what a search finds: counts; of a step, and of its form; of a row of the frame."""

Words = NDArray[np.int64]


def all_carried_out(
    given: Gadgets, searches: Sequence[Search], gate_on: Sequence[int], most: int | None, worse: int = 0
) -> tuple[Attempt | None, ...]:
    """Return what :func:`qffc.passes.gadgets.greedy_search.all_carried_out` does."""
    if not given.rotations:
        return (Attempt(0, given.frame.letters, 0, (lambda: Found.of((), given.frame), bytes)),) * len(searches)
    return _searched(given, searches, gate_on, most, worse)


def undo(frame: Frame) -> Attempt:
    """Return what :func:`qffc.passes.gadgets.greedy_search.undo` does."""
    (found,) = _searched(Gadgets((), frame), (Search(),), no_gates(len(frame.xs)), None, 0)
    assert found is not None  # it may take as many gates as it likes
    return found


def _searched(
    given: Gadgets,
    searches: Sequence[Search],
    gate_on: Sequence[int],
    most: int | None,
    worse: int,
    room: int | None = None,
) -> tuple[Attempt | None, ...]:
    qubits = len(given.frame.xs)
    if room is None:
        room = len(searches) * (_HEAD + 2 * _STEP * _ROOM + _ROW * 2 * qubits)
    out, begins = np.empty(room, np.int64), np.empty(len(searches), np.int64)
    size = _call()(
        qubits,
        len(given.rotations),
        *_strings(given),
        array("q", gate_on).tobytes(),
        len(searches),
        b"".join(map(_packed, searches)),
        -1 if most is None else most,
        worse,
        room,
        address(out),
        address(begins),
    )
    if size > room:
        return _searched(given, searches, gate_on, most, worse, size)
    places = begins.tolist()
    attempts = {place: _attempt(out[place:], qubits) for place in dict.fromkeys(places) if place >= 0}
    return tuple(map(attempts.get, places))


@cache
def _call() -> Callable[..., int]:
    library = native_state().library
    assert library is not None  # else the caller does not come here
    call: Any = library.qffc_gadget_search
    number, data = ctypes.c_int64, ctypes.c_char_p
    call.restype = number
    call.argtypes = (
        *(number, number, data, data, data, data),
        *(number, data, number, number, number, ctypes.c_void_p, ctypes.c_void_p),
    )
    return call  # type: ignore[no-any-return]  # it has the type of a C function


def _attempt(words: Words, qubits: int) -> Attempt:
    """What a search has found, whose counts begin the words; the rest is read when it is asked for."""
    steps, gates, letters = words[:_HEAD].tolist()
    end = _HEAD + _STEP * steps
    last = end + _ROW * 2 * qubits

    def found() -> Found:
        places, *strings = words[_HEAD:end].reshape(steps, _STEP).T.tolist()
        rows = words[end:last].reshape(2 * qubits, _ROW).T.tolist()
        return Found(tuple(places), _columns(strings), _columns(rows))

    def forms() -> bytes:
        return words[last : last + _STEP * steps].tobytes()

    return Attempt(gates, letters, steps, (found, forms))


def _columns(parts: Sequence[Sequence[int]]) -> Columns:
    x, z, negative = parts
    return tuple(x), tuple(z), tuple(negative)


def _strings(given: Gadgets) -> tuple[bytes, bytes, bytes]:
    """The rows of the frame and the strings, which search after search starts from."""
    strings = [*given.frame.xs, *given.frame.zs, *(rotation.string for rotation in given.rotations)]
    x, z, negative = zip(*strings, strict=True)
    return array("Q", x).tobytes(), array("Q", z).tobytes(), array("Q", negative).tobytes()


@lru_cache(maxsize=1 << 8)
def _packed(search: Search) -> bytes:
    """A search as the library reads it."""
    state = _generator_state(search.shake) if search.shake else (0, 0, 0, 0)
    return pack("=6d2q4Q", *search.weights, search.tail, search.shaken, search.patient, bool(search.shake), *state)


def _generator_state(seed: int) -> tuple[int, ...]:
    """The state and the increment of NumPy's default generator for a seed, each as two words, the upper one first."""
    numbers = np.random.PCG64(seed).state["state"]
    return tuple(half for name in ("state", "inc") for half in divmod(int(numbers[name]), 1 << 64))
