from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.diagnostics import QffcError
from qffc.units import (
    ENERGY_UNITS,
    FORCE_UNITS,
    INTERNAL,
    PRESETS,
    Units,
    data_units,
    energy_from_ev,
    energy_to_ev,
    force_from_ev_per_angstrom,
    force_to_ev_per_angstrom,
    length_to_angstrom,
)

numbers = st.floats(min_value=-1e6, max_value=1e6)


@pytest.mark.parametrize(
    ("unit", "ev"),
    [
        ("eV", 1.0),
        ("meV", 1e-3),
        ("kcal/mol", 0.0433641),
        ("kJ/mol", 0.01036427),
        ("Hartree", 27.2113862),
        ("Rydberg", 13.6056931),
    ],
)
def test_one_of_each_energy_unit(unit: str, ev: float) -> None:
    assert energy_to_ev(1.0, unit) == pytest.approx(ev, rel=1e-6)


def test_units_agree_with_ase() -> None:
    ase = pytest.importorskip("ase.units")
    assert energy_to_ev(1.0, "kcal/mol") == pytest.approx(ase.kcal / ase.mol, rel=2e-7)
    assert energy_to_ev(1.0, "kJ/mol") == pytest.approx(ase.kJ / ase.mol, rel=2e-7)
    assert energy_to_ev(1.0, "Hartree") == pytest.approx(ase.Hartree, rel=1e-7)
    assert energy_to_ev(1.0, "Rydberg") == pytest.approx(ase.Rydberg, rel=1e-7)
    assert length_to_angstrom(1.0, "Bohr") == pytest.approx(ase.Bohr, rel=1e-8)


def test_force_units_are_energy_over_length() -> None:
    assert len(FORCE_UNITS) == 12
    for unit in FORCE_UNITS:
        energy, length = unit.rsplit("/", 1)
        expected = energy_to_ev(1.0, energy) / length_to_angstrom(1.0, length)
        assert force_to_ev_per_angstrom(1.0, unit) == pytest.approx(expected, rel=1e-14)


@given(x=numbers, unit=st.sampled_from(ENERGY_UNITS))
def test_energy_there_and_back(x: float, unit: str) -> None:
    assert energy_from_ev(energy_to_ev(x, unit), unit) == pytest.approx(x, rel=1e-13, abs=1e-300)


@given(x=numbers, unit=st.sampled_from(FORCE_UNITS))
def test_force_there_and_back(x: float, unit: str) -> None:
    assert force_from_ev_per_angstrom(force_to_ev_per_angstrom(x, unit), unit) == pytest.approx(
        x, rel=1e-13, abs=1e-300
    )


def test_float32_becomes_float64_before_the_conversion() -> None:
    single = np.array([[-47861.07, 1.0]], dtype=np.float32)
    converted = energy_to_ev(single, "kcal/mol")
    assert converted.dtype == np.float64
    np.testing.assert_array_equal(converted, single.astype(np.float64) * 0.0433641)


def test_force_unit_is_derived_unless_given() -> None:
    assert Units("Hartree", "Bohr").force == "Hartree/Bohr"
    assert Units("Hartree", "Angstrom", "Hartree/Bohr").force == "Hartree/Bohr"
    assert Units("eV", "Angstrom", "eV/Angstrom") == INTERNAL


@pytest.mark.parametrize(
    ("declaration", "units"),
    [
        ("rmd17", Units("kcal/mol", "Angstrom")),
        ("ase", INTERNAL),
        ("atomic", Units("Hartree", "Bohr")),
        ("kcal/mol, Angstrom", Units("kcal/mol", "Angstrom")),
        ("eV,Angstrom,meV/Angstrom", Units("eV", "Angstrom", "meV/Angstrom")),
        (INTERNAL, INTERNAL),
    ],
)
def test_declarations(declaration: str | Units, units: Units) -> None:
    assert data_units(declaration) == units


@pytest.mark.parametrize("declaration", ["", "rMD17", "eV", "eV, Angstrom, eV/Angstrom, fs"])
def test_unknown_declaration_lists_the_presets(declaration: str) -> None:
    with pytest.raises(QffcError, match="unknown declaration of units") as caught:
        data_units(declaration)
    assert all(repr(preset) in str(caught.value) for preset in PRESETS)


def test_unknown_energy_unit_lists_the_valid_ones() -> None:
    with pytest.raises(QffcError, match="unknown energy unit") as caught:
        energy_to_ev(1.0, "ev")
    message = str(caught.value)
    assert all(repr(unit) in message for unit in ENERGY_UNITS)
    assert "did you mean 'eV'?" in message


def test_mega_is_not_milli() -> None:
    with pytest.raises(QffcError, match="did you mean 'meV'"):
        energy_to_ev(1.0, "MeV")


def test_unknown_length_and_force_units() -> None:
    with pytest.raises(QffcError, match=r"unknown length unit(.|\n)*'Angstrom', 'Bohr'"):
        length_to_angstrom(1.0, "nm")
    with pytest.raises(QffcError, match=r"unknown force unit(.|\n)*'kcal/mol/Angstrom'"):
        force_to_ev_per_angstrom(1.0, "N")
    with pytest.raises(QffcError, match="unknown force unit"):
        Units("eV", "Angstrom", force="eV")
    with pytest.raises(QffcError, match="unknown length unit"):
        data_units("eV, Å")
