"""The declaring half of the author object: what the molecule is, its qubits and its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, overload

from qffc.dsl.atoms import Atom, Neighbour, Twins, Wire
from qffc.dsl.caller import caller_span
from qffc.dsl.layers import Layer
from qffc.dsl.numbers import MOST_DECLARED, exact, need_count
from qffc.dsl.symmetries import ordered
from qffc.dsl.tables import CHANNEL, ROUND, SPECIES, RadialTable, Table, need_atom, table_entry
from qffc.ir.declarations import SYMMETRIES, Axis, Basis, Parameter, Qubit, Role, Rounds, Scope, Site, Symmetry
from qffc.ir.diagnostics import error, quoted
from qffc.ir.elements import SYMBOLS
from qffc.ir.exchange_group import exchanges
from qffc.ir.operation import Op
from qffc.ir.ops import Singlet
from qffc.ir.plain_numbers import whole_number
from qffc.ir.values import Numeric, Value
from qffc.ir.verification.names import RESERVED

DEFAULT_CUTOFF = 5.0
"""Angstrom."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Declarations:
    """Sites, qubits and parameters of an ansatz that is being written."""

    def __init__(self, scope: Scope) -> None:
        self._scope: Scope = scope
        self._species: tuple[str, ...] | None = None
        self._symmetry: tuple[Symmetry, ...] | None = None
        self._average: tuple[Symmetry, ...] = ()
        self._channels = 1
        self._rounds: Rounds | None = None
        self._sites: list[Site] = []
        self._molecule: str | None = None
        self._qubits: list[Qubit] = []
        self._parameters: dict[str, Parameter] = {}
        self._layered: set[str] = set()
        self._ops: list[Op] = []

    # ----------------------------------------------------------------------- the head of the program

    def species(self, *symbols: str) -> None:
        """List the species of every species axis; without it, the species of the sites in their order."""
        self._species = symbols

    def symmetry(self, *names: Symmetry) -> None:
        """Declare the symmetry, instead of rotation, inversion, translation and, with like atoms, exchange."""
        self._symmetry = ordered(names)

    def average(self, *names: Symmetry) -> None:
        """Make ``exchange`` or ``inversion`` exact by averaging over copies of the circuit."""
        self._average = ordered(names)

    def channels(self, count: int) -> None:
        """Run that many copies of the circuit; every table of a layer gets an entry for each."""
        if self._layered:
            raise error(
                "channels after a parameter",
                found=f"channels({count}) after {quoted(sorted(self._layered))}",
                expected="the number of channels before the first table of a layer",
                help="move the line to the top of the ansatz",
            )
        self._channels = need_count("number of channels", count)

    # ----------------------------------------------------------------------- atoms

    def centre(self, species: str | None = None) -> Atom:
        """Declare the central atom; in scope pair of any species or of one, in scope atom of any."""
        if self._scope != "pair" and (species is None) != (self._scope == "atom"):
            raise error(
                "species of the centre",
                found=f"centre({'' if species is None else repr(species)}) in scope {self._scope}",
                expected="an element symbol in scope molecule, none in scope atom, either in scope pair",
                help="write a.centre() for one circuit per neighbour pair or atom, a.centre('O') for one per molecule",
            )
        name = "c" if species is None else self._site_names(species, 1)[0]
        self._add_site(name, species, "centre")
        return Atom(name, species, self)

    def neighbours(self, species: str, count: int) -> list[Neighbour]:
        """Declare like atoms around the centre; their exchange is a symmetry by being here.

        In scope pair a circuit is run for every two neighbours of these species.
        """
        centre = self._need_centre("neighbours")
        names = self._site_names(species, need_count("number of neighbours", count, most=MOST_DECLARED))
        for name in names:
            self._add_site(name, species, "neighbour")
        return [Neighbour(name, species, self, centre) for name in names]

    def neighbour(self, species: str | None = None) -> Neighbour:
        """Declare one atom beside the centre; without a species, which scope pair alone allows, one of any.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(scope="pair", species=("C", "H", "O"))
            ... def hydroxyl(a):
            ...     a.centre("O")
            ...     twins = [a.twins(a.neighbour("H")), a.twins(a.neighbour())]
            ...     return a.atomic_energy(a.dot(twins))
            >>> [str(site.species) for site in hydroxyl.program.sites]
            ['O', 'H', 'None']
        """
        if species is not None:
            return self.neighbours(species, 1)[0]
        centre = self._need_centre("neighbour")
        if self._scope != "pair":
            raise error(
                f"neighbour of any species in scope {self._scope}",
                found="neighbour()",
                expected="an element symbol, or scope pair",
                help="write a.neighbour('H') in scope molecule, a.neighbour_slots(...) in scope atom",
            )
        name = "a" if "a" not in self.site_names else "b"
        self._add_site(name, None, "neighbour")
        return Neighbour(name, None, self, centre)

    def neighbour_pair(self) -> tuple[Neighbour, Neighbour]:
        """Declare the two neighbours of a circuit of scope pair, of any species."""
        self._need_centre("neighbour_pair")
        if self._scope != "pair":
            raise error(
                f"neighbour pair in scope {self._scope}",
                found="neighbour_pair()",
                expected="scope pair",
                help="write @ansatz(scope='pair'), or a.neighbours('H', 2)",
            )
        return self.neighbour(), self.neighbour()

    def neighbour_slots(self, count: int) -> list[Neighbour]:
        """Declare the neighbours of a circuit of scope atom, of any species: at most ``count`` atoms take these slots.

        The other atoms of the molecule fill them by species, in the order of the program, then by number; ghosts take
        those that are left. Vectors to a ghost are zero, and so are cutoffs, learned functions of its distance and
        entries of tables that its species indexes.

        Args:
            count: the number of slots; a molecule may have one atom more.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(scope="atom", species=("O", "H"), symmetry=("rotation", "translation"))
            ... def star(a):
            ...     centre, neighbours = a.centre(), a.neighbour_slots(2)
            ...     first, second = qubits = a.qubits(neighbours)
            ...     a.singlet(first, second)
            ...     f = a.radial("f")
            ...     for qubit, neighbour in zip(qubits, neighbours):
            ...         a.rotate(qubit, f(centre, neighbour) * neighbour.direction)
            ...     return a.atomic_energy([a.dot(first, second)], hidden=())
            >>> print(star.program.text.splitlines()[-1])
            atomic weight 1 features m0 head linear
        """
        centre = self._need_centre("neighbour_slots")
        if self._scope != "atom":
            raise error(
                f"neighbour slots in scope {self._scope}",
                found=f"neighbour_slots({count!r})",
                expected="scope atom",
                help="write @ansatz(scope='atom'), or a.neighbours('H', 2) in scope molecule",
            )
        slots = need_count("number of neighbour slots", count, most=MOST_DECLARED)
        names = [f"n{index}" for index in range(1, slots + 1)]
        for name in names:
            self._add_site(name, None, "neighbour")
        return [Neighbour(name, None, self, centre) for name in names]

    def atoms(self, *species: str) -> list[Atom]:
        """Declare atoms with no centre, one for each symbol."""
        found = []
        for name, symbol in zip(self._free_names(species), species, strict=True):
            self._add_site(name, symbol, "free")
            found.append(Atom(name, symbol, self))
        return found

    @contextmanager
    def molecule(self, name: str) -> Iterator[None]:
        """Put the atoms that are declared inside into a molecule; like molecules can be exchanged as a whole.

        Args:
            name: how the program calls it.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz
            ... def hydrogen_dimer(a):
            ...     with a.molecule("A"):
            ...         upper = a.atoms("H", "H")
            ...     with a.molecule("B"):
            ...         lower = a.atoms("H", "H")
            ...     (q,) = a.qubits([upper[0]])
            ...     a.zero(q)
            ...     return a.energy(a.pauli("Z", q))
            >>> print(hydrogen_dimer.program.sites[2].molecule)
            B
        """
        if self._molecule is not None:
            raise error(
                "molecule inside a molecule",
                found=f"molecule({name!r}) inside molecule({self._molecule!r})",
                expected="one molecule at a time",
                help="close the first 'with a.molecule(...)' before the second",
            )
        self._molecule = name
        try:
            yield
        finally:
            self._molecule = None

    # ----------------------------------------------------------------------- qubits

    def qubit(self, atom: Atom | None = None) -> Wire:
        """Declare a qubit, and the atom that it carries."""
        return self._add_qubit(f"q{len(self._qubits)}", atom)

    def qubits(self, what: int | Sequence[Atom]) -> list[Wire]:
        """Declare that many qubits, or one for each atom of a list."""
        if isinstance(what, Iterable) and whole_number(what) is None:
            return [self.qubit(atom) for atom in what]
        return [self.qubit() for _ in range(need_count("number of qubits", what, 0, MOST_DECLARED))]

    def twins(self, atom: Atom) -> Twins:
        """Declare two qubits that carry one atom, and prepare them in a singlet."""
        name = need_atom(atom, self).name
        number = sum(qubit.name.startswith(f"{name}_upper") for qubit in self._qubits) + 1
        suffix = "" if number == 1 else str(number)
        upper, lower = (self._add_qubit(f"{name}_{which}{suffix}", atom) for which in ("upper", "lower"))
        twins = Twins(upper, lower)
        self._ops.append(Singlet(twins.upper.index, twins.lower.index, span=caller_span()))
        return twins

    # ----------------------------------------------------------------------- parameters

    @overload
    def param(self, name: str, /, *, default: Numeric | None = None, frozen: bool = False) -> Value: ...

    @overload
    def param(
        self, name: str, first: Axis, /, *axes: Axis, default: Numeric | None = None, frozen: bool = False
    ) -> Table: ...

    def param(self, name: str, /, *axes: Axis, default: Numeric | None = None, frozen: bool = False) -> Table | Value:
        """Declare trainable numbers: a number when there are no axes, else a table to be indexed.

        Args:
            name: the name in the program.
            axes: sizes, ``SPECIES``, ``CHANNEL`` or ``ROUND``.
            default: the value of every entry before training; None for a random start.
            frozen: kept at its default in training.
        """
        start = None if default is None else exact(default)
        parameter = Parameter(name, _sizes(name, axes), start, frozen, span=caller_span())
        self._declare(parameter)
        if all(axis == CHANNEL for axis in axes):
            return table_entry(parameter, (), self)
        return Table(parameter, self)

    def radial(
        self,
        name: str,
        *axes: Axis,
        basis: Literal["bessel", "chebyshev"] = "bessel",
        size: int = 8,
        cutoff: Numeric = DEFAULT_CUTOFF,
    ) -> RadialTable:
        """Declare learned functions of a distance, one for each two species; the further axes are sizes or ``CHANNEL``.

        Args:
            name: the name in the program.
            axes: axes after those of the two species.
            basis: the kind of radial basis.
            size: number of basis functions.
            cutoff: where the functions vanish smoothly, Angstrom.
        """
        radial_basis = Basis(basis, need_count(f"size of the basis of '{name}'", size), exact(cutoff))
        parameter = Parameter(name, (SPECIES, SPECIES, *_sizes(name, axes)), basis=radial_basis, span=caller_span())
        self._declare(parameter)
        return RadialTable(parameter, self)

    def layers(self, depth: int) -> tuple[Layer, ...]:
        """Return the layers to loop over; each gives entries of tables with one row for each layer."""
        count = need_count("number of layers", depth, most=MOST_DECLARED)
        return tuple(Layer(self, index, count) for index in range(count))

    def layered(self, parameter: Parameter) -> Parameter:
        """Declare a table of the layers, or return it when the same table is there already."""
        known = self._parameters.get(parameter.name)
        if known is not None and parameter.name in self._layered:
            if known == parameter:
                return known
            raise error(
                "one name for two tables of a layer",
                found=f"'{parameter.name}' with other axes or options than before",
                expected=f"axes ({', '.join(map(str, known.axes))}) and the same options",
                help="give the second table a name of its own",
            )
        self._declare(parameter)
        self._layered.add(parameter.name)
        return parameter

    @property
    def layer_axes(self) -> tuple[Axis, ...]:
        """The axes that every table of a layer has in front: the channel and the round when there are several."""
        return (*(CHANNEL,) * (self._channels > 1), *(ROUND,) * (self._rounds is not None))

    @property
    def site_names(self) -> tuple[str, ...]:
        """The names of the atoms declared so far."""
        return tuple(site.name for site in self._sites)

    # ----------------------------------------------------------------------- inner

    @property
    def _declares_exchange(self) -> bool:
        return "exchange" in self._declared_symmetry()

    def _declared_symmetry(self) -> tuple[Symmetry, ...]:
        if self._symmetry is not None:
            return self._symmetry
        # In scope pair atoms take the sites in turn, like ones too where no two sites are alike.
        gathered = any(site.role == "gathered" for site in self._sites)
        like = self._scope == "pair" or gathered or exchanges(self._sites)
        return SYMMETRIES if like else SYMMETRIES[:3]

    def _declare(self, parameter: Parameter) -> None:
        name = parameter.name
        if name in self._parameters:
            raise error(
                "parameter declared twice",
                found=f"'{name}'",
                expected="different names",
                help="declare the table once, before the loop, and index it inside",
            )
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise error(
                "not a name for a parameter",
                found=f"'{name}'",
                expected="a letter or '_', then letters, digits or '_', and no word of the text format",
                help="rename the parameter",
            )
        self._parameters[name] = parameter

    def _need_centre(self, user: str) -> Atom:
        centre = next((site for site in self._sites if site.role == "centre"), None)
        if centre is None:
            raise error(
                "neighbours without a centre",
                found=f"a.{user}(...) before a.centre(...)",
                expected="the centre first: neighbours are seen from it",
                help="declare the centre, or use a.atoms(...)",
            )
        return Atom(centre.name, centre.species, self)

    def _site_names(self, species: str, count: int) -> list[str]:
        taken = sum(site.species == species for site in self._sites)
        if count == 1 and taken == 0:
            return [species]
        return [f"{species}{taken + index}" for index in range(1, count + 1)]

    def _free_names(self, species: Sequence[str]) -> list[str]:
        stock = {symbol: iter(self._site_names(symbol, species.count(symbol))) for symbol in set(species)}
        return [next(stock[symbol]) for symbol in species]

    def _add_site(self, name: str, species: str | None, role: Role) -> None:
        if species is not None and species not in SYMBOLS:
            raise error(
                "unknown element",
                found=repr(species),
                expected="an element symbol such as 'H' or 'O'",
                help="correct the symbol",
            )
        self._sites.append(Site(name, species, role, self._molecule, span=caller_span()))

    def _add_qubit(self, name: str, atom: Atom | None) -> Wire:
        site = None if atom is None else need_atom(atom, self).name
        index = len(self._qubits)
        self._qubits.append(Qubit(name, site, span=caller_span()))
        return Wire(index, name, atom, self)


def _sizes(name: str, axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """The axes of a table, sizes as integers."""
    what, words = f"size of an axis of '{name}'", (SPECIES, CHANNEL, ROUND)
    return tuple(axis if isinstance(axis, str) and axis in words else need_count(what, axis) for axis in axes)
