"""Every observable of the table, everywhere: an observable with a word is tested here by being listed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dense_programs import J, R, S, dense_instance, dense_program
from expm_moments import dense_moments, matrix

from qffc.ir import Evaluator, parse_program, parse_value
from qffc.ir.declarations import EnergyReadout, Qubit
from qffc.ir.observables import (
    OBSERVABLES,
    DotObservable,
    NamedObservable,
    Observable,
    PauliObservable,
    ProductObservable,
    SumObservable,
)
from qffc.ir.ops import Chirality, Exchange, Rotate, Singlet, Zero
from qffc.ir.pauli import spin_component
from qffc.ir.program import Program
from qffc.passes.circuit.split_program import split_program
from qffc.passes.equivariance.rules.rotation import is_invariant
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.measurement.kernel_states import kernel_states, outcome_probabilities, outcome_values
from qffc.passes.measurement.plan import plan_measurement

SPECIAL: dict[type[Observable], Observable] = {
    PauliObservable: PauliObservable(((0, "Z"), (2, "X"), (3, "Y"))),
    ProductObservable: ProductObservable((DotObservable(0, 2), PauliObservable(((1, "X"),)))),
    SumObservable: SumObservable(((Fraction(1, 2), DotObservable(0, 1)), (Fraction(-2), PauliObservable(((3, "Z"),))))),
}
NAMES = ("q0", "q1", "q2", "q3")


def example_of(kind: type[Observable]) -> Observable:
    return kind(*range(kind.size())) if issubclass(kind, NamedObservable) else SPECIAL[kind]


EVERY = pytest.mark.parametrize(
    "observable", [example_of(kind) for kind in OBSERVABLES], ids=lambda each: type(each).__name__
)


def program_with(observable: Observable) -> Program:
    turns = [Rotate(k, (k + 1) * R + J * S) for k in range(4)]
    return replace(
        dense_program(0),
        qubits=tuple(map(Qubit, NAMES)),
        ops=(Singlet(0, 1), Zero(2), Zero(3), *turns, Exchange(0, 2, J), Chirality(1, 2, 3, J), Rotate(1, S)),
        observables=(("m", observable), ("other", PauliObservable(((1, "Z"), (2, "Z"))))),
        readout=EnergyReadout(parse_value("moment(m) + 2*moment(other)")),
    )


@EVERY
def test_text_and_renamed_qubits(observable: Observable) -> None:
    program = program_with(observable)
    assert parse_program(program.text).observables == program.observables
    assert f"observable m = {observable.text(NAMES)}\n" in program.text
    places = {0: 2, 1: 0, 2: 3, 3: 1}
    moved = observable.relabelled(places)
    assert moved.paulis == observable.paulis.relabelled(places)
    assert set(moved.qubits) == {places[qubit] for qubit in observable.qubits}
    assert observable.strings >= len(observable.paulis.terms) > 0


@EVERY
@pytest.mark.parametrize("kernel", ["portable", "native"])
def test_moments_of_every_kernel(observable: Observable, kernel: str) -> None:
    program, instance = program_with(observable), dense_instance(3)
    lowered = lower_jax(program, kernel)  # type: ignore[arg-type]  # the name of a kernel
    truth, _ = dense_moments(program, instance)
    assert abs(truth[0]) > 0.01
    found = jax.jit(lowered.moments)(jnp.asarray(slots_of(observable))[None])[0]
    np.testing.assert_allclose(found, truth, atol=1e-9)


@cache
def slots_of(observable: Observable) -> np.ndarray:
    instance = dense_instance(3)
    given = {name: jnp.asarray(value) for name, value in instance.parameters.items()}
    angles = jax.jit(lower_jax(program_with(observable)).angles)
    return np.asarray(angles(given, jnp.asarray(instance.positions), jnp.asarray(instance.species)))


@EVERY
def test_the_settings_of_a_plan_estimate_it(observable: Observable) -> None:
    """The mean of what the settings read, put together by the plan, is the moment."""
    program = program_with(observable)
    split = split_program(program)
    plan = plan_measurement(split)
    states = kernel_states(split, slots_of(observable)[None])
    means = {}
    for setting in plan.settings:
        values = outcome_values(setting) @ outcome_probabilities(states, setting)[0]
        means |= dict(zip(setting.strings, values, strict=True))
    truth, _ = dense_moments(program, dense_instance(3))
    weights = {string: float(weight.value) for string, (weight, _) in observable.paulis.terms}
    total = sum(weight * (means[string] if string else 1.0) for string, weight in weights.items())
    assert total == pytest.approx(truth[0], abs=1e-9)


@EVERY
def test_the_proof_says_what_matrices_say(observable: Observable) -> None:
    evaluate = Evaluator(program_with(observable), dense_instance(3))
    dense = matrix(observable.paulis, 4, evaluate)
    spins = [matrix(spin_component(range(4), letter), 4, evaluate) for letter in ("X", "Y", "Z")]
    assert is_invariant(observable.paulis) == all(np.allclose(spin @ dense, dense @ spin) for spin in spins)


def test_the_table_is_whole() -> None:
    def below(kind: type[Observable]) -> set[type[Observable]]:
        return {kind} | {each for child in kind.__subclasses__() for each in below(child)}

    assert below(Observable) - {Observable, NamedObservable} == set(OBSERVABLES)
