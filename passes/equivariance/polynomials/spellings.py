"""One spelling for values that are equal as polynomials, so that circuits compare by the text of their values.

Equal values have many texts: norm(v)*unit(v) is v, dot(v, v) is norm(v)^2, r(a, g) + r(g, b) is r(a, b), and inner
products of cross products are sums of products of inner products. The first text that is met stands for all others, up
to the sign in front, so messages speak in the words of the program.

Two values get one text only when they are one polynomial in atoms (``coordinates.py``): they are equal at every
geometry and for all parameters at which both are finite. Where sites may hold ghosts, cutoffs and learned functions are
atoms of their own for each set of sites that they fade with.
"""

from __future__ import annotations

from flint import fmpq

from qffc.ir.program import Program
from qffc.ir.values import FrameVector, Moment, Value, as_value, rebuild, walk
from qffc.passes.equivariance.polynomials.coordinates import PRODUCTS, TooLarge, Written, written

TOTAL_PRODUCTS = 3_000_000
"""Products of terms that all values of a program may take together; some ten seconds."""


class Spellings:
    """The texts that stand for others; one object for all values that are to be compared.

    Args:
        program: the program whose values they are.

    Example:
        >>> from qffc.ir import parse_value
        >>> from qffc.library import load
        >>> spell = Spellings(load("pair"))
        >>> print(spell(parse_value("norm(r(c, a))*unit(r(c, a))")), spell(parse_value("-r(c, a)")))
        norm(r(c, a))*unit(r(c, a)) -1*norm(r(c, a))*unit(r(c, a))
    """

    def __init__(self, program: Program) -> None:
        self._ghosts = program.scope == "atom"
        self._known: dict[tuple[str, ...], Value] = {}
        self._spelled: dict[str, Value] = {}
        self._left = TOTAL_PRODUCTS

    def __call__(self, value: Value) -> Value:
        """Return the value in the spelling that stands for all that are equal to it; itself when it is too large."""
        if value.text not in self._spelled:
            self._spelled[value.text] = self._spell(value)
        return self._spelled[value.text]

    def around_moments(self, value: Value) -> Value:
        """Return a readout in which every part without a moment is spelled in its one way, term by term."""
        if isinstance(value, Moment) or not any(isinstance(node, Moment) for node in walk(value)):
            return self(value)
        return rebuild(value, tuple(self.around_moments(child) for child in value.children))

    def are_equal(self, left: Value, right: Value) -> bool:
        """Whether two values are equal whatever they depend on; False when that cannot be seen."""
        return left == right or (left.law.rank == right.law.rank and self(left - right) == _nothing(left))

    def _spell(self, value: Value) -> Value:
        form = self._written(value)
        if form is None:
            return value
        if form.is_zero:
            return _nothing(value)
        sign = -1 if form.leading < 0 else 1
        return self._known.setdefault(form.scaled_key(fmpq(sign)), value * sign) * sign

    def _written(self, value: Value) -> Written | None:
        if self._left <= 0:
            return None
        try:
            form = written(value, self._ghosts)
        except TooLarge:
            self._left -= PRODUCTS
            return None
        self._left -= form.cost
        return form


def _nothing(value: Value) -> Value:
    zero = as_value(0)
    return FrameVector(zero, zero, zero) if value.law.rank else zero
