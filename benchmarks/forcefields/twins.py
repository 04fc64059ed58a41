"""Models of run files with classical functions in the place of their circuits, by the names that commands take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.forcefields import classical, gathered_twin
from qffc.ir.program import Program
from qffc.passes.lower_jax.program import Lowering


@dataclass(frozen=True)
class Twin:
    """A classical counterpart.

    Args:
        of: the run file whose settings and program it has.
        kernel: the name by which its models say what they were trained with.
        lower: makes the functions.
        program: makes the program of the twin from that of the run file.
    """

    of: str
    kernel: str
    lower: Lowering
    program: Callable[[Program], Program]


def _unchanged(program: Program) -> Program:
    return program


TWINS = {
    "classical": Twin("pair", classical.KERNEL, classical.lower_three_body, _unchanged),
    "classical-gathered": Twin(
        "gathered", gathered_twin.KERNEL, gathered_twin.lower_gathered_twin, gathered_twin.gathered_twin
    ),
}

LOWERINGS = {twin.kernel: twin.lower for twin in TWINS.values()}
"""What a model with such a kernel is read with."""
