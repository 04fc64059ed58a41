"""Symmetries that an author declares by hand: relabellings with Pauli strings, and conserved charges."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from qffc.ir.diagnostics import Span
from qffc.ir.observables import Observable, PauliObservable, SumObservable
from qffc.ir.pauli import LETTERS, PauliString


@dataclass(frozen=True)
class TableMoves:
    """A permutation of indices of one parameter table.

    Args:
        parameter: name of the table.
        moves: index and the index that takes its place, sorted; what is not named stays.
        axes: numbers of the axes whose indices move, from 0, sorted; None for every axis with a size.
    """

    parameter: str
    moves: tuple[tuple[int, int], ...]
    axes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "moves", tuple(sorted(self.moves)))
        if self.axes is not None:
            object.__setattr__(self, "axes", tuple(sorted(self.axes)))


@dataclass(frozen=True)
class Generator:
    """A discrete symmetry: the program with all these names replaced is the program.

    The qubits are renamed first; then the circuit is conjugated by the Pauli string: on states the symmetry is the
    string times the permutation. What is not named stays.

    Args:
        name: a name for people.
        sites: site and the site that takes its place, sorted.
        qubits: qubit and the qubit that takes its place, by number as they are prepared, sorted. When left out, the
            check looks for a renaming if sites or entries move, and leaves the qubits alone otherwise.
        entries: one for each table whose indices move, sorted by its name.
        paulis: the Pauli string; empty for none.
    """

    name: str
    sites: tuple[tuple[str, str], ...] = ()
    qubits: tuple[tuple[int, int], ...] = ()
    entries: tuple[TableMoves, ...] = ()
    paulis: PauliString = ()
    span: Span | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sites", tuple(sorted(self.sites)))
        object.__setattr__(self, "qubits", tuple(sorted(self.qubits)))
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=lambda moves: moves.parameter)))
        object.__setattr__(self, "paulis", tuple(sorted(self.paulis)))

    @property
    def title(self) -> str:
        """How verdicts call it."""
        return f"generator {self.name}"

    @property
    def is_internal(self) -> bool:
        """Whether it leaves all data alone, so that only the quantum state can break it."""
        moved = [a != b for a, b in self.sites]
        return not any(moved + [a != b for table in self.entries for a, b in table.moves])


@dataclass(frozen=True)
class Conserved:
    """A continuous symmetry exp(-i angle S): every operation commutes with the charge S, and the data stay.

    Args:
        name: a name for people.
        charge: S, a sum of Pauli strings; the prepared state has to be an eigenstate of it.
    """

    name: str
    charge: Observable
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """How verdicts call it."""
        return f"conserved {self.name}"


DeclaredSymmetry = Generator | Conserved


def conserved_spin(qubits: int, span: Span | None = None) -> tuple[Conserved, Conserved, Conserved]:
    """Return the three charges that make a circuit symmetric under turns of all spins together.

    They are the sums of X, of Y and of Z over all qubits, ``spin_x``, ``spin_y`` and ``spin_z``: twice the total spin.

    Args:
        qubits: how many the program has.
        span: where they are declared.

    Example:
        >>> [item.name for item in conserved_spin(2)]
        ['spin_x', 'spin_y', 'spin_z']
    """
    x, y, z = (
        Conserved(
            f"spin_{letter.lower()}",
            SumObservable(tuple((Fraction(1), PauliObservable(((qubit, letter),))) for qubit in range(qubits))),
            span,
        )
        for letter in LETTERS
    )
    return x, y, z
