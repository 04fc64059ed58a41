"""The native library: whether it is there, and why not. Loads no JAX, whose functions most of it holds."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

CALLS = (
    "qffc_moments",
    "qffc_gradient",
    "qffc_moments_along",
    "qffc_gradient_along",
    "qffc_product",
    "qffc_messages",
    "qffc_rounds",
    "qffc_noisy",
)
"""The foreign functions for JAX."""

PLAIN_CALLS = (
    "qffc_field_strings",
    "qffc_gadget_search",
    "qffc_kernel_states",
    "qffc_layers_of_strings",
    "qffc_outcomes",
    "qffc_rounds_at",
    "qffc_setting_weights",
    "qffc_settings_before",
    "qffc_strings_before",
    "qffc_strings_shortened",
    "qffc_turns_pushed",
    "qffc_two_qubit_gates",
)
"""Those that take addresses, called by ctypes alone."""

FORMAT = 11
"""The form of programs and arrays that the foreign functions take: ``program_format`` of the library."""

LIBRARY = Path(__file__).with_name("_native.so")
"""Where the build puts it."""


@dataclass(frozen=True)
class NativeState:
    """Whether the native kernel can be used.

    Args:
        library: the library, or None when it cannot be used.
        reason: the instruction set that it uses, or why it cannot be used.
    """

    library: ctypes.CDLL | None
    reason: str

    @property
    def available(self) -> bool:
        """Whether the library is there."""
        return self.library is not None


@cache
def native_state() -> NativeState:
    """Load the library once and say whether it is there."""
    if not LIBRARY.exists():
        return NativeState(None, "it was not built: no C++17 compiler was found when qffc was installed")
    try:
        library = ctypes.CDLL(str(LIBRARY))
        if not hasattr(library, "qffc_format") or library.qffc_format() != FORMAT:
            return NativeState(None, "it was built from other sources: install qffc again")
        for name in (*CALLS, *PLAIN_CALLS):
            getattr(library, name)
        library.qffc_instructions.restype = ctypes.c_char_p
        return NativeState(library, str(library.qffc_instructions().decode()))
    except (OSError, AttributeError) as problem:
        return NativeState(None, f"it does not load: {problem}")


def address(array: NDArray[Any]) -> ctypes.c_void_p:
    """Return where the numbers of an array are, for a function that takes addresses."""
    return ctypes.c_void_p(array.__array_interface__["data"][0])
