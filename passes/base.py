"""What a pass is: a frozen dataclass with a name, options as fields, and one ``run``; and what it may preserve."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, Protocol, TypeVar, runtime_checkable

from qffc.ir.program import Program
from qffc.passes.target import Target

Preserves = Literal["everything", "unitary", "expectation values", "moments", "nothing"]
"""What a pass leaves as it was, at all geometries and for all parameters; see :data:`MEANINGS`."""

MEANINGS: dict[Preserves, str] = {
    "everything": "the program itself: an analysis",
    "unitary": "what the operations do to a state, up to a global phase; qubits, observables and readout stay",
    "moments": "the expectation value of every observable, under its name",
    "expectation values": "the expectation values of the observables that the readout sees, hence the response: the "
    "energy, or the weighted features",
    "nothing": "no promise: the program that comes out is another one",
}
"""What each word promises, the strongest first; each promises all that follow it."""

Output = TypeVar("Output", covariant=True)


def keeps(preserves: Preserves, what: Preserves) -> bool:
    """Whether a pass that preserves one thing preserves another.

    Example:
        >>> keeps("unitary", "moments"), keeps("expectation values", "moments")
        (True, False)
    """
    order = tuple(MEANINGS)
    return order.index(preserves) <= order.index(what)


def keeps_symmetry(preserves: Preserves) -> bool:
    """Whether a symmetry proven before a pass holds after it.

    A symmetry is a statement about the response as a function of geometry and parameters, so it is enough that the
    response stays.

    Example:
        >>> keeps_symmetry("expectation values"), keeps_symmetry("nothing")
        (True, False)
    """
    return keeps(preserves, "expectation values")


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
    """Unless it is ``nothing``, the pass also leaves sites, species, channels and the declared symmetry alone, and adds
    no parameter; the pipeline compares both programs with numbers where that is quick."""

    @abstractmethod
    def run(self, program: Program, target: Target) -> PassResult[Output]:
        """Run on a valid program; the result is a valid program, the input is never changed."""
