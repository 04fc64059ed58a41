"""Atoms in a cell as an energy of JAX MD, made by qffc in the same process: ``pip install jax-md qffc``."""

from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
from ase import Atoms
from ase.build import molecule
from given import MASSES, Given, compare
from jax_md import quantity, simulate, space, units

import qffc as qf

jax.config.update("jax_enable_x64", True)

FRAMES, STEPS = 4, 100
CELL = np.array([[7.0, 0.0, 0.0], [0.5, 6.5, 0.0], [0.0, -0.5, 6.0]])


def main() -> None:
    """Compare energies, forces and stress, and let a molecule and its images move at constant energy."""
    model = qf.load_model("trained:ethanol")
    ethanol = molecule("CH3CH2OH", cell=CELL, pbc=True)
    generator, calculator = np.random.default_rng(0), qf.Calculator(model)
    frames = [ethanol.positions + 0.03 * generator.normal(size=ethanol.positions.shape) for _ in range(FRAMES)]
    energies, forces, stresses = zip(*(_said(ethanol, frame, calculator) for frame in frames), strict=True)
    function = model.cell_energy_fn(ethanol.positions, ethanol.numbers, CELL, room=1.5)
    numbers, cell = jnp.asarray(ethanol.numbers), jnp.asarray(CELL)

    def energy(positions: jax.Array, **_: object) -> jax.Array:
        return function(positions, numbers, cell)

    @jax.jit
    def stress(positions: jax.Array) -> jax.Array:
        def strained(strain: jax.Array) -> jax.Array:
            change = jnp.eye(3) + 0.5 * (strain + strain.T)
            return function(positions @ change, numbers, cell @ change)

        return jax.grad(strained)(jnp.zeros((3, 3))) / jnp.linalg.det(cell)

    force, once = jax.jit(quantity.force(energy)), jax.jit(energy)
    apart = max(float(jnp.abs(stress(jnp.asarray(r)) - s).max()) for r, s in zip(frames, stresses, strict=True))
    print(f"stress {apart:.1e} eV/Angstrom^3 apart")

    _, shift = space.free()  # images are found wherever atoms stand
    unit = units.metal_unit_system()
    mass = jnp.array([MASSES[number] for number in ethanol.numbers])[:, None] * unit["mass"]
    start, step = simulate.nve(energy, shift, dt=2e-4 * unit["time"])
    state = start(jax.random.key(0), jnp.asarray(frames[0]), kT=100 * unit["temperature"], mass=mass)

    def total(state: simulate.NVEState) -> float:
        return float(once(state.position) + quantity.kinetic_energy(momentum=state.momentum, mass=state.mass))

    before = total(state)
    state = jax.jit(lambda state: jax.lax.fori_loop(0, STEPS, lambda _, s: step(s), state))(state)
    print(f"{0.2 * STEPS:.0f} fs at constant energy: {abs(total(state) - before):.1e} eV apart")
    found = [float(once(jnp.asarray(each))) for each in frames], [force(jnp.asarray(each)) for each in frames]
    if apart > 1e-6:
        raise SystemExit(1)
    compare(f"JAX MD {version('jax-md')}, a cell", *found, Given("", frames, np.array(energies), np.array(forces)))


def _said(ethanol: Atoms, frame: np.ndarray, calculator: qf.Calculator) -> tuple[float, np.ndarray, np.ndarray]:
    atoms = Atoms(ethanol.numbers, frame, cell=CELL, pbc=True, calculator=calculator)
    return atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress(voigt=False)


main()
