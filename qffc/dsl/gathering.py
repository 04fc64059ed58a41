"""The part of the author object for sums over neighbours, and for rounds of circuits."""

from __future__ import annotations

from qffc.dsl.atoms import Neighbour
from qffc.dsl.declare import DEFAULT_CUTOFF
from qffc.dsl.gates import Gates, need_value
from qffc.dsl.numbers import exact, need_count
from qffc.dsl.tables import need_atom
from qffc.ir.declarations import Basis, Rounds
from qffc.ir.diagnostics import error, quoted
from qffc.ir.values import Numeric, Value, gather


class Gathering(Gates):
    """Neighbours that enter through sums over all of them, and what atoms carry from round to round."""

    def rounds(self, count: int, vectors: int = 32, basis_size: int = 8, cutoff: Numeric = DEFAULT_CUTOFF) -> None:
        """Run all circuits that many times, each time with what atoms have learned in the rounds before.

        Every table of a layer gets an entry for each round. What atoms carry from one to the next, numbers and vectors,
        is made by classical layers and messages: see ``rounds`` in ``ir/FORMAT.md``. ``layer.scalars`` and
        ``layer.vectors`` read it.

        Args:
            count: of rounds; 1 carries nothing.
            vectors: how many vectors an atom carries. It carries as many numbers as the first hidden layer is wide.
            basis_size: number of radial functions of the messages.
            cutoff: where messages end, Angstrom.
        """
        if self._layered:
            raise error(
                "rounds after a parameter",
                found=f"rounds({count}) after {quoted(sorted(self._layered))}",
                expected="the number of rounds before the first table of a layer",
                help="move the line to the top of the ansatz",
            )
        number = need_count("number of rounds", count)
        basis = Basis("bessel", need_count("size of a basis", basis_size), exact(cutoff))
        self._rounds = Rounds(number, need_count("number of vectors", vectors), basis) if number > 1 else None

    def gathered(self) -> Neighbour:
        """Declare every neighbour in turn, for :meth:`sum`, in scope atom: any number of them, of any species.

        Example:
            >>> import qffc as qf
            >>> @qf.ansatz(scope="atom", species=("O", "H"))
            ... def star(a):
            ...     centre, near = a.centre(), a.gathered()
            ...     first, second = a.qubits(2)
            ...     a.singlet(first, second)
            ...     f = a.radial("f")
            ...     a.rotate(first, a.sum(near, f(centre, near) * near.direction))
            ...     return a.atomic_energy([a.dot(first, second)], hidden=(8,))
            >>> print(star.program.ops[1].value)
            sum(j, radial(f[Z(c), Z(j)], norm(r(c, j)))*unit(r(c, j)))
            >>> star.program.symmetry
            ('rotation', 'inversion', 'translation', 'exchange')
        """
        centre = self._need_centre("gathered")
        if self._scope != "atom":
            raise error(
                f"gathered neighbours in scope {self._scope}",
                found="gathered()",
                expected="scope atom",
                help="write @ansatz(scope='atom'): every atom is the centre of a circuit then",
            )
        name = "j" if "j" not in self.site_names else f"j{len(self._sites)}"
        self._add_site(name, None, "gathered")
        return Neighbour(name, None, self, centre)

    def sum(self, neighbour: Neighbour, value: Value) -> Value:
        """Return the sum of a value, a number or a vector, over all neighbours that take a gathered one's place."""
        name = need_atom(neighbour, self).name
        if not any(site.name == name and site.role == "gathered" for site in self._sites):
            raise error(
                "sum over an atom that is not gathered",
                found=f"'{name}'",
                expected="what a.gathered() returned: every other atom in turn",
                help="write near = a.gathered(), and a.sum(near, ...)",
            )
        return gather(name, need_value(value))
