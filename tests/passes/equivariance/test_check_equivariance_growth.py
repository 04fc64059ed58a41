"""How the work of a check grows with a program, counted in calls of functions."""

import sys
from collections.abc import Callable
from itertools import combinations
from types import FrameType

import pytest

from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.passes.circuit.trace import Shape, independent
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.rules import charge


def calls(program: Program) -> int:
    """How many functions of Python a check calls; all that the program declares is proven."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        certificate = check_equivariance(program)
    finally:
        sys.setprofile(None)
    assert certificate.holds
    return count


def program(symmetry: str, *lines: str) -> Program:
    header = ["qffc 1", "program growth", symmetry, "scope molecule", "species O, H"]
    return parse_program("\n".join([*header, *lines, ""]))


def like_sites(count: int, order: str = "ab") -> Program:
    """Like sites with two qubits and a moment each; every other site has its qubits in the given order."""
    sites = range(count)
    turns = [(f"{half}{k}", f"{'wv'[n]}*r(c, s{k})") for k in sites for n, half in enumerate(("ab", order)[k % 2])]
    return program(
        "symmetry rotation, translation, exchange",
        "site c: O centre",
        *(f"site s{k}: H neighbour" for k in sites),
        "parameter w",
        "parameter v",
        *(f"qubit {half}{k}: s{k}" for k in sites for half in "ab"),
        *(f"singlet a{k}, b{k}" for k in sites),
        *(f"rotate {qubit}, {vector}" for qubit, vector in turns),
        *(f"observable m{k} = dot(a{k}, b{k})" for k in sites),
        f"energy {' + '.join(f'moment(m{k})' for k in sites)}",
    )


def declared(count: int) -> Program:
    """The same with its exchanges declared by hand."""
    text = like_sites(count).text.replace(", exchange", "")
    swaps = (f"generator g{k}: sites s{k} -> s{k + 1}, s{k + 1} -> s{k}\n" for k in range(count - 1))
    return parse_program(text.replace("\nsinglet", f"\n{''.join(swaps)}\nsinglet", 1))


def all_dots(count: int) -> Program:
    """Every pair of qubits in one observable."""
    dots = (f"1*dot(q{a}, q{b})" for a, b in combinations(range(count), 2))
    return program(
        "symmetry rotation",
        "site c: O centre",
        *(f"qubit q{k}: c" for k in range(count)),
        *(f"singlet q{k}, q{k + 1}" for k in range(0, count, 2)),
        f"observable m = {' + '.join(dots)}",
        "energy moment(m)",
    )


def hopping(count: int) -> Program:
    """A chain whose particles hop: XX and YY of one pair conserve their number together, and stand far apart."""
    hops = [(letter, k) for start in (0, 1) for letter in "XY" for k in range(start, count - 1, 2)]
    return program(
        "",
        "site c: O centre",
        f"parameter t: {count}",
        *(f"qubit q{k}: c" for k in range(count)),
        f"conserved n = {' + '.join(f'1*Z(q{k})' for k in range(count))}",
        *(f"zero q{k}" for k in range(count)),
        *(f"pauli_rotation {letter}(q{k}) {letter}(q{k + 1}), t[{k}]" for letter, k in hops),
        "observable m = Z(q0)",
        "energy moment(m)",
    )


@pytest.mark.parametrize(
    ("family", "size", "power"),
    [
        (like_sites, 16, 2),  # as many exchanges as sites, and each reads the whole program once
        (lambda count: like_sites(count, "ba"), 16, 2),
        (declared, 16, 2),
        (all_dots, 12, 2),  # as many pairs
    ],
    ids=["like sites", "halves in another order", "declared exchanges", "all pairs of qubits"],
)
def test_work_grows_no_faster_than_what_is_read(family: Callable[[int], Program], size: int, power: int) -> None:
    calls(family(4))  # what is made once
    small, large = (calls(family(count)) for count in (size, 2 * size))
    assert large < 1.15 * 2**power * small


@pytest.mark.parametrize("count", [16, 32])
def test_a_charge_compares_operations_on_common_qubits_alone(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0

    def counted(a: Shape, b: Shape) -> bool:
        nonlocal visits
        visits += 1
        return independent(a, b)

    chain = hopping(count)
    monkeypatch.setattr(charge, "independent", counted)
    assert check_equivariance(chain).holds
    assert 0 < visits < len(chain.ops)
