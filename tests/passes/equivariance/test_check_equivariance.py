"""Programs whose symmetry is known by hand: each is proven by a rule, or refuted with numbers that reproduce."""

from dataclasses import replace

import pytest
from verdicts import assert_proven, assert_refuted, verdict
from waters import COUPLINGS, SINGLETS, alpha, coupling, encoding, water

from qffc.ir import parse_program
from qffc.ir.declarations import Parameter, Qubit, Site
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.program import Program
from qffc.ir.values import (
    Component,
    Displacement,
    FrameVector,
    Function,
    Moment,
    Value,
    as_value,
    cross,
    norm,
    unit,
)
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import RULES, Certificate
from qffc.passes.equivariance.check import CheckEquivariance, check_equivariance

# ------------------------------------------------------------------------------- water, all symmetries


def test_water_with_tied_parameters_is_proven() -> None:
    certificate = check_equivariance(water())
    assert certificate.holds, certificate.render()
    assert [(v.generator, v.rule) for v in certificate.verdicts] == [
        ("rotation", "pauli-commutators"),
        ("inversion", "two independent vectors"),
        ("translation", "displacements only"),
        ("exchange H1 H2", "relabelling modulo commutation"),
    ]


def test_the_pass_changes_nothing() -> None:
    program = water()
    result = CheckEquivariance().run(program, None)  # type: ignore[arg-type]  # no target is looked at
    assert result.program is program
    assert not result.changed
    assert result.output.holds


@pytest.mark.parametrize(
    "program",
    [
        water((*SINGLETS, *encoding((0, 1, 2, 3)), *COUPLINGS, *encoding())),
        water((*SINGLETS, *encoding(), *COUPLINGS[:3], Exchange(3, 0, coupling(3)), *encoding())),
        water((*SINGLETS, *encoding(), *COUPLINGS[:3], *encoding())),
        water((*SINGLETS, *encoding(), COUPLINGS[2], *COUPLINGS[:2], COUPLINGS[3], *encoding())),
        water(energy=Moment("m"), observables=(("m", DotObservable(0, 3)),)),
        water((Singlet(0, 1), Singlet(2, 3), *encoding(), Relabel(((0, 2), (2, 0))), *COUPLINGS, *encoding())),
        water((*SINGLETS, *encoding()[:3], Rotate(3, alpha(3) * Displacement("O", "H1")), *COUPLINGS, *encoding())),
    ],
    ids=["untied encoding", "untied coupling", "coupling dropped", "order", "observable", "relabel", "own site"],
)
def test_broken_exchange_is_refuted(program: Program) -> None:
    found = assert_refuted(program, "exchange H1 H2")
    assert verdict(program, "rotation").status == "proven"
    assert found.counterexample is not None
    assert found.counterexample.transform.sites == (("H1", "H2"), ("H2", "H1"))


def test_refuted_exchange_names_the_operation_and_its_image() -> None:
    program = water((*SINGLETS, *encoding(), *COUPLINGS[:3], *encoding()))
    failure = assert_refuted(program, "exchange H1 H2").failure
    assert failure is not None
    assert failure.op is not None
    assert failure.image is not None
    assert failure.op.text == "exchange q1, q2, w[2]"
    assert failure.image.text == "exchange q0, q3, w[2]"


def test_refuted_exchange_names_what_has_no_partner_and_not_what_it_pushes_to_another_layer() -> None:
    couplings = (Exchange(0, 1, coupling(1)), Exchange(0, 3, coupling(0)))
    program = water((*SINGLETS, *encoding(), *couplings, *encoding(), *COUPLINGS, *encoding()))
    failure = assert_refuted(program, "exchange H1 H2").failure
    assert failure is not None
    assert failure.op is not None
    assert failure.image is not None
    assert failure.op.text == "exchange q0, q3, w[0]"
    assert failure.image.text == "exchange q1, q2, w[0]"


def test_two_qubit_labels_swapped_is_found_by_search() -> None:
    # Qubits that claim the own site only mislead the first guess, not the verdict.
    assert_proven(water(qubits=tuple(Qubit(f"q{q}", site) for q, site in enumerate(("H1", "H1", "H2", "H2")))))
    assert_proven(water(qubits=tuple(Qubit(f"q{q}") for q in range(4))))


def test_two_qubits_trade_their_couplings() -> None:
    swapped = tuple(replace(op, a={0: 2, 2: 0}.get(op.a, op.a), b={0: 2, 2: 0}.get(op.b, op.b)) for op in COUPLINGS)
    assert_refuted(water((*SINGLETS, *encoding(), *swapped, *encoding(), *COUPLINGS, *encoding())), "exchange H1 H2")


def test_order_of_commuting_operations_does_not_matter() -> None:
    encoded, coupled = encoding(), (COUPLINGS[1], COUPLINGS[0], COUPLINGS[3], COUPLINGS[2])
    assert_proven(water((SINGLETS[1], encoded[2], SINGLETS[0], *encoded[:2], encoded[3], *coupled, *encoded[::-1])))


def test_relabel_is_followed() -> None:
    cycle = Relabel(((0, 2), (2, 0), (1, 3), (3, 1)))
    assert_proven(water((*SINGLETS, *encoding(), cycle, *encoding(), *COUPLINGS, *encoding())))


# -------------------------------------------------------------------------------------------- rotation


@pytest.mark.parametrize(
    "op",
    [
        Rotate(0, FrameVector(Component(Displacement("O", "H1"), "x"), as_value(0), as_value(0))),
        Rotate(0, FrameVector(alpha(0), as_value(0), as_value(0))),
        Exchange(0, 1, Component(Displacement("O", "H1"), "x")),
        PauliRotation(((0, "Z"),), alpha(0)),
        PauliRotation(((0, "X"), (2, "X")), alpha(0)),
    ],
    ids=["coordinate", "constant vector", "coordinate angle", "z", "xx alone"],
)
def test_frame_dependent_gate_is_refuted(op: Op) -> None:
    program = water((*SINGLETS, *encoding(), op, *COUPLINGS, *encoding()))
    found = assert_refuted(program, "rotation")
    assert found.failure is not None
    assert found.failure.op is not None
    assert found.failure.op.index == 6


def test_reversed_sense_of_rotation_is_refuted() -> None:
    v = Displacement("O", "H1")
    mirrored = FrameVector(-Component(v, "x"), Component(v, "y"), Component(v, "z"))
    assert_refuted(water((*SINGLETS, *encoding(), Rotate(0, mirrored), *COUPLINGS, *encoding())), "rotation")


def test_zero_state_is_refuted() -> None:
    assert_refuted(water((Zero(0), Zero(1), Singlet(2, 3), *encoding(), *COUPLINGS, *encoding())), "rotation")


def test_frame_dependent_readout_is_refuted() -> None:
    assert_refuted(water(energy=Moment("m") * Component(Displacement("O", "H1"), "x")), "rotation")
    assert_refuted(
        water(observables=(("m", PauliObservable(((0, "Z"), (1, "Z")))), ("n", DotObservable(2, 3)))), "rotation"
    )


@pytest.mark.parametrize(
    "vector", [alpha(0) * Displacement("O", "H1"), cross(Displacement("O", "H1"), Displacement("O", "H2"))]
)
def test_vector_written_by_components_is_proven(vector: Value) -> None:
    written = FrameVector(*(Component(vector, axis) for axis in ("x", "y", "z")))  # type: ignore[arg-type]  # three axes
    found = verdict(water((*SINGLETS, *encoding(), Rotate(0, written), *COUPLINGS, *encoding())), "rotation")
    assert found.status == "proven"


def test_length_written_by_components_is_proven() -> None:
    v = Displacement("O", "H1")
    squared = Component(v, "x") ** 2 + Component(v, "y") ** 2 + Component(v, "z") ** 2
    assert verdict(water((*SINGLETS, Exchange(1, 2, squared), *encoding())), "rotation").status == "proven"


def test_three_pauli_rotations_are_an_exchange() -> None:
    def split(op: Exchange, order: str) -> list[PauliRotation]:
        return [PauliRotation(((op.a, l), (op.b, l)), 2 * op.angle) for l in order]  # type: ignore[arg-type]  # X, Y, Z

    first, second = split(COUPLINGS[2], "ZXY"), split(COUPLINGS[3], "YXZ")
    interleaved = [op for pair in zip(first, second, strict=True) for op in pair]
    ops = (*SINGLETS, *encoding(), *COUPLINGS[:2], *interleaved, *encoding(), *COUPLINGS)
    assert_proven(water(ops))
    uneven = [*interleaved[:-1], replace(interleaved[-1], angle=alpha(3))]
    assert_refuted(water((*SINGLETS, *encoding(), *COUPLINGS[:2], *uneven, *encoding(), *COUPLINGS)), "rotation")


def test_three_pauli_rotations_with_something_between_are_no_exchange() -> None:
    xx, yy, zz = (PauliRotation(((1, l), (2, l)), alpha(3)) for l in ("X", "Y", "Z"))
    assert_refuted(water((*SINGLETS, *encoding(), xx, yy, encoding()[1], zz, *COUPLINGS, *encoding())), "rotation")


def test_what_cancels_or_is_not_seen_is_proven_of_the_shorter_circuit() -> None:
    turn = PauliRotation(((0, "Z"),), alpha(0))
    cancels = water((*SINGLETS, *encoding(), turn, replace(turn, angle=-alpha(0)), *COUPLINGS))
    found = verdict(cancels, "rotation")
    assert (found.status, found.rule) == ("proven", "pauli-commutators of the reduced circuit")
    assert found.rule in RULES
    certificate = check_equivariance(cancels)
    verify_certificate(Certificate.from_json(certificate.to_json()), cancels)
    assert_refuted(water((*SINGLETS, *encoding(), turn, *COUPLINGS, replace(turn, angle=-alpha(0)))), "rotation")


def test_what_holds_for_a_reason_that_no_rule_knows_is_undecided() -> None:
    nothing = Function("sin", alpha(3)) ** 2 + Function("cos", alpha(3)) ** 2 - 1
    found = verdict(water((*SINGLETS, *encoding(), PauliRotation(((0, "Z"),), nothing), *COUPLINGS)), "rotation")
    assert (found.status, found.points) == ("undecided", 12)
    assert found.deviation < 1e-12


def test_numbers_that_do_not_turn_make_an_invariant_response() -> None:
    distance = norm(Displacement("O", "H1"))
    ops = (Zero(0), Zero(1), Zero(2), Zero(3), PauliRotation(((0, "X"),), distance))
    seen = (("m", PauliObservable(((0, "Z"),))), ("n", DotObservable(2, 3)))
    assert verdict(water(ops, seen), "rotation").rule == "invariant values"
    assert_refuted(water((*ops, Rotate(0, Displacement("O", "H2"))), seen), "rotation")
    bent = PauliRotation(((0, "X"),), Component(Displacement("O", "H1"), "x"))
    assert_refuted(water((*ops, bent), seen), "rotation")


def test_noise_of_rounding_refutes_nothing() -> None:
    # acos next to 1 turns the last digit into 1e-8; the value is invariant, but only numbers could tell.
    v = Displacement("O", "H1")
    x, y, z = (Component(unit(v), axis) for axis in ("x", "y", "z"))
    angle = Function("acos", (x * x + y * y + z * z) * (1 - 1e-12))
    program = water((*SINGLETS, *encoding(), PauliRotation(((0, "Z"), (1, "Z")), angle - angle), Exchange(1, 2, angle)))
    assert verdict(program, "rotation").status != "refuted"


# -------------------------------------------------------------------------------------------- exchange


def test_one_qubit_per_neighbour_with_singlets_between_neighbours_is_refuted() -> None:
    vectors = tuple(Displacement("C", f"H{k}") for k in range(4))
    program = water(
        (
            *SINGLETS,
            *(Rotate(q, alpha(0) * v) for q, v in enumerate(vectors)),
            *(Exchange(a, b, coupling(0)) for a, b in ((0, 1), (2, 3))),
            *(Rotate(q, alpha(1) * v) for q, v in enumerate(vectors)),
        ),
        species=("H", "C"),
        sites=(Site("C", "C", "centre"), *(Site(f"H{k}", "H", "neighbour") for k in range(4))),
        qubits=tuple(Qubit(f"q{q}", f"H{q}") for q in range(4)),
        observables=tuple((f"m{a}{b}", DotObservable(a, b)) for a in range(4) for b in range(a)),
        energy=sum((Moment(f"m{a}{b}") for a in range(4) for b in range(a)), as_value(0)),
    )
    assert verdict(program, "exchange H0 H1").status == "proven"  # a singlet changes its sign alone
    assert verdict(program, "exchange H1 H2").status == "refuted" or assert_refuted(program, "exchange H1 H2")
    assert_refuted(replace(program, ops=program.ops[:-1]), "exchange H1 H2")


def test_equal_entries_are_not_assumed() -> None:
    tied, untied = (Parameter("alpha", (4,)), Parameter("w", (6,))), encoding((0, 1, 2, 3))
    program = water((*SINGLETS, *untied, *COUPLINGS), parameters=tied)
    assert_refuted(program, "exchange H1 H2")


def test_readout_of_unlike_weights_is_refuted() -> None:
    observables = (("m", DotObservable(1, 2)), ("n", DotObservable(3, 0)))
    assert_proven(water(observables=observables, energy=Moment("m") + Moment("n")))
    assert_proven(water(observables=observables, energy=Moment("m") * Moment("n")))
    failure = assert_refuted(
        water(observables=observables, energy=Moment("m") + 2 * Moment("n")), "exchange H1 H2"
    ).failure
    assert failure is not None
    assert failure.residual == "the readout moment(m) + 2*moment(n) becomes 2*moment(m) + moment(n)"
    far, near = norm(Displacement("O", "H1")), norm(Displacement("O", "H2"))
    assert_proven(water(observables=observables, energy=Moment("m") * far + Moment("n") * near))
    assert_refuted(water(observables=observables, energy=Moment("m") + Moment("n") * near), "exchange H1 H2")


def test_sign_of_a_chirality_counts() -> None:
    def program(last: Chirality) -> Program:
        return water((*SINGLETS, *encoding(), *COUPLINGS, Chirality(0, 1, 2, coupling(3)), last, *encoding()))

    # 0 <-> 1 and 2 <-> 3 carries chirality (0, 1, 2) to (1, 0, 3); the two share qubits and do not commute.
    assert_refuted(program(Chirality(0, 1, 3, coupling(3))), "exchange H1 H2")

    apart = (*SINGLETS, *encoding(), Chirality(0, 2, 1, coupling(3)), *COUPLINGS, *encoding())
    assert_refuted(water(apart), "exchange H1 H2")


def test_averages_prove_and_say_so() -> None:
    broken = water((*SINGLETS, *encoding((0, 1, 2, 3)), *COUPLINGS), average=("inversion", "exchange"))
    assert verdict(broken, "exchange H1 H2").rule == "average over exchange"
    assert verdict(broken, "inversion").rule == "average over inversion"
    assert_proven(broken)


def test_no_like_sites() -> None:
    sites = (Site("O", "O", "centre"), Site("H1", "H", "neighbour"), Site("H2", "H", "free"))
    found = check_equivariance(water(sites=sites)).verdicts[-1]
    assert (found.status, found.rule) == ("proven", "no like sites")
    assert "H1 (neighbour) and H2 (free)" in found.note


DIMER = """qffc 1
program dimer
symmetry exchange
scope molecule
species O, H
site A1: O centre molecule M
site A2: H neighbour molecule M
site B1: O ROLE molecule N
site B2: H neighbour molecule N
MORE
qubit a: A1
qubit b: A2
singlet a, b
rotate a, r(A1, A2)
observable m = dot(a, b)
energy moment(m)*norm(r(A1, B1))
"""


def test_like_molecules_whose_roles_differ_are_named() -> None:
    apart = parse_program(DIMER.replace("ROLE", "free").replace("MORE\n", ""))
    (found,) = check_equivariance(apart).verdicts
    assert (found.status, found.rule) == ("proven", "no like sites")
    told = "molecules M (A1 centre, A2 neighbour) and N (B1 free, B2 neighbour)"
    assert found.note == f"not exchanged, for their roles differ: {told}"
    alike = parse_program(DIMER.replace("ROLE", "free").replace("centre", "free").replace("MORE\n", ""))
    assert verdict(alike, "exchange molecules M N").status == "refuted"
    larger = parse_program(DIMER.replace("ROLE", "free").replace("MORE", "site B3: H neighbour molecule N"))
    assert all("molecules" not in found.note for found in check_equivariance(larger).verdicts)


def test_too_many_qubits_are_undecided() -> None:
    qubits = 20
    ops: list[Op] = [Singlet(q, q + 1) for q in range(0, qubits, 2)]
    ops += [Rotate(0, Displacement("O", "H1")), PauliRotation(((0, "Z"),), alpha(0))]
    program = water(tuple(ops), symmetry=("rotation",), qubits=tuple(Qubit(f"q{q}") for q in range(qubits)))
    found = verdict(program, "rotation")
    assert (found.status, found.points) == ("undecided", 0)
    assert "20 qubits" in found.note
