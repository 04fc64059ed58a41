"""Frames, strings and counts of gates by the native library, where it was built: the same as in Python, sooner.

Strings travel as three words of 64 bits, their x and z bits and whether they have a minus.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.native_library import native_state

MOST_QUBITS = 63
"""A string is two words of 64 bits, one bit for each qubit; with one to spare."""
_STRING = 24
"""Bytes of a string."""
_FORM = 32
"""Bytes of a form, see ``string_gates.hpp``."""


def reaches(qubits: int) -> bool:
    """Whether the native library can be used for so many qubits."""
    return qubits <= MOST_QUBITS and native_state().available


def packed(strings: Iterable[tuple[int, int, int]]) -> bytes:
    """Return strings as the library reads them."""
    return array("Q", [word for string in strings for word in string]).tobytes()


def unpacked(words: bytes) -> Iterator[Pauli]:
    """Return the strings."""
    numbers = iter(array("Q", words))
    return (Pauli(x, z, negative != 0) for x, z, negative in zip(numbers, numbers, numbers, strict=True))


def two_qubit_gates(forms: bytes, most: int | None) -> int:
    """Return how many two-qubit gates operations take; where they are more than a limit, some number above it."""
    return int(_calls()[0](len(forms) // _FORM, forms, -1 if most is None else most))


def before(qubits: int, rows: bytes, strings: bytes) -> bytes:
    """Return what strings after a Clifford operation are before it."""
    out = ctypes.create_string_buffer(len(strings))
    _calls()[1](qubits, rows, len(strings) // _STRING, strings, out)
    return out.raw


def settings_before(qubits: int, rows: bytes, strings: bytes, most: int) -> int:
    """Return in how many settings these can be measured before it; where they are more than a limit, one above it."""
    return int(_calls()[2](qubits, rows, len(strings) // _STRING, strings, most))


def turns_pushed(qubits: int, rows: bytes, turns: bytes) -> tuple[bytes, bytes]:
    """Return what strings are before all quarter turns that come before them, and the rows of these turns together.

    Args:
        qubits: how many there are.
        rows: of the Clifford operation before the first.
        turns: strings with the number of their quarter turns in the place of a minus.
    """
    out = ctypes.create_string_buffer(len(turns) + len(rows))
    _calls()[3](qubits, rows, len(turns) // _STRING, turns, out)
    return out.raw[: len(turns)], out.raw[len(turns) :]


def shortened(group: bytes, strings: bytes) -> tuple[bytes, bytes]:
    """Return the shortest strings that do the same to a state that a group fixes, and what they leave of the group."""
    out = ctypes.create_string_buffer(len(group) + len(strings))
    left = _calls()[4](len(group) // _STRING, group, len(strings) // _STRING, strings, out)
    return out.raw[: len(strings)], out.raw[len(strings) : len(strings) + _STRING * left]


def layers(strings: bytes) -> list[int]:
    """Return the layer of each string: one behind those of all earlier strings that it does not commute with."""
    out = array("q", bytes(len(strings) // _STRING * 8))
    _calls()[5](len(out), strings, out.buffer_info()[0])
    return out.tolist()


@cache
def _calls() -> tuple[Callable[..., Any], ...]:
    library = native_state().library
    assert library is not None  # else the caller does not come here
    number, data, out = ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p
    calls: list[Any] = [
        library.qffc_two_qubit_gates,
        library.qffc_strings_before,
        library.qffc_settings_before,
        library.qffc_turns_pushed,
        library.qffc_strings_shortened,
        library.qffc_layers_of_strings,
    ]
    many = (number, data)
    taken = (
        ((*many, number), number),
        ((*many, *many, out), None),
        ((*many, *many, number), number),
        ((*many, *many, out), None),
        ((*many, *many, out), number),
        ((*many, out), None),
    )
    for call, (types, result) in zip(calls, taken, strict=True):
        call.argtypes, call.restype = types, result
    return tuple(calls)
