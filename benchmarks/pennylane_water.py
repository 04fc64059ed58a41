"""Holds `lib:water-demo` against the same circuit in PennyLane: energies and forces for random weights.

PennyLane builds the circuit from standard gates (Ising couplings and rotations about axes), simulates it on
`default.qubit` and differentiates it by itself; nothing of qffc takes part in that. Exits with 1 when any energy or
force component differs by more than the tolerance, with 2 when qffc cannot be asked. `benchmarks/README.md` has the
commands.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import numpy as np

WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])  # O, H, H; Angstrom
DEPTH = 6
COUPLINGS = ((0, 1), (2, 3), (1, 2), (3, 0))  # in the order of execution; the first qubit is the row of w
CASES = {
    # name: (library reference, standard deviation of epsilon, or None where the program has no epsilon)
    "no epsilon": ("lib:water-demo:breaking=false", None),
    "epsilon = 0": ("lib:water-demo", 0.0),
    "epsilon random": ("lib:water-demo", 0.5),
}


def draw(seed: int, frames: int, spread: float | None) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Random weights, and random distorted molecules (frames, 3, 3) at random places."""
    generator = np.random.default_rng(seed)
    weights = {
        "alpha": generator.normal(1.0, 1.0, size=(4, DEPTH + 1)),
        "w": generator.uniform(-np.pi, np.pi, size=(4, DEPTH)),
    }
    noise = generator.normal(size=(DEPTH, 4))
    if spread is not None:
        weights["epsilon"] = spread * noise
    places = generator.normal(0.0, 2.0, size=(frames, 1, 3))
    return weights, WATER + generator.normal(0.0, 0.3, size=(frames, 3, 3)) + places


def with_pennylane(weights: dict[str, np.ndarray], frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energies (frames,) and forces (frames, 3, 3)."""
    import pennylane as qml
    from pennylane import numpy as pnp

    def prepare_singlet(a, b):
        qml.PauliX(a)
        qml.PauliX(b)
        qml.Hadamard(a)
        qml.CNOT([a, b])

    def rotate_about(vector, wire):
        """exp(-i vector.sigma / 2): turn the vector onto z, rotate about z, turn back."""
        x, y, z = vector
        azimuth, polar = pnp.arctan2(y, x), pnp.arctan2(pnp.sqrt(x**2 + y**2), z)
        qml.RZ(-azimuth, wire)
        qml.RY(-polar, wire)
        qml.RZ(pnp.sqrt(x**2 + y**2 + z**2), wire)
        qml.RY(polar, wire)
        qml.RZ(azimuth, wire)

    def couple(angle, wires):
        """exp(-i angle (XX + YY + ZZ)); the Ising gates have a factor of one half of their own."""
        qml.IsingXX(2 * angle, wires)
        qml.IsingYY(2 * angle, wires)
        qml.IsingZZ(2 * angle, wires)

    @qml.qnode(qml.device("default.qubit", wires=4), interface="autograd", diff_method="backprop")
    def energy(positions):
        hydrogens = (positions[1] - positions[0], positions[2] - positions[0])

        def encode(layer):
            for wire in range(4):
                rotate_about(weights["alpha"][wire, layer] * hydrogens[wire % 2], wire)

        prepare_singlet(0, 1)
        prepare_singlet(2, 3)
        encode(0)
        for layer in range(DEPTH):
            for a, b in COUPLINGS:
                couple(weights["w"][a, layer], [a, b])
            if "epsilon" in weights:
                for wire in range(4):
                    qml.RZ(weights["epsilon"][layer, wire], wire)
            encode(layer + 1)
        return qml.expval(qml.X(0) @ qml.X(1) + qml.Y(0) @ qml.Y(1) + qml.Z(0) @ qml.Z(1))

    slope = qml.grad(energy, argnums=0)
    trainable = [pnp.array(frame, requires_grad=True) for frame in frames]
    return np.array([float(energy(frame)) for frame in trainable]), np.array([-slope(frame) for frame in trainable])


def with_qffc(
    command: str, reference: str, weights: dict[str, np.ndarray], frames: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Energies (frames,) and forces (frames, 3, 3)."""
    with tempfile.TemporaryDirectory() as folder:
        params, geometry = Path(folder, "params.json"), Path(folder, "geometry.npz")
        params.write_text(json.dumps({name: value.tolist() for name, value in weights.items()}))
        np.savez(geometry, positions=frames)
        call = [*shlex.split(command), "energy", reference, "--params", str(params), "--geometry", str(geometry)]
        try:
            done = subprocess.run([*call, "--raw", "--json"], stdout=subprocess.PIPE, text=True)
        except OSError as problem:
            stop(f"'{command}' cannot be started: {problem}")
    if done.returncode != 0:
        stop(f"'{shlex.join(call)} --raw --json' ended with {done.returncode}: {done.stdout}")
    answer = json.loads(done.stdout)
    return np.array(answer["energies"]), np.array(answer["forces"])


def stop(message: str) -> NoReturn:
    """Leave with 2: there is nothing to compare."""
    print(message, file=sys.stderr)
    sys.exit(2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qffc", default="qffc", metavar="COMMAND", help="the qffc command (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="sets of random weights for each case (default: 3)")
    parser.add_argument("--frames", type=int, default=4, help="random geometries for each set (default: 4)")
    parser.add_argument("--tolerance", type=float, default=1e-9, help="largest difference allowed (default: 1e-9)")
    options = parser.parse_args()
    if options.seeds < 1 or options.frames < 1:
        parser.error("--seeds and --frames start at 1")

    good = True
    print(f"{'case':<16}{'max |dE|':>12}{'max |dF|':>12}{'spread of E':>14}{'largest |F|':>14}")
    for name, (reference, spread) in CASES.items():
        energies, forces, energy_gaps, force_gaps = [], [], [], []
        for seed in range(options.seeds):
            weights, frames = draw(seed, options.frames, spread)
            expected_energies, expected_forces = with_pennylane(weights, frames)
            found_energies, found_forces = with_qffc(options.qffc, reference, weights, frames)
            if found_energies.shape != expected_energies.shape or found_forces.shape != expected_forces.shape:
                stop(f"qffc returned shapes {found_energies.shape} and {found_forces.shape}")
            energies.append(expected_energies)
            forces.append(expected_forces)
            energy_gaps.append(np.abs(found_energies - expected_energies).max())
            force_gaps.append(np.abs(found_forces - expected_forces).max())
        energy_gap, force_gap = np.max(energy_gaps), np.max(force_gaps)
        good &= bool(energy_gap <= options.tolerance and force_gap <= options.tolerance)  # false for NaN, too
        size = f"{np.std(energies):>14.3f}{np.abs(forces).max():>14.3f}"
        print(f"{name:<16}{energy_gap:>12.1e}{force_gap:>12.1e}{size}", flush=True)
    print(f"{'agree' if good else 'DIFFER'}, tolerance {options.tolerance:g}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
