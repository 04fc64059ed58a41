"""Arithmetic modulo primes below 2**50, on arrays of 64-bit integers whose rows have primes of their own.

The quotient of a product is rounded from doubles, off by less than one, and the remainder is exact in 64 bits that wrap
around: what the two large products have in common cancels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


_ALL = slice(None)


class Modulus:
    """Arithmetic of arrays (rows, ...), row by row.

    Args:
        primes: of the rows, below 2**50.

    Example:
        >>> modulus = Modulus([2**49 - 69, 97])
        >>> modulus.times(np.array([[2**48], [50]]), np.array([[4], [2]]))[:, 0].tolist() == [138, 3]
        True
    """

    def __init__(self, primes: list[int]) -> None:
        self.primes = np.array(primes, dtype=np.int64)[:, None]
        self._inverse = 1.0 / self.primes

    def times(self, left: Numbers, right: Numbers) -> Numbers:
        """Return products of numbers from 0 to the prime."""
        quotient = np.rint(left * self._inverse * right).astype(np.int64)
        with np.errstate(over="ignore"):
            rest = left * right - quotient * self.primes
        return np.where(rest < 0, rest + self.primes, rest)

    def times_nearly(self, left: Numbers, right: Numbers, block: slice = _ALL) -> Numbers:
        """Return products up to multiples of the prime, below three times the prime, of some rows.

        Args:
            left: (rows, 1), from 0 to the prime.
            right: (rows, numbers), below 2**53, of either sign.
            block: which rows they are.
        """
        quotient = np.rint(right * (left * self._inverse[block])).astype(np.int64)
        quotient *= self.primes[block]
        return right * left - quotient

    def reduced(self, numbers: Numbers, block: slice = _ALL) -> Numbers:
        """Return numbers below 2**60, of either sign, from 0 to the prime; those of some rows."""
        primes = self.primes[block]
        rest = numbers - np.floor(numbers * self._inverse[block]).astype(np.int64) * primes
        rest += primes * (rest < 0)
        rest -= primes * (rest >= primes)
        return rest
