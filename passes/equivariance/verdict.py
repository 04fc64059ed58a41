"""What the equivariance check says about one generator: proven by a rule, refuted by numbers, or undecided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import Span
from qffc.ir.evaluate import GHOST, Instance
from qffc.ir.generators import TableMoves
from qffc.ir.program import Program
from qffc.passes.plain_data import IN_MEMORY

Status = Literal["proven", "refuted", "undecided"]
Row = tuple[float, float, float]
GHOST_NAME = "ghost"
"""Stands for an element at a site that no atom takes."""
IDENTITY: tuple[Row, Row, Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Transform:
    """What should change nothing: sites and table entries permuted, then x -> matrix x + shift.

    Args:
        words: what it does, for people.
        matrix: an orthogonal matrix.
        shift: in Angstrom.
        sites: every site that moves, and the site whose atom it takes.
        entries: permutations of table indices, on the axes that they name.
        internal: the declared symmetry, by its title, that leaves all data alone and acts on the state; else None.
    """

    words: str
    matrix: tuple[Row, Row, Row] = IDENTITY
    shift: Row = (0.0, 0.0, 0.0)
    sites: tuple[tuple[str, str], ...] = ()
    entries: tuple[TableMoves, ...] = ()
    internal: str | None = None

    def apply(self, positions: NDArray[np.float64], sites: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the moved positions, (sites, 3), Angstrom."""
        taken = dict(self.sites)
        order = [sites.index(taken.get(name, name)) for name in sites]
        moved: NDArray[np.float64] = positions[order] @ np.array(self.matrix).T + np.array(self.shift)
        return moved

    def apply_to_tables(self, tables: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        """Return the parameter tables with their entries moved."""
        moved = dict(tables)
        for moves in self.entries:
            for axis in moves.axes or ():
                order = np.arange(moved[moves.parameter].shape[axis])
                for a, b in moves.moves:
                    order[a] = b
                moved[moves.parameter] = np.take(moved[moves.parameter], order, axis)
        return moved


@dataclass(frozen=True)
class Table:
    """The numbers of one parameter: its shape, and its entries in row-major order."""

    name: str
    shape: tuple[int, ...]
    entries: tuple[float, ...]


@dataclass(frozen=True)
class Counterexample:
    """Numbers that break a symmetry; evaluating the program there gives them again.

    Args:
        sites: names of the sites.
        species: the element at each site, or ``ghost`` where no atom takes it.
        positions: of each site, Angstrom.
        parameters: every parameter of the program.
        channel: the copy of the circuit.
        transform: what should change nothing.
        response: what the outside sees before; for an internal symmetry what it demands, zeros.
        transformed: what it sees after; for an internal symmetry how far the state is from its image, or from an
            eigenstate of the charge, and how far the operators are that the readout sees.
    """

    sites: tuple[str, ...]
    species: tuple[str, ...]
    positions: tuple[Row, ...]
    parameters: tuple[Table, ...]
    channel: int
    transform: Transform
    response: tuple[float, ...]
    transformed: tuple[float, ...]

    @property
    def difference(self) -> float:
        """The largest change of the response."""
        return max(abs(a - b) for a, b in zip(self.response, self.transformed, strict=True))

    def instances(self, program: Program) -> tuple[Instance, Instance]:
        """Return what the program is evaluated at, before and after."""
        positions = np.array(self.positions)
        before = Instance(
            positions,
            np.array([GHOST if name == GHOST_NAME else program.species.index(name) for name in self.species]),
            {table.name: np.array(table.entries).reshape(table.shape) for table in self.parameters},
            self.channel,
        )
        tables = self.transform.apply_to_tables(before.parameters)
        return before, replace(before, positions=self.transform.apply(positions, self.sites), parameters=tables)


@dataclass(frozen=True)
class OpReference:
    """An operation that a verdict points at.

    Args:
        index: its place in ``Program.ops``.
        text: its line in the text format.
        where: file name, line and column in the source, when they are known. Kept in memory alone: the text of the
            program does not tell, so a certificate could not be checked in this.
    """

    index: int
    text: str
    where: str | None = field(default=None, compare=False, metadata=IN_MEMORY)


@dataclass(frozen=True)
class Failure:
    """Where a proof stops.

    Args:
        residual: what is left over, or differs.
        op: the operation, when one is to blame.
        image: what the symmetry puts in its place, and the operation that it comes from.
        line: the line of the text that is to blame, when it is an observable or the readout.
    """

    residual: str
    op: OpReference | None = None
    image: OpReference | None = None
    line: str | None = None


@dataclass(frozen=True)
class Carried:
    """Where a verdict was proven that passes have kept since.

    Args:
        rule: the rule that proved it.
        digest: of the program that the rule was applied to.
        passes: what ran from there on, in order, as texts of a pipeline; each keeps the response.
    """

    rule: str
    digest: str
    passes: tuple[str, ...]


@dataclass(frozen=True)
class Witness:
    """The renaming that a proof rests on, so that a checker need not search for it.

    Args:
        qubits: every qubit whose name changes and the one that takes its place, by name, as they are prepared.
        letter: the Pauli letter that all qubits are conjugated by after that; None for none, or for the string that a
            declared symmetry names.
    """

    qubits: tuple[tuple[str, str], ...]
    letter: Literal["X", "Y", "Z"] | None = None


@dataclass(frozen=True)
class Verdict:
    """The verdict on one generator.

    Args:
        generator: ``rotation``, ``inversion``, ``translation``, ``exchange`` and two sites or ``molecules`` and two
            molecules; ``generator`` or ``conserved`` and a declared name.
        status: ``proven`` by the rule or the identity test; ``refuted`` by the counterexample; ``undecided`` when
            neither applies and no random point shows a difference.
        rule: the rule that proves, or that was tried.
        points: number of random points that were compared; 0 when a rule proves it, or when the program is too large.
        deviation: the largest difference that they showed.
        failure: where the proof stops; None when proven.
        counterexample: given exactly when refuted.
        note: a limit of the verdict worth knowing; may be empty.
        survives: the parts of the symmetry that are proven although the whole is not, such as ``rotation about z``.
        carried: given exactly when a pass has kept the verdict: the rules prove it before the pass and not after.
        bits: given exactly when the identity test proves it, and no rule: it is wrong with a probability below 2 to
            minus this power.
        witness: given when a rule proves it by renaming qubits.
        rounding: changes of the response up to this size are rounding to the check, at the point that counts; so
            much may differ from machine to machine. Kept in memory alone.
    """

    generator: str
    status: Status
    rule: str
    points: int = 0
    deviation: float = 0.0
    failure: Failure | None = None
    counterexample: Counterexample | None = None
    note: str = ""
    survives: tuple[str, ...] = ()
    carried: Carried | None = None
    bits: int | None = None
    witness: Witness | None = None
    rounding: float = field(default=0.0, compare=False, metadata=IN_MEMORY)


def op_reference(program: Program, index: int) -> OpReference:
    """Return a reference to an operation of a program."""
    op = program.ops[index]
    text = op.text(tuple(qubit.name for qubit in program.qubits))
    return OpReference(index, text, None if op.span is None else _without_folder(op.span))


def observable_line(program: Program, name: str) -> str:
    """Return the line of an observable in the text of a program."""
    names = tuple(qubit.name for qubit in program.qubits)
    return f"observable {name} = {dict(program.observables)[name].text(names)}"


def _without_folder(span: Span) -> str:
    return str(replace(span, file=Path(span.file).name))
