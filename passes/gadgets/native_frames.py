"""Frames, strings and counts of gates by the native library, where it was built: the same as in Python, sooner.

Strings travel as three words of 64 bits, their x and z bits and whether they have a minus.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, cast

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
    return int(_call("qffc_two_qubit_gates")(len(forms) // _FORM, forms, -1 if most is None else most))


def before(qubits: int, rows: bytes, strings: bytes) -> bytes:
    """Return what strings after a Clifford operation are before it."""
    out = ctypes.create_string_buffer(len(strings))
    _call("qffc_strings_before")(qubits, rows, len(strings) // _STRING, strings, out)
    return out.raw


def settings_before(qubits: int, rows: bytes, strings: bytes, most: int) -> int:
    """Return in how many settings these can be measured before it; where they are more than a limit, one above it."""
    return int(_call("qffc_settings_before")(qubits, rows, len(strings) // _STRING, strings, most))


def turns_pushed(qubits: int, rows: bytes, turns: bytes) -> tuple[bytes, bytes]:
    """Return what strings are before all quarter turns that come before them, and the rows of these turns together.

    Args:
        qubits: how many there are.
        rows: of the Clifford operation before the first.
        turns: strings with the number of their quarter turns in the place of a minus.
    """
    out = ctypes.create_string_buffer(len(turns) + len(rows))
    _call("qffc_turns_pushed")(qubits, rows, len(turns) // _STRING, turns, out)
    return out.raw[: len(turns)], out.raw[len(turns) :]


def shortened(group: bytes, strings: bytes) -> tuple[bytes, bytes]:
    """Return the shortest strings that do the same to a state that a group fixes, and what they leave of the group."""
    out = ctypes.create_string_buffer(len(group) + len(strings))
    left = _call("qffc_strings_shortened")(len(group) // _STRING, group, len(strings) // _STRING, strings, out)
    return out.raw[: len(strings)], out.raw[len(strings) : len(strings) + _STRING * left]


def layers(strings: bytes) -> list[int]:
    """Return the layer of each string: one behind those of all earlier strings that it does not commute with."""
    out = array("q", bytes(len(strings) // _STRING * 8))
    _call("qffc_layers_of_strings")(len(out), strings, out.buffer_info()[0])
    return out.tolist()


_NUMBER, _DATA, _OUT = ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p
_MANY = (_NUMBER, _DATA)
_TYPES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "qffc_two_qubit_gates": ((*_MANY, _NUMBER), _NUMBER),
    "qffc_strings_before": ((*_MANY, *_MANY, _OUT), None),
    "qffc_settings_before": ((*_MANY, *_MANY, _NUMBER), _NUMBER),
    "qffc_turns_pushed": ((*_MANY, *_MANY, _OUT), None),
    "qffc_strings_shortened": ((*_MANY, *_MANY, _OUT), _NUMBER),
    "qffc_layers_of_strings": ((*_MANY, _OUT), None),
}
"""Of each call, what it takes and what it returns."""


@cache
def _call(name: str) -> Callable[..., Any]:
    library = native_state().library
    assert library is not None  # else the caller does not come here
    call: Any = getattr(library, name)
    call.argtypes, call.restype = _TYPES[name]
    return cast("Callable[..., Any]", call)
