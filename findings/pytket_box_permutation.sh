#!/usr/bin/env bash
# pytket 2.18.5: FullPeepholeOptimise, and other passes, may trade gates for an implicit permutation of the qubits. A circuit
# with one keeps its unitary, and so does a CircBox made of it. But `get_unitary` and `get_statevector` of a circuit that
# holds the box leave the permutation out. DecomposeBoxes, `append` in the place of the box, and a QControlBox around it are
# right, so that two ways to look at one circuit disagree. `replace_implicit_wire_swaps` on the inner circuit before it is
# boxed helps; on the outer circuit it does not.
#
# Output seen:
#   the inner circuit, optimised: permuted True, unitary kept True
#   its box alone: True
#   a circuit with the box: unitary False, state False
#   the same after replace_implicit_wire_swaps: False
#   the same after DecomposeBoxes: True
#   the inner circuit appended: True
#   swaps put back before it was boxed: True
#   under a control: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pytket.circuit import CircBox, Circuit, QControlBox
from pytket.passes import DecomposeBoxes, FullPeepholeOptimise

inner = Circuit(2).Ry(0.3, 0).CX(0, 1).CX(1, 0).CX(0, 1).Rx(0.2, 1)
unitary = inner.get_unitary()
FullPeepholeOptimise().apply(inner)


def right(circuit) -> bool:
    return bool(np.allclose(circuit.get_unitary(), unitary))


box = CircBox(inner)
outer = Circuit(2).add_gate(box, [0, 1])
state = bool(np.allclose(outer.get_statevector(), unitary[:, 0]))
replaced, decomposed, appended, mended = outer.copy(), outer.copy(), Circuit(2), inner.copy()
replaced.replace_implicit_wire_swaps()
DecomposeBoxes().apply(decomposed)
appended.append(inner)
mended.replace_implicit_wire_swaps()
controlled = np.eye(8, dtype=complex)
controlled[4:, 4:] = unitary
under = Circuit(3).add_gate(QControlBox(box, 1), [0, 1, 2])
found = [
    f"the inner circuit, optimised: permuted {inner.has_implicit_wireswaps}, unitary kept {right(inner)}",
    f"its box alone: {right(box)}",
    f"a circuit with the box: unitary {right(outer)}, state {state}",
    f"the same after replace_implicit_wire_swaps: {right(replaced)}",
    f"the same after DecomposeBoxes: {right(decomposed)}",
    f"the inner circuit appended: {right(appended)}",
    f"swaps put back before it was boxed: {right(Circuit(2).add_gate(CircBox(mended), [0, 1]))}",
    f"under a control: {bool(np.allclose(under.get_unitary(), controlled))}",
]
print(*found, sep="\n")
expected = [
    "the inner circuit, optimised: permuted True, unitary kept True",
    "its box alone: True",
    "a circuit with the box: unitary False, state False",
    "the same after replace_implicit_wire_swaps: False",
    "the same after DecomposeBoxes: True",
    "the inner circuit appended: True",
    "swaps put back before it was boxed: True",
    "under a control: True",
]
raise SystemExit(0 if found == expected else 1)
PY
