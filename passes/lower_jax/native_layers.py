"""What native layers share: whether they can be used, and what every call of them needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.native_library import native_state

Index = jax.Array | NDArray[np.integer]


def native_layers() -> bool:
    """Return whether the native functions can be used here."""
    return native_state().available and jax.default_backend() == "cpu"


def index_array(index: Index) -> jax.Array:
    """Return numbers of rows as the native functions take them."""
    return jnp.asarray(index, jnp.int32)


def eager(call: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """Return a call of a native function as what JAX does with numbers at once: compiled for each instruction set.

    Args:
        call: of arrays, and of ``chosen``, the instruction set, and other static arguments by name.
        static: the names of these others.
    """
    compiled = jax.jit(call, static_argnames=("chosen", *static))
    return lambda *arrays, **options: compiled(*arrays, **options, chosen=instructions())


def instructions() -> str:
    """Return the instruction set that the environment asks for; empty for the best one."""
    return os.environ.get(INSTRUCTIONS_VARIABLE, "")
