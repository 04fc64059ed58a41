"""Frames of exchanges: which turns are about z, and that nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir.evaluate import Evaluator
from qffc.ir.observables import PauliObservable
from qffc.ir.reference import expectation
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_pytket.frame_rules import onto_z
from qffc.passes.lower_pytket.frames import Frames
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.lower import LowerPytket
from qffc.passes.lower_pytket.turns import after, inverse
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target
from qffc.testing import programs, symmetric_programs

TARGET = replace(target("H2-1LE"), minimum=MinimumAngles())
SPECIAL = [0.0, pi / 8, pi / 4, pi / 2, pi, 0.7, -1.3]


def moments(kernel, slots):
    state = kernel.bind(slots).get_statevector()
    return [expectation(observable, state, kernel.split.qubit_count) for observable in kernel.split.observables]


def kernels(program, where=TARGET):
    split = split_program(program)
    return PytketKernel(split, where, fix_frame=True), PytketKernel(split, where)


def slots_of(program, seed=0):
    """Slots as the angle program gives them: vectors that are parallel by their formula are parallel."""
    split = split_program(program)
    instance = random_point(program, Transform("nothing"), np.random.default_rng(seed)).instances(program)[0]
    evaluate = Evaluator(program, instance)
    parts = [np.atleast_1d(evaluate(value)) for value in (*split.scalars, *split.vectors)]
    return np.concatenate([np.zeros(0), *(np.asarray(part, dtype=float) for part in parts)])


def turned(turn, axis):
    return np.array(after(after(turn, (0.0, *axis)), inverse(turn))[1:])


@pytest.mark.parametrize("gate", ["TK2", "ZZPhase"])
@settings(max_examples=15, deadline=None)
@given(program=symmetric_programs() | programs(native=True), seed=st.integers(0, 1000))
def test_moments_stay(gate, program, seed):
    framed, plain = kernels(program, TARGET.preferring(gate))
    slots = np.random.default_rng(seed).choice(SPECIAL, plain.split.slot_count)
    state = kernel_states(plain.split, slots[None])[0]
    wanted = [expectation(o, state, plain.split.qubit_count) for o in plain.split.observables]
    assert np.allclose(moments(framed, slots), wanted, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(program=symmetric_programs(), seed=st.integers(0, 1000))
def test_frames_never_cost_a_turn(program, seed):
    framed, plain = kernels(program)
    slots = slots_of(program, seed)
    with_frames, without = (k.counts(k.bind(slots)) for k in (framed, plain))
    assert with_frames.phased_x <= without.phased_x
    assert (with_frames.two_qubit, with_frames.two_qubit_depth) == (without.two_qubit, without.two_qubit_depth)


STRINGS = """qffc 1
program strings
scope molecule
species H
site a: H free
site b: H free
parameter J: 3
qubit q0
qubit q1
qubit q2
qubit q3
singlet q1, q3
singlet q2, q0
chirality q1, q0, q2, J[0]
four_spin q0, q2, q3, q1, J[1]
chirality q1, q3, q0, J[2]
rotate q2, r(a, b)
observable e = dot(q0, q1)*dot(q2, q3)
energy moment(e)
"""


def test_no_frames_are_taken_where_strings_make_them_dear():
    framed, plain = kernels(parse_program(STRINGS))
    for seed in range(20):
        slots = slots_of(plain.split.program, seed)
        with_frames, without = (k.counts(k.bind(slots)).phased_x for k in (framed, plain))
        assert with_frames <= without


@pytest.mark.parametrize(
    ("reference", "most"), [("ring:qubits=4,depth=6", 19), ("pair", 8), ("sivqlm-h2o", 15), ("water-demo", 20)]
)
def test_turns_of_the_library(reference, most):
    name, _, options = reference.partition(":")
    program = load(name, **{k: int(v) for k, v in (item.split("=") for item in options.split(",") if item)})
    framed, plain = kernels(program)
    slots = slots_of(program)
    free, all_of_them = (k.counts(k.bind(slots)).phased_x for k in (framed, plain))
    assert free <= most < all_of_them


def test_the_state_stays_where_an_observable_has_a_frame():
    program = load("pair")
    name, _ = program.observables[0]
    lab = replace(program, observables=((name, PauliObservable(((0, "Z"),))), *program.observables[1:]))
    framed, plain = kernels(lab)
    slots = slots_of(lab)
    states = [kernel.bind(slots).get_statevector() for kernel in (framed, plain)]
    assert abs(np.vdot(*states)) == pytest.approx(1, abs=1e-9)
    assert framed.counts(framed.bind(slots)).phased_x < plain.counts(plain.bind(slots)).phased_x
    free = [kernel.bind(slots).get_statevector() for kernel in kernels(program)]
    assert abs(np.vdot(*free)) < 0.999


@pytest.mark.parametrize("length", [0.0, 1e-300, 1e-12, 1.0])
def test_vanishing_vectors_have_a_frame(length):
    framed, plain = kernels(load("pair"))
    slots = slots_of(load("pair"))
    slots[len(plain.split.scalars) :] *= length
    assert np.allclose(moments(framed, slots), moments(plain, slots), atol=1e-9)


@pytest.mark.parametrize("axis", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0.6, 0, -0.8), (3, -4, 1e-17), (0, 0, 0)])
def test_onto_z(axis):
    turn = onto_z(axis)
    assert sum(part * part for part in turn) == pytest.approx(1, abs=1e-15)
    assert np.abs(turned(turn, axis)[:2]).max() < 1e-15


def test_the_rules_are_worked_out_once():
    kernel = LowerPytket(fix_frame=True).run(load("pair"), TARGET).output
    frames = kernel._frames
    assert isinstance(frames, Frames)
    assert frames is kernel._frames
    assert {rule.kind for _, rule in frames.rules} <= {"direction", "segment"}


HALVES = """qffc 1
program halves
scope molecule
species H
site A: H free
site B: H free
site C: H free
qubit a: A
qubit b: B
qubit c: C
qubit d: A
singlet a, b
singlet c, d
rotate a, r(A, B)
rotate b, r(A, C)
rotate c, r(B, C)
rotate d, 2*r(A, B) + r(A, C)
exchange b, c, 1
rotate a, r(B, C)
exchange d, a, 1
observable m = dot(a, d)
energy moment(m)
"""


@pytest.mark.parametrize("frames", [False, True])
def test_a_turn_of_half_a_singlet_is_one_of_the_other_half(frames):
    program = parse_program(HALVES if frames else HALVES.replace("rotate a, r(B, C)\n", ""))
    kernel = PytketKernel(split_program(program), TARGET, fix_frame=frames)
    circuit = kernel.bind(slots_of(program))
    assert kernel.counts(circuit).phased_x <= 2 + frames  # one for each singlet, which needs it anyway


def test_a_swap_of_the_halves_of_a_singlet_costs_no_turn():
    sizes = []
    for angle in ("1/10", "1/2"):  # the second is nearer to a SWAP than to nothing
        program = parse_program(HALVES.replace("singlet c, d\n", f"singlet c, d\nexchange a, b, {angle}\n"))
        kernel = PytketKernel(split_program(program), TARGET, fix_frame=True)
        sizes.append(kernel.counts(kernel.bind(slots_of(program))).phased_x)
    assert sizes[0] == sizes[1]
