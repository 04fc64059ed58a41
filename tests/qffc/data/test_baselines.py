from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qffc.data import Baseline, Dataset, HarmonicBaseline, constant_baseline, harmonic_baseline, load_embedded
from qffc.ir.diagnostics import QffcError


def errors(baseline: Baseline, test: Dataset) -> tuple[float, float]:
    """Mean absolute errors in meV and meV/Angstrom."""
    energies, forces = baseline.predict(test.positions)
    return (
        1000.0 * float(np.abs(energies - test.energies).mean()),
        1000.0 * float(np.abs(forces - test.forces).mean()),
    )


def numeric_forces(baseline: Baseline, positions: NDArray[np.float64], step: float = 1e-4) -> NDArray[np.float64]:
    forces = np.zeros_like(positions)
    for atom in range(positions.shape[1]):
        for axis in range(3):
            shift = np.zeros_like(positions)
            shift[:, atom, axis] = step
            up, down = (baseline.predict(positions + sign * shift)[0] for sign in (1, -1))
            forces[:, atom, axis] = (down - up) / (2 * step)
    return forces


def test_constant_is_the_mean() -> None:
    water = load_embedded("water")
    energies, forces = constant_baseline(water).predict(water.positions[:5])
    np.testing.assert_allclose(energies, water.energies.mean())
    np.testing.assert_array_equal(forces, np.zeros((5, 3, 3)))


@pytest.mark.parametrize("name", ["water", "ammonia"])
@pytest.mark.parametrize("couplings", [True, False])
def test_harmonic_forces_are_minus_the_gradient(name: str, couplings: bool) -> None:
    dataset = load_embedded(name)
    baseline = harmonic_baseline(dataset.subset(range(100)), couplings=couplings)
    positions = dataset.positions[100:105]
    np.testing.assert_allclose(baseline.predict(positions)[1], numeric_forces(baseline, positions), atol=1e-6)


def test_harmonic_beats_the_constant_on_water() -> None:
    water = load_embedded("water")
    split = water.split(train=500, seed=0)
    train, test = water.subset(split.train), water.subset(split.test)
    constant = errors(constant_baseline(train), test)
    harmonic = errors(harmonic_baseline(train), test)
    springs = errors(harmonic_baseline(train, couplings=False), test)
    assert constant == pytest.approx((48.40, 845.01), rel=1e-3)
    assert harmonic == pytest.approx((3.483, 96.45), rel=1e-2)
    assert harmonic[0] < springs[0] < constant[0]
    assert harmonic[1] < springs[1] < constant[1]


def test_harmonic_recovers_a_harmonic_molecule() -> None:
    generator = np.random.default_rng(1)
    quadratic = generator.normal(size=(3, 3))
    truth = HarmonicBaseline(
        atoms=3,
        centre=np.array([0.97, 0.98, 1.5]),
        constant=-2000.0,
        linear=generator.normal(size=3),
        quadratic=quadratic + quadratic.T,
    )
    water = load_embedded("water")
    energies, forces = truth.predict(water.positions)
    made = Dataset(water.numbers, water.positions, energies, forces)
    fitted = harmonic_baseline(made.subset(range(50)))
    np.testing.assert_allclose(fitted.quadratic, truth.quadratic, atol=1e-8)
    np.testing.assert_allclose(fitted.predict(water.positions)[0], energies, atol=1e-8)
    np.testing.assert_allclose(fitted.predict(water.positions)[1], forces, atol=1e-8)


def test_harmonic_does_not_change_under_rotation_reflection_and_translation() -> None:
    ammonia = load_embedded("ammonia")
    baseline = harmonic_baseline(ammonia)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    energies, forces = baseline.predict(ammonia.positions[:20])
    for matrix in (turn, -turn):
        turned_energies, turned_forces = baseline.predict(ammonia.positions[:20] @ matrix.T + 3.0)
        np.testing.assert_allclose(turned_energies, energies, atol=1e-9)
        np.testing.assert_allclose(turned_forces, forces @ matrix.T, atol=1e-9)


def test_one_frame_is_enough() -> None:
    water = load_embedded("water")
    baseline = harmonic_baseline(water.subset([0]))
    energies, forces = baseline.predict(water.positions[:1])
    np.testing.assert_allclose(energies, water.energies[:1], atol=0.1)
    assert np.isfinite(forces).all()


def test_a_single_atom_has_no_distances() -> None:
    atom = Dataset(np.array([1]), np.zeros((2, 1, 3)), np.array([-13.6, -13.6]), np.zeros((2, 1, 3)))
    energies, forces = harmonic_baseline(atom).predict(atom.positions)
    np.testing.assert_allclose(energies, [-13.6, -13.6])
    np.testing.assert_array_equal(forces, np.zeros((2, 1, 3)))


def test_coincident_atoms_give_finite_numbers() -> None:
    energies, forces = harmonic_baseline(load_embedded("water")).predict(np.zeros((1, 3, 3)))
    assert np.isfinite(energies).all()
    assert np.isfinite(forces).all()


def test_large_molecule_is_refused_with_couplings() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(1, 27, 3)[:, :21]
    large = Dataset(np.full(21, 6), grid, np.zeros(1), np.zeros((1, 21, 3)))
    with pytest.raises(QffcError, match=r"too large for the harmonic baseline(.|\n)*21 atoms(.|\n)*couplings=False"):
        harmonic_baseline(large)
    assert harmonic_baseline(large, couplings=False).atoms == 21


@pytest.mark.parametrize("baseline", [constant_baseline, harmonic_baseline])
def test_positions_of_another_molecule_are_refused(baseline: type) -> None:
    fitted = baseline(load_embedded("water"))
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*\(2, 4, 3\)(.|\n)*\(n, 3, 3\)"):
        fitted.predict(np.zeros((2, 4, 3)))
    with pytest.raises(QffcError, match="wrong shape"):
        fitted.predict(np.zeros((3, 3)))
