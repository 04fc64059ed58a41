#!/usr/bin/env bash
# pytket 2.18.5: a circuit holds symbols of any name, and tells `E`, `I` or `GoldenRatio` as free symbols from the constants of
# these names. `to_dict` writes expressions as plain text, so that `from_dict`, and with it pickle and copies sent to other
# processes, reads a constant: the symbol is no longer free, and substituting a value for it afterwards does nothing, without
# a word. An OpenQASM 2 text has the same effect. `S`, which SymPy's own sympify reads as an object of SymPy, stays a symbol; a
# name with a blank cannot be read back at all. Parameters called after an energy or a current want another name.
#
# Output seen:
#   E: free ['E'] before, [] after, angle 2.718282 although 0.25 was put in
#   I: free ['I'] before, [] after, angle I although 0.25 was put in
#   Catalan: free ['Catalan'] before, [] after, angle 0.915966 although 0.25 was put in
#   GoldenRatio: free ['GoldenRatio'] before, [] after, angle 1.618034 although 0.25 was put in
#   S: free ['S'] before, ['S'] after, angle 0.25 although 0.25 was put in
#   by pickle, E: free []
#   by OpenQASM 2, E: free []
#   two words: RuntimeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket==2.18.5"
"$work/venv/bin/python" - <<'PY'
import pickle

from pytket.circuit import Circuit
from pytket.qasm import circuit_from_qasm_str, circuit_to_qasm_str
from sympy import Symbol


def names(circuit) -> list[str]:
    return sorted(str(symbol) for symbol in circuit.free_symbols())


found = []
for name in ("E", "I", "Catalan", "GoldenRatio", "S"):
    circuit = Circuit(1).Rx(Symbol(name), 0)
    back = Circuit.from_dict(circuit.to_dict())
    after = names(back)
    back.symbol_substitution({Symbol(name): 0.25})
    (command,) = back.get_commands()
    angle = command.op.params[0]
    shown = angle if str(angle) == name else round(float(angle), 6)
    found.append(f"{name}: free {names(circuit)} before, {after} after, angle {shown} although 0.25 was put in")
circuit = Circuit(1).Rx(Symbol("E"), 0)
found.append(f"by pickle, E: free {names(pickle.loads(pickle.dumps(circuit)))}")
found.append(f"by OpenQASM 2, E: free {names(circuit_from_qasm_str(circuit_to_qasm_str(circuit)))}")
try:
    Circuit.from_dict(Circuit(1).Rx(Symbol("two words"), 0).to_dict())
    found.append("two words: read")
except RuntimeError:
    found.append("two words: RuntimeError")
print(*found, sep="\n")
expected = [
    "E: free ['E'] before, [] after, angle 2.718282 although 0.25 was put in",
    "I: free ['I'] before, [] after, angle I although 0.25 was put in",
    "Catalan: free ['Catalan'] before, [] after, angle 0.915966 although 0.25 was put in",
    "GoldenRatio: free ['GoldenRatio'] before, [] after, angle 1.618034 although 0.25 was put in",
    "S: free ['S'] before, ['S'] after, angle 0.25 although 0.25 was put in",
    "by pickle, E: free []",
    "by OpenQASM 2, E: free []",
    "two words: RuntimeError",
]
raise SystemExit(0 if found == expected else 1)
PY
