"""A model in TorchSim: ``pip install 'qffc[torchsim]'``."""

from importlib.metadata import version

import numpy as np
import torch
import torch_sim
from ase import Atoms
from ase.build import molecule
from given import TOLERANCE, Given, compare
from torch_sim.models.interface import validate_model_outputs

import qffc as qf
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.models.torch_sim_model import torch_sim_model

FRAMES, STEPS = 4, 20
CELL = np.array([[7.0, 0.0, 0.0], [0.5, 6.5, 0.0], [0.0, -0.5, 6.0]])
ON = torch.device("cpu"), torch.float64


def main() -> None:
    """Compare four cells at once with the calculator, let them move, and take the check that comes with TorchSim."""
    metals = untrained(load("gathered", species=("Fe", "Si"), channels=2, depth=1, cutoff=4.0), 0)
    validate_model_outputs(torch_sim_model(metals), *ON)
    print("validate_model_outputs passes")

    field, generator = qf.load_model("trained:ethanol"), np.random.default_rng(0)
    calculator, model = qf.Calculator(field), torch_sim_model(field)
    frames = [molecule("CH3CH2OH", cell=CELL, pbc=True) for _ in range(FRAMES)]
    for atoms in frames:
        atoms.positions += 0.03 * generator.normal(size=atoms.positions.shape)
        atoms.calc = calculator
    energies = np.array([atoms.get_potential_energy() for atoms in frames])
    forces = np.array([atoms.get_forces() for atoms in frames])
    stresses = np.array([atoms.get_stress(voigt=False) for atoms in frames])
    found = {name: each.numpy() for name, each in model(torch_sim.io.atoms_to_state(frames, *ON)).items()}
    apart = float(np.abs(found["stress"] - stresses).max())
    print(f"stress {apart:.1e} eV/Angstrom^3 apart")

    plain = [Atoms(atoms.numbers, atoms.positions, cell=CELL, pbc=True) for atoms in frames]
    moved = torch_sim.integrate(
        plain, model, integrator=torch_sim.integrators.nve, n_steps=STEPS, temperature=100, timestep=2e-4
    )
    after = Atoms(
        plain[0].numbers, moved.positions[: len(plain[0])].numpy(), cell=CELL, pbc=True, calculator=calculator
    )
    held = abs(float(moved.energy[0]) - after.get_potential_energy())
    print(f"after {STEPS} steps at constant energy the energy of the first is {held:.1e} eV apart")
    if max(apart, held) > TOLERANCE:
        raise SystemExit(1)
    together = found["forces"].reshape(forces.shape)
    compare(
        f"TorchSim {version('torch-sim-atomistic')}",
        found["energy"],
        together,
        Given("", [atoms.positions for atoms in frames], energies, forces),
    )


main()
