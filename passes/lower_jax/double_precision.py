"""Double precision, where qffc computes and nowhere else.

JAX has one switch for 64 bits, off by default, and cuts numbers to 32 without a word where it is off. It belongs to the
user: qffc turns it on for the length of a computation, in its own thread, and leaves it as it was. JAX keeps what it
compiled for each position of the switch, so entering costs a microsecond and compiles nothing again.

Functions that a user composes into others, those of :class:`qffc.passes.lower_jax.program.JaxProgram`, take the
precision of what they are given, as all functions of JAX do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import ParamSpec, TypeVar

import jax

Given = ParamSpec("Given")
Result = TypeVar("Result")


def double_precision() -> AbstractContextManager[None]:
    """Return the context in which JAX has 64 bits; not across the ``yield`` of a generator.

    Example:
        >>> import jax.numpy as jnp
        >>> with double_precision():
        ...     jnp.asarray(0.1).dtype
        dtype('float64')
    """
    context: AbstractContextManager[None] = jax.enable_x64(True)
    return context


def in_double_precision(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return the function as computed in double precision, wherever it is called from.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> with jax.enable_x64(False):
        ...     in_double_precision(jnp.asarray)(0.1).dtype
        dtype('float64')
    """

    @wraps(function)
    def computed(*arguments: Given.args, **options: Given.kwargs) -> Result:
        with double_precision():
            return function(*arguments, **options)

    return computed


def as_outside(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a function of the user, such as a report of progress, for a call from within a computation.

    It finds the switch of JAX as it is where this is called, before the computation begins.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> with jax.enable_x64(False):
        ...     users = as_outside(jnp.asarray)
        >>> with double_precision():
        ...     users(0.1).dtype
        dtype('float32')
    """
    outside = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]  # of JAX, made at run time

    @wraps(function)
    def called(*arguments: Given.args, **options: Given.kwargs) -> Result:
        with jax.enable_x64(outside):
            return function(*arguments, **options)

    return called
