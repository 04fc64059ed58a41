"""What a pass is: a frozen dataclass with a name, options as fields, and one ``run``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, Protocol, TypeVar, runtime_checkable

from qffc.ir.program import Program
from qffc.passes.target import Target

Preserves = Literal["everything", "unitary", "expectation values", "moments", "nothing"]
"""What stays the same: ``everything`` for an analysis; ``unitary`` up to a global phase; ``nothing`` for a repair."""

Output = TypeVar("Output", covariant=True)


@dataclass(frozen=True)
class PassResult(Generic[Output]):
    """What a pass gives back.

    Args:
        program: the program after the pass; the same object when nothing changed.
        output: what the pass learned or made: a certificate, counts, a circuit; None for a plain rewrite.
    """

    program: Program
    output: Output
    changed: bool = False


@runtime_checkable
class Report(Protocol):
    """An output for people to read; shown when the pass changed the program."""

    def render(self) -> str:
        """Return the report as plain text."""
        ...


class Pass(ABC, Generic[Output]):
    """Base of all passes; subclasses are frozen dataclasses."""

    name: ClassVar[str]
    """Kebab-case; the file of the pass has the same name."""
    preserves: ClassVar[Preserves]

    @abstractmethod
    def run(self, program: Program, target: Target) -> PassResult[Output]:
        """Run on a valid program; the result is a valid program, the input is never changed."""
