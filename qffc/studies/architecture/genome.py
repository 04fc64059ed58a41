"""A proven program with its blocks: what changes are made to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from qffc.compiling.compiled import Compiled, compile_program
from qffc.compiling.levels import TRAINING_LEVEL
from qffc.ir.operation import Op
from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.studies.architecture.blocks import Block, Exchange, blocks_of, exchanges_of
from qffc.targets.catalogue import target_of

Picks = tuple[int | None, ...]
"""Of each axis of a table the index that is taken, or None for all of it."""


@dataclass(frozen=True)
class Source:
    """Where the first numbers of a new table come from.

    Args:
        table: of the parent.
        picks: which entries of it.
    """

    table: str
    picks: Picks = ()


@dataclass(frozen=True)
class Genome:
    """A program that is compiled as for training, and its certificate.

    Args:
        program: compiled; compiling it again gives it again.
        certificate: of it.
    """

    program: Program
    certificate: Certificate

    @property
    def proven(self) -> bool:
        """Whether every declared symmetry is proven; nothing else is trained."""
        return self.certificate.holds and self.certificate.digest == self.program.digest

    @property
    def verdict(self) -> str:
        """``proven``, ``refuted`` or ``unproven``."""
        if self.proven:
            return "proven"
        refuted = any(verdict.status == "refuted" for verdict in self.certificate.verdicts)
        return "refuted" if refuted else "unproven"

    @cached_property
    def symmetry(self) -> tuple[Exchange, ...]:
        """Its exchanges of like sites."""
        return exchanges_of(self.program, self.certificate)

    @cached_property
    def _parts(self) -> tuple[tuple[Op, ...], tuple[Block, ...]]:
        return blocks_of(self.program, self.symmetry)

    @property
    def preparations(self) -> tuple[Op, ...]:
        """The operations that prepare its qubits."""
        return self._parts[0]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All other operations."""
        return self._parts[1]


def genome_of(program: Program) -> Genome:
    """Compile a program as training does, and check its declared symmetries.

    Example:
        >>> from qffc.library import load
        >>> genome_of(load("sivqlm-h2o", depth=1)).verdict
        'proven'
    """
    compiled = _compiled(program)
    while compiled.program.digest != program.digest:
        program = compiled.program
        compiled = _compiled(program)
    return Genome(compiled.program, compiled.certificate)


def _compiled(program: Program) -> Compiled:
    return compile_program(program, target_of("ideal"), TRAINING_LEVEL)


@dataclass(frozen=True)
class Child:
    """A changed program, before anything is proven of it.

    Args:
        program: the result.
        words: what was done, for people.
        sources: of tables that do not start anew, by name.
        grows: whether it is to have more gates than before; compiling may make them one with others.
    """

    program: Program
    words: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    grows: bool = False
