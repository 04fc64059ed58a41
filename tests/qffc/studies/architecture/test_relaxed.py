"""Gates with weights: shared by orbits, folded into angles, small ones left out."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.evaluate import Instance
from qffc.ir.reference import moments
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.studies.architecture.blocks import entries_of
from qffc.studies.architecture.genome import genome_of, likeness
from qffc.studies.architecture.relaxed import folded, penalty_of, pruned, relaxed, sizes


@pytest.fixture(scope="module")
def start():
    return genome_of(load("sivqlm-h2o", depth=1))


@pytest.fixture(scope="module")
def whole(start):
    return relaxed(start, ("exchange", "four_spin"))


def model_of(whole, **weights):
    model = untrained(whole.program, seed=3)
    arrays = {**model.arrays, **{name: np.array(value) for name, value in weights.items()}}
    return type(model)(whole.program, arrays)


def test_all_gates_of_an_orbit_share_a_weight(whole):
    genome = genome_of(whole.program)
    assert genome.verdict == "proven"
    for gate in whole.gates:
        uses = [op for op in whole.program.ops if op.value and gate.weight in {e.name for e in entries_of(op.value)}]
        assert len(uses) == len(gate.block.ops)


def test_costs_count_strings(whole):
    costs = {gate.block.word: gate.cost // len(gate.block.ops) for gate in whole.gates}
    assert costs == {"exchange": 3, "four_spin": 9}


def test_folding_changes_no_number(whole):
    model = model_of(whole, **{gate.weight: 0.4 * k - 1 for k, gate in enumerate(whole.gates)})
    plain = folded(whole, model)
    positions, species = np.array([[0.0, 0, 0], [0.9, 0.1, 0], [-0.3, 0.9, 0.2]]), np.array([0, 1, 1])
    seen = [moments(each.program, Instance(positions, species, dict(each.arrays))) for each in (model, plain)]
    np.testing.assert_allclose(seen[1], seen[0], atol=1e-13)
    # Seen failing: angles without their weights are others.
    bare = {name: value for name, value in model.arrays.items() if not name.endswith("_open")}
    assert np.abs(moments(whole.plain, Instance(positions, species, bare)) - seen[0]).max() > 1e-3


def test_a_period_is_no_gate(whole):
    plain = folded(whole, model_of(whole))
    found = sizes(whole, plain)
    name = whole.gates[0].tables[0]
    turned = type(plain)(plain.program, {**plain.arrays, name: plain.arrays[name] + np.pi / 2})
    np.testing.assert_allclose(sizes(whole, turned), found, atol=1e-12)
    silent = type(plain)(plain.program, {**plain.arrays, name: np.full_like(plain.arrays[name], np.pi)})
    assert sizes(whole, silent)[0] < 1e-12


def test_left_out_gates_take_their_tables_along(start, whole):
    none = genome_of(pruned(whole, ()))
    assert none.proven
    assert not any(block.is_coupling for block in none.blocks)
    kept = genome_of(pruned(whole, (0, 4)))
    tables = {parameter.name for parameter in kept.program.parameters}
    assert {*whole.gates[0].tables, *whole.gates[4].tables} <= tables
    assert not {*whole.gates[1].tables} & tables
    assert likeness(kept.program) != likeness(start.program)


def test_the_penalty_shrinks_angles_and_decides(whole):
    arrays = {name: np.array(value) for name, value in model_of(whole).arrays.items()}
    penalty = penalty_of(whole, 0.5, 0.0)
    weights = [1 / (1 + np.exp(-arrays[gate.weight])) for gate in whole.gates]
    costs = np.array([gate.cost for gate in whole.gates])
    sizes_ = [np.sqrt(sum(np.mean(arrays[table] ** 2) for table in gate.tables)) for gate in whole.gates]
    by_hand = 0.5 * float(np.sum(costs / costs.mean() * np.array(weights) * sizes_))
    assert float(penalty.of(arrays)) == pytest.approx(by_hand, rel=1e-5)
    assert all(slope(penalty, arrays, gate.weight) > 0 for gate in whole.gates)
    # A weight above one half is drawn up by the entropy alone, one below is drawn down.
    entropy = penalty_of(whole, 1e-12, 1.0)
    first, second = whole.gates[0].weight, whole.gates[1].weight
    apart = {**arrays, first: np.array(1.0), second: np.array(-1.0)}
    assert slope(entropy, apart, first) < 0 < slope(entropy, apart, second)


def slope(penalty, arrays, name, step=1e-2):
    up, down = (float(penalty.of({**arrays, name: arrays[name] + sign * step})) for sign in (1, -1))
    return (up - down) / (2 * step)
