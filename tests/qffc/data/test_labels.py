"""Labels that no energy surface has are found in good sets with a planted fault, and in no good set."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from qffc.data import Dataset, HarmonicBaseline, load_embedded
from qffc.data.label_figures import FEWEST, label_figures
from qffc.data.label_verdicts import Level, label_verdicts, need_labels, warn_of_levels, worst
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.units import Units

Floats = NDArray[np.float64]
Labels = tuple[Floats, Floats, Floats]
AGREEMENT = "energies against forces"


def changed(data: Dataset, fault: Callable[[Floats, Floats, Floats], Labels]) -> Dataset:
    positions, energies, forces = (x.copy() for x in (data.positions, data.energies, data.forces))
    return Dataset(data.numbers, *fault(positions, energies, forces), name=data.name)


def level(data: Dataset, what: str) -> Level:
    return next(each.level for each in label_verdicts(data, label_figures(data)) if each.what == what)


def zero(array: Floats, *place: object) -> Floats:
    array[place] = 0.0
    return array


def swapped(array: Floats) -> Floats:
    array[:, [0, -1]] = array[:, [-1, 0]]
    return array


def order(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(5).permutation(count)


FAULTS: dict[str, tuple[Callable[[Floats, Floats, Floats], Labels], str, str]] = {
    "wrong sign": (lambda r, e, f: (r, e, -f), AGREEMENT, "wrong sign"),
    "forces in Hartree/Bohr": (lambda r, e, f: (r, e, f / 51.422), AGREEMENT, "forces in Hartree/Bohr"),
    "forces in kcal": (lambda r, e, f: (r, e, f * 23.06), AGREEMENT, "forces in kcal/mol/Angstrom"),
    "positions in Bohr": (lambda r, e, f: (r * 1.8897, e, f), AGREEMENT, "positions in Bohr"),
    "an atom without forces": (lambda r, e, f: (r, e, zero(f, slice(None), 1)), "net force", "atom 1 are zero"),
    "energies shuffled": (lambda r, e, f: (r, e[order(len(e))], f), AGREEMENT, "nothing to do with the forces"),
    "positions shuffled": (lambda r, e, f: (r[order(len(e))], e, f), "net torque", "other positions"),
    "two atoms swapped": (lambda r, e, f: (r, e, swapped(f)), "net torque", "other atoms"),
    "a failed frame": (lambda r, e, f: (r, zero(e, 3), f), "energies of single frames", "the calculation failed"),
}


@pytest.mark.parametrize("count", [25, 200])
@pytest.mark.parametrize("name", ["water", "ammonia"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refused(fault: str, name: str, count: int) -> None:
    good = load_embedded(name)
    data = changed(good.subset(range(0, len(good), len(good) // count)), FAULTS[fault][0])
    with pytest.raises(QffcError, match=FAULTS[fault][2]) as caught:
        need_labels(data)
    assert caught.value.diagnostic.title == "labels that no energy surface has"
    assert level(data, FAULTS[fault][1]) is Level.WRONG


@pytest.mark.parametrize("name", ["water", "ammonia"])
@pytest.mark.parametrize("count", [10, 15, 30, 100, 1000])
def test_good_sets_pass(name: str, count: int) -> None:
    good = load_embedded(name)
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(len(good))[:count]
        verdicts = label_verdicts(good, label_figures(good.subset(rows)))
        assert worst(verdicts) is Level.GOOD, verdicts


def test_figures_of_a_good_set() -> None:
    figures = label_figures(load_embedded("ammonia"))
    assert figures.net_force < 1e-7
    assert figures.net_torque < 1e-4
    assert 0.97 < figures.slope < 1.03
    assert figures.rounding == np.finfo(np.float32).eps
    assert figures.compared == 500


def test_the_unit_that_fits_the_slope_is_named_with_what_was_declared() -> None:
    water = load_embedded("water").subset(range(50))
    units = Units("Hartree", "Bohr", "Hartree/Angstrom")
    data = Dataset(water.numbers, water.positions, water.energies, water.forces * 0.529177, source=units)
    verdict = label_verdicts(data, label_figures(data))[3]
    assert "forces in Hartree/Bohr" in verdict.words
    assert "declared as Hartree, Bohr, Hartree/Angstrom" in verdict.words


def test_everything_in_atomic_units_is_seen_by_the_bonds() -> None:
    def atomic(r: Floats, e: Floats, f: Floats) -> Labels:
        return r / 0.529177, e / 27.2114, f / 51.4221

    data = changed(load_embedded("ammonia").subset(range(50)), atomic)
    assert level(data, AGREEMENT) is Level.GOOD
    with pytest.warns(QffcWarning, match="too long: positions in Bohr, read as Angstrom"):
        need_labels(data)
    short = changed(load_embedded("ammonia").subset(range(50)), lambda r, e, f: (r * 0.529177, e, f / 0.529177))
    with pytest.warns(QffcWarning, match="too short"):
        need_labels(short)


def test_two_levels_of_energy_for_one_molecule() -> None:
    water = load_embedded("water")
    sets = [water.subset(range(30)), changed(water.subset(range(30, 60)), lambda r, e, f: (r, e - 4.0, f))]
    with pytest.warns(QffcWarning, match=r"between two sets of OH2: of two methods\?"):
        warn_of_levels(sets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_levels([water.subset(range(30)), water.subset(range(30, 60)), load_embedded("ammonia")])


def test_failed_frames_are_named_wherever_they_are() -> None:
    water = load_embedded("water")
    data = changed(water, lambda r, e, f: (r, zero(e, [77, 901]), f))
    assert set(label_figures(data).impossible_energies) == {77, 901}
    data = changed(water, lambda r, e, f: (r, e + 1.5 * (np.arange(len(e)) == 402), f))
    assert label_figures(data).outlying_energies == (402,)
    assert level(data, "energies of single frames") is Level.DOUBTFUL


def test_frames_with_forces_of_other_atoms_are_named() -> None:
    def swap_some(r: Floats, e: Floats, f: Floats) -> Labels:
        f[[9, 40]] = f[[9, 40]][:, ::-1]
        return r, e, f

    data = changed(load_embedded("water").subset(range(100)), swap_some)
    assert label_figures(data).outlying_forces == (9, 40)
    with pytest.warns(QffcWarning, match="frames 9, 40: a net force or torque unlike"):
        need_labels(data)


def test_noisy_labels_are_doubtful_and_said_once() -> None:
    water = load_embedded("water").subset(range(200))
    noise = np.random.default_rng(0).normal(scale=0.01, size=water.forces.shape)
    data = changed(water, lambda r, e, f: (r, e, f + noise))
    with pytest.warns(QffcWarning, match="noisy labels") as caught:
        need_labels(data)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        need_labels(data, warn=False)


def test_noisy_energies_are_no_reason_to_refuse() -> None:
    water = load_embedded("water")
    noise = np.random.default_rng(0).normal(scale=0.02, size=len(water))
    data = changed(water, lambda r, e, f: (r, e + noise, f))
    assert level(data, AGREEMENT) is Level.DOUBTFUL


def test_what_is_not_trained_on_may_be_wrong() -> None:
    turned = changed(load_embedded("water").subset(range(50)), FAULTS["wrong sign"][0])
    need_labels(turned, energies=False)
    need_labels(turned, forces=False)
    noise = np.random.default_rng(0).normal(scale=0.06, size=turned.forces.shape)
    noisy = changed(load_embedded("water").subset(range(50)), lambda r, e, f: (r, e[order(len(e))], f + noise))
    with pytest.warns(QffcWarning, match="noisy labels"):
        need_labels(noisy, energies=False)
    lame = changed(turned, FAULTS["an atom without forces"][0])
    with pytest.raises(QffcError, match="net force"):
        need_labels(lame, energies=False)


@pytest.mark.parametrize("count", [1, 2, FEWEST - 1])
def test_few_frames_cannot_be_judged(count: int) -> None:
    few = load_embedded("water").subset(range(count))
    assert level(few, AGREEMENT) is Level.UNKNOWN
    assert level(changed(few, FAULTS["wrong sign"][0]), AGREEMENT) is Level.UNKNOWN
    # Net force and torque need no other frame.
    assert level(changed(few, FAULTS["two atoms swapped"][0]), "net torque") is Level.WRONG


def test_small_forces_are_not_judged_by_their_errors() -> None:
    """Near a minimum the errors of forces are as large as the forces."""
    noise = np.random.default_rng(0).normal(scale=1e-3, size=(1, 3, 3))
    water = load_embedded("water").subset([0])
    assert level(changed(water, lambda r, e, f: (r, e, noise)), "net force") is Level.DOUBTFUL


def springs(distances: list[float], numbers: list[int], positions: Floats) -> Dataset:
    pairs = len(distances)
    surface = HarmonicBaseline(
        len(numbers), np.array(distances), -100.0, np.zeros(pairs), np.diag([30.0, 4.0, 30.0][:pairs])
    )
    return Dataset(numbers, positions, *surface.predict(positions))


def diatomic() -> Dataset:
    rng = np.random.default_rng(1)
    lengths = 0.74 + 0.05 * rng.normal(size=40)
    directions = rng.normal(size=(40, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return springs([0.74], [1, 1], np.stack([np.zeros((40, 3)), lengths[:, None] * directions], axis=1))


def linear(bend: float) -> Dataset:
    rng = np.random.default_rng(2)
    positions = np.zeros((60, 3, 3))
    positions[:, 0, 2], positions[:, 2, 2] = -1.16, 1.16
    positions[:, :, 2] += 0.03 * rng.normal(size=(60, 3))
    positions[:, 1, 0] += bend * rng.normal(size=60)
    return springs([1.16, 2.32, 1.16], [8, 6, 8], positions)


@pytest.mark.parametrize("data", [diatomic(), linear(0.0), linear(1e-5), linear(0.1)])
def test_two_atoms_and_atoms_in_a_line(data: Dataset) -> None:
    assert worst(label_verdicts(data, label_figures(data))) is Level.GOOD
    for fault in ("wrong sign", "forces in kcal", "energies shuffled"):
        assert level(changed(data, FAULTS[fault][0]), AGREEMENT) is Level.WRONG
    lame = changed(data, FAULTS["an atom without forces"][0])
    assert level(lame, "net force") is Level.WRONG


def test_an_atom_that_no_force_reaches_by_symmetry_is_no_fault() -> None:
    positions = np.zeros((30, 3, 3))
    lengths = 1.16 + 0.03 * np.random.default_rng(3).normal(size=30)
    positions[:, 0, 2], positions[:, 2, 2] = -lengths, lengths
    data = changed(springs([1.16, 2.32, 1.16], [8, 6, 8], positions), FAULTS["an atom without forces"][0])
    assert label_figures(data).still_atoms == (1,)
    assert worst(label_verdicts(data, label_figures(data))) is Level.GOOD


def test_what_says_nothing_is_not_judged() -> None:
    atom = Dataset([2], np.zeros((20, 1, 3)), np.linspace(-79, -78, 20), np.zeros((20, 1, 3)))
    assert worst(label_verdicts(atom, label_figures(atom))) is Level.UNKNOWN
    water = load_embedded("water").subset(range(20))
    flat = changed(water, lambda r, e, f: (r, np.full_like(e, -2075.0), f))
    still = changed(water, lambda r, e, f: (r, e, np.zeros_like(f)))
    for data, words in ((flat, "all energies are the same"), (still, "all forces are zero")):
        verdict = label_verdicts(data, label_figures(data))[3]
        assert (verdict.level, verdict.words) == (Level.UNKNOWN, words)


def test_frames_twice_in_a_set_change_no_verdict() -> None:
    water = load_embedded("water").subset([*range(40), *range(40)])
    assert worst(label_verdicts(water, label_figures(water))) is Level.GOOD


def test_figures_do_not_depend_on_place_and_direction() -> None:
    ammonia = load_embedded("ammonia").subset(range(60))
    turn = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))[0]
    moved = changed(ammonia, lambda r, e, f: (r @ turn.T + 40.0, e - 5.0, f @ turn.T))
    one, other = label_figures(ammonia), label_figures(moved)
    np.testing.assert_allclose(
        (other.slope, other.scatter, other.closure, other.net_torque),
        (one.slope, one.scatter, one.closure, one.net_torque),
        rtol=1e-6,
    )
