"""A training step of `lib:pair` on ten waters, by the kernels of qffc or by gates as matrices in plain JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.reference import dense
from qffc.models.circuits.instances import Instances, instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import untrained
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.lower_jax.kernel import KernelFunctions
from qffc.passes.lower_jax.program import JaxProgram, lower_jax
from qffc.passes.lower_jax.table import constant_part

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
SWAP = np.eye(4)[[0, 2, 1, 3]]
MOLECULES = 10


@dataclass(frozen=True)
class PairStep:
    """Loss of energies and forces, and its gradient by all parameters.

    Args:
        parts: the program with the kernel that computes it.
        arrays: parameters, in the precision of the step.
        batch: positions, energies and forces.
        instances: the circuits of a molecule.
    """

    parts: JaxProgram
    arrays: dict[str, jax.Array]
    batch: tuple[jax.Array, ...]
    instances: Instances

    def loss(self, arrays: dict[str, jax.Array], positions: jax.Array, *wanted: jax.Array) -> jax.Array:
        molecule = MoleculeEnergy(self.parts, self.instances)
        found = energies_and_forces(lambda r: molecule.energies(arrays, r), positions)
        return sum(jnp.mean((there - here) ** 2) for there, here in zip(found, wanted, strict=True))

    def compiled(self) -> jax.stages.Compiled:
        """Trace and compile anew; the result takes `arrays` and `batch`."""
        return jax.jit(jax.value_and_grad(self.loss)).lower(self.arrays, *self.batch).compile()


def pair_step(plain: bool) -> PairStep:
    """The step in the precision that JAX has just now; with the peer in place of the kernel of qffc if `plain`."""
    program, data = qf.load("pair"), load_embedded("water")
    lowered = lower_jax(program)
    arrays = {name: jnp.asarray(value) for name, value in untrained(program, seed=0).arrays.items()}
    batch = tuple(jnp.asarray(x[:MOLECULES]) for x in (data.positions, data.energies, data.forces))
    return PairStep(plain_jax(lowered) if plain else lowered, arrays, batch, instances_of(program, data.numbers))


def plain_jax(lowered: JaxProgram) -> JaxProgram:
    """The program with the peer as its kernel: no tables of slots, no derivatives but JAX's own."""
    moments = plain_moments(lowered.split)
    along = lambda slots, direction: jax.jvp(moments, (slots,), (direction,))  # noqa: E731
    return replace(lowered, kernel=KernelFunctions("plain JAX", moments, along, native_layers=False))


def plain_moments(split: Split) -> Callable[[jax.Array], jax.Array]:
    """One gate after another as complex matrices, derivatives by JAX alone."""
    qubits = split.qubit_count
    start = np.zeros((2,) * qubits, dtype=complex)
    start[(0,) * qubits] = 1.0
    for op in split.ops:
        if op.kind == "singlet":
            block = np.moveaxis(start, op.qubits, (0, 1))
            block[0, 1], block[1, 0], block[0, 0] = block[0, 0] / np.sqrt(2), -block[0, 0] / np.sqrt(2), 0
    observables = [jnp.asarray(dense(o.paulis, tuple(range(qubits)))) for o in split.observables]

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

    return jax.vmap(one)
