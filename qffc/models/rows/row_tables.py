"""Entries of tables as the rows of a domain read them, and products of rows with the tables of their species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.values import ChannelIndex, ParameterEntry, RoundIndex, SpeciesOf
from qffc.models.rows.shared_values import Domain, SharingPlan, place_name
from qffc.models.rows.species_rows import times_weights
from qffc.models.rows.value_rows import ValueRows
from qffc.passes.lower_jax.native_layers import Index


@dataclass(frozen=True, eq=False)
class Cells:
    """Entries of one table with indices of the same kinds.

    Args:
        table: (cells, channels, entries), and the basis: one cell for each combination of the species of the sites.
        sites: the sites whose species are indices, as places of the domain.
        species: for each of them (rows,), of the rows of the domain.
        size: how many species there are.
    """

    table: jax.Array
    sites: tuple[str, ...]
    species: tuple[Index, ...]
    size: int

    @property
    def code(self) -> Index | None:
        """The cell of each row (rows,); None where no species enters."""
        return code_of(self.species, self.size)

    @property
    def rows(self) -> jax.Array:
        """What each row reads, (1, rows, channels, entries), and the basis."""
        code = self.code
        return self.table[None] if code is None else self.table[None].at[:, code].get(mode="promise_in_bounds")


def code_of(species: Sequence[Index], size: int) -> Index | None:
    """Return one number for each combination of species; None where there are none."""
    code: Index | None = None
    for column in species:
        code = column if code is None else code * size + column
    return code


def cells_of(
    plan: SharingPlan,
    rows: ValueRows,
    parameters: Mapping[str, jax.Array],
    round_number: int,
    domain: Domain,
    entries: Sequence[ParameterEntry],
) -> Cells:
    """Return entries of one table as the rows of a domain read them.

    Args:
        plan: the plan of the program.
        rows: the rows of the circuits.
        parameters: arrays by name.
        round_number: which round it is, from 0.
        domain: where they are read.
        entries: which differ by plain indices only.
    """
    number = plan.domains.index(domain)
    table = parameters[entries[0].name]
    kinds = entries[0].indices
    places = [place_name(place) for place in range(len(domain.tuples[0]))]
    sites = tuple(dict.fromkeys(index.site for index in kinds if isinstance(index, SpeciesOf)))
    species: list[Index] = [rows.species[number][:, places.index(site)] for site in sites]
    size = len(plan.program.species)
    grid = np.indices((size,) * len(sites)).reshape(len(sites), size ** len(sites))
    columns: list[np.ndarray] = []
    for axis, index in enumerate(kinds):
        match index:
            case SpeciesOf(site):
                columns.append(grid[sites.index(site)][:, None, None])
            case ChannelIndex():
                columns.append(np.arange(plan.program.channels)[None, :, None])
            case RoundIndex():
                # Nothing is carried before the first round.
                over = plan.program.parameter(entries[0].name).over
                columns.append(np.full((1, 1, 1), round_number - (over is not None)))
            case int():
                columns.append(np.array([entry.indices[axis] for entry in entries])[None, None, :])
    cells = _read(table, columns)
    if plan.program.scope == "atom" and plan.program.gathered is None:
        species = [jnp.maximum(column, 0) for column in species]  # ghosts read what then fades
    return Cells(cells, sites, tuple(species), size)


def _read(table: jax.Array, columns: Sequence[np.ndarray]) -> jax.Array:
    """Return ``table[columns]`` for known indices: (cells, channels, entries), and the axes that have no index.

    As one axis of the table, all of which is often read in order: indexing by several arrays is ten times as many
    operations for JAX to trace, and these are a fifth of all of a model.
    """
    if not columns:
        return jnp.reshape(table, (1, 1, 1, *table.shape))
    indexed, rest = table.shape[: len(columns)], table.shape[len(columns) :]
    places = np.ravel_multi_index(np.broadcast_arrays(*columns), indexed)
    flat = jnp.reshape(table, (-1, *rest))
    if not np.array_equal(places.ravel(), np.arange(len(flat))):
        flat = flat.at[places.ravel()].get(mode="promise_in_bounds")
    return jnp.reshape(flat, (*places.shape, *rest))


def by_kind(basis: jax.Array, cells: jax.Array, code: Index | None, *, native: bool) -> jax.Array:
    """Sums (batch, rows, channels, functions) of a basis (batch, rows, size) with the cells of each row.

    Args:
        basis: (batch, rows, size).
        cells: (kinds, channels, functions, size).
        code: (rows,) the kind of each row; None where there is one.
        native: whether by the native function.
    """
    kinds, channels, functions, size = cells.shape
    rows = basis.shape[1]
    matrices = jnp.swapaxes(cells.reshape(kinds, channels * functions, size), 1, 2)
    code = np.zeros(rows, dtype=np.int32) if code is None else code
    sums = times_weights(jnp.swapaxes(basis, 0, 1), matrices, code, native=native)
    return jnp.swapaxes(sums, 0, 1).reshape(basis.shape[0], rows, channels, functions)
