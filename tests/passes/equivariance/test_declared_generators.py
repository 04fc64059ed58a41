"""Symmetries that are declared by hand, and the exchange of molecules: what is proven, and what is refuted."""

from itertools import combinations

import numpy as np
import pytest
from verdicts import assert_proven, assert_refuted, verdict

from qffc.ir import QffcError, parse_program
from qffc.ir.program import Program
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import observed
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.rules.rotation import INVARIANT_VALUES
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target


def make(*lines: str, readout: str = "energy moment(m)") -> Program:
    return parse_program("\n".join(["qffc 1", "program test", *lines, readout]))


# --------------------------------------------------------------------------- molecules


def water_dimer(singlets: str = "AB", coupling: str = "J[0]") -> Program:
    """Two waters: an oxygen and two hydrogens each, a qubit for each hydrogen and one for each oxygen."""
    lines = ["symmetry exchange", "scope molecule", "species O, H"]
    lines += [f"site {e}{m}{k}: {e} free molecule {m}" for m in "AB" for e, k in (("O", ""), ("H", 1), ("H", 2))]
    lines += ["parameter J: 3"]
    lines += [f"qubit q{m}{k}: H{m}{k}" for m in "AB" for k in (1, 2)]
    if singlets == "AB":
        lines += ["singlet qA1, qA2", "singlet qB1, qB2"]
    else:
        lines += ["singlet qA1, qA2", "zero qB1", "zero qB2"]
    scale = {"A": "J[0]", "B": coupling}
    lines += [f"rotate q{m}{k}, {scale[m]}*r(O{m}, H{m}{k})" for m in "AB" for k in (1, 2)]
    lines += ["exchange qA1, qA2, J[2]", "exchange qB1, qB2, J[2]"]
    lines += [f"pauli_rotation Z(qA{a}) Z(qB{b}), J[1]*norm(r(OA, OB))" for a in (1, 2) for b in (1, 2)]
    lines += ["observable m = 1*dot(qA1, qB1) + 1*dot(qA1, qB2) + 1*dot(qA2, qB1) + 1*dot(qA2, qB2)"]
    return make(*lines)


def test_water_dimer_is_proven() -> None:
    program = water_dimer()
    assert [v.generator for v in check_equivariance(program).verdicts] == [
        "exchange HA1 HA2",
        "exchange HB1 HB2",
        "exchange molecules A B",
    ]
    assert_proven(program)


@pytest.mark.parametrize("broken", [water_dimer(singlets="A"), water_dimer(coupling="J[1]")])
def test_molecules_that_differ_are_refuted(broken: Program) -> None:
    found = assert_refuted(broken, "exchange molecules A B")
    assert found.counterexample is not None
    assert dict(found.counterexample.transform.sites) == {
        "OA": "OB", "OB": "OA", "HA1": "HB1", "HB1": "HA1", "HA2": "HB2", "HB2": "HA2",
    }  # fmt: skip
    assert verdict(broken, "exchange HA1 HA2").status == "proven"


def test_average_exchange_is_over_the_group_of_the_molecules() -> None:
    broken = water_dimer(coupling="J[1]*norm(r(OA, HB1))")
    repaired = Symmetrize().run(broken, target("ideal")).program
    assert repaired.average == ("exchange",)
    assert_proven(repaired)
    random = np.random.default_rng(3)
    before, _ = random_point(repaired, Transform(""), random).instances(repaired)
    for order in ([0, 2, 1, 3, 4, 5], [3, 4, 5, 0, 1, 2]):
        after = type(before)(before.positions[order], before.species, before.parameters, before.channel)
        assert observed(repaired, after) == pytest.approx(observed(repaired, before), abs=1e-12)
    one_atom = type(before)(before.positions[[0, 4, 2, 3, 1, 5]], before.species, before.parameters, before.channel)
    assert abs(observed(repaired, one_atom) - observed(repaired, before)).max() > 1e-4


# --------------------------------------------------------------------------- subgroups


def three_atoms(*lines: str, symmetry: str = "", order: str = "ab bc ca") -> Program:
    """A chiral coupling of three like atoms: even permutations keep it, odd ones change its sign."""
    head = [symmetry] if symmetry else []
    body = ["scope molecule", "species H", *(f"site {s}: H free" for s in "abc"), "parameter J"]
    body += [*(f"qubit q{s}: {s}" for s in "abc"), *lines, *(f"zero q{s}" for s in "abc")]
    body += [f"rotate q{s}, r({s}, {t})" for s, t in order.split()]
    body += ["chirality qa, qb, qc, J", *(f"rotate q{s}, r({s}, {t})" for s, t in order.split())]
    return make(*head, *body, "observable m = 1*Z(qa) + 1*Z(qb) + 1*Z(qc)")


SHIFT = "generator shift: sites a -> b, b -> c, c -> a"


def test_a_cyclic_subgroup_is_proven_where_exchange_is_refuted() -> None:
    assert_proven(three_atoms(SHIFT))
    assert_proven(three_atoms(f"{SHIFT}; qubits qa -> qb, qb -> qc, qc -> qa"))
    whole = three_atoms(SHIFT, symmetry="symmetry exchange")
    assert_refuted(whole, "exchange a b")
    assert verdict(whole, "generator shift").status == "proven"


def test_a_shift_is_refuted_when_one_atom_looks_elsewhere() -> None:
    found = assert_refuted(three_atoms(SHIFT, order="ab bc cb"), "generator shift")
    assert found.counterexample is not None
    positions = np.arange(9.0).reshape(3, 3)
    moved = found.counterexample.transform.apply(positions, ("a", "b", "c"))
    assert moved.tolist() == positions[[1, 2, 0]].tolist()


def test_qubits_that_do_not_follow_the_sites_prove_nothing() -> None:
    found = verdict(three_atoms(f"{SHIFT}; qubits qa -> qa"), "generator shift")
    assert found.status == "undecided"
    assert found.deviation < 1e-12


# --------------------------------------------------------------------------- graphs


def graph_circuit(nodes: int, edges: list[tuple[int, int]], swap: str = "0 -> 1, 1 -> 0") -> Program:
    """One qubit a node and a coupling for each pair, its angle the entry of the adjacency matrix."""
    lines = ["scope molecule", "species H", "site any: H free", f"parameter A: {nodes}, {nodes}", "parameter t: 2"]
    lines += [f"qubit q{k}" for k in range(nodes)]
    lines += [f"generator moved: entries A {swap}", *(f"zero q{k}" for k in range(nodes))]
    for layer in range(2):
        lines += [f"pauli_rotation X(q{k}), t[{layer}]" for k in range(nodes)]
        lines += [f"pauli_rotation Z(q{i}) Z(q{j}), A[{i}, {j}] + A[{j}, {i}]" for i, j in edges]
    terms = " + ".join(f"1*Z(q{i}) Z(q{j})" for i, j in combinations(range(nodes), 2))
    return make(*lines, f"observable m = {terms}")


def test_complete_graph_is_equivariant() -> None:
    every = list(combinations(range(4), 2))
    assert_proven(graph_circuit(4, every))
    assert_proven(graph_circuit(4, every, "0 -> 1, 1 -> 2, 2 -> 3, 3 -> 0"))
    found = assert_refuted(graph_circuit(4, every[1:] + every[1:2]), "generator moved")
    assert found.counterexample is not None
    assert [moves.axes for moves in found.counterexample.transform.entries] == [(0, 1)]
    assert_refuted(graph_circuit(4, every[:1] + every[2:]), "generator moved")


def test_ring_is_equivariant_under_its_own_symmetries_alone() -> None:
    ring = [(0, 1), (1, 2), (2, 3), (0, 3)]
    assert_proven(graph_circuit(4, ring, "0 -> 1, 1 -> 2, 2 -> 3, 3 -> 0"))
    assert_refuted(graph_circuit(4, ring), "generator moved")
    assert_refuted(graph_circuit(4, ring[1:], "0 -> 1, 1 -> 2, 2 -> 3, 3 -> 0"), "generator moved")


# --------------------------------------------------------------------------- Pauli strings


def parity_circuit(*extra: str, string: str = "X", observable: str = "Z(q0) Z(q2)", start: str = "Y") -> Program:
    """Convolutions on neighbours and a readout that a global flip of the spins does not see."""
    lines = ["scope molecule", "species H", "site any: H free", "parameter t: 4"]
    lines += [f"qubit q{k}" for k in range(4)]
    lines += [f"generator parity: paulis {' '.join(f'{string}(q{k})' for k in range(4))}"]
    lines += [f"zero q{k}" for k in range(4)]
    lines += [f"pauli_rotation {start}(q{k}), 1/2*pi" for k in range(4)] if start else []
    for a, b in ((0, 1), (2, 3), (1, 2)):
        lines += [f"pauli_rotation Z(q{a}) Z(q{b}), t[0]", f"pauli_rotation Y(q{a}) Z(q{b}), t[1]"]
        lines += [f"pauli_rotation X(q{a}), t[2]", f"exchange q{a}, q{b}, t[3]"]
    return make(*lines, *extra, f"observable m = {observable}")


def test_flip_of_all_spins_is_proven() -> None:
    assert_proven(parity_circuit())
    assert check_equivariance(parity_circuit()).rules == ("conjugation by a Pauli string",)
    assert_proven(parity_circuit("relabel q0 -> q1, q1 -> q2, q2 -> q0"))


@pytest.mark.parametrize(
    "broken",
    [
        parity_circuit("pauli_rotation Z(q1), t[2]"),
        parity_circuit("rotate q1, vector(t[0], t[1], 0)"),
        parity_circuit("chirality q0, q1, q2, t[0]", string="Z"),
        parity_circuit(observable="Z(q0)"),
        parity_circuit(start=""),
        parity_circuit("relabel q0 -> q1, q1 -> q0", "pauli_rotation Z(q1), t[2]"),
    ],
)
def test_odd_parts_are_refuted(broken: Program) -> None:
    found = assert_refuted(broken, "generator parity")
    certificate = check_equivariance(broken)
    assert Certificate.from_json(certificate.to_json()) == certificate
    verify_certificate(certificate, broken)
    assert found.counterexample is not None
    assert found.counterexample.transform.internal == "generator parity"
    assert "distance of the state" in certificate.render()


def test_vectors_of_the_laboratory_turn_along() -> None:
    assert_proven(parity_circuit("rotate q1, vector(t[0], 0, 0)"))


def test_a_qubit_swap_with_a_string_is_one_generator() -> None:
    lines = ["scope molecule", "species H", "site any: H free", "parameter t: 2", "qubit a", "qubit b", "LINE"]
    lines += ["zero a", "zero b", "pauli_rotation X(a), t[0]", "pauli_rotation X(b), -1*t[0]"]
    lines += ["pauli_rotation Z(a) Z(b), t[1]", "observable m = Z(a) Z(b)"]
    text = "\n".join(lines)
    assert_proven(make(text.replace("LINE", "generator odd: qubits a -> b, b -> a; paulis Z(a) Z(b)")))
    assert_refuted(make(text.replace("LINE", "generator odd: qubits a -> b, b -> a")), "generator odd")


def test_one_spin_of_a_singlet_is_refuted() -> None:
    lines = ["scope molecule", "species H", "site any: H free", "parameter t", "qubit a", "qubit b", "LINE"]
    lines += ["singlet a, b", "pauli_rotation X(a) X(b), t", "observable m = X(a) X(b)"]
    text = "\n".join(lines)
    assert_proven(make(text.replace("LINE", "generator flip: paulis X(a) X(b)")))
    assert_refuted(make(text.replace("LINE", "generator flip: paulis Z(a)")), "generator flip")


# --------------------------------------------------------------------------- charges


def hopping(*extra: str, second: str = "t[0]", charge: str = "1*Z(a) + 1*Z(b) + 1*Z(c)", start: str = "") -> Program:
    lines = ["scope molecule", "species H", "site any: H free", "parameter t: 3"]
    lines += ["qubit a", "qubit b", "qubit c", f"conserved charge = {charge}", "zero a", "zero b", "zero c"]
    lines += [
        start or "pauli_rotation X(a), pi",
        "pauli_rotation X(a) X(b), t[0]",
        f"pauli_rotation Y(a) Y(b), {second}",
    ]
    lines += ["pauli_rotation Z(b), t[1]", "exchange b, c, t[2]", "relabel a -> b, b -> a"]
    return make(*lines, *extra, "observable m = 1*Z(a) + 2*dot(b, c)")


def test_hopping_conserves_the_charge() -> None:
    assert_proven(hopping())
    assert check_equivariance(hopping()).rules == ("commutes with the charge",)


@pytest.mark.parametrize(
    "broken",
    [
        hopping(second="t[1]", start="pauli_rotation Z(a), t[1]"),
        hopping("pauli_rotation X(b), t[1]"),
        hopping("rotate b, vector(0, t[1], 0)"),
        hopping(start="pauli_rotation X(a), 1/2*pi"),
        hopping(charge="1*Z(a) + 2*Z(b) + 1*Z(c)"),
        hopping(charge="1*X(a) + 1*X(b) + 1*X(c)"),
    ],
)
def test_what_changes_the_charge_is_refuted(broken: Program) -> None:
    assert_refuted(broken, "conserved charge")


def test_rotations_in_a_row_count_only_when_nothing_stands_between() -> None:
    halves = ["pauli_rotation X(b) X(c), t[0]", "pauli_rotation Z(a), t[1]", "pauli_rotation Y(b) Y(c), t[0]"]
    assert_proven(hopping(*halves))
    halves[1] = "pauli_rotation Z(b), t[1]"
    assert_refuted(hopping(*halves), "conserved charge")


def test_total_spin_of_singlets_is_conserved() -> None:
    lines = [
        "scope molecule",
        "species H",
        "site any: H free",
        "parameter t",
        "qubit a",
        "qubit b",
        "qubit c",
        "qubit d",
    ]
    lines += ["conserved spin = 1*X(a) + 1*X(b) + 1*X(c) + 1*X(d)", "singlet a, b", "singlet c, d", "exchange b, c, t"]
    assert_proven(make(*lines, "observable m = dot(a, c)"))


SPINS = ["symmetry rotation", "scope molecule", "species H", "site any: H free", "parameter t"]
SPINS += ["qubit a", "qubit b", "qubit c", "qubit d", "conserved spin", "singlet a, b", "singlet c, d"]


def test_conserved_spin_is_the_three_charges_of_all_qubits() -> None:
    program = make(*SPINS, "exchange b, c, t", "observable m = dot(a, c)")
    every = [" + ".join(f"1*{letter}({qubit})" for qubit in "abcd") for letter in "XYZ"]
    lines = [f"conserved spin_{letter} = {charge}" for letter, charge in zip("xyz", every, strict=True)]
    assert [line for line in program.text.splitlines() if line.startswith("conserved")] == lines
    assert parse_program(program.text) == program
    assert_proven(program)


@pytest.mark.parametrize("change", ["pauli_rotation Z(a), t", "pauli_rotation X(a) X(c), t"])
def test_rotation_says_nothing_of_spins_where_nothing_turns_and_conserved_spin_does(change: str) -> None:
    """A number in place of a vector: the energy cannot change as the molecule turns, the circuit is not symmetric."""
    program = make(*SPINS, "exchange b, c, t", change, "exchange b, d, t", "observable m = dot(a, c)")
    certificate = check_equivariance(program)
    verdicts = {verdict.generator: verdict for verdict in certificate.verdicts}
    assert (verdicts["rotation"].status, verdicts["rotation"].rule) == ("proven", INVARIANT_VALUES.name)
    assert "of the circuit under turns of its spins this says nothing, which 'conserved spin' declares" in (
        certificate.render()
    )
    spins = [verdicts[f"conserved spin_{letter}"].status for letter in "xyz"]
    axis = "XYZ".index(change[15])
    assert spins == ["proven" if k == axis else "refuted" for k in range(3)]


def test_a_prepared_state_with_spin_is_not_symmetric() -> None:
    lines = [*SPINS[:5], "qubit a", "qubit b", "conserved spin", "zero a", "zero b", "exchange a, b, t"]
    verdicts = check_equivariance(make(*lines, "observable m = dot(a, b)")).verdicts
    assert [verdict.status for verdict in verdicts] == ["proven", "refuted", "refuted", "proven"]


def test_an_energy_is_judged_by_the_sum_of_what_it_reads() -> None:
    """XX and YY alone do not commute with the charge; their sum does."""
    lines = ["scope molecule", "species H", "site any: H free", "parameter t", "qubit a", "qubit b"]
    lines += ["conserved charge = 1*Z(a) + 1*Z(b)", "singlet a, b", "exchange a, b, t"]
    lines += ["observable x = X(a) X(b)", "observable y = Y(a) Y(b)"]
    assert_proven(make(*lines, readout="energy t*(moment(x) + moment(y))"))
    assert_refuted(make(*lines, readout="energy moment(x) + 2*moment(y)"), "conserved charge")


# --------------------------------------------------------------------------- around the check


def test_symmetrize_refuses_generators_that_it_cannot_repair() -> None:
    assert not Symmetrize().run(parity_circuit(), target("ideal")).changed
    with pytest.raises(QffcError, match="declared generator that no average repairs"):
        Symmetrize().run(parity_circuit(observable="Z(q0)"), target("ideal"))


def test_a_certificate_without_a_declared_generator_does_not_hold() -> None:
    certificate = check_equivariance(parity_circuit())
    assert certificate.symmetry == ("generator parity",)
    assert not Certificate(**{**vars(certificate), "verdicts": ()}).holds


@pytest.mark.parametrize(
    "ops",
    [
        ["singlet a, b"],
        ["zero a", "zero b", "pauli_rotation X(b), pi", "exchange a, b, t"],
        ["zero a", "zero b", "zero c", "pauli_rotation X(b), pi", "chirality a, b, c, t"],
    ],
)
def test_a_string_on_some_of_coupled_spins_is_refuted(ops: list[str]) -> None:
    wires = ["a", "b"] + ["c"] * ("zero c" in ops)
    lines = ["scope molecule", "species H", "site any: H free", "parameter t", *(f"qubit {w}" for w in wires)]
    lines += ["generator part: paulis Z(a)", *ops, "observable m = Z(a) Z(b)"]
    assert_refuted(make(*lines), "generator part")
