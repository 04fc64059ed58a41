"""The noisy kernel beside the exact ones: its derivatives, a training step of a water model, and compile times."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.kernel import KernelFunctions, make_kernel
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.noisy.make import noisy_functions, noisy_kernel
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target
from qffc.training.batches import Batch
from qffc.training.loss import fit_of_molecule

CIRCUITS = 120


def timed(functions: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], repeats: int) -> None:
    """Print the first call of each function, and the median of its CPU time in turns with the others."""
    first: dict[str, float] = {}
    compiled = {name: jax.jit(function) for name, (function, _) in functions.items()}
    for name, (_, arguments) in functions.items():
        begin = time.perf_counter()
        jax.block_until_ready(compiled[name](*arguments))
        first[name] = time.perf_counter() - begin
    found: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, (_, arguments) in functions.items():
            begin = time.process_time()
            jax.block_until_ready(compiled[name](*arguments))
            found[name].append(time.process_time() - begin)
    shortest = 1e3 * float(np.median(found["exact, native"]))
    for name, each in found.items():
        median = 1e3 * float(np.median(each))
        times = median / shortest
        print(f"  {name:<18}{median:>10.2f} ms CPU{times:>8.1f} x{first[name]:>8.1f} s to begin", flush=True)


def kernels(model: ForceField, noise: str, portable: bool) -> dict[str, KernelFunctions]:
    """The kernels of a model by name."""
    split = model.lowered.split
    noisy = noisy_kernel(split, target(noise))
    found = {"exact, native": make_kernel(split, "native"), "exact, portable": make_kernel(split, "portable")}
    for name in ("native", *(["portable"] if portable else [])):
        functions = noisy_functions(noisy, name)  # type: ignore[arg-type]  # a name of a kernel
        found[f"noisy, {name}"] = KernelFunctions(f"noisy {name}", functions.moments, functions.moments_along)
    return found


def derivatives(kernel: KernelFunctions) -> Callable[..., Any]:
    """What a step with forces takes of a kernel: its derivative along a direction, and the gradient of a sum of it."""

    def summed(slots: jax.Array, along: jax.Array, weights: jax.Array, turned: jax.Array) -> jax.Array:
        moments, slopes = kernel.moments_along(slots, along)
        return jnp.sum(weights * moments) + jnp.sum(turned * slopes)

    return jax.value_and_grad(summed, (0, 1))


def step(model: ForceField, kernel: KernelFunctions, numbers: Sequence[int]) -> Callable[..., Any]:
    """Loss of energies and forces and its gradient by all parameters, as a training has them."""
    molecule = replace(model.molecule(numbers), lowered=JaxProgram(model.lowered.split, kernel))
    fit = fit_of_molecule(molecule)

    def loss(arrays: dict[str, jax.Array], batch: Batch) -> jax.Array:
        errors = fit.squared_errors(arrays, batch)
        return 100.0 * errors.energy + errors.forces

    return jax.value_and_grad(loss)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="trained:water")
    parser.add_argument("--noise", default="H2-1")
    parser.add_argument("--frames", type=int, default=10, help="of a step")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--portable", action="store_true", help="the noisy kernel in JAX alone, too, which is slow")
    options = parser.parse_args(arguments)
    model, data = load_model(options.model), dataset_of("water")
    random = np.random.default_rng(0)
    with double_precision():
        every = kernels(model, options.noise, options.portable)
        split = model.lowered.split
        sizes = 2 * [split.slot_count] + 2 * [len(split.observables)]
        numbers = tuple(jnp.asarray(random.normal(size=(CIRCUITS, size))) for size in sizes)
        print(f"derivatives of {CIRCUITS} circuits of {options.model}:")
        timed({name: (derivatives(kernel), numbers) for name, kernel in every.items()}, options.repeats)
        few = data.subset(range(options.frames))
        batch = Batch(*(jnp.asarray(each) for each in (few.positions, few.energies, few.forces)))
        arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
        print(f"a step of {options.frames} frames:")
        steps = {name: (step(model, kernel, data.numbers), (arrays, batch)) for name, kernel in every.items()}
        timed(steps, options.repeats)


if __name__ == "__main__":
    main()
