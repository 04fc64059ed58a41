"""Speed of the classical side alone: energies with forces, and training gradients, the quantum kernel replaced.

In place of the kernel stands a sine of linear combinations of the slots; its own time is given as the floor.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter, process_time

import jax
import jax.numpy as jnp
import numpy as np
from ase.build import molecule

from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import untrained
from qffc.passes.lower_jax.program import lower_jax

MOLECULES = {"ethanol": "CH3CH2OH", "water": "H2O"}


def milliseconds(action: Callable[[], object], repeats: int) -> str:
    action()
    wall, cpu = [], []
    for _ in range(repeats):
        start, used = perf_counter(), process_time()
        jax.block_until_ready(action())
        wall.append(1e3 * (perf_counter() - start))
        cpu.append(1e3 * (process_time() - used))
    return f"{statistics.median(wall):9.2f} {min(wall):9.2f} {statistics.median(cpu):9.2f}"


def bench(name: str, batch: int, dtype: str, repeats: int) -> None:
    program = load("pair", channels=8, depth=3, species=("C", "H", "O"))
    atoms = molecule(MOLECULES[name])
    generator = np.random.default_rng(0)
    lowered = lower_jax(program)
    mixing = jnp.asarray(generator.normal(size=(lowered.split.slot_count, len(program.observables))), dtype)
    energy = MoleculeEnergy(
        replace(lowered, moments=lambda slots: jnp.sin(slots @ mixing)), instances_of(program, atoms.numbers)
    )
    arrays = {key: jnp.asarray(value, dtype) for key, value in untrained(program, 0).arrays.items()}
    positions = jnp.asarray(atoms.positions + 0.05 * generator.normal(size=(batch, len(atoms), 3)), dtype)
    targets = jnp.asarray(generator.normal(size=positions.shape), dtype)

    def predict(tables, r):
        return energies_and_forces(lambda x: energy.energies(tables, x), r)

    def loss(tables, r):
        energies, forces = predict(tables, r)
        return jnp.mean(energies**2) + jnp.mean((forces - targets) ** 2)

    def first(slots):
        return jnp.sum(energy.moments(slots))

    def second(slots):
        return jnp.sum(jax.grad(first)(slots) ** 2)

    slots = jax.jit(energy.slots)(arrays, positions)
    actions = {
        "energies and forces": (jax.jit(predict), (arrays, positions)),
        "  floor": (jax.jit(jax.value_and_grad(first)), (slots,)),
        "training gradient": (jax.jit(jax.value_and_grad(loss)), (arrays, positions)),
        "  floor ": (jax.jit(jax.value_and_grad(second)), (slots,)),
    }
    for label, (function, arguments) in actions.items():
        figures = milliseconds(lambda f=function, a=arguments: f(*a), repeats)
        print(f"{name:<8} {batch:>3} {dtype:<8} {label:<20} {figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    jax.config.update("jax_enable_x64", True)
    print(f"{'':<43} {'median':>9} {'best':>9} {'CPU':>9}  milliseconds")
    for name in MOLECULES:
        for dtype in ("float64", "float32"):
            bench(name, 10, dtype, repeats)


if __name__ == "__main__":
    main()
