"""Every hypothesis of a rule, violated alone: the rule must not prove, and does where the hypothesis holds.

The lemmas stand at the top of the files of ``passes/equivariance/`` and ``passes/circuit/``.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from verdicts import verdict

from qffc.ir import Program, parse_program

TWINS = ["qubit a1: A", "qubit a2: A", "qubit b1: B", "qubit b2: B", "singlet a1, a2", "singlet b1, b2"]
TURNS = ["rotate a1, J*r(O, A)", "rotate b1, J*r(O, B)"]
COUPLINGS = ["exchange a1, b1, t", "exchange a2, b2, t"]
SEEN = ["observable m = 1*dot(a1, a2) + 1*dot(b1, b2)", "observable k = dot(a1, b1)"]
ENERGY = "energy moment(m) + J*moment(k)"
ONE_COORDINATE = (
    "vector(component(r(O, A), y)*component(r(O, B), z) - component(r(O, A), z)*component(r(O, B), y), 0, 0)"
)
VOLUME = " + ".join(
    f"{sign}component(r(O, A), {i})*component(r(O, B), {j})*component(r(O, C), {k})"
    for sign, i, j, k in (
        ("", "x", "y", "z"), ("", "y", "z", "x"), ("", "z", "x", "y"),
        ("-", "x", "z", "y"), ("-", "z", "y", "x"), ("-", "y", "x", "z"),
    )
).replace("+ -", "- ")  # fmt: skip
NESTED_VOLUME = " + ".join(
    f"(component(r(O, A), {i})*component(r(O, B), {j}) - component(r(O, A), {j})*component(r(O, B), {i}))"
    f"*component(r(O, C), {k})"
    for i, j, k in ("xyz", "yzx", "zxy")
)


HEAD = ["qffc 1", "program test", "symmetry rotation, inversion, translation, exchange", "scope molecule"]
HEAD += ["species O, H, N", "site O: O centre", "site A: H neighbour", "site B: H neighbour", "site C: N neighbour"]
HEAD += ["parameter J", "parameter K: species", "parameter t"]


def molecule(
    *,
    twins: Sequence[str] = TWINS,
    turns: Sequence[str] = TURNS,
    more: Sequence[str] = (),
    seen: Sequence[str] = SEEN,
    energy: str = ENERGY,
) -> Program:
    """A centre O with two like atoms A and B, two qubits each; C stands by."""
    return parse_program("\n".join([*HEAD, *twins, *turns, *COUPLINGS, *more, *seen, energy]))


def test_the_program_that_keeps_all_hypotheses() -> None:
    program = molecule()
    for generator in ("rotation", "inversion", "translation", "exchange A B"):
        assert verdict(program, generator).status == "proven"


BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    # -- rotation: by commutators
    "a number that is a coordinate": ("rotation", {"more": ["exchange a1, a2, component(r(O, C), x)"]}),
    "a vector that does not turn along": ("rotation", {"more": ["rotate a1, vector(J, 0, 0)"]}),
    "a vector of which two coordinates trade places": (
        "rotation",
        {"more": ["rotate a1, vector(component(r(O, C), y), component(r(O, C), x), component(r(O, C), z))"]},
    ),
    "a generator that does not commute with the spin": ("rotation", {"more": ["pauli_rotation X(a1) X(b1), t"]}),
    "a preparation that turns": (
        "rotation",
        {"twins": [*TWINS[:4], "zero a1", "zero a2", "singlet b1, b2"]},
    ),
    "an observable that turns": ("rotation", {"seen": [SEEN[0], "observable k = Z(a1) Z(b1)"]}),
    "a readout that turns": ("rotation", {"energy": "energy component(r(O, C), x)*moment(m)"}),
    # -- rotation and translation: no derivative of what may jump
    "the sign of a coordinate": (
        "rotation",
        {"energy": "energy moment(m)*component(r(O, C), x)/sqrt(component(r(O, C), x)^2)"},
    ),
    "the direction of a coordinate": (
        "rotation",
        {"energy": "energy moment(m)*component(unit(vector(component(r(O, C), x), 0, 0)), x)"},
    ),
    "the sign of a place": (
        "translation",
        {"energy": "energy moment(m)*component(x(C), x)/sqrt(component(x(C), x)^2)"},
    ),
    "an angle that wraps": (
        "translation",
        {"energy": "energy moment(m)*(acos(cos(component(x(C), x))) - component(x(C), x))"},
    ),
    "positions that do not cancel": ("translation", {"more": ["exchange a1, a2, norm(x(A) - 2*x(B))"]}),
    # -- inversion: two independent vectors
    "three vectors": ("inversion", {"more": ["exchange a1, a2, dot(r(O, A), cross(r(O, B), r(O, C)))"]}),
    "three vectors in coordinates": ("inversion", {"more": [f"exchange a1, a2, {VOLUME}"]}),
    "three vectors, two behind even numbers that turn": (
        "inversion",
        {"turns": ["rotate a1, r(O, C)"], "more": [f"exchange a1, a2, {NESTED_VOLUME}", "rotate a1, r(O, C)"]},
    ),
    "rotation that is not proven": ("inversion", {"more": [f"rotate a1, {ONE_COORDINATE}", "rotate a2, r(O, A)"]}),
    "a position that is a vector of its own": (
        "inversion",
        {"more": ["rotate a1, x(O)", "rotate a2, r(O, C)"]},
    ),
    # -- inversion: relabelled mirror image
    "an odd number that no spin undoes": (
        "inversion",
        {"more": ["pauli_rotation Z(a1), component(r(O, C), x)", "pauli_rotation X(a1), component(r(O, C), y)"]},
    ),
    # -- exchange: relabelling
    "indices of species that differ": (
        "exchange A B",
        {"more": ["exchange a1, a2, K[Z(A)]", "exchange b1, b2, K[Z(O)]"]},
    ),
    "values that are equal at one point alone": (
        "exchange A B",
        {"more": ["exchange a1, a2, cos(J)", "exchange b1, b2, 1"]},
    ),
    "a root that is not the number": (
        "exchange A B",
        {"more": ["exchange a1, a2, sqrt(J^2)", "exchange b1, b2, J"]},
    ),
    "a direction of a number of either sign": (
        "exchange A B",
        {"more": ["rotate a1, unit(J*r(O, A))", "rotate b1, unit(r(O, B))"]},
    ),
    "an order that is not kept": ("exchange A B", {"more": ["exchange a1, b2, t", "exchange b1, a1, J"]}),
    "an angle that is hidden behind a function at zero": (
        "exchange A B",
        {"more": ["pauli_rotation Z(a1), t + exp(0)", "pauli_rotation Z(a1), -t"]},
    ),
    "a first turn that is not first": (
        "exchange A B",
        {
            "twins": [*TWINS[:4], "singlet a1, b1", "singlet a2, b2"],
            "turns": ["exchange a1, a2, t", "rotate a1, r(O, A)", "rotate b1, -r(O, A)"],
        },
    ),
    "a feature that changes its sign": (
        "exchange A B",
        {
            "more": ["chirality a1, a2, b1, t"],
            "seen": ["observable m = X(a1) Y(b1) + -1*Y(a1) X(b1)"],
            "energy": "atomic weight 1 features m head linear",
        },
    ),
    "features that trade places": (
        "exchange A B",
        {
            "seen": ["observable m = dot(a1, a2)", "observable k = dot(b1, b2)"],
            "energy": "atomic weight 1 features m, k head 4 silu",
        },
    ),
    "an energy that is another function of the moments": (
        "exchange A B",
        {
            "seen": ["observable m = dot(a1, a2)", "observable k = dot(b1, b2)"],
            "energy": "energy moment(m)^2*moment(k)",
        },
    ),
    "a constant without moments": ("exchange A B", {"energy": "energy moment(m) + norm(r(O, A))"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_hypothesis_violated_alone(name: str) -> None:
    generator, change = BROKEN[name]
    assert verdict(molecule(**change), generator).status != "proven"


HOLDS: dict[str, tuple[str, dict[str, Any]]] = {
    "a sum of squares": (
        "rotation",
        {"more": [f"exchange a1, a2, {'+'.join(f'component(r(O, C), {k})^2' for k in 'xyz')}"]},
    ),
    "turns of both halves of a singlet": (
        "exchange A B",
        {"twins": [*TWINS, "rotate a1, r(O, C)", "rotate a2, r(O, C)"]},
    ),
    "Pauli turns of both halves of a singlet": (
        "rotation",
        {"twins": [*TWINS, "pauli_rotation X(a1), J", "pauli_rotation X(a2), J"]},
    ),
    "length times direction": (
        "exchange A B",
        {"turns": ["rotate a1, r(O, A)", "rotate b1, norm(r(O, B))*unit(r(O, B))"]},
    ),
    "squares in two spellings": (
        "exchange A B",
        {"more": ["exchange a1, a2, norm(r(O, A))^2", "exchange b1, b2, dot(r(O, B), r(O, B))"]},
    ),
    "a root of an exact square": (
        "exchange A B",
        {"more": ["exchange a1, a2, sqrt(1/4)*J", "exchange b1, b2, 1/2*J"]},
    ),
    "an odd moment squared": (
        "exchange A B",
        {"seen": ["observable m = X(a1) Y(b1) + -1*Y(a1) X(b1)"], "energy": "energy moment(m)^2"},
    ),
    "a product of odd moments": (
        "exchange A B",
        {
            "seen": ["observable m = X(a1) Y(b1) + -1*Y(a1) X(b1)", "observable k = X(a2) Y(b2) + -1*Y(a2) X(b2)"],
            "energy": "energy moment(m)*moment(k)",
        },
    ),
    "an odd number about one axis, undone by spins": (
        "inversion",
        {
            "turns": [f"pauli_rotation Z({q}), component(r(O, {s}), x)" for q, s in (("a1", "A"), ("b1", "B"))],
            "seen": ["observable m = 1*dot(a1, b1)", "observable k = X(a1) X(a2)"],
        },
    ),
    "a vector and its negative that trade places": (
        "inversion",
        {"turns": ["rotate a1, r(O, C)", "rotate b1, -r(O, C)", "rotate a2, r(O, A)", "rotate b2, -r(O, A)",
                   "exchange a1, b1, dot(r(O, A), cross(r(O, B), r(O, C)))^2"]},
    ),
    "a volume squared in coordinates": ("inversion", {"more": [f"exchange a1, a2, ({VOLUME})^2"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds_is_proven(name: str) -> None:
    generator, change = HOLDS[name]
    assert verdict(molecule(**change), generator).status == "proven"


# ---------------------------------------------------------------------- declared generators


def declared(*lines: str, average: str = "") -> Program:
    head = ["qffc 1", "program test", "scope molecule", "species H", *([average] if average else [])]
    sites = [f"site {name}: H free molecule {name[0]}" for name in ("A1", "A2", "B1", "B2")]
    qubits = [f"qubit q{k}: {name}" for k, name in enumerate(("A1", "A2", "B1", "B2"))]
    return parse_program("\n".join([*head, *sites, "parameter J", *qubits, *lines]))


UNLIKE = [
    "singlet q0, q1", "singlet q2, q3", "rotate q0, r(A1, B2)", "exchange q1, q2, J", "rotate q2, r(A1, A2)",
    "observable m = dot(q0, q2)", "energy norm(r(A1, A2))*moment(m)",
]  # fmt: skip
ODD = ["zero q0", "zero q1", "zero q2", "zero q3", "pauli_rotation X(q0) X(q1), J"]


@pytest.mark.parametrize(
    ("average", "lines", "expected"),
    [
        # An element of the group over which the response is averaged, and a permutation that is none.
        ("average exchange", ["generator g: sites A1 -> A2, A2 -> A1", *UNLIKE], "proven"),
        ("average exchange", ["generator g: sites A1 -> B1, B1 -> A1, A2 -> B2, B2 -> A2", *UNLIKE], "proven"),
        ("average exchange", ["generator g: sites A1 -> B1, B1 -> A1", *UNLIKE], "refuted"),
        ("average exchange", ["generator g: paulis X(q0)", *UNLIKE], "refuted"),
        # A moment that changes its sign: what counts is the readout, for the rule and for the numbers.
        ("", ["generator g: paulis Z(q0) Z(q1)", *ODD, "observable m = X(q0)", "energy moment(m)^2"], "proven"),
        ("", ["generator g: paulis Z(q0) Z(q1)", *ODD, "observable m = X(q0)", "energy moment(m)"], "refuted"),
        ("", ["generator g: paulis Z(q0) Z(q1)", *ODD, "observable m = X(q0)", "energy exp(moment(m))"], "refuted"),
        # The same with gates that cancel: one circuit, one verdict.
        (
            "",
            ["generator g: paulis Z(q0)", "zero q0", *ODD[1:4], "rotate q0, x(A1)", "rotate q0, -x(A1)",
             "observable m = X(q0)", "energy moment(m)^2"],
            "proven",
        ),
        # The state is changed although the readout is not.
        ("", ["generator g: paulis Z(q0)", *ODD, "observable m = Z(q0)", "energy moment(m)"], "refuted"),
    ],
)  # fmt: skip
def test_declared_generators(average: str, lines: list[str], expected: str) -> None:
    assert verdict(declared(*lines, average=average), "generator g").status == expected


def test_a_permutation_that_mixes_the_averaged_group_is_not_proven() -> None:
    """Each response keeps it, the mean over exchanges of A and B alone does not: B and C trade places."""
    lines = [
        "qffc 1", "program test", "scope molecule", "species H", "{average}",
        *(f"site {name}: H free molecule {molecule}" for name, molecule in zip("ABC", "MMN", strict=True)),
        *(f"qubit {name.lower()}{k}: {name}" for name in "ABC" for k in (1, 2)),
        "generator g: sites B -> C, C -> B",
        *(f"singlet {name}1, {name}2" for name in "abc"),
        *(f"rotate {name.lower()}1, x({name})" for name in "ABC"),
        "exchange b1, c1, 1/3",
        "observable m = 1*dot(a1, b1) + 1*dot(a1, c1)",
        "energy norm(x(A))*moment(m) + norm(r(B, C))",
    ]  # fmt: skip
    text = "\n".join(lines)
    assert verdict(parse_program(text.replace("{average}\n", "")), "generator g").status == "proven"
    assert verdict(parse_program(text.replace("{average}", "average exchange")), "generator g").status == "refuted"


GHOSTS = """qffc 1
program ghosts
symmetry rotation, translation, exchange
scope atom
species H
site c: any centre
site a: any neighbour
site b: any neighbour
qubit a0: a
qubit a1: a
singlet a0, a1
rotate a0, r(c, a) + ({0})*x(a)
exchange a0, a1, 1/3
rotate a1, r(c, b)
observable m = dot(a0, a1)
energy moment(m)
"""


def test_what_is_zero_for_atoms_alone_proves_nothing_where_a_ghost_may_be() -> None:
    """Both cutoffs are of one number, but one fades with b, which it does not depend on when it is multiplied out."""
    volume = "dot(cross(r(b, c), r(c, a)), r(c, a))"
    hidden = f"cutoff(norm(r(c, a)) - {volume}, 5) - cutoff(norm(r(c, a)), 5)"
    for generator in ("translation", "rotation"):
        assert verdict(parse_program(GHOSTS.format("0*norm(r(c, a))")), generator).status == "proven"
    assert verdict(parse_program(GHOSTS.format(hidden)), "translation").status == "refuted"


def test_a_moment_that_cancels_is_not_seen() -> None:
    flat = "dot(cross(r(O, A), r(O, B)), r(O, A) - r(O, B))"
    seen = [*SEEN, "observable q = Z(a1)"]
    program = molecule(seen=seen, energy=f"energy sqrt(moment(m)^2 + {flat}*moment(q)) + moment(k)")
    assert verdict(program, "exchange A B").status == "proven"
