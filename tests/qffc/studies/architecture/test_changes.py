"""Changes of programs: what they do, that they keep the exchange by orbits, and that growth changes no number."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from qffc.ir.ops import Exchange, make_op
from qffc.ir.reference import moments
from qffc.ir.values import ParameterEntry, as_value
from qffc.library import load
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.studies.architecture.blocks import assembled, entries_of, orbit
from qffc.studies.architecture.changes import COUPLINGS, RULES, changed
from qffc.studies.architecture.genome import genome_of, likeness
from qffc.studies.architecture.inherit import _columns, _rows_of


@pytest.fixture(scope="module")
def pair():
    return genome_of(load("pair", depth=2, channels=2))


def drawn(genome, kind, seeds=40):
    """The first child of one kind of change, and what it was made by."""
    only = {kind: (RULES[kind][0], 1.0)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qffc.studies.architecture.changes.RULES", only)
        children = (changed(genome, Random(seed), "g1") for seed in range(seeds))
        # A gate that was moved past others that commute is where it was.
        return next(child for child in children if child and likeness(child.program) != likeness(genome.program))


def test_blocks_make_the_same_program(pair):
    again = genome_of(assembled(pair.program, pair.preparations, pair.blocks))
    assert likeness(again.program) == likeness(pair.program)
    assert all(block.whole for block in pair.blocks)
    assert sorted(len(block.ops) for block in pair.blocks) == [1] * 4 + [2] * 8


def test_an_orbit_has_all_images(pair):
    place = [qubit.name for qubit in pair.program.qubits].index
    gate = make_op("exchange", (place("a_upper"), place("b_lower")), as_value(1))
    assert {tuple(sorted(op.qubits)) for op in orbit(gate, pair.symmetry).ops} == {
        tuple(sorted((place("a_upper"), place("b_lower")))),
        tuple(sorted((place("a_lower"), place("b_upper")))),
    }
    chirality = make_op("chirality", (place("a_upper"), place("a_lower"), place("b_upper")), as_value(1))
    assert not orbit(chirality, pair.symmetry).whole  # the two do not commute


def test_half_an_orbit_is_refuted(pair):
    at = next(k for k, op in enumerate(pair.program.ops) if isinstance(op, Exchange) and len(_block(pair, op).ops) == 2)
    ops = pair.program.ops
    half = genome_of(pair.program.with_ops((*ops[:at], *ops[at + 1 :])))
    assert half.verdict == "refuted"
    assert not half.proven


def _block(genome, op):
    return next(block for block in genome.blocks if op in block.ops)


@pytest.mark.parametrize("kind", [kind for kind in RULES if kind != "parameter untied"])
def test_children_of_every_kind_are_proven(pair, kind):
    child = drawn(pair, kind)
    genome = genome_of(child.program)
    # A chirality and its image need not commute: that is what the check is there for.
    assert genome.proven or "chirality" in child.words
    assert likeness(genome.program) != likeness(pair.program)


def test_untied_gates_begin_with_the_shared_numbers():
    genome = genome_of(load("sivqlm-h2o", depth=1))
    shared = orbit(genome.blocks[-1].first.with_value(genome.blocks[-2].first.value or as_value(0)), genome.symmetry)
    tied = genome_of(assembled(genome.program, genome.preparations, (*genome.blocks[:-1], shared)))
    child = drawn(tied, "parameter untied")
    ((name, source),) = child.sources.items()
    picked = tied.program.parameter(source.table)
    assert [axis for axis, pick in zip(picked.axes, source.picks, strict=True) if pick is None] == [
        *child.program.parameter(name).axes
    ]
    assert any(ParameterEntry(name) in entries_of(op.value) for op in child.program.ops if op.value is not None)


@pytest.mark.parametrize("kind", ["coupling added", "rotation added", "layer added"])
def test_what_grows_begins_as_it_was(pair, kind):
    child = drawn(pair, kind)
    new = {each.name for each in child.program.parameters} - {each.name for each in pair.program.parameters}
    assert new
    assert child.grows
    point = random_point(pair.program, Transform("nothing"), np.random.default_rng(1))
    here, _ = point.instances(pair.program)
    fresh = {name: np.zeros(child.program.shape(child.program.parameter(name))) for name in new}
    there = replace(here, parameters={**here.parameters, **fresh})
    np.testing.assert_allclose(moments(child.program, there), moments(pair.program, here), atol=1e-13)
    # With numbers it is another function, so the new gates do something.
    loud = {name: np.full_like(value, 0.3) for name, value in fresh.items()}
    other = moments(child.program, replace(here, parameters={**here.parameters, **loud}))
    assert np.abs(other - moments(pair.program, here)).max() > 1e-6


def test_features_of_a_child_find_their_rows(pair):
    readout = pair.program.readout
    kept = (readout.features[2], "new", readout.features[0])
    observables = (*pair.program.observables, ("new", dict(pair.program.observables)["m0"]))
    child = replace(pair.program, observables=observables, readout=replace(readout, features=kept))
    columns = _columns(child, pair.program)
    assert columns.tolist() == [2, -1, 0, 6, -1, 4]  # two channels of four features became two of three
    weights = np.arange(16.0).reshape(1, 8, 2)
    rows = _rows_of(weights, columns)
    assert rows[0, :, 0].tolist() == [4, 0, 0, 12, 0, 8]


def test_names_of_tables_make_no_other_program(pair):
    (one, other) = (drawn(pair, "layer added"), drawn(pair, "coupling added"))
    renamed = one.program.text.replace("g1_", "another_")
    from qffc.ir.text.parser import parse_program

    assert likeness(parse_program(renamed)) == likeness(one.program)
    assert likeness(other.program) != likeness(one.program)


def test_couplings_commute_with_turns():
    assert "pauli_rotation" not in COUPLINGS
    assert {"exchange", "chirality", "four_spin", "collective"} <= set(COUPLINGS)
