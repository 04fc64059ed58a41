"""Inversion: spin does not change sign under it, vectors do, so it has to be earned.

Three rules prove it. In all of them *even* and *odd* are exact: by the law of a value, or of the polynomial that it is
(``coordinates.parity``).

**Lemma (even values).** If every value of the program, the readout included, is even, nothing at all changes. Axial
vectors may drive rotations.

**Lemma (two independent vectors).** Let all polar vectors that enter, outside of even numbers, lie in one plane at every
geometry, let rotation be proven by commutators, and let every value be a number or a vector that turns along. Then the
response is even. *Proof.* In a plane inversion is a rotation by pi about the normal. Each value is a function of these
vectors and of even numbers, and turns along with them, so the program at the mirror image is the program at the turned
molecule. Hypotheses: displacements are counted as a graph, sites its nodes and each displacement an edge, and the vectors
lie in a plane when nodes minus connected parts are at most two (:func:`odd_edges`). An absolute position is the
displacement from the laboratory origin; where translation is proven, the origin may be put on one of the sites that are
named so, which leaves one vector less.

**Lemma (flipped spins).** If the program with all positions mirrored, conjugated by one Pauli letter on all qubits, is the
program, the response is even: that is the lemma of ``relabelling.py``. So rotations by odd numbers about an axis of the
laboratory are undone by turning all spins about another.

The parity of a length needs care: the length of a polar plus an axial vector is not even (``laws.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import networkx as nx

from qffc.ir.program import Program
from qffc.ir.pauli import LETTERS
from qffc.ir.printer import print_readout
from qffc.ir.values import Displacement, Position, Value
from qffc.passes.equivariance.coordinates import parity, residual
from qffc.passes.equivariance.counterexample import MIRROR, judge
from qffc.passes.equivariance.relabelling import Action, make_word, relabelling_failure, representatives
from qffc.passes.equivariance.rotation import rotation_failure
from qffc.passes.equivariance.translation import classical_values, translation_failure
from qffc.passes.equivariance.verdict import Failure, Verdict, op_reference, proven

EVEN_VALUES = "even values"
TWO_VECTORS = "two independent vectors"
FLIPPED = "flipped spins"
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
    if _flips(program):
        return proven("inversion", FLIPPED)
    return judge(program, "inversion", TWO_VECTORS, failure, MIRROR)


def is_even(value: Value) -> bool:
    """Whether a value stays what it is under inversion, by its law or as a polynomial."""
    return value.law.parity == 1 or (not value.law.covariant and parity(value) == 1)


def _flips(program: Program) -> bool:
    """Whether some Pauli letter on all qubits undoes the mirror."""
    if all(value.law.covariant for _, value in classical_values(program)):
        return False  # a vector that turns along is undone by no letter
    word, qubits = make_word(program, representatives(program, {})), range(len(program.qubits))
    return any(
        relabelling_failure(program, word, Action(renaming=tuple(qubits), paulis=dict.fromkeys(qubits, letter), mirror=True))
        is None
        for letter in LETTERS
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
        graph.add_edges_from(odd_edges(value))
        rank = graph.number_of_nodes() - nx.number_connected_components(graph) - (movable and _ORIGIN in graph)
        if rank > 2:
            return Failure(f"{rank} independent vectors enter up to here: {_spell(graph)}", op, line=line)
    return None


def odd_edges(value: Value) -> Iterator[tuple[str, str]]:
    """Yield the displacements that a value is built from, those left out that are inside even numbers which turn nothing.

    A product of two coordinates is even as well, and changes as the molecule turns: its vectors count.
    """
    if value.law.rank == 0 and is_even(value) and (value.law.covariant or residual(value, "rotation") is None):
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
