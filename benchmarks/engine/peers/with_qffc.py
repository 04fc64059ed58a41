"""qffc: the program of the library lowered to JAX, with one of its kernels."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp

from benchmarks.engine.cells import Unavailable
from benchmarks.engine.losses import Engine
from benchmarks.engine.work import Work
from qffc.ir.diagnostics import QffcError
from qffc.library.catalogue import load_reference
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


def engine(work: Work, kernel: str) -> Engine:
    parts = lowered(work.program, kernel)
    order = jnp.array([a for a, _ in work.couplings])  # the program of water has a row for each qubit
    species = jnp.array([0] + [1] * (work.atoms - 1))

    def circuits(alpha, w, vectors):
        named = {"alpha": alpha, "w": w}
        if work.kind == "water":
            named = {"alpha": alpha.T, "w": jnp.zeros_like(w.T).at[order].set(w.T)}
            vectors = vectors[:, :2]
        sites = jnp.concatenate([jnp.zeros_like(vectors[:, :1]), vectors], axis=1)
        return parts.moments(jax.vmap(lambda r: parts.angles(named, r, species))(sites))

    return circuits
