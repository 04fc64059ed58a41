"""What every engine computes: circuits, geometries, parameters and targets. NumPy alone: every peer imports this.

A molecule has some circuits, each on the vectors from one atom to others, one for each qubit. Singlets on (0, 1),
(2, 3), ...; then layers of rotations exp(-i/2 alpha[layer, qubit] r . sigma), each followed by exchanges
exp(-i w[layer, pair] (XX + YY + ZZ)) in order. The energy of a circuit is the sum of the inner products XX + YY + ZZ of
its measured pairs, times weights where they are trained. Energies of a molecule are sums over its circuits, and the
loss is the mean squared error of its energies plus that of its forces.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
KINDS = ("water", "ring", "all-pairs")
WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])  # O, H, H; Angstrom


@dataclass(frozen=True)
class Work:
    """A piece of work, from which everything else follows.

    Args:
        kind: `water`, the circuit of PennyLane's demonstration; `ring` or `all-pairs`, one qubit for each neighbour.
        qubits: 4 for water.
        layers: of exchanges; water has rotations after the last of them.
        molecules: in the batch.
        centres: circuits of a molecule, each about an atom of its own; 1 for water.
        geometry: a file of NumPy with the one molecule of `ring`, (qubits + 1, 3), instead of random ones.
    """

    kind: str
    qubits: int
    layers: int
    molecules: int
    centres: int
    geometry: str | None = None

    @property
    def program(self) -> str:
        """The reference of the same circuit in the library of qffc."""
        if self.kind == "water":
            return f"lib:water-demo:breaking=false,depth={self.layers}"
        return f"lib:{self.kind}:qubits={self.qubits},depth={self.layers}"

    @property
    def circuits(self) -> int:
        return self.molecules * self.centres

    @property
    def atoms(self) -> int:
        return 3 if self.kind == "water" else self.qubits + 1

    @property
    def encodings(self) -> int:
        """Layers of rotations."""
        return self.layers + 1 if self.kind == "water" else self.layers

    @property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Pairs of qubits with an exchange, in the order of execution."""
        if self.kind == "water":
            return (0, 1), (2, 3), (1, 2), (3, 0)
        if self.kind == "ring":
            return tuple((k, (k + 1) % self.qubits) for k in range(self.qubits))
        return tuple(combinations(range(self.qubits), 2))

    @property
    def measured(self) -> tuple[tuple[int, int], ...]:
        """Pairs of qubits with an inner product in the energy."""
        return ((0, 1),) if self.kind == "water" else self.couplings

    @property
    def sites(self) -> NDArray[np.int64]:
        """(centres, 1 + qubits) the atom in the middle of a circuit, then that of each qubit."""
        if self.kind == "water":
            return np.array([[0, 1, 2, 1, 2]])
        others = [[c, *(a for a in range(self.atoms) if a != c)] for c in range(self.centres)]
        return np.array(others)

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """`alpha` (encodings, qubits), `w` (layers, couplings); where trained `readout` (measured,) and `offset` ()."""
        generator = np.random.default_rng([self.qubits, self.layers, KINDS.index(self.kind)])
        arrays = {
            "alpha": generator.normal(0.5, 0.3, size=(self.encodings, self.qubits)),
            "w": generator.normal(0.0, 0.4, size=(self.layers, len(self.couplings))),
        }
        if self.kind != "water":
            arrays |= {"readout": generator.normal(size=len(self.measured)), "offset": np.array(0.1)}
        return arrays

    @cached_property
    def positions(self) -> Array:
        """(molecules, atoms, 3), Angstrom."""
        generator = np.random.default_rng([1, self.atoms, self.molecules])
        if self.geometry is not None:
            return np.repeat(np.load(Path(self.geometry))[None], self.molecules, axis=0)
        if self.kind == "water":
            return WATER + generator.normal(0.0, 0.15, size=(self.molecules, 3, 3))
        return generator.normal(0.0, 1.2, size=(self.molecules, self.atoms, 3))

    @cached_property
    def targets(self) -> tuple[Array, Array]:
        """Energies (molecules,) and forces (molecules, atoms, 3) to learn."""
        generator = np.random.default_rng([2, self.atoms, self.molecules])
        return generator.normal(size=self.molecules), generator.normal(size=self.positions.shape)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


WATER_STEP = Work("water", 4, 6, molecules=256, centres=1)
"""Work A: a step on a batch of the demonstration."""

RING_STEP = Work("ring", 8, 4, molecules=32, centres=9)
"""Work B: 288 circuits."""

RING_MOLECULE = Work("ring", 8, 4, molecules=1, centres=9)
"""One molecule of work B."""
