"""What goes to and comes from TorchSim; the program itself is met by ``python -m benchmarks.engines torch_sim``."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from ase import Atoms

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import ForceField, untrained
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.torch_sim_model import computed, systems_of, torch_sim_model

PROGRAM = load("gathered", channels=1, depth=1, hidden=(4,), basis_size=3, cutoff=2.6, rounds=1, vectors=0)


def model():
    generator, fresh = np.random.default_rng(1), untrained(PROGRAM, seed=2).arrays
    return ForceField(PROGRAM, {key: value + 0.1 * generator.random(value.shape) for key, value in fresh.items()})


def state_of(frames, pbc):
    """As TorchSim has it: cells with their vectors in columns, atoms of all systems in one array."""
    return {
        "positions": np.concatenate([atoms.positions for atoms in frames]),
        "atomic_numbers": np.concatenate([atoms.numbers for atoms in frames]),
        "cell": np.stack([atoms.cell.array.T for atoms in frames]),
        "system_idx": np.repeat(np.arange(len(frames)), [len(atoms) for atoms in frames]),
        "pbc": pbc,
    }


@pytest.mark.parametrize("pbc", [True, False])
def test_systems_are_computed_together_as_one_by_one(pbc):
    generator, field = np.random.default_rng(0), model()
    frames = []
    for numbers in ([8, 1, 1], [8, 1]):
        cell = 3.0 * (np.eye(3) + 0.1 * generator.normal(size=(3, 3)))
        places = generator.uniform(size=(len(numbers), 3)) @ cell
        frames.append(Atoms(numbers, places, cell=cell, pbc=pbc, calculator=Calculator(field)))
    energies, forces, stresses = computed(field, CircuitLists(field.lowered), list(systems_of(state_of(frames, pbc))))
    np.testing.assert_allclose(energies, [atoms.get_potential_energy() for atoms in frames], rtol=1e-12)
    np.testing.assert_allclose(forces, np.concatenate([atoms.get_forces() for atoms in frames]), atol=1e-11)
    expected = [atoms.get_stress(voigt=False) if pbc else np.zeros((3, 3)) for atoms in frames]
    np.testing.assert_allclose(stresses, expected, atol=1e-11)


def test_what_is_no_state_is_refused():
    with pytest.raises(QffcError, match="a state of TorchSim"):
        list(systems_of({"positions": np.zeros((1, 3))}))


@pytest.mark.skipif(find_spec("torch_sim") is not None, reason="TorchSim is installed")
def test_the_extra_is_named_where_it_is_missing():
    with pytest.raises(QffcError, match=r"package that is not installed(.|\n)*torchsim"):
        torch_sim_model(model())
