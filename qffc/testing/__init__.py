"""For tests of programs, passes and calculators: suites to inherit, an assertion, programs that nobody thought of.

A suite is a class; a class of tests that inherits it and says what to test is complete:

- :class:`AnsatzSuite` for programs;
- :class:`PassSuite` for passes;
- :class:`CalculatorSuite` for calculators of ASE, also those that are not of qffc.

:func:`assert_equivariant` holds a program to the symmetries that it declares. The strategies and :class:`PassSuite`
need the optional dependency ``hypothesis``: ``pip install 'qffc[testing]'``. Everything generated is valid and small.
Angles of :func:`programs` prefer the places where formulas like to break, multiples of pi/4.

Names are loaded when they are first used, so that nobody needs what another test imports.

Example:
    >>> from hypothesis import given, settings
    >>> from qffc.ir import parse_program
    >>> from qffc.testing import programs
    >>> @settings(max_examples=5, deadline=None, database=None)
    ... @given(programs())
    ... def test_text(program):
    ...     assert parse_program(program.text) == program
    >>> test_text()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # One line per entry of _PUBLIC; a test compares the two.
    from qffc.models.checks.energy_function_tests import Tolerances as Tolerances
    from qffc.testing.ansatz_suite import AnsatzSuite as AnsatzSuite
    from qffc.testing.assertion import assert_equivariant as assert_equivariant
    from qffc.testing.calculator_suite import CalculatorSuite as CalculatorSuite
    from qffc.testing.deviation import deviations as deviations
    from qffc.testing.internal import internally_symmetric_program as internally_symmetric_program
    from qffc.testing.mutations import MUTATIONS as MUTATIONS
    from qffc.testing.mutations import Mutant as Mutant
    from qffc.testing.mutations import mutate as mutate
    from qffc.testing.pass_suite import PassSuite as PassSuite
    from qffc.testing.strategies import broken_programs as broken_programs
    from qffc.testing.strategies import instances as instances
    from qffc.testing.strategies import mutants as mutants
    from qffc.testing.strategies import programs as programs
    from qffc.testing.strategies import symmetric_programs as symmetric_programs
    from qffc.testing.symmetric import symmetric_program as symmetric_program
    from qffc.testing.value_strategies import values as values
    from qffc.testing.wide_programs import wide_program as wide_program

# Public name -> the module that defines it.
_PUBLIC: dict[str, str] = {
    "AnsatzSuite": "qffc.testing.ansatz_suite",
    "CalculatorSuite": "qffc.testing.calculator_suite",
    "MUTATIONS": "qffc.testing.mutations",
    "Mutant": "qffc.testing.mutations",
    "PassSuite": "qffc.testing.pass_suite",
    "Tolerances": "qffc.models.checks.energy_function_tests",
    "assert_equivariant": "qffc.testing.assertion",
    "broken_programs": "qffc.testing.strategies",
    "deviations": "qffc.testing.deviation",
    "instances": "qffc.testing.strategies",
    "internally_symmetric_program": "qffc.testing.internal",
    "mutants": "qffc.testing.strategies",
    "mutate": "qffc.testing.mutations",
    "programs": "qffc.testing.strategies",
    "symmetric_program": "qffc.testing.symmetric",
    "symmetric_programs": "qffc.testing.strategies",
    "values": "qffc.testing.value_strategies",
    "wide_program": "qffc.testing.wide_programs",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'qffc.testing' has no attribute {name!r}")
    value: object = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
