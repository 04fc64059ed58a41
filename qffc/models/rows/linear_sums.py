"""Sums over neighbours of learned functions of a distance, summed before the functions are learned.

A learned function is a combination of a few basis functions, so a sum of many of them over neighbours,

    sum over j of f_n(r_j) x_j  =  sum over k, z of f[n, z, k] S_zk,   S_zk = sum over j of species z of B_k(r_j) x_j,

needs the sums S of the basis alone, which are few (the density trick of the atomic cluster expansion, Drautz,
doi:10.1103/PhysRevB.99.014104), and one product of matrices. The factor x may hold one inner product with a vector
y_n that does not depend on the neighbour, for the sum of B_k(r_j) x_j (u_j . y_n) is a matrix that acts on y_n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol

import jax
import jax.numpy as jnp

from qffc.ir.values import Dot, Mul, Radial
from qffc.models.rows.row_arrays import sum_rows
from qffc.models.rows.row_tables import Cells, by_kind, code_of
from qffc.models.rows.shared_values import BOUND, Domain, Node, Part, SharingPlan, place_name
from qffc.models.rows.value_rows import ValueRows
from qffc.passes.lower_jax.native_layers import Index


class Rows(Protocol):
    """The evaluator, as far as sums need it."""

    plan: SharingPlan
    rows: ValueRows
    native: bool

    def block_of(self, keys: Sequence[str]) -> jax.Array:
        """Values on the rows of their domain, side by side."""

    def lifted(self, node: Node, part: Part, values: jax.Array) -> jax.Array:
        """Values of a part on the rows of the value that uses it."""

    def cells(self, domain: Domain, family: Sequence[str]) -> Cells:
        """The tables that values read."""

    def kept(self, name: str, lasts: bool, make: Callable[[], jax.Array]) -> jax.Array:
        """An array that is made once for all rounds where it lasts."""

    def basis(self, node: Node, radial: Radial) -> jax.Array:
        """The basis functions of a learned function."""

    def weighted(self, node: Node, values: jax.Array) -> jax.Array:
        """What a sum adds up, each neighbour as far as it counts."""

    def targets(self, node: Node) -> tuple[Index, int]:
        """For each row that a sum adds up the row that it is added to, and how many of these there are."""


@dataclass(frozen=True)
class _Factors:
    """The factors of what is added up.

    Args:
        body: the node of what is added up, of the first member.
        radials: the learned function of each member, as a part of its body.
        shared: what is one for all members.
        direction: the vector of an inner product that depends on the neighbour, and the node of that product.
        acted_on: for each member the other vector of it.
    """

    body: Node
    radials: list[Part]
    shared: list[Part]
    direction: tuple[Node, Part, Part] | None = None
    acted_on: tuple[str, ...] = ()


def linear_sums(evaluate: Rows, node: Node, family: Sequence[str]) -> jax.Array | None:
    """Return sums over neighbours, (batch, rows, channels, values, ...); None where they are not of that form.

    Args:
        evaluate: knows the values that are added up.
        node: of the first sum of the family.
        family: sums that differ by plain indices of tables.
    """
    factors = _factors(evaluate, node, family)
    if factors is None:
        return None
    plan, body = evaluate.plan, factors.body
    radial_node = plan.nodes[factors.radials[0].key]
    radial = radial_node.value
    assert isinstance(radial, Radial)
    basis = evaluate.lifted(body, factors.radials[0], evaluate.basis(radial_node, radial))
    found = [
        (evaluate.lifted(body, part, evaluate.block_of([part.key])), plan.nodes[part.key].value.law.rank)
        for part in factors.shared
    ]
    if basis.shape[2] > 1 or any(values.shape[2] > 1 for values, _ in found):
        return None  # another sum for each channel
    summand = basis[:, :, 0]  # (batch, rows, basis), and an axis of 3 for each vector
    if factors.direction is not None:
        inner, part, lift = factors.direction
        vector = evaluate.lifted(inner, part, evaluate.block_of([part.key]))
        if vector.shape[2] > 1:
            return None
        summand = summand[..., None] * evaluate.lifted(body, lift, vector)[:, :, 0]
    for values, rank in found:
        flat = values[:, :, 0, 0].reshape(*values.shape[:2], *(1,) * (summand.ndim - 2), *(3,) * rank)
        summand = (summand[..., None] if rank else summand) * flat
    return _contracted(evaluate, node, family, factors, summand)


def _contracted(evaluate: Rows, node: Node, family: Sequence[str], factors: _Factors, summand: jax.Array) -> jax.Array:
    """Sums of the basis (batch, rows, basis, ...) times the coefficients of the members, and acted on."""
    plan = evaluate.plan
    radial_node = plan.nodes[factors.radials[0].key]
    cells = evaluate.cells(radial_node.domain, [part.key for part in factors.radials])
    index, count = evaluate.targets(node)
    # The species of the neighbour tells the sums apart, those of other sites which table they are multiplied with.
    places = [factors.radials[0].places[_place_number(site)] for site in cells.sites]
    bound = [place == _bound_place(node) for place in places]
    near = code_of([column for column, own in zip(cells.species, bound, strict=True) if own], cells.size)
    apart = cells.size ** sum(bound)

    def summed() -> jax.Array:
        rows = jnp.broadcast_to(summand, (summand.shape[0], len(index), *summand.shape[2:]))
        return sum_rows(evaluate.weighted(node, rows), index if near is None else index * apart + near, count * apart)

    sums = evaluate.kept(f"sums {family[0]}", _lasts(plan, factors), summed)
    batch, size, dims = sums.shape[0], sums.shape[2], sums.shape[3:]
    sums = sums.reshape(batch, count, apart * size, prod(dims))
    here = evaluate.rows.species[plan.domains.index(node.domain)]
    free = code_of(
        [here[:, node.parts[0].places[place]] for place, own in zip(places, bound, strict=True) if not own], cells.size
    )
    vectors_first = jnp.moveaxis(sums, 3, 0).reshape(prod(dims) * batch, count, apart * size)
    found = by_kind(vectors_first, _with_neighbour_in_basis(cells, bound), free, native=evaluate.native)
    found = jnp.moveaxis(found.reshape(prod(dims), batch, *found.shape[1:]), 0, -1)
    found = found.reshape(*found.shape[:-1], *dims)
    if not factors.acted_on:
        return found
    acted = _on_sum(evaluate, node, factors)
    extra = (1,) * (len(dims) - 1)
    return jnp.sum(found * acted.reshape(*acted.shape, *extra), axis=4)


def _lasts(plan: SharingPlan, factors: _Factors) -> bool:
    """Whether what is summed, the basis and what it is multiplied with, is the same in every round."""
    keys = [part.key for part in plan.nodes[factors.radials[0].key].parts]
    keys += [part.key for part in factors.shared]
    keys += [] if factors.direction is None else [factors.direction[1].key]
    return plan.lasting.issuperset(keys)


def _with_neighbour_in_basis(cells: Cells, bound: Sequence[bool]) -> jax.Array:
    """Tables (cells of the other sites, channels, members, species of the neighbour times basis)."""
    kinds, (channels, members, size) = len(bound), cells.table.shape[1:]
    table = cells.table.reshape(*(cells.size,) * kinds, channels, members, size)
    order = sorted(range(kinds), key=lambda k: bound[k])
    table = jnp.transpose(table, (*order, *range(kinds, kinds + 3)))
    apart = cells.size ** sum(bound)
    table = jnp.moveaxis(table.reshape(-1, apart, channels, members, size), 1, 3)
    return table.reshape(-1, channels, members, apart * size)


def _on_sum(evaluate: Rows, node: Node, factors: _Factors) -> jax.Array:
    """The vectors that are acted on, on the rows of the sum, (batch, rows, channels, members, 3)."""
    plan = evaluate.plan
    keys = factors.acted_on
    values = evaluate.block_of(keys)
    # Their places among those of the sum: the inner product, the body and the sum each count their own.
    assert factors.direction is not None
    inner, _, lift = factors.direction
    other = next(part for part in inner.parts if part.key == keys[0])
    places = tuple(node.parts[0].places[lift.places[place]] for place in other.places)
    return evaluate.lifted(node, Part(keys[0], places), values) if plan.nodes[keys[0]].domain != node.domain else values


def _bound_place(node: Node) -> int:
    """The place of the gathered site in the tuples of what is added up."""
    return node.parts[0].places.index(BOUND)


def _place_number(name: str) -> int:
    return int(name.removeprefix(place_name(0)[:1]))


def _factors(evaluate: Rows, node: Node, family: Sequence[str]) -> _Factors | None:
    plan = evaluate.plan
    bodies = [plan.nodes[plan.nodes[key].parts[0].key] for key in family]
    body, bound = bodies[0], _bound_place(node)
    if isinstance(body.value, Radial):
        columns = [[Part(plan.nodes[key].parts[0].key, tuple(range(len(body.domain.tuples[0])))) for key in family]]
    elif isinstance(body.value, Mul) and len(body.parts) == len(body.value.factors):  # numbers are no parts
        columns = [list(column) for column in zip(*(each.parts for each in bodies), strict=True)]
    else:
        return None
    radials = [column for column in columns if isinstance(plan.nodes[column[0].key].value, Radial)]
    if len(radials) != 1 or plan.nodes[radials[0][0].key].domain != body.domain:
        return None
    distances = {plan.nodes[part.key].parts[0].key for part in radials[0]}
    if len(distances) > 1:
        return None
    shared: list[Part] = []
    direction: tuple[Node, Part, Part] | None = None
    acted_on: tuple[str, ...] = ()
    for column in columns:
        if column is radials[0]:
            continue
        if len({part.key for part in column}) == 1 and not isinstance(plan.nodes[column[0].key].value, Dot):
            shared.append(column[0])
            continue
        inner = plan.nodes[column[0].key]
        if acted_on or not isinstance(inner.value, Dot) or len(inner.parts) != 2:
            return None
        sides = [[plan.nodes[part.key].parts[side] for part in column] for side in (0, 1)]
        depends = [bound in [column[0].places[place] for place in side[0].places] for side in sides]
        if depends.count(True) != 1:
            return None
        ways, others = sides[depends.index(True)], sides[depends.index(False)]
        if len({part.key for part in ways}) > 1:
            return None
        direction, acted_on = (inner, ways[0], column[0]), tuple(part.key for part in others)
    return _Factors(body, radials[0], shared, direction, acted_on)
