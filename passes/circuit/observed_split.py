"""The kernel of a program with other observables in the place of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from qffc.ir.observables import Observable
from qffc.passes.circuit.split_program import Split


@dataclass(frozen=True, repr=False)
class ObservedSplit(Split):
    """A split whose circuits are asked for other moments; slots and operations are those of the program.

    Args:
        seen: what is observed, in the order of the moments.
    """

    seen: tuple[Observable, ...] = ()

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What is observed, in the order of the moments."""
        return self.seen


def observing(split: Split, observables: Sequence[Observable]) -> ObservedSplit:
    """Return the kernel of a split with other observables.

    Example:
        >>> from qffc.ir.observables import PauliObservable
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> split = split_program(load("pair"))
        >>> len(split.observables), len(observing(split, [PauliObservable(((0, "Z"),))]).observables)
        (4, 1)
    """
    own = {field.name: getattr(split, field.name) for field in fields(Split)}
    return ObservedSplit(**own, seen=tuple(observables))
