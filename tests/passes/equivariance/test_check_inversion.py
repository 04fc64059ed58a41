"""Inversion and translation of programs whose symmetry is known by hand."""

from dataclasses import replace

import numpy as np
import pytest
from verdicts import assert_proven, assert_refuted, verdict
from waters import CARRIED, COUPLINGS, SINGLETS, alpha, coupling, water

from qffc.ir.declarations import EnergyReadout, Qubit, Site
from qffc.ir.observables import DotObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.values import (
    Component,
    Displacement,
    Moment,
    Position,
    Value,
    cross,
    dot,
    norm,
    unit,
)
from qffc.passes.equivariance.numbers.before_and_after import observed

# ----------------------------------------------------------------------------------------- translation


def test_absolute_position_is_refuted() -> None:
    program = water((*SINGLETS, *(Rotate(q, alpha(0) * Position(CARRIED[q])) for q in range(4)), *COUPLINGS))
    assert_refuted(program, "translation")
    assert verdict(program, "rotation").status == "proven"


def test_positions_that_cancel_are_proven() -> None:
    ops = (Rotate(q, alpha(0) * (Position(CARRIED[q]) - Position("O"))) for q in range(4))
    found = verdict(water((*SINGLETS, *ops, *COUPLINGS)), "translation")
    assert (found.status, found.rule) == ("proven", "positions cancel")
    assert_refuted(water(energy=Moment("m") * norm(Position("O"))), "translation")


# ------------------------------------------------------------------------------------------- inversion

AMMONIA = (Site("N", "N", "centre"), *(Site(f"H{k}", "H", "neighbour") for k in (1, 2, 3)))


def ammonia(vectors: tuple[Value, ...], energy: Value | None = None, extra: tuple[Op, ...] = ()) -> Program:
    """Three vectors on four qubits, in one circuit that has no other symmetry."""
    ops = [Singlet(0, 1), Singlet(2, 3)]
    ops += [Rotate(q, alpha(q) * v) for q, v in enumerate(vectors)]
    ops += [
        Exchange(0, 2, coupling(0)),
        Exchange(1, 3, coupling(1)),
        Exchange(0, 1, coupling(2)),
        Exchange(1, 2, coupling(3)),
    ]
    ops += [Rotate(q, alpha(3) * v) for q, v in enumerate(vectors)] + [
        *extra,
        Exchange(0, 1, coupling(4)),
        Exchange(2, 3, coupling(5)),
    ]
    return water(
        tuple(ops),
        symmetry=("rotation", "inversion", "translation"),
        species=("H", "N"),
        sites=AMMONIA,
        qubits=tuple(Qubit(f"q{q}") for q in range(4)),
        energy=energy or Moment("m"),
        observables=(("m", DotObservable(0, 2)), ("n", DotObservable(1, 2))),
    )


def r(site: str, origin: str = "N") -> Value:
    return Displacement(origin, site)


def test_three_vectors_are_refuted() -> None:
    found = assert_refuted(ammonia((r("H1"), r("H2"), r("H3"))), "inversion")
    assert found.failure is not None
    assert "3 independent vectors" in found.failure.residual


def test_three_displacements_in_a_plane_are_proven() -> None:
    assert_proven(ammonia((r("H1"), r("H2"), r("H2", "H1"))))
    assert_proven(ammonia((r("H1"), unit(r("H2")), cross(r("H1"), r("H2")))))
    assert_proven(ammonia((r("H1"), norm(r("H3")) * r("H2"), r("H1") + r("H2"))))
    assert_refuted(ammonia((r("H1"), r("H2"), r("H3", "H1"))), "inversion")


def test_axial_vectors_alone_are_proven() -> None:
    axials = (cross(r("H1"), r("H2")), cross(r("H2"), r("H3")), cross(r("H1"), r("H3")))
    assert verdict(ammonia(axials), "inversion").rule == "even values"
    assert_proven(ammonia(axials))


def test_pseudoscalar_is_refuted() -> None:
    handed = dot(r("H1"), cross(r("H2"), r("H3")))
    assert_refuted(ammonia((r("H1"), r("H2")), energy=Moment("m") * handed), "inversion")
    assert_refuted(ammonia((r("H1"), r("H2")), extra=(Exchange(1, 2, handed),)), "inversion")
    assert_refuted(ammonia((r("H1"), r("H2")), extra=(Chirality(1, 2, 3, handed),)), "inversion")
    assert_proven(ammonia((r("H1"), r("H2")), extra=(Chirality(1, 2, 3, coupling(0)), Exchange(1, 2, handed**2))))


def test_length_of_a_vector_without_parity_is_not_even() -> None:
    mixed = norm(r("H1") + cross(r("H2"), r("H3")))
    assert_refuted(ammonia((r("H1"), r("H2")), energy=Moment("m") * mixed), "inversion")


def test_inversion_rule_needs_rotation() -> None:
    pauli = PauliRotation(((0, "Z"),), coupling(0))
    found = verdict(ammonia((r("H1"), r("H2")), extra=(pauli,)), "inversion")
    assert found.status != "proven"
    polarized = ammonia((r("H1"),), extra=(pauli,))
    assert verdict(polarized, "inversion").status != "proven"


def test_absolute_positions_count_as_vectors_from_the_origin() -> None:
    assert verdict(ammonia((Position("H1"), Position("H2"))), "inversion").status == "proven"
    assert_refuted(ammonia((Position("H1"), r("H2"), r("H3"))), "inversion")


def test_differences_of_positions_count_as_displacements() -> None:
    one, two, three = (Position(site) - Position("N") for site in ("H1", "H2", "H3"))
    assert verdict(ammonia((one, two)), "inversion").status == "proven"
    assert_refuted(ammonia((one, two, three)), "inversion")
    found = verdict(ammonia((one, two, Position("H3") + Position("N"))), "inversion")
    assert found.status == "refuted"


def test_positions_whose_coefficients_do_not_add_up_to_zero_are_refuted() -> None:
    mean = Position("H1") + Position("H2")
    assert verdict(ammonia((mean - 2 * Position("N"),)), "translation").status == "proven"
    assert_refuted(ammonia((r("H1"), mean - Position("N"))), "translation")
    assert_refuted(ammonia((r("H1"), alpha(0) * mean - 2 * Position("N"))), "translation")


def test_averages_count_in_numbers_too() -> None:
    handed = dot(r("H1"), cross(r("H2"), r("H3")))
    odd = ammonia((r("H1"), r("H2")), energy=Moment("m") * Component(handed * r("H1"), "x"))
    cancels = replace(odd, readout=EnergyReadout(Moment("m") * Component(r("H1"), "x")), average=("inversion",))
    kept = replace(odd, average=("inversion",))
    found = verdict(kept, "rotation")
    assert found.status == "refuted"
    assert found.counterexample is not None
    before, after = (observed(kept, instance) for instance in found.counterexample.instances(kept))
    assert np.abs(before - after).max() == pytest.approx(found.counterexample.difference)
    assert verdict(cancels, "rotation").status != "proven"
