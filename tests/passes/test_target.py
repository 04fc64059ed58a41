from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import Exchange, Relabel, Rotate, Singlet, Zero
from qffc.ir.values import Displacement, ParameterEntry
from qffc.passes.counts import CircuitCounts, Counts, count_ops
from qffc.passes.target import CostWeights, Limits, MinimumAngles, Pricing, Target
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import price, target

COUNTS = CircuitCounts(qubits=4, phased_x=24, rz=24, two_qubit=24, two_qubit_depth=12, depth=24, cost=54.8)


def test_an_exchange_is_made_of_the_cheaper_gate():
    ions = Target("ions", "two ions", 2, ("TK2", "ZZPhase"))
    assert ions.cheaper_exchange() == "TK2"
    assert replace(ions, weights=CostWeights(tk2_base=0.91)).cheaper_exchange() == "ZZPhase"
    assert replace(ions, weights=CostWeights(tk2_base=0.9)).cheaper_exchange() == "TK2"
    assert Target("ions", "two ions", 2, ("ZZPhase",), two_qubit="ZZPhase").exchange_costs() == {"ZZPhase": 3.0}


@given(st.floats(0, 0.8), st.integers(0, 5), st.integers(0, 5))
def test_errors_of_gates_in_a_row_are_those_of_their_costs(infidelity, first, second):
    # Depolarizing channels compose: a gate of cost 2 fails as two gates of cost 1 whose failures do not cancel.
    noise = NoiseModel(two_qubit=infidelity)
    good = [1 - noise.pauli_two_qubit(cost) for cost in (first, second, first + second)]
    assert good[0] * good[1] == pytest.approx(good[2])


def test_waiting_is_dephasing_layer_by_layer():
    noise = NoiseModel(memory=0.01)
    once, twice = noise.dephasing(1), noise.dephasing(2)
    assert once == pytest.approx(0.015)  # average infidelity of a Z of probability p: 2 p / 3
    assert twice == pytest.approx(2 * once * (1 - once))
    assert noise.dephasing(0) == 0


def test_price():
    # 24 one-qubit and 24 two-qubit gates, 4 preparations and 4 measurements
    assert price(COUNTS, 1000, on="H2-1") == pytest.approx(5 + 1000 * (24 + 240 + 40) / 5000)
    assert target("H2-1").price([COUNTS, COUNTS], 1000) == pytest.approx(2 * price(COUNTS, 1000, on="H2-1"))
    assert price(COUNTS, 1000, on="ideal") == 0


@pytest.mark.parametrize("shots", [-5, -1, 2.5, True, None, float("nan")])
@pytest.mark.parametrize("where", ["H2-1", "ideal"])
def test_only_whole_numbers_of_shots_have_a_price(shots, where):
    with pytest.raises(QffcError, match="shots out of range"):
        price(COUNTS, shots, on=where)


def test_a_heisenberg_tk2_is_not_one_zz():
    weights = CostWeights()
    assert [weights.tk2(k) for k in range(4)] == pytest.approx([0, 1, 1.7, 2.4])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Target("", "no name", 1),
        lambda: Target("small", "no qubits", 0),
        lambda: Target("odd", "prefers what it lacks", 1, ("ZZPhase",)),
        lambda: Target("odd", "prefers what nobody has", 1, (), "CX"),
        lambda: Target("odd", "no gates", 1, emulator="pecos"),
        lambda: Target("odd", "in two places", 1, ("TK2",), emulator="pecos", machine="H2-1"),
        lambda: Target("odd", "TK2 on Selene", 1, ("TK2", "ZZPhase"), "ZZPhase", emulator="selene"),
        lambda: Target("odd", "TK2 on Helios", 1, ("TK2", "ZZPhase"), "ZZPhase", machine="Helios-1"),
        lambda: Target("odd", "a machine that is gone", 1, ("TK2",), machine="H1-2E"),
        lambda: Target("odd", "no machine", 1, ("TK2",), machine="H2-1SC"),
        lambda: CostWeights(zz=-1),
        lambda: MinimumAngles(zz_phase=-1),
        lambda: Pricing(shot_scale=0),
        lambda: Limits(shots=0),
        lambda: NoiseModel(two_qubit=0.81),
        lambda: NoiseModel(measurement_0=-0.1),
        lambda: NoiseModel(memory=float("nan")),
    ],
)
def test_a_target_that_cannot_be_is_refused(make):
    with pytest.raises(QffcError):
        make()


def test_counts_of_a_program(example):
    J, R = ParameterEntry("J"), Displacement("A", "B")
    ops = [
        Singlet(0, 1),
        Zero(2),
        Zero(3),
        Rotate(0, R),
        Exchange(2, 3, J),
        Relabel(((0, 1), (1, 0))),
        Exchange(1, 2, J),
    ]
    program = example(0, qubits=4).program.with_ops(tuple(ops))
    assert count_ops(program) == Counts(qubits=4, one_qubit=1, two_qubit=3, larger=0, two_qubit_depth=2)


def test_targets_load_neither_pytket_nor_jax():
    code = (
        "import sys, qffc.targets.catalogue, qffc.passes.pipeline; sys.exit(bool({'pytket', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize(
    ("made", "name"),
    [(CostWeights, field.name) for field in fields(CostWeights)]
    + [(MinimumAngles, field.name) for field in fields(MinimumAngles)]
    + [(Pricing, field.name) for field in fields(Pricing)],
)
def test_numbers_of_a_target_are_finite_and_not_negative(made, name, number):
    with pytest.raises(QffcError, match="negative|impossible"):
        made(**{name: (("CZ", number),) if name == "by_gate" else number})
