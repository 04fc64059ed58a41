"""Optimization levels: what ``-O0`` to ``-O3`` stand for.

A level never changes what a program computes, with one exception: couplings that its author left free in order get an
order at level 1 and above. After that they have one, so that no later compilation changes a trained model.

Example:
    >>> level(2).passes
    'schedule-layers,check-equivariance,canonicalize,light-cone,slide-singlet,canonicalize,push-cliffords,light-cone,synthesize-gadgets'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qffc.ir.diagnostics import error
from qffc.ir.plain_numbers import whole_number
from qffc.ir.program import Program
from qffc.passes.base import keeps_symmetry
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.target import Target

if TYPE_CHECKING:
    from qffc.models.force_field import ForceField


@dataclass(frozen=True)
class Level:
    """What a level stands for.

    Args:
        number: from 0 on.
        about: a line for people.
        passes: the pipeline that rewrites the program and makes its certificate.
        lowering: the pass that makes native gates of it, with its options.
        planned: whether measurement settings are chosen by expected variance; else they are Pauli bases.
    """

    number: int
    about: str
    passes: str
    lowering: str
    planned: bool


_SHORTER = (
    "schedule-layers,check-equivariance,canonicalize,light-cone,slide-singlet,canonicalize,"
    "push-cliffords,light-cone,synthesize-gadgets"
)

LEVELS = (
    Level(
        number=0,
        about="gates as written",
        passes="check-equivariance",
        lowering="lower-pytket{fold-swaps=false,shorten-runs=false,fuse-pairs=false}",
        planned=False,
    ),
    Level(
        number=1,
        about="an order for couplings that have none, and the shortest spelling; what is trained",
        passes="schedule-layers,check-equivariance,canonicalize",
        lowering="lower-pytket",
        planned=False,
    ),
    Level(
        number=2,
        about="also without what the readout does not see, and long strings as pairs; what runs on a device",
        passes=_SHORTER,
        lowering="lower-pytket{fix-frame=true}",
        planned=True,
    ),
    Level(
        number=3,
        about="the same, and where pytket makes a cheaper circuit that is right, that one",
        passes=_SHORTER,
        lowering="lower-pytket{fix-frame=true,ask-pytket=true}",
        planned=True,
    ),
)
"""All levels, by number."""

DEFAULT_LEVEL = 2
"""Of compiling, and of running a trained model."""
TRAINING_LEVEL = 1
"""Of training: the order of couplings, and parameters that keep their places in the program."""


def level(number: int) -> Level:
    """Return a level.

    Raises:
        QffcError: when there is none of that number.
    """
    if whole_number(number) not in range(len(LEVELS)):
        raise error(
            "unknown optimization level",
            found=f"{number}",
            expected=f"a number from 0 to {len(LEVELS) - 1}",
            help="docs/howto-compile.md says what each level does",
        )
    return LEVELS[number]


def optimized(program: Program, target: Target, number: int) -> Program:
    """Return the program of a trained model after the passes of a level that keep its response.

    Parameters keep their meaning, so that the model's numbers fit the program that comes out; no coupling gets another
    place, even where the program still leaves it free.

    Args:
        program: of the model.
        target: where it is to run.
        number: of the level.

    Example:
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> program = load("sivqlm-h2o", depth=1)
        >>> [len(optimized(program, target("ideal"), number).ops) for number in range(3)]
        [16, 16, 14]
    """
    steps = [step for step in parse_pipeline(level(number).passes) if keeps_symmetry(step.preserves)]
    rewrites = [step for step in steps if step.preserves != "everything"]
    return run_pipeline(rewrites, program, target).program


def at_level(model: ForceField, target: Target, number: int) -> ForceField:
    """Return the same energy function with shorter circuits: a model whose program went through :func:`optimized`.

    Args:
        model: a trained model.
        target: where its circuits are to run.
        number: of the level.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> from qffc.targets.catalogue import target
        >>> model = untrained(load("sivqlm-h2o", depth=1), seed=0)
        >>> len(model.program.ops), len(at_level(model, target("H2-1LE"), 2).program.ops)
        (16, 14)
    """
    return replace(model, program=optimized(model.program, target, number))
