"""Names of symmetries as an author gives them."""

from __future__ import annotations

from collections.abc import Sequence

from qffc.dsl.caller import caller_span
from qffc.ir.declarations import SYMMETRIES, Symmetry
from qffc.ir.diagnostics import error, quoted


def ordered(names: Sequence[Symmetry]) -> tuple[Symmetry, ...]:
    """Return names of symmetries in the order of the program."""
    unknown = [name for name in names if name not in SYMMETRIES]
    if unknown:
        raise error(
            "unknown symmetry",
            found=quoted(unknown),
            expected=f"one of {quoted(SYMMETRIES)}",
            help="correct the name",
            span=caller_span(),
        )
    return tuple(name for name in SYMMETRIES if name in names)
