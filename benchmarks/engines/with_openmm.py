"""An exported model as a force of OpenMM, through its ``PythonForce``: ``pip install openmm jax flatbuffers``."""

import jax
import numpy as np
import openmm
from given import MASSES, compare, given
from openmm.unit import kilojoules_per_mole, nanometer

jax.config.update("jax_enable_x64", True)
EV = 96.48533212331002  # kJ/mol


def main() -> None:
    """Put the model into a System, and ask a Context for energies and forces of each frame."""
    frames = given()
    from load_exported import load_exported

    header, function = load_exported(frames.model)

    def compute(state: openmm.State) -> tuple[object, object]:
        positions = 10 * state.getPositions(asNumpy=True).value_in_unit(nanometer)
        energies, forces = function(positions[None])
        per_nanometre = np.asarray(forces[0]) * EV * 10
        return float(energies[0]) * EV * kilojoules_per_mole, per_nanometre * kilojoules_per_mole / nanometer

    system = openmm.System()
    for number in header["numbers"]:
        system.addParticle(MASSES[number])
    system.addForce(openmm.PythonForce(compute))
    context = openmm.Context(system, openmm.VerletIntegrator(0.0005), openmm.Platform.getPlatformByName("Reference"))
    energies, forces = [], []
    for positions in frames.positions:
        context.setPositions(positions / 10)
        state = context.getState(getEnergy=True, getForces=True)
        energies.append(state.getPotentialEnergy().value_in_unit(kilojoules_per_mole) / EV)
        forces.append(state.getForces(asNumpy=True).value_in_unit(kilojoules_per_mole / nanometer) / EV / 10)
    context.getIntegrator().step(20)
    compare(f"OpenMM {openmm.__version__}", energies, forces, frames)


main()
