"""Reads what ``qffc export --to jax`` writes; needs JAX, and nothing of qffc.

This file may be copied; every exported file holds it beside the function.
"""

import json
import zipfile
from collections.abc import Callable
from typing import Any

import jax
import jax.export
import jax.numpy as jnp


def load_exported(path: str) -> tuple[dict[str, Any], Callable[[Any], tuple[jax.Array, jax.Array]]]:
    """Return what the header says, and a function to energies and forces.

    The function takes positions (frames, atoms, 3) in Angstrom, of the atoms in ``header["numbers"]`` in that order,
    any number of frames. It returns energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom; ``jax.jit``
    takes it, ``jax.grad`` once.
    """
    with zipfile.ZipFile(path) as file:
        header = json.loads(file.read("header.json"))
        exported = jax.export.deserialize(bytearray(file.read("energies_and_forces.jax")))
    call = jax.jit(exported.call)

    def energies_and_forces(positions: Any) -> tuple[jax.Array, jax.Array]:
        numbers = jnp.asarray(positions, header["dtype"])
        if numbers.dtype != header["dtype"]:
            raise TypeError(f"{header['dtype']} is needed: jax.config.update('jax_enable_x64', True)")
        if numbers.ndim != 3 or numbers.shape[1:] != (len(header["numbers"]), 3):
            raise ValueError(f"positions {numbers.shape}, expected (frames, {len(header['numbers'])}, 3)")
        energies, forces = call(numbers)
        return energies, forces

    return header, energies_and_forces
