#!/usr/bin/env bash
# vesin 0.6.2: `ase_neighbor_list` is described as a drop-in for the function of ASE. With one quantity ASE returns an array,
# vesin a tuple of one; `len(...)` of it is 1 whatever the number of pairs. Indices are unsigned: the difference of two of
# them, as in "is the neighbour numbered before the atom", wraps around instead of becoming negative.
#
# Output seen:
#   ase: ndarray of 2, signed; smallest j - i: -1
#   vesin: tuple of 1, unsigned; smallest j - i: 1, largest 18446744073709551615
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "vesin==0.6.2" "ase==3.29.0"
"$work/venv/bin/python" - <<'PY'
import numpy as np
import vesin
from ase import Atoms
from ase.neighborlist import neighbor_list

atoms = Atoms("H2", [[5, 5, 5], [5, 5, 5.8]], cell=[10, 10, 10], pbc=False)
ours, theirs = neighbor_list("i", atoms, 2.0), vesin.ase_neighbor_list("i", atoms, 2.0)
i, j = neighbor_list("ij", atoms, 2.0)
k, l = vesin.ase_neighbor_list("ij", atoms, 2.0)
sign = lambda x: "signed" if np.issubdtype(x.dtype, np.signedinteger) else "unsigned"
print(f"ase: {type(ours).__name__} of {len(ours)}, {sign(i)}; smallest j - i: {(j - i).min()}")
print(f"vesin: {type(theirs).__name__} of {len(theirs)}, {sign(k)}; smallest j - i: {(l - k).min()}, largest {(l - k).max()}")
seen = (type(ours).__name__, len(ours), (j - i).min(), type(theirs).__name__, len(theirs), sign(k), int((l - k).max()))
raise SystemExit(0 if seen == ("ndarray", 2, -1, "tuple", 1, "unsigned", 2**64 - 1) else 1)
PY
