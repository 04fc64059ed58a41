"""The functions and constants of the text format for ansatze in Python: they take symbolic values and plain numbers."""

from __future__ import annotations

from typing import Literal

from qffc.ir.diagnostics import error, quoted
from qffc.ir.values import AXES, Component, FrameVector, Numeric, Pi, Value, as_value, function

pi = Pi()
"""The circle constant, exactly; ``math.pi`` is the decimal number nearest to it."""

Given = Value | Numeric


def acos(value: Given) -> Value:
    """Return the inverse cosine."""
    return function("acos", as_value(value))


def cos(value: Given) -> Value:
    """Return the cosine.

    Example:
        >>> cos(0), sin(0)
        (<Number 1>, <Number 0>)
    """
    return function("cos", as_value(value))


def exp(value: Given) -> Value:
    """Return the exponential."""
    return function("exp", as_value(value))


def log(value: Given) -> Value:
    """Return the natural logarithm."""
    return function("log", as_value(value))


def sin(value: Given) -> Value:
    """Return the sine."""
    return function("sin", as_value(value))


def sqrt(value: Given) -> Value:
    """Return the square root."""
    return function("sqrt", as_value(value))


def tanh(value: Given) -> Value:
    """Return the hyperbolic tangent."""
    return function("tanh", as_value(value))


def component(vector: Value, axis: Literal["x", "y", "z"]) -> Value:
    """Return one component of a vector: a number that depends on the frame, and so breaks the rotation symmetry.

    Raises:
        QffcError: for another axis, or a number in the place of the vector.
    """
    if axis not in AXES:
        raise error("unknown axis", found=f"{axis!r}", expected=f"one of {quoted(AXES)}", help="correct the axis")
    return Component(as_value(vector), axis)


def vector(x: Given, y: Given, z: Given) -> Value:
    """Return a vector of three numbers in the laboratory frame.

    Example:
        >>> vector(0, 0, pi / 2)
        <FrameVector vector(0, 0, 1/2*pi)>
    """
    return FrameVector(as_value(x), as_value(y), as_value(z))
