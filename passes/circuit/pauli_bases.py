"""Pauli bases in which some strings can be measured: strings that agree qubit by qubit share one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from qffc.ir.pauli import LETTERS, Letter, PauliString, string_bits


def pauli_bases(strings: Iterable[PauliString], qubits: int) -> tuple[tuple[Letter | None, ...], ...]:
    """Return bases that together fit all strings: strings that agree qubit by qubit are grouped greedily.

    A string joins the group that fits and shares most qubits, then most kinds of letters; a new one when none fits.

    Example:
        >>> pauli_bases([((0, "X"),), ((0, "Z"), (1, "Z")), ((1, "Z"),)], 2)
        (('Z', 'Z'), ('X', None))
    """
    letters: list[dict[int, Letter]] = []
    bases: list[tuple[int, int, int]] = []  # which qubits have X or Y, which have Y or Z, and which letters there are
    for string in sorted(strings, key=lambda s: (-len(s), s)):
        x, z, kinds = _as_bits(string)
        support, best, index = x | z, (-1, 0), len(bases)
        for place, (basis_x, basis_z, basis_kinds) in enumerate(bases):
            shared = support & (basis_x | basis_z)
            if ((x ^ basis_x) | (z ^ basis_z)) & shared:
                continue
            merit = (shared.bit_count(), -(kinds ^ basis_kinds).bit_count())
            if merit > best:
                best, index = merit, place
        if index == len(bases):
            bases.append((0, 0, 0))
            letters.append({})
        basis_x, basis_z, basis_kinds = bases[index]
        bases[index] = (basis_x | x, basis_z | z, basis_kinds | kinds)
        letters[index].update(string)
    return tuple(tuple(basis.get(qubit) for qubit in range(qubits)) for basis in letters)


@lru_cache(maxsize=1 << 14)
def _as_bits(string: PauliString) -> tuple[int, int, int]:
    kinds = 0
    for _, letter in string:
        kinds |= 1 << LETTERS.index(letter)
    return *string_bits(string), kinds
