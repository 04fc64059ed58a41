"""What corrections leave of the bias of noise, shot noise left out, and what they cost in shots."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.models.files.model_file import load_model
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.kernel import NoisyKernel
from qffc.passes.noisy.make import noisy_functions, noisy_kernel
from qffc.passes.noisy.structure import SettingCircuit, setting_circuit
from qffc.passes.target import Target
from qffc.passes.target_noise import NoiseModel
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target

NOISE = "H2-1"


def times(noise: NoiseModel, factor: float) -> NoiseModel:
    """Noise whose gates and memory are louder by a factor."""
    return replace(
        noise, one_qubit=factor * noise.one_qubit, two_qubit=factor * noise.two_qubit, memory=factor * noise.memory
    )


def attenuation(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """By which factor each moment shrinks, fitted over circuits: (circuits, moments) each to (moments,)."""
    return np.asarray((before * after).sum(axis=0) / (before**2).sum(axis=0))


def thrice(split: Split) -> Split:
    """The circuits with each exchange by t written as three by t/3: the same state, with thrice the noise of them."""
    ops: list[KernelOp] = []
    for op in split.ops:
        if op.kind != "exchange" or op.angle is None:
            ops.append(op)
            continue
        terms = tuple((weight / 3, slot) for weight, slot in op.angle.terms)
        ops += 3 * [replace(op, angle=Affine(op.angle.constant / 3, op.angle.pi_multiple / 3, terms))]
    return replace(split, ops=tuple(ops))


def gate_cost(circuit: SettingCircuit, place: Target) -> float:
    """What the two-qubit gates of a circuit cost, in units of a ZZPhase: its noise by gates grows with it."""
    pairs = len(circuit.pairs) * place.weights.of("TK2", 1) + len(circuit.reading.pairs) * place.weights.of("ZZPhase")
    return pairs + len(circuit.meetings) * place.weights.of("TK2", 3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="trained:water")
    parser.add_argument("--frames", type=int, default=40, help="half to learn attenuations from, half to compare")
    options = parser.parse_args(arguments)
    model, data = load_model(options.model), dataset_of("water")
    chosen = np.random.default_rng(0).permutation(len(data))[: options.frames]
    place = target(NOISE)
    noise = place.noise or NoiseModel()
    quiet = replace(noise, measurement_0=0.0, measurement_1=0.0)
    with double_precision():
        molecule = model.molecule(data.numbers)
        arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
        positions = jnp.asarray(data.positions[chosen])
        slots = molecule.slots(arrays, positions)
        exact = molecule.moments(slots)
        flat = slots.reshape(-1, slots.shape[-1])

        split = molecule.lowered.split
        once = noisy_kernel(split, place)
        other = thrice(split)
        # Emitted circuits would merge them again: on a device a barrier has to hold them apart.
        circuits = tuple(setting_circuit(seen_by(other, setting), setting) for setting in once.plan.settings)
        written = replace(once, split=other, circuits=circuits)
        costs = [sum(gate_cost(each, place) for each in kernel.circuits) for kernel in (once, written)]
        longer = costs[1] / costs[0]

        def noisy(figures: NoiseModel, kernel: NoisyKernel = once) -> jax.Array:
            own = replace(kernel, strengths=Strengths(place.with_noise(figures)))
            return jax.jit(noisy_functions(own).moments)(flat).reshape(exact.shape)

        found, corrected, louder = noisy(noise), noisy(quiet), noisy(times(quiet, 3.0))
        repeated = noisy(quiet, written)
        half = options.frames // 2
        learned = [np.asarray(each[:half]).reshape(-1, exact.shape[-1]) for each in (exact, corrected)]
        kept = attenuation(learned[0], learned[1])
        seen = attenuation(learned[1], np.asarray(repeated[:half]).reshape(-1, exact.shape[-1])) ** (1 / (longer - 1))
        read = (1 - noise.measurement_0 - noise.measurement_1) ** 2
        rows = (
            ("nothing", found, 1.0),
            ("readout inverted", corrected, 1 / read**2),
            ("readout, moments over attenuation", corrected / kept, 1 / (read**2 * float(np.mean(kept)) ** 2)),
            ("readout, noise extrapolated from 1 and 3", 1.5 * corrected - 0.5 * louder, 4.0 / read**2),
            (
                "readout, exchanges once and thrice, linear",
                (longer * corrected - repeated) / (longer - 1),
                ((longer + 1) / (longer - 1)) ** 2 / read**2,
            ),
            (
                "readout, attenuation from exchanges thrice",
                corrected / seen,
                1 / (read**2 * float(np.mean(seen)) ** 2),
            ),
        )
        base = molecule.finish(arrays, exact, positions)
        print(f"attenuations of the moments: {np.round(kept, 4).tolist()}")
        print(f"by exchanges thrice, {longer:.2f} times the noise: {np.round(seen, 4).tolist()}")
        print(f"{'correction (meV)':<44}{'rms':>8}{'mean':>9}{'spread':>9}{'shots times':>13}")
        for label, moments, cost in rows:
            off = 1e3 * np.asarray(molecule.finish(arrays, moments, positions) - base)[half:]
            print(f"{label:<44}{np.sqrt(np.mean(off**2)):>8.2f}{off.mean():>9.2f}{off.std():>9.2f}{cost:>13.3f}")


if __name__ == "__main__":
    main()
