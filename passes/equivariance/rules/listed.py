"""Every rule of the check: what is asked for each symmetry, and all names that a verdict may give for a proof."""

from __future__ import annotations

from collections.abc import Callable

from qffc.ir.declarations import Symmetry
from qffc.ir.program import Program
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.rules import charge, exchange, generators, inversion, rotation, translation
from qffc.passes.equivariance.rules.reduced_circuit import of_canonical, of_reduced

CHECKS: dict[Symmetry, Callable[[Program], tuple[Finding, ...]]] = {
    "rotation": rotation.check_rotation,
    "inversion": inversion.check_inversion,
    "translation": translation.check_translation,
    "exchange": exchange.check_exchange,
}
"""Of each symmetry of the response, what finds its proof."""

PROVING = tuple(
    form
    for file in (rotation, inversion, translation, exchange, generators, charge)
    for rule in vars(file).values()
    if isinstance(rule, Rule)
    for form in (rule, of_reduced(rule), of_canonical(rule))
)
"""Every rule that these files name, of a program and of the circuits that stand for it."""
