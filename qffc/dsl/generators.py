"""The part of the author object that declares symmetries by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qffc.dsl.atoms import Atom, Wire
from qffc.dsl.caller import caller_span
from qffc.dsl.gathering import Gathering
from qffc.dsl.observables import Measured
from qffc.dsl.tables import CHANNEL, RadialTable, Table, need_atom
from qffc.ir.declarations import Parameter
from qffc.ir.diagnostics import Span, error, quoted
from qffc.ir.generators import Conserved, DeclaredSymmetry, Generator, TableMoves, conserved_spin
from qffc.ir.pauli import PauliString
from qffc.ir.plain_numbers import whole_number

TableKey = Table | RadialTable | str | tuple[Table | RadialTable | str, *tuple[int, ...]]
"""A table, or its name; followed by the numbers of the axes that move when not all do."""


class Generators(Gathering):
    """Symmetries of an ansatz that is being written, beside rotation, inversion, translation and exchange."""

    _generators: Sequence[DeclaredSymmetry] = ()
    _spin: Span | None = None
    _conserves_spin = False

    def generator(
        self,
        name: str,
        *,
        sites: Mapping[Atom, Atom] | None = None,
        qubits: Mapping[Wire, Wire] | None = None,
        entries: Mapping[TableKey, Mapping[int, int]] | None = None,
        paulis: Mapping[Wire, str] | None = None,
    ) -> None:
        r"""Declare a discrete symmetry: with all these names replaced, the program is the same.

        Each argument is a permutation; what it does not name stays.

        Args:
            name: how the program and its certificate call it.
            sites: atom, and the like atom that takes its place.
            qubits: qubit, and the qubit that takes its place; left out, the check looks for them when sites or entries
                move, and none moves otherwise.
            entries: of a table, index and the index that takes its place, on every axis with a size;
                ``{(table, 1): ...}`` moves the indices of axis 1 only, the axis of the channels not counted.
            paulis: a Pauli string that conjugates the circuit after that.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(symmetry=())
            ... def mirror(a):
            ...     (atom,) = a.atoms("H")
            ...     q = a.qubits(2)
            ...     J = a.param("J", 2)
            ...     a.generator("mirror", qubits={q[0]: q[1], q[1]: q[0]}, entries={J: {0: 1, 1: 0}})
            ...     a.generator("parity", paulis={q[0]: "Z", q[1]: "Z"})
            ...     a.zero(*q)
            ...     for index, wire in enumerate(q):
            ...         a.pauli_rotation("Z", wire, angle=J[index])
            ...     return a.energy(a.pauli("ZZ", *q))
            >>> print(*(line for line in mirror.program.text.splitlines() if line.startswith("generator")), sep="\n")
            generator mirror: qubits q0 -> q1, q1 -> q0; entries J 0 -> 1, 1 -> 0
            generator parity: paulis Z(q0) Z(q1)
        """
        string: PauliString = self._pauli_string(paulis, ()) if paulis else ()
        moved = {need_atom(a, self).name: need_atom(b, self).name for a, b in (sites or {}).items()}
        self._add(
            Generator(
                name,
                tuple(moved.items()),
                tuple((self._index(a), self._index(b)) for a, b in (qubits or {}).items()),
                tuple(self._table_moves(key, moves) for key, moves in (entries or {}).items()),
                string,
                caller_span(),
            )
        )

    def conserved(self, name: str, charge: Measured) -> None:
        """Declare a conserved charge: every operation commutes with it, and the prepared state is an eigenstate.

        Args:
            name: how the program and its certificate call it.
            charge: a sum of Pauli strings.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(symmetry=())
            ... def hopping(a):
            ...     (atom,) = a.atoms("H")
            ...     left, right = a.qubits(2)
            ...     a.conserved("particles", a.pauli("Z", left) + a.pauli("Z", right))
            ...     a.zero(left, right)
            ...     a.exchange(left, right, angle=a.param("t"))
            ...     return a.energy(a.dot(left, right))
            >>> hopping.program.generators[0].name
            'particles'
        """
        self._need_measured(charge)
        self._add(Conserved(name, charge.observable, caller_span()))

    def conserved_spin(self) -> None:
        """Declare that the circuit is symmetric under turns of all spins together, whatever the molecule does.

        These are three charges, ``spin_x``, ``spin_y`` and ``spin_z``: the sums of X, of Y and of Z over all qubits.
        The symmetry ``rotation`` does not say so of a circuit whose values do not turn.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(symmetry=("rotation",))
            ... def chain(a):
            ...     (atom,) = a.atoms("H")
            ...     a.conserved_spin()
            ...     left, right = a.twins(atom)
            ...     a.exchange(left, right, angle=a.param("t"))
            ...     return a.energy(a.dot(left, right))
            >>> [item.name for item in chain.program.generators], qf.check(chain).holds
            (['spin_x', 'spin_y', 'spin_z'], True)
        """
        self._conserves_spin, self._spin = True, caller_span()

    # ----------------------------------------------------------------------- inner

    def _declared_generators(self, qubits: int) -> tuple[DeclaredSymmetry, ...]:
        """All that was declared, the spin of all qubits last."""
        if self._conserves_spin:
            for item in conserved_spin(qubits, self._spin):
                self._add(item)
        return tuple(self._generators)

    def _add(self, item: DeclaredSymmetry) -> None:
        if item.name in (other.name for other in self._generators):
            raise error(
                "generator declared twice",
                found=f"'{item.name}'",
                expected="different names",
                help="rename one of the two",
            )
        self._generators = (*self._generators, item)

    def _table_moves(self, key: TableKey, moves: Mapping[int, int]) -> TableMoves:
        table, axes = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        parameter = self._parameter_of(table)
        pairs = tuple((_plain(a), _plain(b)) for a, b in moves.items())
        if not axes:
            return TableMoves(parameter.name, pairs)
        shown = [number for number, axis in enumerate(parameter.axes) if axis != CHANNEL]
        numbers = [axis for axis in axes if 0 <= axis < len(shown)]
        if len(numbers) < len(axes):
            raise error(
                "unknown axis of a table",
                found=f"axes {', '.join(map(str, axes))} of '{parameter.name}'",
                expected=f"numbers from 0 to {len(shown) - 1}",
                help="count the axes as the indices of the table are written",
            )
        return TableMoves(parameter.name, pairs, tuple(shown[axis] for axis in numbers))

    def _parameter_of(self, table: object) -> Parameter:
        name = table if isinstance(table, str) else getattr(getattr(table, "parameter", None), "name", repr(table))
        if name not in self._parameters:
            raise error(
                "unknown parameter",
                found=f"'{name}'",
                expected=f"one of {quoted(self._parameters)}" if self._parameters else "a parameter declared above",
                help="declare the table before the generator",
            )
        return self._parameters[name]

    def _need_measured(self, item: object) -> None:
        if isinstance(item, Measured) and item.home is self:
            return
        raise error(
            "observable of another ansatz" if isinstance(item, Measured) else "not an observable",
            found="one that another function measured" if isinstance(item, Measured) else repr(item),
            expected="observables of this ansatz",
            help="build them with a.dot(...) and a.pauli(...)",
        )


def _plain(index: int) -> int:
    """An index as an integer of Python; what is none is left for the verifier to name."""
    whole = whole_number(index)
    return index if whole is None else whole
