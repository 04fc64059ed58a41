"""Programs and counterexamples that are made to fool a checker of certificates."""

import hashlib
import json
from random import Random
from typing import Any

import pytest
from certificate_mutants import sealed

from qffc import verify
from qffc.ir import parse_program
from qffc.passes.equivariance.check import check_equivariance

MOLECULE = """\
qffc 1

program bond
{symmetry}scope molecule
species H

site A: H free
site B: H free

parameter t

qubit a: A
qubit b: B

{body}
observable m = {observable}
energy moment(m)
"""
ATOM = """\
qffc 1

program slots
{symmetry}scope atom
species H, O

site c: any centre
{sites}
qubit a
qubit b

{body}
observable m = dot(a, b)
atomic weight 1 features m head 8, 8 silu
"""
SLOTS = "site p: any neighbour\nsite q: any neighbour\nsite g: any neighbour\n"
JOINED = "site j: any gathered\n"


def molecule(symmetry: str, body: str, observable: str = "dot(a, b)") -> str:
    return MOLECULE.format(symmetry=symmetry and f"symmetry {symmetry}\n", body=body, observable=observable)


def atom(symmetry: str, sites: str, body: str) -> str:
    return ATOM.format(symmetry=symmetry and f"symmetry {symmetry}\n", sites=sites, body=body)


def certificate(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check_equivariance(parse_program(text)).to_json())
    return found


def forged(text: str, **fields: object) -> dict[str, Any]:
    """The certificate of a program with one verdict, which then says something else."""
    data = certificate(text)
    return sealed({**data, "verdicts": [{**verdict, **fields} for verdict in data["verdicts"]]})


def as_proven(text: str) -> dict[str, Any]:
    return forged(text, status="proven", counterexample=None, survives=[], bits=None)


HALF = "zero a\nzero b\nrotate a, vector(1/2*component(x(A), x), 0, 0)\npauli_rotation X(b), component(x(B), x)\n"
COUNTED = "sum(j, dot(r(c, j), r(c, j))*norm(r(c, j))^-2)"


def counted(number: int) -> str:
    return f"singlet a, b\npauli_rotation X(a), component(sum(j, r(c, j)), x)*({COUNTED} + -{number})\n"


FADING = (
    "singlet a, b\npauli_rotation X(a), component(r(p, q), x)*(cutoff(norm(r(p, q)), 5) + "
    "-1*cutoff(norm(r(p, q))*dot(r(c, g), r(c, g))*norm(r(c, g))^-2, 5))\n"
)
CHARGED = (
    "conserved charge = 1*Z(a) + 1*Z(b)\n\nsinglet a, b\npauli_rotation X(a), cutoff(norm(r(c, p)), 5) + "
    "-1*cutoff(norm(r(c, p))*(cos(norm(r(c, g)))^2 + sin(norm(r(c, g)))^2), 5)\n"
)


@pytest.mark.parametrize(
    "text",
    [
        # exp(-i/2 v.sigma) and exp(-i/2 t P): a factor 1/2 in one of the two is another angle.
        molecule("exchange", HALF, "1*Z(a) + 1*Z(b)"),
        # A number of neighbours, as a value that vanishes for just so many.
        *(atom("rotation", JOINED, counted(number)) for number in (4, 6, 8)),
        # A distance that is no number where the ghost is: what fades is zero there.
        atom("rotation", SLOTS, FADING),
        # A charge that is kept unless a slot is empty.
        atom("", SLOTS, CHARGED),
    ],
)
def test_what_is_refuted_is_not_taken_for_proven(text: str) -> None:
    (verdict,) = certificate(text)["verdicts"]
    assert verdict["status"] == "refuted"
    with pytest.raises(verify.Rejected):
        verify.verify(as_proven(text))


TURNED = "singlet a, b\nrotate a, r(A, B)\n"
FLIPPED = "generator flip: paulis X(a) X(b){}\n\nsinglet a, b\npauli_rotation Z(a), t\npauli_rotation Z(b), -1*t\n"


@pytest.mark.parametrize(
    ("good", "changed"),
    [
        # Spaces and comments that the language leaves out, and a careless reader does not.
        (
            molecule("rotation", TURNED),
            lambda text: text.replace("\nobservable", " rotate a, vector(1, 0, 0)\n\nobservable"),
        ),
        (molecule("rotation", TURNED), lambda text: text.replace("r(A, B)", "r(A, B) # vector(1, 0, 0)")),
        (molecule("", FLIPPED.format("")), lambda text: text.replace("X(b)\n", "X(b) # ; qubits a -> b, b -> a\n", 1)),
        (molecule("rotation", TURNED), lambda text: text.replace("energy moment(m)", "energy\tmoment(m)")),
        (molecule("rotation", TURNED), lambda text: text.replace("\nqubit b", "\u2028qubit b")),
        (molecule("rotation", TURNED), lambda text: text.rstrip("\n")),
    ],
)
def test_a_text_in_another_form_is_rejected(good: str, changed: Any) -> None:
    text = changed(good)
    assert text != good
    data = certificate(good)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(verify.Rejected, match="canonical|does not begin"):
        verify.verify(sealed({**data, "text": text, "digest": digest}))


UNIT = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
TURN = [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
STRETCHED = [[x * (1 + 4e-10) for x in row] for row in UNIT]


def example(text: str, **fields: Any) -> dict[str, Any]:
    """A counterexample whose numbers come again, whatever it shows."""
    program = verify.Program(text)
    transform = {"words": "", "matrix": fields.pop("matrix", TURN), "shift": [0.0] * 3, "sites": [], "entries": []}
    found = {
        "channel": 0,
        "parameters": [],
        "transform": {**transform, "internal": fields.pop("internal", None)},
        **fields,
    }
    found["parameters"] = [{"name": name, "shape": [], "entries": [0.3]} for name in program.tables]
    floating = verify.Floating(program, found)
    at = dict(zip(found["sites"], map(tuple, found["positions"]), strict=True))
    kinds = dict(zip(found["sites"], found["species"], strict=True))
    ghosts = frozenset(name for name, kind in kinds.items() if kind == "ghost")
    ends = []
    for matrix in (UNIT, transform["matrix"]):
        moved = {name: verify.applied(matrix, r, float) for name, r in at.items()}
        values = verify.Values(program, floating, verify.Place(moved, kinds, {name: name for name in at}, ghosts))
        ends.append(values.response(values.moments()))
    return {**found, "response": ends[0], "transformed": ends[1]}


BOND = {"sites": ["A", "B"], "species": ["H", "H"], "positions": [[0.0, 0.0, 0.0], [1.0, 0.3, 0.0]]}
ONE_PLACE = {**BOND, "positions": [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]}
GHOSTLY = {"sites": ["c", "p", "q", "g"], "positions": [[0.0] * 3, [0.0] * 3, [1.0, 0.0, 0.0], [0.0, 1.2, 0.0]]}
CANCELLED = "singlet a, b\npauli_rotation X(a), 1000000000000000*(exp(log(10)) + -10)*component(r(A, B), x)\n"
ONE = "dot(unit(r(A, B)), unit(r(A, B)))"
LARGE = f"singlet a, b\nzero d\nzero e\nexchange a, d, 100*dot(r(A, B), r(A, B)) + ({ONE} + -1)*t\n"
UNSEEN = "(1 + -1*dot(unit(r(c, p)), unit(r(c, p))))*component(r(c, q), x)"


@pytest.mark.parametrize(
    ("text", "fields", "reason"),
    [
        (molecule("rotation", CANCELLED), BOND, "its numbers do not"),
        (
            molecule("rotation", LARGE).replace("qubit b: B\n", "qubit b: B\nqubit d\nqubit e\n"),
            {**BOND, "matrix": STRETCHED},
            "its numbers do not",
        ),
        (molecule("rotation", TURNED.replace("r(A, B)", "unit(r(A, B))")), ONE_PLACE, "two atoms at one place"),
        (
            atom("rotation", SLOTS, f"singlet a, b\npauli_rotation X(a), {UNSEEN}\n"),
            {**GHOSTLY, "species": ["H", "ghost", "H", "H"]},
            "ghosts that are not the last slots",
        ),
    ],
)
def test_what_holds_is_not_taken_for_refuted(text: str, fields: dict[str, Any], reason: str) -> None:
    # In canonical form, as certificates have it.
    canonical = parse_program(text).text
    with pytest.raises(verify.Rejected, match=reason):
        verify.verify(
            forged(text, status="refuted", counterexample=example(canonical, **fields), survives=[], bits=None)
        )


@pytest.mark.parametrize("count", [2, 13])
def test_a_charge_is_not_refuted_by_numbers_that_nobody_computes(count: int) -> None:
    qubits = "".join(f"qubit q{k}\n" for k in range(count))
    zeros = "".join(f"zero q{k}\n" for k in range(count))
    charge = " + ".join(f"1*Z(q{k})" for k in range(count))
    text = molecule("", f"{zeros}exchange q0, q1, norm(r(A, B))\n", "1*Z(q0)")
    text = text.replace("qubit a: A\nqubit b: B\n", f"{qubits}\nconserved charge = {charge}\n")
    assert [verdict["status"] for verdict in certificate(text)["verdicts"]] == ["proven"]
    verify.verify(certificate(text))
    made_up = {**example(text, internal="conserved charge", matrix=UNIT, **BOND), "response": [0.0, 0.0]}
    with pytest.raises(verify.Rejected, match="is not confirmed"):
        verify.verify(forged(text, status="refuted", counterexample={**made_up, "transformed": [0.0, 1.0]}))


SCOPED = "singlet a, b\nrotate a, cutoff(norm(r(p, q)), 5)*r(c, p)\n"
LONG = " + ".join(f"norm(r(A, B))^{k}*moment(m)" for k in range(1, 80))


@pytest.mark.parametrize(
    "text",
    [
        # Ghosts that are each somewhere else.
        atom("rotation", SLOTS, SCOPED),
        molecule("rotation", TURNED).replace("energy moment(m)", f"energy {LONG}"),
        # |+> by a turn about y, as well as by a Pauli rotation.
        molecule(
            "",
            "generator flip: paulis X(a) X(b)\n\nzero a\nzero b\nrotate a, vector(0, 1/2*pi, 0)\n"
            "pauli_rotation Y(b), 1/2*pi\npauli_rotation Z(a) Z(b), t\n",
            "1*Z(a) Z(b)",
        ),
        # A name that values use for a number.
        molecule("rotation, exchange", "singlet a, b\nrotate a, r(pi, B)\nrotate b, r(B, pi)\n")
        .replace("site A", "site pi")
        .replace(": A", ": pi"),
    ],
)
def test_what_is_true_is_confirmed(text: str) -> None:
    data = certificate(text)
    assert {verdict["status"] for verdict in data["verdicts"]} == {"proven"}
    verify.verify(data)


CANCELS = (
    "singlet a, b\npauli_rotation X(a), component(r(p, q), x)*(cutoff(norm(r(p, g) + r(g, q)), 5) + "
    "-1*cutoff(norm(r(p, q))*(cos(norm(r(c, g)))^2 + sin(norm(r(c, g)))^2), 5))\n"
)
TOWER = "t"
for _ in range(12):
    TOWER = f"(1 + {TOWER})^9999"


def holds(text: str, title: str) -> str:
    try:
        program = verify.Program(text)
        return verify.Check(program, verify.Exact(program), verify.expected(program)[title]).holds()
    except verify.Rejected as problem:
        return str(problem)


@pytest.mark.parametrize(
    ("text", "title", "reason"),
    [
        (atom("rotation", SLOTS, CANCELS), "rotation", "a ghost that cancels"),
        (molecule("rotation", f"singlet a, b\nexchange a, b, {TOWER}\n"), "rotation", "the degree of the response"),
        # |0> is turned, though all operations turn along and the observable stays.
        (molecule("rotation", "zero a\nzero b\nrotate a, r(A, B)\n"), "rotation", "responses differ"),
        # Of a readout that is not linear each operator has to commute with the charge.
        (
            molecule("", "conserved c = 1*Z(a) + 1*Z(b)\n\nzero a\nzero b\nexchange a, b, t\n", "X(a)").replace(
                "moment(m)", "moment(m)^2"
            ),
            "conserved c",
            "does not commute",
        ),
    ],
)
def test_what_does_not_hold_is_not_confirmed(text: str, title: str, reason: str) -> None:
    assert reason in holds(text, title)


def test_an_index_beyond_its_table_is_rejected() -> None:
    text = molecule("rotation", "singlet a, b\nexchange a, b, t[3]\n").replace("parameter t", "parameter t: 3")
    assert "index 3 of t" in holds(text, "rotation")


PREPARED = "singlet a, b\nzero d\nsinglet f, e\nzero g\n"
QUBITS = "qubit a\nqubit b\nqubit d\nqubit e\nqubit f\nqubit g\n"


def test_eigenstates_among_prepared_states_are_those_of_the_states_themselves() -> None:
    text = molecule("", PREPARED).replace("qubit a: A\nqubit b: B\n", QUBITS)
    program = verify.Program(text)
    numbers, random, kept = verify.Exact(program), Random(5), 0
    state = verify.Values(program, numbers, verify.Place({}, {}, {})).state()
    places = {0: 1, 4: 3}  # halves of singlets
    for _ in range(200):
        charge: dict[tuple[tuple[int, str], ...], int] = {}
        for _ in range(random.randint(1, 2)):
            qubits = sorted(random.sample(range(6), random.randint(1, 4)))
            charge[tuple((q, random.choice("XYZ")) for q in qubits)] = random.choice((1, -1))
        if random.random() < 0.7:
            # A letter on one half and the same on the other, which cancel; or a product, with a sign that matters.
            first, other = random.choice(list(places.items()))
            p, q = random.sample("XYZ", 2)
            (third,) = set("XYZ") - {p, q}
            pair = tuple(sorted(((first, p), (other, q))))
            charge = random.choice(
                [{((first, p),): 1, ((other, p),): random.choice((1, -1))}, {pair: 1, ((other, third),): 1}, {pair: 2}]
            )
        exact = {string: number % numbers.prime for string, number in charge.items()}
        image = verify.image(exact, state, 6, numbers.cycle(verify.Fraction(1, 4)), numbers.mod)
        wanted = verify.parallel(state, image, numbers.mod)
        assert verify.prepares_eigenstate(program, exact, numbers) == wanted, charge
        kept += wanted
    assert 20 < kept < 180
    # i or -i, as strings have no factors of their own: both ways round of X Y = i Z, and Y |0> = i X |0>.
    i = numbers.cycle(verify.Fraction(1, 4))
    for strings, wanted in (
        ({((0, "X"), (1, "Y")): 1, ((1, "Z"),): -i}, True),
        ({((0, "X"), (1, "Y")): 1, ((1, "Z"),): i}, False),
        ({((0, "Y"), (1, "X")): 1, ((1, "Z"),): i}, True),
        ({((2, "Y"),): 1, ((2, "X"),): -i}, True),
        ({((2, "Y"),): 1, ((2, "X"),): i}, False),
    ):
        exact = {string: number % numbers.prime for string, number in strings.items()}
        image = verify.image(exact, state, 6, i, numbers.mod)
        assert verify.parallel(state, image, numbers.mod) == wanted
        assert verify.prepares_eigenstate(program, exact, numbers) == wanted


RING = "singlet a, b\npauli_rotation Z(a), 1/2*pi\npauli_rotation X(a), t\npauli_rotation Z(a), -1/2*pi\n"


@pytest.mark.parametrize(
    ("letters", "body", "observable", "confirmed"),
    [
        # Three gates that are a rotation by Y together: states and readouts decide, not operations.
        ("Y(a) Y(b)", RING, "1*Y(a)", True),
        ("X(a) X(b)", RING, "1*Y(a) Y(b)", False),
        ("Y(a) Y(b)", RING, "1*X(a)", False),
    ],
)
def test_generators_by_states_and_by_readouts(letters: str, body: str, observable: str, confirmed: bool) -> None:
    text = molecule("", f"generator g: paulis {letters}\n\n{body}", observable)
    assert (holds(text, "generator g") == "") == confirmed
