"""Pauli bases in which some strings can be measured: strings that agree qubit by qubit share one."""

from __future__ import annotations

from collections.abc import Iterable

from qffc.ir.pauli import Letter, PauliString


def pauli_bases(strings: Iterable[PauliString], qubits: int) -> tuple[tuple[Letter | None, ...], ...]:
    """Return bases that together fit all strings: strings that agree qubit by qubit are grouped greedily.

    Example:
        >>> pauli_bases([((0, "X"),), ((0, "Z"), (1, "Z")), ((1, "Z"),)], 2)
        (('Z', 'Z'), ('X', None))
    """
    bases: list[dict[int, Letter]] = []
    for string in sorted(strings, key=lambda s: (-len(s), s)):
        index = _best_group(bases, string)
        if index == len(bases):
            bases.append({})
        bases[index].update(string)
    return tuple(tuple(basis.get(qubit) for qubit in range(qubits)) for basis in bases)


def _best_group(bases: list[dict[int, Letter]], string: PauliString) -> int:
    """The group that fits and shares most qubits, then most kinds of letters; a new one when none fits."""
    letters = {letter for _, letter in string}
    fits = [
        (sum(qubit in basis for qubit, _ in string), -len(letters ^ set(basis.values())), -index)
        for index, basis in enumerate(bases)
        if all(basis.get(qubit, letter) == letter for qubit, letter in string)
    ]
    return -max(fits)[2] if fits else len(bases)
