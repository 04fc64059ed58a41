"""Exchange beyond one spelling: singlets, sums of displacements, triple products, energies in several moments."""

import pytest
from verdicts import assert_refuted, verdict

from qffc.ir import parse_program
from qffc.ir.program import Program

SEEN = "observable m = 1*dot(a0, a1) + 1*dot(b0, b1)\nobservable n = 1*dot(a0, b0) + 3*dot(a1, b1)"
MIXED = (
    "exchange a0, b0, J[1]",
    "exchange a1, b1, J[2]",
    "rotate a1, J[3]*r(c, a)",
    "rotate b1, J[3]*r(c, b)",
    "exchange a0, b0, J[2]",
)


def three(*ops: str, observable: str = SEEN, energy: str = "moment(m) + moment(n)^2") -> Program:
    """Two like atoms with two qubits each, and two others with one qubit."""
    sites = ("site c: O centre", "site d: C free", "site a: H neighbour", "site b: H neighbour")
    qubits = ("a0: a", "a1: a", "b0: b", "b1: b", "c0: c", "d0: d")
    lines = [
        "qffc 1",
        "program test",
        "symmetry exchange",
        "scope molecule",
        "species O, C, H",
        *sites,
        "parameter J: 4",
    ]
    lines += [*(f"qubit {qubit}" for qubit in qubits), *ops, observable, f"energy {energy}"]
    return parse_program("\n".join(lines))


OWN = ("singlet a0, a1", "singlet b0, b1", "singlet c0, d0")
ACROSS = ("singlet a0, b0", "singlet a1, b1", "singlet c0, d0")
ENCODING = ("rotate a0, J[0]*r(c, a)", "rotate b0, J[0]*r(c, b)")
TRIPLE = "dot(r(a, b), cross(r(a, c), r(a, d)))"

PAIRS = {
    "own singlets: one half turns, or the other turns back": (
        three(*OWN, "rotate a0, J[0]*r(c, a)", "rotate b1, J[0]*r(b, c)", *MIXED, *ENCODING),
        three(*OWN, "rotate a0, J[0]*r(c, a)", "rotate b1, J[0]*r(c, b)", *MIXED, *ENCODING),
    ),
    "singlet across: both turns on one half": (
        three(*ACROSS, "rotate a0, r(c, a)", "rotate a0, r(b, c)", *MIXED),
        three(*ACROSS, "rotate a0, r(c, a)", "rotate a0, J[3]*r(b, c)", *MIXED),
    ),
    "displacements: two spellings": (
        three(*OWN, "rotate a0, r(c, b) - r(c, a)", "rotate b0, x(a) - x(b)", *MIXED, *ENCODING),
        three(*OWN, "rotate a0, r(c, b) - r(c, a)", "rotate b0, x(b) - x(a)", *MIXED, *ENCODING),
    ),
    "triple product: it changes its sign with a chirality": (
        three(*OWN, *ENCODING, f"chirality a0, b0, c0, {TRIPLE}", *MIXED),
        three(*OWN, *ENCODING, f"chirality a0, b0, c0, {TRIPLE}^2", *MIXED),
    ),
    "moments: invariant together alone": (
        three(*OWN, *ENCODING, *MIXED, *ENCODING,
              observable="observable m = 1*dot(a0, b1) + 2*dot(a0, a1)\nobservable n = 1*dot(b0, a1) + 2*dot(b0, b1)\n"
              "observable k = 1*dot(a0, b0) + 1*dot(a0, a1)\nobservable l = dot(b0, b1)",
              energy="moment(m) + moment(n) + J[2]*moment(k) + J[2]*moment(l)"),
        three(*OWN, *ENCODING, *MIXED, *ENCODING,
              observable="observable k = 1*dot(a0, b0) + 1*dot(a0, a1)\nobservable l = dot(b0, b1)",
              energy="J[2]*moment(k) + J[3]*moment(l)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("holds", "broken"), PAIRS.values(), ids=[name.split(":")[0] for name in PAIRS])
def test_proven_and_its_broken_twin_refuted(holds: Program, broken: Program) -> None:
    found = verdict(holds, "exchange a b")
    assert (found.status, found.rule) == ("proven", "relabelling modulo commutation"), found.failure
    assert_refuted(broken, "exchange a b")
