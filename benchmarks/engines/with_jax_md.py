"""An exported model as an energy of JAX MD: ``pip install jax-md flatbuffers``."""

from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
from given import MASSES, compare, given
from jax_md import quantity, simulate, space, units

jax.config.update("jax_enable_x64", True)


def main() -> None:
    """Compare energies and forces, and let the molecule move at constant energy."""
    frames = given()
    from load_exported import load_exported

    header, function = load_exported(frames.model)

    def energy(positions: jax.Array, **_: object) -> jax.Array:
        return function(positions[None])[0][0]

    _, shift = space.free()
    force = jax.jit(quantity.force(energy))
    energies = [energy(each) for each in frames.positions]
    forces = [force(each) for each in frames.positions]
    unit = units.metal_unit_system()
    mass = jnp.array([MASSES[number] for number in header["numbers"]])[:, None] * unit["mass"]
    start, step = simulate.nve(energy, shift, dt=2e-4 * unit["time"])
    state = start(jax.random.key(0), jnp.asarray(frames.positions[0]), kT=300 * unit["temperature"], mass=mass)

    def total(state: simulate.NVEState) -> float:
        kinetic = quantity.kinetic_energy(momentum=state.momentum, mass=state.mass)
        return float(energy(state.position) + kinetic)

    before = total(state)
    state = jax.jit(lambda state: jax.lax.fori_loop(0, 100, lambda _, s: step(s), state))(state)
    print(f"20 fs at constant energy: {abs(total(state) - before):.1e} eV apart")
    compare(f"JAX MD {version('jax-md')}", np.array(energies), np.array(forces), frames)


main()
