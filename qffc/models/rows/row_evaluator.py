"""The values of a program on their rows, many geometries and channels at once.

Every array has the axes (batch, rows, channels), each of length 1 where the value does not depend on it; vectors have a
further axis of length 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.declarations import Basis
from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import GHOST, Evaluator, Instance, fading_sites, radial_basis
from qffc.ir.values import (
    ChannelIndex,
    Displacement,
    Moment,
    ParameterEntry,
    Position,
    Radial,
    SpeciesOf,
    Value,
)
from qffc.models.rows.shared_values import Domain, Lift, Node, Part, Root, SharingPlan, place_name
from qffc.models.rows.species_rows import order_of, taken, times_weights
from qffc.models.rows.value_rows import Index, ValueRows

Block = tuple[jax.Array, int]
"""Values side by side, (batch, rows, channels, values), and which of them is meant."""

_AXES = 3
"""Batch, rows, channels."""


class RowEvaluator:
    """Computes the values of a plan; common parts are computed once.

    Args:
        plan: what is computed where.
        rows: the rows of the circuits.
        parameters: arrays by name.
        positions: (batch, atoms, 3), Angstrom.
        moments: (batch, circuits, channels, observables); only readouts need them.
    """

    def __init__(
        self,
        plan: SharingPlan,
        rows: ValueRows,
        parameters: Mapping[str, jax.Array],
        positions: jax.Array,
        moments: jax.Array | None = None,
    ) -> None:
        self._plan = plan
        self.rows = rows
        self._parameters = parameters
        self._positions = positions
        self._moments = moments
        self._known: dict[str, jax.Array] = {}
        self._blocks: dict[str, Block] = {}
        self._bases: dict[tuple[Domain, str, Basis], jax.Array] = {}
        self._has_ghosts = plan.program.scope == "atom"
        self._domain_numbers = {domain: number for number, domain in enumerate(plan.domains)}
        self._lift_numbers = {lift: number for number, lift in enumerate(plan.lifts)}

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
            block = self.in_block(key)
            self._known[key] = self._compute(self._plan.nodes[key]) if block is None else block[0][..., block[1]]
        return self._known[key]

    def in_block(self, key: str) -> Block | None:
        """Return where an entry or a radial function stands beside others of its table; None for other values.

        Who needs many of them takes the block as a whole: an operation for each makes long programs slow to compile.
        """
        if key not in self._blocks:
            node = self._plan.nodes[key]
            if isinstance(node.value, ParameterEntry):
                self._blocks |= self._entries(node.domain, node.value)
            elif isinstance(node.value, Radial):
                self._blocks |= self._radials(node, node.value)
            else:
                return None
        return self._blocks[key]

    def read(self, values: jax.Array, root: Root) -> jax.Array:
        """Return values on the rows of the domain of a root, (batch, rows, ...), at the circuits."""
        domain = self._plan.nodes[root.key].domain
        if domain.circuits or values.shape[1] == 1:
            return values
        return take_rows(values, self.rows.reads[self._domain_numbers[domain], root.sites])

    def _compute(self, node: Node) -> jax.Array:
        match node.value:
            case Position(site):
                return self._place(node.domain, site)
            case Displacement(origin, site):
                return self._place(node.domain, site) - self._place(node.domain, origin)
            case Moment(observable):
                return self._moment(observable)
        known = {text: self._lifted(node, part) for text, part in node.named_parts}
        return self._faded(node.domain, node.value, self._combine(node.value, known))

    def _combine(
        self, value: Value, known: Mapping[str, jax.Array], then: Callable[[jax.Array], jax.Array] | None = None
    ) -> jax.Array:
        """A value from the parts that it is made of, by the one evaluator that knows all formulas."""
        here = Instance(jnp.zeros((1, 3), self._positions.dtype), None, {})

        def one(*parts: jax.Array) -> jax.Array:
            evaluate = Evaluator(self._plan.program, here, jnp, dict(zip(known, parts, strict=True)))
            result = jnp.asarray(evaluate(value), self._positions.dtype)
            return result if then is None else then(result)

        return _each(one, list(known.values()))

    def _lifted(self, node: Node, part: Part) -> jax.Array:
        """A part on the rows of the value that uses it."""
        values = self.on_rows(part.key)
        domain = self._plan.nodes[part.key].domain
        if domain == node.domain or values.shape[1] == 1:
            return values
        lift = Lift(self._domain_numbers[node.domain], self._domain_numbers[domain], part.places)
        return take_rows(values, self.rows.lifts[self._plan.lifts.index(lift)])

    def _place(self, domain: Domain, site: str) -> jax.Array:
        """The positions of the atoms at one place of a domain, (batch, rows, 1, 3)."""
        number = self._domain_numbers[domain]
        places = [place_name(place) for place in range(len(domain.tuples[0]))]
        atoms = self.rows.atoms[number][:, places.index(site)]
        # A ghost is numbered on from the last atom and stands where its centre is.
        found = take_rows(self._positions, atoms % self._positions.shape[1] if self._has_ghosts else atoms)
        if "inversion" in self._plan.program.average:
            found = found * jnp.asarray(self.rows.mirror[number], found.dtype)[None, :, None]
        return found[:, :, None]

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
        names = [name for name, _ in self._plan.program.observables]
        return self._moments[..., names.index(observable)]

    def _entries(self, domain: Domain, entry: ParameterEntry) -> dict[str, Block]:
        """An entry of a table, and all entries of the table that differ by plain numbers only."""
        entries = [
            node.value
            for node in self._plan.nodes.values()
            if isinstance(node.value, ParameterEntry) and node.domain == domain and _alike(node.value, entry)
        ]
        cells, code = self._cells(domain, entries)
        table = self._faded(domain, entry, cells[None] if code is None else take_rows(cells[None], code))
        return {other.text: (table, place) for place, other in enumerate(entries)}

    def _radials(self, node: Node, radial: Radial) -> dict[str, Block]:
        """A radial function, and all others of its table at the same distance."""
        radials = [
            other.value
            for other in self._plan.nodes.values()
            if isinstance(other.value, Radial) and other.domain == node.domain and _same_sum(other.value, radial)
        ]
        cells, code = self._cells(node.domain, [other.table for other in radials])
        basis = self._basis(node, radial)
        if basis.shape[2] == 1:
            sums = _by_kind(basis[:, :, 0], cells, code)
        else:
            # One product of matrices, with zeros for the other species: faster than a table row for each pair of atoms.
            ones = jnp.ones((1, 1)) if code is None else jax.nn.one_hot(code, cells.shape[0])
            spread = basis[:, :, :, None] * ones.astype(basis.dtype)[None, :, None, :, None]
            each = jnp.broadcast_to(cells, (cells.shape[0], spread.shape[2], *cells.shape[2:]))
            sums = jnp.einsum("brczk,zcnk->brcn", spread, each)
        sums = self._faded(node.domain, radial, sums)
        return {other.text: (sums, place) for place, other in enumerate(radials)}

    def _basis(self, node: Node, radial: Radial) -> jax.Array:
        """The basis functions at the distance that a radial function takes, (batch, rows, channels, size)."""
        basis = self._plan.program.parameter(radial.table.name).basis
        if basis is None:
            raise InternalError(f"{node.value} has no basis")
        key = (node.domain, radial.argument.text, basis)
        if key not in self._bases:
            argument = radial.argument
            known = {text: self._lifted(node, part) for text, part in node.named_parts if text == argument.text}
            self._bases[key] = self._combine(argument, known, lambda distance: radial_basis(distance, basis, jnp))
        return self._bases[key]

    def _cells(
        self, domain: Domain, entries: Sequence[ParameterEntry]
    ) -> tuple[jax.Array, jax.Array | np.ndarray | None]:
        """Entries of one table with indices of the same kinds, and which of them each row of the domain reads.

        Returns:
            (cells, channels, entries), and the basis, one cell for each combination of species; and the cell of each
            row (rows,), None where no species enters.
        """
        number = self._domain_numbers[domain]
        table = self._parameters[entries[0].name]
        kinds = entries[0].indices
        places = [place_name(place) for place in range(len(domain.tuples[0]))]
        sites = list(dict.fromkeys(index.site for index in kinds if isinstance(index, SpeciesOf)))
        species = [self.rows.species[number][:, places.index(site)] for site in sites]
        size = len(self._plan.program.species)
        grid = np.indices((size,) * len(sites)).reshape(len(sites), size ** len(sites))
        columns: list[np.ndarray] = []
        for axis, index in enumerate(kinds):
            match index:
                case SpeciesOf(site):
                    columns.append(grid[sites.index(site)][:, None, None])
                case ChannelIndex():
                    columns.append(np.arange(self._plan.program.channels)[None, :, None])
                case int():
                    columns.append(np.array([entry.indices[axis] for entry in entries])[None, None, :])
        cells = table[tuple(columns)] if columns else jnp.reshape(table, (1, 1, 1, *table.shape))
        if not species:
            return cells, None
        if self._has_ghosts:
            species = [jnp.maximum(column, 0) for column in species]
        code = species[0]
        for column in species[1:]:
            code = code * size + column
        return cells, code


def take_rows(values: jax.Array, index: jax.Array | np.ndarray) -> jax.Array:
    """Return rows of the second axis; ``index`` must be in bounds."""
    return values.at[:, index].get(mode="promise_in_bounds")


def add_rows(values: jax.Array, index: jax.Array | np.ndarray, rows: int) -> jax.Array:
    """Return ``rows`` rows along the second axis, each the sum of the values whose index it is."""
    zeros = jnp.zeros((values.shape[0], rows, *values.shape[2:]), values.dtype)
    return zeros.at[:, index].add(values, mode="promise_in_bounds")


def _by_kind(basis: jax.Array, cells: jax.Array, code: Index | None) -> jax.Array:
    """Sums (batch, rows, channels, functions) of a basis (batch, rows, size) with the cells of each row."""
    kinds, channels, functions, size = cells.shape
    rows = basis.shape[1]
    code = np.zeros(rows, dtype=np.int32) if code is None else code
    order = order_of(code)
    rows_first = jnp.swapaxes(basis, 0, 1)
    matrices = jnp.swapaxes(cells.reshape(kinds, channels * functions, size), 1, 2)
    if order is None:
        sums = times_weights(rows_first, matrices, code)
    else:
        sums = taken(times_weights(taken(rows_first, order), matrices, code[order]), np.argsort(order))
    return jnp.swapaxes(sums, 0, 1).reshape(basis.shape[0], rows, channels, functions)


def _alike(left: ParameterEntry, right: ParameterEntry) -> bool:
    """Whether two entries differ by plain numbers among their indices only."""
    if left.name != right.name or len(left.indices) != len(right.indices):
        return False
    pairs = zip(left.indices, right.indices, strict=True)
    return all(a == b or (isinstance(a, int) and isinstance(b, int)) for a, b in pairs)


def _same_sum(left: Radial, right: Radial) -> bool:
    """Whether one product of tables with basis functions gives both."""
    return left.argument == right.argument and _alike(left.table, right.table)


def _each(function: Callable[..., jax.Array], parts: Sequence[jax.Array]) -> jax.Array:
    """Apply a function of single numbers or vectors to each place of the leading axes, those of length 1 repeated."""
    sizes = [max((part.shape[axis] for part in parts), default=1) for axis in range(_AXES)]
    mapped = function
    for axis in reversed(range(_AXES)):
        if sizes[axis] > 1:
            mapped = jax.vmap(mapped, in_axes=tuple(None if part.shape[axis] == 1 else 0 for part in parts))
    squeezed = [jnp.squeeze(part, tuple(a for a in range(_AXES) if part.shape[a] == 1)) for part in parts]
    return jnp.expand_dims(mapped(*squeezed), tuple(axis for axis in range(_AXES) if sizes[axis] == 1))
