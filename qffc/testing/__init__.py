"""For tests of programs and passes: an assertion, and programs that nobody thought of.

:func:`assert_equivariant` holds a program to the symmetries that it declares. The strategies need the optional
dependency ``hypothesis``: ``pip install 'qffc[testing]'``. Everything generated is valid and small. Angles of
:func:`programs` prefer the places where formulas like to break, multiples of pi/4.

Example:
    >>> from hypothesis import given, settings
    >>> from qffc.ir import parse_program
    >>> @settings(max_examples=5, deadline=None, database=None)
    ... @given(programs())
    ... def test_text(program):
    ...     assert parse_program(program.text) == program
    >>> test_text()
"""

from __future__ import annotations

from qffc.testing.assertion import assert_equivariant
from qffc.testing.deviation import deviations
from qffc.testing.internal import internally_symmetric_program
from qffc.testing.mutations import MUTATIONS, Mutant, mutate
from qffc.testing.strategies import broken_programs, instances, mutants, programs, symmetric_programs
from qffc.testing.symmetric import symmetric_program
from qffc.testing.value_strategies import values
from qffc.testing.wide_programs import wide_program

__all__ = [
    "MUTATIONS",
    "Mutant",
    "assert_equivariant",
    "broken_programs",
    "deviations",
    "instances",
    "internally_symmetric_program",
    "mutants",
    "mutate",
    "programs",
    "symmetric_program",
    "symmetric_programs",
    "values",
    "wide_program",
]
