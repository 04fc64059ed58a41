from __future__ import annotations

import pytest

from qffc.ir.diagnostics import QffcError
from qffc.ir.elements import SYMBOLS, atomic_number, symbols_of


def test_symbols_and_numbers_belong_together():
    assert symbols_of(range(1, len(SYMBOLS) + 1)) == SYMBOLS
    assert [atomic_number(symbol) for symbol in SYMBOLS] == list(range(1, len(SYMBOLS) + 1))


@pytest.mark.parametrize("number", [0, -1, len(SYMBOLS) + 1, 1.5, float("nan")])
def test_numbers_of_no_element_are_refused(number):
    with pytest.raises(QffcError, match=f"atomic number of no element\n.*{number} of atom 1"):
        symbols_of([8, number])


def test_ghost_atoms_are_called_so():
    with pytest.raises(QffcError, match="a ghost atom"):
        symbols_of([0])
