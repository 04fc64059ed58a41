"""What should change nothing where a program declares rotation, inversion or translation: one transform for each."""

from __future__ import annotations

from qffc.passes.equivariance.verdict import Transform

TURN = Transform("rotation by the matrix", ((0.36, 0.48, -0.8), (-0.8, 0.6, 0.0), (0.48, 0.64, 0.6)))
MIRROR = Transform("inversion x -> -x", ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)))
SHIFT = Transform("translation by the vector", shift=(0.53, -1.27, 1.91))
"""No component is a small multiple of a small fraction: an angle of pi/4 for each Angstrom along z takes 2 Angstrom for
nothing, since an exchange by pi/2 only swaps two qubits."""
