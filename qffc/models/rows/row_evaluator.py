"""The values of a program on their rows, many geometries and channels at once.

Every array has the axes (batch, rows, channels), each of length 1 where the value does not depend on it; vectors have a
further axis of length 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.declarations import Basis
from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import GHOST, Evaluator, Instance, fading_sites, length, radial_basis
from qffc.ir.values import (
    CarriedNumber,
    CarriedValue,
    CarriedVector,
    Displacement,
    Gathered,
    Moment,
    ParameterEntry,
    Position,
    Radial,
    Value,
)
from qffc.models.rows.linear_sums import linear_sums
from qffc.models.rows.row_arrays import on_each, read_rows, sum_rows
from qffc.models.rows.row_tables import Cells, by_kind, cells_of
from qffc.models.rows.shared_values import BOUND, Domain, Lift, Node, Part, Root, SharingPlan, place_name
from qffc.models.rows.value_rows import ValueRows
from qffc.passes.lower_jax.native_layers import Index

Block = tuple[jax.Array, int]
"""Values side by side, (batch, rows, channels, values), vectors with an axis of 3 more; and which one is meant."""


class Carried(Protocol):
    """What atoms carry from the round before, as far as values read it."""

    @property
    def numbers(self) -> jax.Array:
        """(batch, atoms, numbers)."""

    @property
    def vectors(self) -> jax.Array:
        """(batch, atoms, vectors, 3)."""


class RowEvaluator:
    """Computes the values of a plan; common parts are computed once, and values that are alike are computed together.

    Args:
        plan: what is computed where.
        rows: the rows of the circuits.
        parameters: arrays by name.
        positions: (batch, atoms, 3), Angstrom.
        moments: (batch, circuits, channels, observables); only readouts need them.
        carried: from the round before; None in the first one.
        known: from the species of an atom and of a neighbour (rows,) and their distances (batch, rows) to what the
            neighbour counts in sums; None where all count in full.
        round: which round it is, from 0.
        native: whether products go by the native function.
        lasting: what :meth:`found_lasting` gave in another round, of the same geometries.
        owners: (places,) the atom at each place, where images of atoms are neighbours; None where rows hold atoms.
    """

    def __init__(
        self,
        plan: SharingPlan,
        rows: ValueRows,
        parameters: Mapping[str, jax.Array],
        positions: jax.Array,
        moments: jax.Array | None = None,
        carried: Carried | None = None,
        known: Callable[[Index, Index, jax.Array], jax.Array] | None = None,
        round: int = 0,
        native: bool = False,
        lasting: Mapping[str, jax.Array] | None = None,
        owners: Index | None = None,
    ) -> None:
        self.plan = plan
        self.native = native
        self.rows = rows
        self._parameters = parameters
        self._positions = positions
        self._moments = moments
        self._carried = carried
        self._round = round
        self._owners = owners
        self._counts = known
        self._weights: dict[Domain, jax.Array] = {}
        self._lasting = {} if lasting is None else dict(lasting)
        self._known: dict[str, jax.Array] = {}
        self._blocks: dict[str, Block] = {}
        self._bases: dict[tuple[Domain, str, Basis], jax.Array] = {}
        self._has_ghosts = plan.program.scope == "atom" and plan.program.gathered is None
        self._domain_numbers = {domain: number for number, domain in enumerate(plan.domains)}

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The type of all numbers."""
        return self._positions.dtype

    def __call__(self, root: Root) -> jax.Array:
        """Return a value at all circuits: (batch, circuits, channels), each axis 1 where nothing depends on it."""
        return self.read(self.on_rows(root.key), root)

    def on_rows(self, key: str) -> jax.Array:
        """Return a value on the rows of its domain."""
        if key not in self._known:
            block, place = self.in_block(key)
            self._known[key] = block[:, :, :, place]
        return self._known[key]

    def in_block(self, key: str) -> Block:
        """Return where a value stands beside others that are alike; who needs many takes the block as a whole."""
        if key not in self._blocks:
            family = self.plan.alike[key]
            block = self.kept(
                f"values {family[0]}",
                self.plan.lasting.issuperset(family),
                lambda: self._compute(self.plan.nodes[family[0]], family),
            )
            self._blocks |= {other: (block, place) for place, other in enumerate(family)}
        return self._blocks[key]

    def kept(self, name: str, lasts: bool, make: Callable[[], jax.Array]) -> jax.Array:
        """Return an array by its name: what lasts is made once for all rounds, and its derivative is taken once."""
        if name not in self._lasting:
            made = make()
            if not lasts:
                return made
            self._lasting[name] = made
        return self._lasting[name]

    @property
    def found_lasting(self) -> dict[str, jax.Array]:
        """What has been computed so far and is the same in every round, by names."""
        return dict(self._lasting)

    def side_by_side(self, roots: Sequence[Root]) -> jax.Array:
        """Return values of one rank at all circuits, side by side: (batch, circuits, channels, values, ...)."""
        if len({(self.plan.nodes[root.key].domain, root.sites) for root in roots}) == 1:
            return self.read(self.block_of([root.key for root in roots]), roots[0])
        return _stacked([self(root) for root in roots])

    def read(self, values: jax.Array, root: Root) -> jax.Array:
        """Return values on the rows of the domain of a root, (batch, rows, ...), at the circuits."""
        domain = self.plan.nodes[root.key].domain
        if domain.circuits or values.shape[1] == 1:
            return values
        return read_rows(values, self.rows.reads[self._domain_numbers[domain], root.sites])

    def _compute(self, node: Node, family: Sequence[str]) -> jax.Array:
        """The values of a family, side by side."""
        domain = node.domain
        match node.value:
            case Position(site):
                return self._place(domain, site)[:, :, :, None]
            case Displacement(origin, site):
                return (self._place(domain, site) - self._place(domain, origin))[:, :, :, None]
            case Moment(observable):
                return self._moment(observable)[..., None]
            case ParameterEntry():
                return self._faded(domain, node.value, self.cells(domain, family).rows)
            case Radial():
                return self._radials(node, node.value, family)
            case CarriedNumber() | CarriedVector():
                return self._of_carried(node, node.value, family)
            case Gathered():
                linear = linear_sums(self, node, family)
                return self._added(node, self._parts(family)[0]) if linear is None else linear
        known = dict(zip((text for text, _ in node.named_parts), self._parts(family), strict=True))
        return self._faded(domain, node.value, self._combine(node.value, known))

    def cells(self, domain: Domain, family: Sequence[str]) -> Cells:
        """Return the entries of a family, or the tables that its members read."""
        values = (self.plan.nodes[key].value for key in family)
        entries = [
            value if isinstance(value, ParameterEntry) else value.table
            for value in values
            if isinstance(value, ParameterEntry | Radial | CarriedValue)
        ]
        return cells_of(self.plan, self.rows, self._parameters, self._round, domain, entries)

    def _parts(self, family: Sequence[str]) -> list[jax.Array]:
        """What the members of a family are made of, by the order of their parts: side by side, or one for all."""
        nodes = [self.plan.nodes[key] for key in family]
        parts = []
        for column in zip(*(node.parts for node in nodes), strict=True):
            keys = [part.key for part in column]
            shared = keys[:1] if len(set(keys)) == 1 else keys
            values = self.block_of(shared)
            parts.append(values if column[0].bound else self.lifted(nodes[0], column[0], values))
        return parts

    def block_of(self, keys: Sequence[str]) -> jax.Array:
        """Return values on the rows of their domain, side by side."""
        blocks = [self.in_block(key) for key in keys]
        first = blocks[0][0]
        if any(block is not first for block, _ in blocks):
            return _stacked([self.on_rows(key) for key in keys])
        places = [place for _, place in blocks]
        # Nearly always all of them, or every other one: that takes no gathering, and no scattering on the way back.
        step = max(1, places[1] - places[0]) if len(places) > 1 else 1
        evenly = range(places[0], places[0] + step * len(places), step)
        if places != [*evenly]:
            return first[:, :, :, np.array(places)]
        return first if evenly == range(first.shape[3]) else first[:, :, :, evenly.start : places[-1] + 1 : step]

    def _combine(
        self, value: Value, known: Mapping[str, jax.Array], then: Callable[[jax.Array], jax.Array] | None = None
    ) -> jax.Array:
        """A value from the parts that it is made of, by the one evaluator that knows all formulas."""
        here = Instance(jnp.zeros((1, 3), self._positions.dtype), None, {})

        def one(*parts: jax.Array) -> jax.Array:
            evaluate = Evaluator(self.plan.program, here, jnp, dict(zip(known, parts, strict=True)))
            result = jnp.asarray(evaluate(value), self._positions.dtype)
            return result if then is None else then(result)

        return on_each(one, list(known.values()))

    def lifted(self, node: Node, part: Part, values: jax.Array) -> jax.Array:
        """Return values of a part on the rows of the value that uses it."""
        domain = self.plan.nodes[part.key].domain
        if domain == node.domain or values.shape[1] == 1:
            return values
        lift = Lift(self._domain_numbers[node.domain], self._domain_numbers[domain], part.places)
        return read_rows(values, self.rows.lifts[self.plan.lifts.index(lift)])

    def _added(self, node: Node, values: jax.Array) -> jax.Array:
        """Values (batch, rows, ...) of neighbours, added up to rows of the sum."""
        index, count = self.targets(node)
        full = jnp.broadcast_to(values, (values.shape[0], len(index), *values.shape[2:]))
        return sum_rows(self.weighted(node, full), index, count)

    def weighted(self, node: Node, values: jax.Array) -> jax.Array:
        """Return what a sum adds up, (batch, rows, ...), each neighbour as far as its distance was seen."""
        part = node.parts[0]
        body, centre = self.plan.nodes[part.key], self.plan.program.centre
        if self._counts is None or centre is None or len(part.places) < 2:
            return values
        if body.domain not in self._weights:
            number = self._domain_numbers[body.domain]
            ends = [1 - part.places.index(BOUND), part.places.index(BOUND)]
            atoms, species = (
                [array[:, end] for end in ends] for array in (self.rows.atoms[number], self.rows.species[number])
            )
            counts = self._counts

            def make() -> jax.Array:
                ways = read_rows(self._positions, atoms[1]) - read_rows(self._positions, atoms[0])
                return counts(species[0], species[1], length(ways, jnp))

            self._weights[body.domain] = self.kept(f"weights {number}", True, make)
        weights = self._weights[body.domain]
        return values * weights.reshape(*weights.shape, *(1,) * (values.ndim - 2))

    def targets(self, node: Node) -> tuple[Index, int]:
        """Return for each row that a sum adds up the row that it is added to, and how many of these there are."""
        part = node.parts[0]
        places = tuple(k for k, place in enumerate(part.places) if place != BOUND)
        whole, number = self._domain_numbers[self.plan.nodes[part.key].domain], self._domain_numbers[node.domain]
        index = self.rows.sums[self.plan.sums.index(Lift(whole, number, places))]
        return index, len(self.rows.atoms[number])

    def _place(self, domain: Domain, site: str) -> jax.Array:
        """The positions of the atoms at one place of a domain, (batch, rows, 1, 3)."""
        number = self._domain_numbers[domain]
        atoms = self._atoms_at(domain, site)
        # A ghost is numbered on from the last atom and stands where its centre is.
        found = read_rows(self._positions, atoms % self._positions.shape[1] if self._has_ghosts else atoms)
        if "inversion" in self.plan.program.average:
            found = found * jnp.asarray(self.rows.mirror[number], found.dtype)[None, :, None]
        return found[:, :, None]

    def _atoms_at(self, domain: Domain, site: str) -> Index:
        """The atoms at one place of a domain, (rows,)."""
        places = [place_name(place) for place in range(len(domain.tuples[0]))]
        return self.rows.atoms[self._domain_numbers[domain]][:, places.index(site)]

    def _faded(self, domain: Domain, value: Value, numbers: jax.Array) -> jax.Array:
        """Numbers (batch, rows, channels, ...) of a value, zero on the rows where a ghost enters."""
        sites = fading_sites(value) if self._has_ghosts else ()
        if not sites:
            return numbers
        number = self._domain_numbers[domain]
        places = [place_name(place) for place in range(len(domain.tuples[0]))]
        here = jnp.asarray(self.rows.species[number])[:, np.array([places.index(site) for site in sites])]
        present = jnp.all(here != GHOST, axis=1).astype(numbers.dtype)
        return numbers * present.reshape(1, -1, *(1,) * (numbers.ndim - 2))

    def _moment(self, observable: str) -> jax.Array:
        if self._moments is None:
            raise InternalError(f"no moments given for {observable}")
        names = [name for name, _ in self.plan.program.observables]
        return self._moments[..., names.index(observable)]

    def _radials(self, node: Node, radial: Radial, family: Sequence[str]) -> jax.Array:
        """Radial functions of one distance."""
        cells, code = (found := self.cells(node.domain, family)).table, found.code
        basis = self.basis(node, radial)
        if basis.shape[2] == 1:
            sums = by_kind(basis[:, :, 0], cells, code, native=self.native)
        else:
            # One product of matrices, with zeros for the other species: faster than a table row for each pair of atoms.
            ones = jnp.ones((1, 1)) if code is None else jax.nn.one_hot(code, cells.shape[0])
            spread = basis[:, :, :, None] * ones.astype(basis.dtype)[None, :, None, :, None]
            each = jnp.broadcast_to(cells, (cells.shape[0], spread.shape[2], *cells.shape[2:]))
            sums = jnp.einsum("brczk,zcnk->brcn", spread, each)
        return self._faded(node.domain, radial, sums)

    def _of_carried(self, node: Node, value: CarriedNumber | CarriedVector, family: Sequence[str]) -> jax.Array:
        """Combinations of what the atoms at one place carry."""
        vector = isinstance(value, CarriedVector)
        if self._carried is None:
            return jnp.zeros((1, 1, 1, len(family), *(3,) * vector), self.dtype)
        cells, code = (table := self.cells(node.domain, family)).table, table.code
        places = self._atoms_at(node.domain, value.site)
        atoms = places if self._owners is None else self._owners[places]
        if not vector:
            return by_kind(read_rows(self._carried.numbers, atoms), cells, code, native=self.native)
        found = read_rows(self._carried.vectors, atoms)
        if "inversion" in self.plan.program.average:
            mirror = self.rows.mirror[self._domain_numbers[node.domain]]
            found = found * jnp.asarray(mirror, found.dtype)[None, :, None, None]
        batch, rows, count, _ = found.shape
        sums = by_kind(jnp.moveaxis(found, 3, 0).reshape(3 * batch, rows, count), cells, code, native=self.native)
        return jnp.moveaxis(sums.reshape(3, batch, *sums.shape[1:]), 0, -1)

    def basis(self, node: Node, radial: Radial) -> jax.Array:
        """Return the basis functions at the distance that a radial function takes, (batch, rows, channels, size)."""
        basis = self.plan.program.parameter(radial.table.name).basis
        if basis is None:
            raise InternalError(f"{node.value} has no basis")
        key = (node.domain, radial.argument.text, basis)
        if key not in self._bases:
            argument = radial.argument
            parts = [(text, part) for text, part in node.named_parts if text == argument.text]

            def make() -> jax.Array:
                known = {text: self.lifted(node, part, self.on_rows(part.key)[:, :, :, None]) for text, part in parts}
                return self._combine(argument, known, lambda distance: radial_basis(distance, basis, jnp))[:, :, :, 0]

            name = f"basis {self._domain_numbers[node.domain]} {argument.text} {basis}"
            lasts = self.plan.lasting.issuperset(part.key for _, part in parts)
            self._bases[key] = self.kept(name, lasts, make)
        return self._bases[key]


def _stacked(each: Sequence[jax.Array]) -> jax.Array:
    """Values (batch, rows, channels, ...) side by side, axes of length 1 repeated."""
    sizes = [next((values.shape[axis] for values in each if values.shape[axis] != 1), 1) for axis in range(3)]
    return jnp.stack([jnp.broadcast_to(values, (*sizes, *values.shape[3:])) for values in each], axis=3)
