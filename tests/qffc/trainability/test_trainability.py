"""Diagnoses against closed forms, and against derivatives taken by differences."""

from __future__ import annotations

import numpy as np
import pytest
from crystals import copper

from qffc.data import load_embedded
from qffc.ir import parse_program
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.predicted import predict_data
from qffc.trainability import effective_dimension, fisher_spectrum, gradient_variance, output_jacobian, scalings
from qffc.trainability.diagnosis import diagnose_family, diagnose_on_data
from qffc.trainability.fisher import scales_of, starting_model

ONE_GATE = """qffc 1

program one-gate
symmetry translation
scope molecule
species H

site A: H centre

parameter angle
parameter idle

qubit q: A

zero q
pauli_rotation X(q), angle

observable z = Z(q)
energy moment(z)*idle
"""


def test_one_gate_is_known_exactly():
    """<Z> = cos(angle): the variance of its derivative, -sin(angle), over the circle is a half."""
    found = gradient_variance(parse_program(ONE_GATE), draws=20_000, seed=1)
    assert (found.qubits, found.parameters, found.still) == (1, 1, 0)
    assert list(found.tables) == ["angle"]
    # The fourth moment gives the standard error of the estimate: sqrt((3/8 - 1/4) / draws).
    assert found.mean == pytest.approx(0.5, abs=4 * np.sqrt(0.125 / 20_000))
    assert found.largest == found.mean


def test_two_draws_give_the_unbiased_variance():
    first, second = np.random.default_rng([5, 2]).uniform(-np.pi, np.pi, size=2)
    found = gradient_variance(parse_program(ONE_GATE), draws=2, seed=5)
    assert found.mean == pytest.approx((np.sin(first) - np.sin(second)) ** 2 / 2, rel=1e-12)


def test_initial_draws_are_those_of_training():
    """A normal angle of spread s has E[sin^2] = (1 - exp(-2 s^2)) / 2."""
    found = gradient_variance(parse_program(ONE_GATE), draws=4_000, seed=1, start="initial")
    spread = 1.0
    assert found.mean == pytest.approx((1 - np.exp(-2 * spread**2)) / 2, rel=0.1)


def test_entries_that_no_circuit_reads_are_left_out():
    found = gradient_variance(load("pair", channels=2, depth=1, basis_size=2), draws=8, seed=0)
    assert found.still >= found.parameters  # the second channel, at least


def test_sums_over_neighbours_are_written_out():
    """Tables of the circuit alone, not what atoms carry; of the last of two rounds, so half of each table is still."""
    program = load("gathered", species=("H",), channels=2, depth=1, basis_size=2, hidden=(3,), rounds=2, vectors=1)
    found = gradient_variance(program, draws=4, seed=0)
    assert set(found.tables) == {"f", "u", "J"}
    assert found.mean > 0
    assert found.still >= found.parameters


def test_circuit_without_parameters():
    bare = ONE_GATE.replace("pauli_rotation X(q), angle\n", "").replace("parameter angle\n", "")
    with pytest.raises(QffcError, match="circuit without parameters"):
        gradient_variance(parse_program(bare), draws=2, seed=0)


def test_scalings_of_exact_laws():
    found = scalings(
        {(("qubits", n), ("depth", d)): 2.0 ** (-0.9 * n) * d**-2.0 for n in (4, 6, 8) for d in (1, 2, 4, 8)}
    )
    by_option = {option: [each for each in found if each.option == option] for option in ("qubits", "depth")}
    assert [len(group) for group in by_option.values()] == [4, 3]
    assert all(each.rate == pytest.approx(0.9) and each.exponential for each in by_option["qubits"])
    assert all(each.power == pytest.approx(2.0) and not each.exponential for each in by_option["depth"])
    assert "variance goes as 2^(-0.90 ± 0.00 × qubits) at depth=1: an exponential fall" in found[0].render()


def test_a_variance_that_does_not_fall():
    (found,) = scalings({(("depth", d),): value for d, value in ((1, 1.0), (2, 1.1), (3, 0.95), (4, 1.05))})
    assert "no fall that is certain" in found.render()


@pytest.fixture(scope="module")
def model() -> ForceField:
    return starting_model(load("sivqlm-h2o", depth=1), load_embedded("water").subset(range(20)), 3)


def outputs(model: ForceField, data, scales: tuple[float, float]) -> np.ndarray:
    energies, forces = model.predict(data.numbers, data.positions)
    flat = forces.reshape(len(forces), -1)
    return np.concatenate([energies[:, None] / scales[0], flat / (scales[1] * np.sqrt(flat.shape[1]))], axis=1)


def test_jacobian_and_fisher_against_differences(model):
    data = load_embedded("water").subset([0, 5, 9])
    scales = scales_of(data)
    jacobian, places = output_jacobian(model, data, *scales)
    step, columns = 1e-5, []
    for name in trainable_names(model.program):
        for index in np.ndindex(*model.arrays[name].shape):
            sides = []
            for sign in (1, -1):
                moved = {key: np.array(value) for key, value in model.arrays.items()}
                moved[name][index] += sign * step
                sides.append(outputs(ForceField(model.program, moved), data, scales))
            columns.append((sides[0] - sides[1]) / (2 * step))
    expected = np.stack(columns, axis=-1)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
    found = fisher_spectrum(model, data, *scales)
    matrix = np.mean([rows.T @ rows for rows in expected], axis=0)
    values = np.linalg.eigvalsh(matrix)[::-1]
    np.testing.assert_allclose(found.eigenvalues[: len(values)], values, atol=1e-6 * values[0])
    assert found.parameters == len(places) == len(values)
    whole = sum(energy**2 + forces**2 for energy, forces in found.norms.values())
    assert whole == pytest.approx(np.trace(matrix), rel=1e-6)
    assert found.norms["offset", None][1] == 0.0


def test_fewer_outputs_than_parameters_have_the_same_spectrum(model):
    data = load_embedded("water").subset([4])
    jacobian, _ = output_jacobian(model, data, 0.1, 1.0)
    (rows,) = jacobian
    assert rows.shape[0] < rows.shape[1] or rows.shape[0] == 10
    expected = np.linalg.svd(rows, compute_uv=False) ** 2
    found = fisher_spectrum(model, data, 0.1, 1.0).eigenvalues
    np.testing.assert_allclose(found[: len(expected)], expected[: len(found)], atol=1e-10 * expected[0])


@pytest.mark.parametrize("data", [50, 1000])
def test_effective_dimension_in_closed_form(data):
    """With equal eigenvalues, d of them, it is d ln(1 + k) / ln k; a single one counts for itself."""
    kappa = data / (2 * np.pi * np.log(data))
    for scale in (1.0, 1e-6):
        found = effective_dimension([scale * np.ones(7)], 7, data)
        assert found == pytest.approx(7 * np.log1p(kappa) / np.log(kappa))
    assert effective_dimension([np.array([5.0])], 7, data) == pytest.approx(np.log1p(7 * kappa) / np.log(kappa))


def test_effective_dimension_averages_volumes():
    spectra = [np.array([2.0, 0.0]), np.array([1.0, 1.0])]
    kappa = 1000 / (2 * np.pi * np.log(1000))
    volumes = [np.sqrt(np.prod(1 + kappa * values)) for values in spectra]
    assert effective_dimension(spectra, 2, 1000) == pytest.approx(2 * np.log(np.mean(volumes)) / np.log(kappa))


@pytest.mark.parametrize(("spectrum", "data"), [(np.ones(3), 10), (np.ones(3), 1), (np.zeros(3), 1000)])
def test_effective_dimension_that_is_not_defined(spectrum, data):
    with pytest.raises(QffcError, match="effective dimension"):
        effective_dimension([spectrum], 3, data)


def test_words_of_a_diagnosis(model):
    data = load_embedded("water")
    found = diagnose_on_data(model, data, frames=3, learned_from=500, starts=4, seed=0)
    assert found.trained
    assert len(found.spectra) == 1
    assert any("effective dimension" in line for line in found.words())
    few = diagnose_on_data(model.program, data, frames=2, learned_from=5, starts=2, seed=0)
    assert few.dimension is None
    assert len(few.spectra) == 2
    family = diagnose_family([((), model.program)], draws=4, seed=0)
    assert "name several" in family.words()[0]


def test_sums_over_neighbours_start_as_in_a_training():
    program = load("gathered", channels=64, depth=1, vectors=2, hidden=(4,))
    functions = starting_model(program, load_embedded("water").subset(range(4)), seed=0).arrays["f"]
    np.testing.assert_allclose(functions.reshape(-1, 8).std(axis=0), 0.4 / np.arange(1, 9), rtol=0.05)


def test_frames_in_cells_against_differences():
    """Energies and forces of frames in cells of two sizes, by one table of a small model."""
    program = load("gathered", species=("Cu",), channels=1, depth=1, hidden=(3,), basis_size=3, rounds=1, cutoff=2.9)
    data = copper(2)
    model = starting_model(program, data, 3)
    jacobian, places = output_jacobian(model, data, 0.1, 1.0)
    name, step, sides = "head.weight1", 1e-5, []
    for sign in (1, -1):
        moved = {key: np.array(value) for key, value in model.arrays.items()}
        moved[name][0, 1, 0] += sign * step
        said = predict_data(ForceField(program, moved), data)
        flat = said.forces.reshape(len(data), -1) / np.sqrt(12)
        sides.append(np.concatenate([said.energies[:, None] / 0.1, flat], axis=1))
    expected = (sides[0] - sides[1]) / (2 * step)
    assert np.abs(expected).max() > 1e-3
    column = [place for place, (table, _) in enumerate(places) if table == name][1]
    np.testing.assert_allclose(jacobian[..., column], expected, atol=1e-6 * np.abs(expected).max())
