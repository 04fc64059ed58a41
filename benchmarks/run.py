"""Speed of qffc beside named peers in one run: medians over repeats, compile time apart, ratios."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from qffc.data import load_embedded
from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import untrained
from qffc.passes.circuit.split_program import KernelOp, Split, split_program
from qffc.passes.lower_jax.program import JaxProgram, lower_jax
from qffc.passes.lower_jax.table import constant_part
from qffc.passes.lower_pytket.compare import compare_with_pytket, naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.targets.catalogue import target

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
SWAP = np.eye(4)[[0, 2, 1, 3]]


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    action()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        action()
        times.append(perf_counter() - start)
    return statistics.median(times)


def bench_binding(repeats: int) -> None:
    """Numeric circuits for new geometries: one kernel bound again and again, or pytket compiling each circuit."""
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    print("binding one geometry, milliseconds (peer: pytket's default compilation of the same circuit)")
    print(f"{'program':<14}{'qffc':>9}{'pytket':>9}{'ratio':>8}   same state")
    place = target("H2-1LE")
    backend = QuantinuumBackend("H2-1LE")
    generator = np.random.default_rng(0)
    for name in ("pair", "water-demo", "sivqlm-h2o", "sivqlm-nh3"):
        program = load(name)
        kernel = PytketKernel(split_program(program), place)
        slots = generator.normal(size=kernel.split.slot_count)
        ours = median_seconds(lambda k=kernel, s=slots: k.bind(s), repeats)
        peer = median_seconds(
            lambda k=kernel, s=slots: backend.get_compiled_circuit(naive_circuit(k, s)), max(3, repeats // 5)
        )
        same = compare_with_pytket(program, slots, place).equal
        print(f"{name:<14}{1e3 * ours:>9.2f}{1e3 * peer:>9.2f}{peer / ours:>8.1f}   {same}")


def plain_moments(split: Split) -> Callable[[jax.Array], jax.Array]:
    """The peer of the kernel: one gate after another as complex matrices, derivatives by JAX alone."""
    qubits = split.qubit_count
    start = np.zeros((2,) * qubits, dtype=complex)
    start[(0,) * qubits] = 1.0
    for op in split.ops:
        if op.kind == "singlet":
            block = np.moveaxis(start, op.qubits, (0, 1))
            block[0, 1], block[1, 0], block[0, 0] = block[0, 0] / np.sqrt(2), -block[0, 0] / np.sqrt(2), 0

    def gate(op: KernelOp, slots: jax.Array) -> jax.Array:
        if op.vector is not None:
            factor, slot = op.vector
            offset = split.vector_offset(slot)
            v = float(factor) * slots[offset : offset + 3]
            length = jnp.sqrt(jnp.sum(v * v) + 1e-30)
            axis = jnp.einsum("k,kij->ij", v / length, PAULI)
            return jnp.cos(length / 2) * np.eye(2) - 1j * jnp.sin(length / 2) * axis
        assert op.angle is not None
        t = constant_part(op.angle) + sum(float(weight) * slots[slot] for weight, slot in op.angle.terms)
        return jnp.cos(2 * t) * np.eye(4) - 1j * jnp.sin(2 * t) * SWAP

    def one(slots: jax.Array) -> jax.Array:
        state = jnp.asarray(start)
        for op in split.ops:
            if op.kind in ("rotate", "exchange"):
                k = len(op.qubits)
                matrix = gate(op, slots).reshape((2,) * (2 * k))
                state = jnp.moveaxis(
                    jnp.tensordot(matrix, state, axes=(tuple(range(k, 2 * k)), op.qubits)), range(k), op.qubits
                )
        flat = state.reshape(-1)
        return jnp.stack([jnp.real(jnp.vdot(flat, matrix @ flat)) for matrix in observables])

    from qffc.ir.reference import dense

    observables = [jnp.asarray(dense(o.paulis, tuple(range(qubits)))) for o in split.observables]
    return jax.vmap(one)


def bench_training_step(repeats: int) -> None:
    """One gradient of a force loss of `pair` on a batch of 10 waters: 120 circuits."""
    program, data = load("pair"), load_embedded("water")
    model = untrained(program, seed=0)
    lowered = lower_jax(program)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    batch = tuple(jnp.asarray(x[:10]) for x in (data.positions, data.energies, data.forces))
    print("\ntraining step of `pair`, 10 waters, energies and forces (peer: gates as matrices in plain JAX)")
    print(f"{'kernel':<14}{'step ms':>9}{'compile s':>11}{'loss':>24}")
    figures = []
    for name, parts in (
        ("qffc", lowered),
        ("plain JAX", replace(lowered, kernel=replace(lowered.kernel, moments=plain_moments(lowered.split)))),
    ):
        figures.append(step_figures(name, parts, arrays, batch, instances_of(program, data.numbers), repeats))
    (ours, our_compile), (peer, peer_compile) = figures
    print(f"{'ratio':<14}{peer / ours:>9.1f}{peer_compile / our_compile:>11.1f}")


def step_figures(name, parts: JaxProgram, arrays, batch, instances, repeats: int) -> tuple[float, float]:
    molecule = MoleculeEnergy(parts, instances)

    def loss(a, positions, energies, forces):
        e, f = energies_and_forces(lambda r: molecule.energies(a, r), positions)
        return jnp.mean((e - energies) ** 2) + jnp.mean((f - forces) ** 2)

    begin = perf_counter()
    step = jax.jit(jax.value_and_grad(loss)).lower(arrays, *batch).compile()
    compile_seconds = perf_counter() - begin
    seconds = median_seconds(lambda: jax.block_until_ready(step(arrays, *batch)), repeats)
    value = float(step(arrays, *batch)[0])
    print(f"{name:<14}{1e3 * seconds:>9.2f}{compile_seconds:>11.1f}{value:>24.12f}")
    return seconds, compile_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50, help="of each measurement; the median counts")
    repeats = parser.parse_args().repeats
    jax.config.update("jax_enable_x64", True)
    bench_binding(repeats)
    bench_training_step(repeats)


if __name__ == "__main__":
    main()
