"""What is done against noise: folds triple it, extrapolation and corrections take it off, with honest error bars."""

from __future__ import annotations

from functools import partial, reduce

import numpy as np
import pytest
from pytket.circuit import Circuit

from qffc.execution.differences import estimate_differences
from qffc.execution.energy import estimate_energies, quote_batches, quote_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.estimate import device_kernel, gather
from qffc.execution.exact_circuits import state_of
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import estimate_forces
from qffc.execution.measured_circuits import folded, measured_circuits
from qffc.execution.mitigation import Mitigation, _of_all_qubits, coefficients_of
from qffc.execution.quote import plan_of
from qffc.execution.shots import ShotResult
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.circuit.split_program import split_program
from qffc.passes.measurement.corrections import Correction
from qffc.passes.measurement.kernel_states import kernel_states, outcome_probabilities
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.possible import possible_outcomes
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

PLACE = target("H2-1LE")
HYDROGEN = np.array([1, 1])
LENGTHS = np.array([[[0, 0, 0], [0, 0, z]] for z in (0.7, 0.9)])
DECAY, WRONG = 0.12, (0.02, 0.05)
SINGLETS = """qffc 1
program spins
scope molecule
species H
site A: H free
site B: H free
parameter J
parameter K
qubit a
qubit b
qubit c
qubit d
singlet a, b
singlet c, d
exchange b, c, J * norm(r(A, B))
exchange a, c, K * norm(r(A, B))
exchange c, d, J
observable m = dot(a, b)
observable n = dot(b, c)
energy 3.0 * moment(m) + moment(n)
"""


def model_of(text=SINGLETS):
    return untrained(parse_program(text), seed=3)


def noisy_shots(split, slots, place, *, plan, shots, seed, decay=DECAY, wrong=(0.0, 0.0)):
    """Shots of states that lose e^-decay to the maximally mixed one with each gate, folds counted, and are misread."""
    generator = np.random.default_rng(seed)
    states = kernel_states(split, slots)
    flip = np.array([[1 - wrong[0], wrong[1]], [wrong[0], 1 - wrong[1]]])
    whole = reduce(np.kron, [flip] * split.qubit_count)
    results = []
    for row, numbers in enumerate(shots):
        if not numbers.any():
            results.append(None)
            continue
        found = []
        for setting, number in zip(plan.settings, numbers, strict=True):
            kept = np.exp(-decay * (1 + 2 * setting.folds))
            chances = kept * outcome_probabilities(states[row : row + 1], setting)[0]
            chances = whole @ (chances + (1 - kept) / len(chances))
            counts = generator.multinomial(number, chances / chances.sum())
            bits = (np.arange(len(chances))[:, None] >> np.arange(split.qubit_count)[::-1]) & 1
            seen = np.flatnonzero(counts)
            table = bits[seen][:, list(setting.measured)].astype(np.uint8)
            found.append(ShotResult.merged([ShotResult(table, counts[seen])]))
        results.append(found)
    return gather(plan, results)


# --------------------------------------------------------------------------- folds


def density(circuit, noise):
    """Probabilities of outcomes in Z under depolarizing noise of ZZPhase gates and dephasing in their layers."""
    size = circuit.n_qubits
    paulis = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]

    def on(words):
        return reduce(np.kron, [words.get(q, np.eye(2)) for q in range(size)])

    def mixed(rho, chance, errors):
        return (1 - chance) * rho + sum(chance / len(errors) * e @ rho @ e.conj().T for e in errors)

    rho, layers = np.zeros((2**size, 2**size), dtype=complex), [0] * size
    rho[0, 0] = 1
    for command in circuit.get_commands():
        qubits = [qubit.index[0] for qubit in command.qubits]
        if str(command.op) == "Barrier":
            continue
        bare = Circuit(size)
        bare.add_gate(command.op, qubits)
        unitary = bare.get_unitary()
        layer = 1 + max(layers[q] for q in qubits)
        if len(qubits) == 2:
            for q in qubits:
                rho = mixed(rho, noise.dephasing(layer - 1 - layers[q]), [on({q: paulis[3]})])
        rho = unitary @ rho @ unitary.conj().T
        if len(qubits) == 2:
            errors = [on({qubits[0]: a, qubits[1]: b}) for a in paulis for b in paulis][1:]
            rho = mixed(rho, noise.pauli_two_qubit(1.0), errors)
            for q in qubits:
                rho = mixed(rho, noise.dephasing(1), [on({q: paulis[3]})])
                layers[q] = layer
    return np.diagonal(rho).real


def test_folds_triple_the_noise_of_gates_and_of_waiting():
    circuit = Circuit(3)
    for qubit in range(3):
        circuit.PhasedX(0.5, 0.1 * qubit, qubit)
    circuit.ZZPhase(0.4, 0, 1).PhasedX(0.3, 0.2, 1).ZZPhase(0.7, 0, 1).ZZPhase(0.3, 1, 2)
    for qubit in range(3):
        circuit.PhasedX(0.4, 0.3, qubit)
    noise = NoiseModel(two_qubit=0.02, memory=0.01)
    # Channels three times: 1 - 16/15 p is what is left of a Pauli string, and 1 - 3 m of a coherence in a layer.
    thrice = NoiseModel(
        two_qubit=(1 - (1 - 16 / 15 * 1.25 * noise.two_qubit) ** 3) * 15 / 16 / 1.25,
        memory=(1 - (1 - 3 * noise.memory) ** 3) / 3,
    )
    np.testing.assert_allclose(density(folded(circuit, 1), noise), density(circuit, thrice), atol=1e-12)


def test_folded_circuits_measure_the_same():
    split = split_program(load("pair", depth=1))
    plan = plan_measurement(split)
    settings = Mitigation.of("extrapolate").applied(plan, split, PLACE).settings
    rows = np.random.default_rng(0).normal(size=(2, split.slot_count))
    circuits = measured_circuits(device_kernel(split, PLACE), rows, settings)
    assert len(circuits) == 2 * len(settings) == 4 * len(plan.settings)
    for k, setting in enumerate(settings[: len(plan.settings)]):
        plain, again = circuits[k], circuits[k + len(plan.settings)]
        assert again.n_2qb_gates() == 3 * plain.n_2qb_gates(), setting
        (one, where), (other, there) = state_of(plain), state_of(again)
        assert where == there
        assert abs(np.vdot(one, other)) == pytest.approx(1, abs=1e-12)


def test_gates_that_are_not_undone_by_their_kind_are_refused():
    with pytest.raises(QffcError, match="gate that cannot be undone by its own kind"):
        folded(Circuit(2).CV(0, 1), 1)


@pytest.mark.parametrize("decay", [0.0, 1e-9, 0.05, 0.4])
def test_coefficients_take_the_decay_off(decay):
    once, thrice = coefficients_of(decay)
    assert once + thrice == pytest.approx(1, abs=1e-12)
    assert once * np.exp(-decay) + thrice * np.exp(-3 * decay) == pytest.approx(1, abs=1e-8)
    # What decays half as fast is left with an error of second order.
    half = once * np.exp(-decay / 2) + thrice * np.exp(-1.5 * decay)
    assert abs(half - 1) <= 0.4 * decay**2 + 1e-12


# --------------------------------------------------------------------------- energies


def pulls(mitigation, sampler, frames=120, **options):
    """Deviations of energies of one geometry from the exact one: in meV, and in their standard errors."""
    found = estimate_energies(
        model_of(),
        HYDROGEN,
        np.repeat(LENGTHS[:1], frames, axis=0),
        PLACE.with_noise(NoiseModel(measurement_0=WRONG[0], measurement_1=WRONG[1])),
        seed=1,
        sampler=sampler,
        mitigation=Mitigation.of(mitigation),
        **{"shots": 4000, **options},
    )
    off = np.array([each.energy - each.exact for each in found])
    return off, off / np.array([each.standard_error for each in found]), found


def check(off, pull):
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(len(off))
    assert abs(pull.std() - 1) < 4 / np.sqrt(2 * len(pull))


@pytest.mark.parametrize("batches", [None, 2])
def test_wrong_readings_are_undone(batches):
    sampler = partial(noisy_shots, decay=0.0, wrong=WRONG)
    plain, _, _ = pulls(None, sampler, batches=batches)
    off, pull, _ = pulls("readout", sampler, batches=batches)
    assert abs(plain.mean()) > 10 * plain.std() / np.sqrt(len(plain))
    check(off, pull)


def test_extrapolation_takes_the_noise_off(monkeypatch):
    monkeypatch.setattr("qffc.execution.mitigation._decay", lambda counts, noise: DECAY)
    plain, _, before = pulls(None, noisy_shots)
    off, pull, after = pulls("extrapolate", noisy_shots)
    assert abs(plain.mean()) > 10 * plain.std() / np.sqrt(len(plain))
    check(off, pull)
    assert after[0].circuits == 2 * before[0].circuits
    assert after[0].price > before[0].price


def test_forbidden_outcomes_are_left_out():
    plain, _, _ = pulls(None, noisy_shots)
    off, pull, found = pulls("symmetry", noisy_shots)
    assert abs(off.mean()) < 0.6 * abs(plain.mean())
    assert abs(pull.std() - 1) < 4 / np.sqrt(2 * len(pull))
    # All of what the circuit gives, and of the mixed state the part that is possible.
    model = prepare(model_of(), HYDROGEN, LENGTHS[:1])
    shares = [each.mean() for each in possible_outcomes(model.split, plan_of(model))]
    least, most = (np.exp(-DECAY) + (1 - np.exp(-DECAY)) * share for share in (min(shares), max(shares)))
    kept = np.mean([each.kept for each in found])
    assert least - 0.005 < kept < most + 0.005 < 1


def test_readings_are_undone_before_outcomes_are_left_out():
    sampler = partial(noisy_shots, decay=0.0, wrong=WRONG)
    off, pull, _ = pulls("readout,symmetry", sampler)
    check(off, pull)


def test_forces_and_differences_take_it_too(monkeypatch):
    monkeypatch.setattr("qffc.execution.mitigation._decay", lambda counts, noise: DECAY)
    place = PLACE.with_noise(NoiseModel(two_qubit=1e-3))
    chosen = {"shots": 10**11, "seed": 0, "sampler": noisy_shots}

    def both(mitigation):
        given = {**chosen, "mitigation": Mitigation.of(mitigation)}
        difference = estimate_differences(model_of(), HYDROGEN, LENGTHS, place, **given)
        (force,) = estimate_forces(model_of(), HYDROGEN, LENGTHS[:1], place, **given)
        off = difference.values - difference.exact, (force.forces - force.exact_forces)[0]
        return [np.abs(each).max() for each in off]

    for plain, better in zip(both(None), both("extrapolate"), strict=True):
        assert better < 0.02 * plain


def test_a_standard_error_that_is_asked_for_is_of_the_whole():
    model, place = model_of(), target("H2-1LE-noisy")
    asked = {"standard_error": 0.05, "mitigation": Mitigation.of("extrapolate")}
    quote = quote_energies(model, HYDROGEN, LENGTHS[:1], place, **asked)
    plain = quote_energies(model, HYDROGEN, LENGTHS[:1], place, standard_error=0.05)
    batches = quote_batches(model, HYDROGEN, LENGTHS[:1], place, batches=2, **asked)
    assert 4 < quote.shots.sum() / plain.shots.sum() < 4.6
    assert batches.shots == pytest.approx(quote.shots.sum(), rel=0.05)
    (found,) = estimate_energies(model, HYDROGEN, LENGTHS[:1], place, seed=0, sampler=draw_exactly, **asked)
    assert found.standard_error == pytest.approx(0.05, rel=0.1)
    assert found.price == quote.price


# --------------------------------------------------------------------------- what is possible


@pytest.mark.parametrize("bell", [True, False])
@pytest.mark.parametrize("name", ["pair", "water-demo", "spins", "sivqlm-h2o"])
def test_emitted_circuits_give_possible_outcomes_alone(name, bell):
    program = parse_program(SINGLETS) if name == "spins" else load(name, depth=1)
    split = split_program(program)
    plan = plan_measurement(split) if bell else measurement_plan(split.observables, split.qubit_count)
    if not bell:
        plan = _of_all_qubits(plan)
    rows = np.random.default_rng(7).normal(size=(3, split.slot_count))
    circuits = iter(measured_circuits(device_kernel(split, PLACE), rows, plan.settings))
    possible = possible_outcomes(split, plan)
    assert all(each.any() for each in possible)
    for _ in rows:
        for allowed in possible:
            state, measured = state_of(next(circuits))
            chances, bits = np.abs(state) ** 2, len(measured)
            size = len(state).bit_length() - 1
            places = [size - 1 - measured[bit] for bit in range(bits)]
            outcome = sum(((np.arange(len(state)) >> place) & 1) << (bits - 1 - k) for k, place in enumerate(places))
            assert np.bincount(outcome, weights=chances, minlength=2**bits)[~allowed].sum() < 1e-12


def test_settings_that_see_nothing_give_way_to_all_qubits():
    split = split_program(parse_program(SINGLETS))
    plan = plan_measurement(split)
    assert all(each.all() for each in possible_outcomes(split, plan))
    chosen = Mitigation.of("symmetry").applied(plan, split, PLACE)
    assert all(None not in setting.letters for setting in chosen.settings)
    # No spin along any axis: two of four are up.
    assert [sum(setting.correction.possible) for setting in chosen.settings] == [6] * len(chosen.settings)
    rows = np.random.default_rng(2).normal(size=(1, split.slot_count))

    def drawn_by(plan):
        shots = np.full((1, len(plan.settings)), 10**10)
        return noisy_shots(split, rows, PLACE, plan=plan, shots=shots, seed=0, decay=0.0)

    drawn = drawn_by(chosen)
    np.testing.assert_allclose(drawn.means, drawn_by(plan).means, atol=1e-3)
    assert (drawn.shares_kept == 1).all()


def test_what_does_not_fit_is_refused():
    model, water = untrained(load("sivqlm-h2o", depth=1), seed=0), np.array([8, 1, 1])
    frames = np.array([[[0.0, 0.0, 0.0], [0.96, 0.1, 0.0], [-0.24, 0.93, 0.05]]])

    def quoted(methods, place="H2-1LE-noisy"):
        return quote_energies(model, water, frames, target(place), shots=100, mitigation=Mitigation.of(methods))

    with pytest.raises(QffcError, match="no outcome that symmetry forbids"):
        quoted("symmetry")
    with pytest.raises(QffcError, match="readout correction without figures"):
        quoted("readout", "H2-1LE")
    with pytest.raises(QffcError, match="unknown mitigation"):
        quoted("extrapolat")
    with pytest.raises(QffcError, match="readings that tell nothing"):
        Correction(wrong=(0.5, 0.5))


def test_circuits_too_large_for_states_are_refused(monkeypatch):
    monkeypatch.setattr("qffc.execution.mitigation.DENSE_QUBITS", 1)
    with pytest.raises(QffcError, match="symmetry of circuits without exact states"):
        pulls("symmetry", noisy_shots, frames=1)


def test_hardly_a_shot_left_is_refused():
    split = split_program(parse_program(SINGLETS))
    plan = Mitigation.of("symmetry").applied(plan_measurement(split), split, PLACE)
    number, setting = next((k, s) for k, s in enumerate(plan.settings) if s.correction and s.correction.possible)
    bad = setting.correction.possible.index(0)
    bits = [(bad >> k) & 1 for k in reversed(range(len(setting.measured)))]
    results = [ShotResult.of(np.zeros((5, len(each.measured)), dtype=int)) for each in plan.settings]
    results[number] = ShotResult.of(np.array([bits] * 5))
    with pytest.raises(QffcError, match="hardly a shot that symmetry allows"):
        gather(plan, [results])
