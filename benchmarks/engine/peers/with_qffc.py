"""qffc: the program of the library lowered to JAX, with one of its kernels."""

from __future__ import annotations

import inspect

import numpy as np

from benchmarks.engine.cells import Unavailable
from benchmarks.engine.losses import Parameters, Values
from benchmarks.engine.work import Work
from qffc.ir.diagnostics import QffcError
from qffc.library.catalogue import load_reference
from qffc.models.circuits.instances import Instances
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_gradient import with_forces
from qffc.passes.lower_jax.program import JaxProgram, lower_jax


def lowered(reference: str, kernel: str) -> JaxProgram:
    """Return a program of the library as JAX functions.

    Raises:
        Unavailable: when this kernel cannot be had here.
    """
    program = load_reference(reference)
    if "kernel" in inspect.signature(lower_jax).parameters:
        try:
            return lower_jax(program, kernel=kernel)
        except QffcError as problem:
            raise Unavailable(str(problem)) from None
    if kernel != "portable":
        raise Unavailable("this qffc has one kernel, the portable one")
    return lower_jax(program)


def values(work: Work, kernel: str) -> Values:
    """Energies and forces as training takes them: circuits read tables of what they share."""
    parts = lowered(work.program, kernel)
    species = np.array([0] + [1] * (work.atoms - 1), dtype=np.int32)
    # The program of water has a site for each hydrogen, not for each qubit.
    sites = (work.sites[:, :3] if work.kind == "water" else work.sites).astype(np.int32)
    instances = Instances(
        sites, species[np.minimum(sites, 1)], np.ones(len(sites)), 1.0, species, np.zeros((0, 2), dtype=np.int32)
    )
    molecule = MoleculeEnergy(parts, instances)

    def named(parameters: Parameters) -> Parameters:
        if work.kind == "water":  # a row for each qubit
            order = np.argsort([a for a, _ in work.couplings])
            return {"alpha": parameters["alpha"].T, "w": parameters["w"].T[order]}
        return parameters

    both = with_forces(
        lambda parameters, r, _: molecule.raw_energies(named(parameters), r),
        lambda parameters, r, _, along: molecule.raw_energies_along(named(parameters), r, along),
    )
    return lambda parameters, positions: both(parameters, positions, None)
