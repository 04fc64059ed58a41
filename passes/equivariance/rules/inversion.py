"""Inversion: spin does not change sign under it, vectors do, so it has to be earned.

Three rules prove it. In all of them *even* and *odd* are exact: by the law of a value, or of the polynomial that
it is (``motions.parity``).

**Lemma (even values).** If every value of the program, the readout included, is even, nothing at all changes. Axial
vectors may drive rotations.

**Lemma (two independent vectors).** Let all polar vectors that enter, outside of even numbers that stay the same as
the molecule turns, lie in one plane at every geometry, and let rotation be proven by commutators. Then the response is
even.

*Proof.* In a plane inversion is a rotation by pi about the normal. Each value is a function of these vectors and of
those numbers, and turns along with them, so the program at the mirror image is the program at the turned molecule.

Hypotheses, and where they are checked: displacements are counted as a graph, sites its nodes and each displacement an
edge, and the vectors lie in a plane when nodes minus connected parts are at most two (:func:`odd_edges`). A sum over
neighbours that is a polar vector, by its law or as a polynomial, is one vector, as is one that atoms carry between
rounds; any other sum may hold any number of them. An absolute
position is the displacement from the laboratory origin; where translation is proven, the origin may be put on one of
the sites that are named so, which leaves one vector less.

**Lemma (relabelled mirror image).** If the program with all positions mirrored is the program with its qubits renamed,
perhaps conjugated by one Pauli letter on all of them, the response is even: that is the lemma of ``relabelling.py``. So
v on one qubit and -v on another may trade places, and rotations by odd numbers about an axis of the laboratory are
undone by turning all spins about another.

The parity of a length needs care: the length of a polar plus an axial vector is not even (``laws.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.values import CarriedVector, Displacement, Gathered, Position, Value
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.polynomials.motions import parity, residual
from qffc.passes.equivariance.renaming.relabelling import relabelled
from qffc.passes.equivariance.renaming.words import Action, make_word, representatives
from qffc.passes.equivariance.rules.carried import carried_failure
from qffc.passes.equivariance.rules.rotation import rotation_failure
from qffc.passes.equivariance.rules.translation import classical_values, failure_at, translation_failure
from qffc.passes.equivariance.transforms import MIRROR
from qffc.passes.equivariance.verdict import Failure, Witness

EVEN_VALUES = Rule("even values", "no value changes under inversion")
TWO_VECTORS = Rule(
    "two independent vectors", "the vectors that enter lie in a plane, where inversion is a rotation by pi"
)
RELABELLED = Rule(
    "relabelled mirror image", "the mirrored program is the program with qubits renamed, or all spins turned by pi"
)
AVERAGE = Rule("average over inversion", "the response is averaged over the molecule and its mirror image")
_MANY = 3
"""Vectors enough to leave the plane: a sum over neighbours may have any number of them."""
_ORIGIN = ""
"""The node of the laboratory origin, a name that no site has."""


def check_inversion(program: Program) -> tuple[Finding]:
    """Prove by one of the rules."""
    values = classical_values(program)
    carried = carried_failure(program)
    if carried is not None:
        return _found(TWO_VECTORS, carried)
    if "inversion" in program.average:
        return _found(AVERAGE)
    if all(is_even(value) for _, value in values):
        return _found(EVEN_VALUES)
    failure = _two_vector_failure(program, values)
    if failure is not None and (witness := _relabelled(program)) is not None:
        return _found(RELABELLED, witness=witness)
    return _found(TWO_VECTORS, failure)


def _found(rule: Rule, failure: Failure | None = None, witness: Witness | None = None) -> tuple[Finding]:
    return (Finding("inversion", rule, MIRROR, failure, witness=witness),)


def is_even(value: Value) -> bool:
    """Whether a value stays what it is under inversion, by its law or as a polynomial."""
    return value.law.parity == 1 or (not value.law.covariant and parity(value) == 1)


def _relabelled(program: Program) -> Witness | None:
    """The renaming of qubits that undoes the mirror, alone or with some Pauli letter on all qubits."""
    turns_along = all(value.law.covariant for _, value in classical_values(program))
    letters = () if turns_along else LETTERS  # no letter turns a vector that turns along into its negative
    word, qubits = make_word(program, representatives(program, {})), range(len(program.qubits))
    actions = [Action(mirror=True), *(Action(paulis=dict.fromkeys(qubits, letter), mirror=True) for letter in letters)]
    proofs = (relabelled(word, action) for action in actions)
    return next((proof for proof in proofs if isinstance(proof, Witness)), None)


def _two_vector_failure(program: Program, values: tuple[tuple[int | None, Value], ...]) -> Failure | None:
    rotation = rotation_failure(program)
    if rotation is not None:
        return replace(rotation, residual=f"the rule needs rotation to be proven: {rotation.residual}")
    movable = translation_failure(program) is None
    edges: list[tuple[str, str]] = []
    for index, value in values:
        edges.extend(odd_edges(value))
        rank = _independent(edges) - (movable and any(_ORIGIN in edge for edge in edges))
        if rank > 2:
            return failure_at(program, index, f"{rank} independent vectors enter up to here: {_spell(edges)}")
    return None


def odd_edges(value: Value) -> Iterator[tuple[str, str]]:
    """Yield the displacements that a value is built from, but those inside even numbers that stay when it turns.

    A product of two coordinates is even as well, and changes as the molecule turns: its vectors count.
    """
    if value.law.rank == 0 and is_even(value) and (value.law.covariant or residual(value, "rotation") is None):
        return
    if isinstance(value, CarriedVector | Gathered) and value.law.rank and (value.law.parity or parity(value)) == -1:
        yield f"0 {value}", f"1 {value}"  # one polar vector, whatever it is the sum of; nodes that no other edge has
        return
    if isinstance(value, Gathered):
        yield from ((f"0 {k} {value}", f"1 {k} {value}") for k in range(_MANY))
        return
    if isinstance(value, Displacement):
        yield value.origin, value.site
    if isinstance(value, Position):
        yield _ORIGIN, value.site
    for child in value.children:
        yield from odd_edges(child)


def _independent(edges: Sequence[tuple[str, str]]) -> int:
    """Nodes of a graph minus its connected parts: the edges that join two parts.

    Networkx would take longer to load than most programs to prove.
    """
    part: dict[str, str] = {}

    def root(node: str) -> str:
        while node in part:
            node = part[node]
        return node

    joined = 0
    for edge in edges:
        one, other = map(root, edge)
        if one != other:
            part[one] = other
            joined += 1
    return joined


def _spell(edges: Sequence[tuple[str, str]]) -> str:
    return ", ".join(
        b[2:] if b[:2] in ("0 ", "1 ") else f"x({b})" if a == _ORIGIN else f"x({a})" if b == _ORIGIN else f"r({a}, {b})"
        for a, b in {frozenset(edge): edge for edge in edges}.values()
    )
