from __future__ import annotations

import subprocess
import sys

import pytest

from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import Exchange, Relabel, Rotate, Singlet, Zero
from qffc.ir.values import Displacement, ParameterEntry
from qffc.passes.counts import CircuitCounts, Counts, count_ops
from qffc.passes.target import CostWeights, MinimumAngles, Pricing, Target
from qffc.targets import TARGETS, price, target

COUNTS = CircuitCounts(qubits=4, phased_x=24, rz=24, two_qubit=24, two_qubit_depth=12, depth=24, cost=54.8)


def test_names_are_different_and_found():
    names = [candidate.name for candidate in TARGETS]
    assert names == ["ideal", "H1-1", "H2-1", "H1-1LE", "H2-1LE", "H2-2LE"]
    assert [target(name) for name in names] == list(TARGETS)


def test_an_unknown_target_lists_the_known_ones():
    with pytest.raises(QffcError, match="'ideal', 'H1-1', 'H2-1', 'H1-1LE', 'H2-1LE', 'H2-2LE'"):
        target("H3")


@pytest.mark.parametrize("candidate", [t for t in TARGETS if t.device], ids=lambda t: t.name)
def test_targets_are_what_pytket_says(candidate):
    from pytket.circuit import OpType
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    info = QuantinuumBackend(candidate.device).backend_info
    assert info.n_nodes == candidate.qubits
    assert {getattr(OpType, gate) for gate in candidate.gates} <= set(info.gate_set)
    assert (info.misc["system_type"] == "local_emulator") == (candidate.emulator is not None)


def test_price():
    # 24 one-qubit and 24 two-qubit gates, 4 preparations and 4 measurements
    assert price(COUNTS, 1000, on="H2-1") == pytest.approx(5 + 1000 * (24 + 240 + 40) / 5000)
    assert target("H2-1").price([COUNTS, COUNTS], 1000) == pytest.approx(2 * price(COUNTS, 1000, on="H2-1"))
    assert price(COUNTS, 1000, on="ideal") == 0


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
        lambda: Target("odd", "no gates", 1, emulator="H1-1LE"),
        lambda: CostWeights(zz=-1),
        lambda: MinimumAngles(zz_phase=-1),
        lambda: Pricing(shot_scale=0),
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
    code = "import sys, qffc.targets, qffc.passes.pipeline; sys.exit(bool({'pytket', 'jax'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
