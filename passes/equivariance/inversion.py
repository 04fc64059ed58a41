"""Inversion: spin does not change sign under it, vectors do, so it has to be earned.

Two rules prove it.

*Even values*: every value of the program has parity +1, so nothing at all changes. Axial vectors may drive rotations.

*Two independent vectors*: all polar vectors that enter, outside of scalars of parity +1, lie in one plane. In a plane
inversion is a rotation by pi about the normal. Every value is built covariantly from these vectors and from even
scalars, so the program at the mirror image is the program at the turned molecule, and rotation is proven. An absolute
position is the displacement from the laboratory origin; where translation is proven the origin may be put on one of the
sites that are named so, which leaves one vector less.

The parity of a length needs care: the length of a polar plus an axial vector is not even, so a scalar counts as even
only when every length in it is that of a vector of definite parity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import networkx as nx

from qffc.ir.printer import print_readout
from qffc.ir.program import Program
from qffc.ir.values import Displacement, Norm, Position, Value, walk
from qffc.passes.equivariance.counterexample import MIRROR, judge
from qffc.passes.equivariance.rotation import rotation_failure
from qffc.passes.equivariance.translation import classical_values, translation_failure
from qffc.passes.equivariance.verdict import Failure, Verdict, op_reference, proven

EVEN_VALUES = "even values"
TWO_VECTORS = "two independent vectors"
AVERAGE = "average over inversion"
_ORIGIN = ""
"""The node of the laboratory origin, a name that no site has."""


def check_inversion(program: Program) -> Verdict:
    """Prove by one of the rules, else compare a molecule with its mirror image."""
    if "inversion" in program.average:
        return proven("inversion", AVERAGE)
    values = tuple(classical_values(program))
    if all(is_even(value) for _, value in values):
        return proven("inversion", EVEN_VALUES)
    failure = _two_vector_failure(program, values)
    if failure is None:
        return proven("inversion", TWO_VECTORS)
    return judge(program, "inversion", TWO_VECTORS, failure, MIRROR)


def is_even(value: Value) -> bool:
    """Whether a value stays what it is under inversion, by its law."""
    return value.law.parity == 1 and all(
        node.vector.law.parity is not None for node in walk(value) if isinstance(node, Norm)
    )


def _two_vector_failure(program: Program, values: tuple[tuple[int | None, Value], ...]) -> Failure | None:
    rotation = rotation_failure(program)
    if rotation is not None:
        return replace(rotation, residual=f"the rule needs rotation to be proven: {rotation.residual}")
    movable = translation_failure(program) is None
    graph: nx.Graph = nx.Graph()
    for index, value in values:
        op = None if index is None else op_reference(program, index)
        line = print_readout(program.readout) if index is None else None
        if not value.law.covariant:
            return Failure(f"{value} is a {value.law.name}", op, line=line)
        graph.add_edges_from(odd_edges(value))
        rank = graph.number_of_nodes() - nx.number_connected_components(graph) - (movable and _ORIGIN in graph)
        if rank > 2:
            return Failure(f"{rank} independent vectors enter up to here: {_spell(graph)}", op, line=line)
    return None


def odd_edges(value: Value) -> Iterator[tuple[str, str]]:
    """Yield the displacements that a value is built from, those inside even scalars left out."""
    if value.law.rank == 0 and is_even(value):
        return
    if isinstance(value, Displacement):
        yield value.origin, value.site
    if isinstance(value, Position):
        yield _ORIGIN, value.site
    for child in value.children:
        yield from odd_edges(child)


def _spell(graph: nx.Graph) -> str:
    return ", ".join(
        f"x({b})" if a == _ORIGIN else f"x({a})" if b == _ORIGIN else f"r({a}, {b})" for a, b in graph.edges
    )
