"""The readout of a water model fitted to what a noisy device gives: circuits stay, noisy moments are made once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qffc.models.files.model_file import load_model
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.noisy.make import noisy_kernel
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target
from qffc.training.leaks import trained_on

ROWS = 1440
"""Circuits that are simulated at a time."""


def tell(label: str, errors: jax.Array) -> None:
    """Print errors of energies, eV."""
    off = 1e3 * np.asarray(errors)
    print(
        f"{label:<36}{np.sqrt(np.mean(off**2)):>8.2f}{off.mean():>9.2f}{off.std():>8.2f}{np.abs(off).max():>9.1f}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="trained:water")
    parser.add_argument("--noise", default="H2-1")
    parser.add_argument("--frames", type=int, default=60, help="of each fit, and held out")
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args(arguments)
    model, data, count = load_model(options.model), dataset_of("water"), options.frames
    seen = trained_on(model, data)
    if seen is None:
        raise SystemExit("a model that says what it was trained on is needed")
    shuffled = np.random.default_rng(0).permutation(np.flatnonzero(seen))
    chosen = np.concatenate([shuffled[: 2 * count], np.flatnonzero(~seen)[:count]])
    held = slice(2 * count, None)
    with double_precision():
        molecule = model.molecule(data.numbers)
        arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
        positions, labels = jnp.asarray(data.positions[chosen]), jnp.asarray(data.energies[chosen])
        slots = jax.jit(molecule.slots)(arrays, positions)
        flat = slots.reshape(-1, slots.shape[-1])
        exact = molecule.moments(slots)
        kernel = jax.jit(noisy_kernel(molecule.lowered.split, target(options.noise)).moments)
        parts = [kernel(flat[start : start + ROWS]) for start in range(0, len(flat), ROWS)]
        noisy = jnp.concatenate(parts).reshape(exact.shape)
        finish = jax.jit(molecule.finish)
        print(f"{'errors on held-out frames (meV)':<36}{'rms':>8}{'mean':>9}{'spread':>8}{'largest':>9}")
        tell("exact circuits", (finish(arrays, exact, positions) - labels)[held])
        tell("noise, nothing done", (finish(arrays, noisy, positions) - labels)[held])
        optimizer = optax.adam(optax.cosine_decay_schedule(0.002, options.steps))

        @jax.jit
        def step(a, state, moments, r, wanted):
            def loss(b):
                return 1e4 * jnp.mean((molecule.finish(b, moments, r) - wanted) ** 2)

            updates, state = optimizer.update(jax.grad(loss)(a), state)
            return optax.apply_updates(a, updates), state

        for fit in range(2):
            own = slice(fit * count, (fit + 1) * count)
            mean = jnp.mean((finish(arrays, noisy, positions) - labels)[own])
            tell(f"fit {fit}: its mean taken off", (finish(arrays, noisy, positions) - labels - mean)[held])
            fitted, state = dict(arrays), optimizer.init(arrays)
            for _ in range(options.steps):
                fitted, state = step(fitted, state, noisy[own], positions[own], labels[own] + mean)
            tell(f"fit {fit}: readout fitted", (finish(fitted, noisy, positions) - labels - mean)[held])


if __name__ == "__main__":
    main()
