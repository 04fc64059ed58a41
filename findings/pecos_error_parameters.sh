#!/usr/bin/env bash
# quantum-pecos 0.8.0.dev8, driven by pytket-pecos 0.3.3: parameters of `GenericErrorModel` (and `DepolarizingErrorModel`) do other
# things than "error probability", as the documentation has it. `p1` is an average infidelity: a Pauli comes with 3/2 of it, so X is
# flipped with p1 and not with 2/3 of it, and p1 = 2/3 is a Pauli each time; `p2` likewise with 5/4. `p1` is charged on Rz, too, which
# trapped-ion machines do in software. `p_init` acts where a circuit resets a qubit, and never on the qubits that a circuit begins with:
# p_init = 1 leaves them right. Of `p_meas` a pair of two numbers, for readings of 0 and of 1, only the mean is taken.
# And a seed fixes which gates err, but not how: which Pauli it is goes by the order of a set of names, which Python shuffles in each
# process, so the same seed gives other shots in the next run of a program, unless PYTHONHASHSEED is set.
#
# Output seen (then the share of wrong readings in 4000 shots):
#   shots of one seed in six processes: more than one kind; with one PYTHONHASHSEED: one kind
#   p1 = 0.2, X: 0.20, where a Pauli with 0.2 gives 0.13
#   p1 = 2/3, X: 0.67 (0.66 in other runs, from the same seed)
#   p1 = 2/3, Rz: 0.67
#   p_init = 1, first qubit: 0.00
#   p_init = 1, after a reset: 1.00
#   p_meas = (1, 0), of 0: 0.49
#   p_meas = (1, 0), of 1: 0.50
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket-pecos==0.3.3" "quantum-pecos==0.8.0.dev8" "pytket==2.18.5"
cat >"$work/shots.py" <<'PY'
from pecos.error_models.generic_error_model import GenericErrorModel
from pytket import Circuit
from pytket_pecos import Emulator

model = GenericErrorModel({"p1": 0.5, "p2": 0.0, "p_meas": 0.0, "p_init": 0.0})
emulator = Emulator(Circuit(1, 1).X(0).Measure(0, 0), error_model=model, qsim="state-vector", seed=1)
print("".join(str(bit) for bit in emulator.run(60).to_readouts()[:, 0]))
PY
kinds() { for hash in "$@"; do PYTHONHASHSEED=$hash "$work/venv/bin/python" "$work/shots.py"; done | sort -u | wc -l; }
several=$(kinds 0 1 2 3 4 5)
one=$(kinds 7 7 7)
several_text=$([ "$several" -gt 1 ] && echo "more than one kind" || echo "one kind")
echo "shots of one seed in six processes: $several_text; with one PYTHONHASHSEED: $([ "$one" = 1 ] && echo "one kind" || echo "several")"
[ "$several" -gt 1 ] && [ "$one" = 1 ] || exit 1
"$work/venv/bin/python" - <<'PY'
from pecos.error_models.generic_error_model import GenericErrorModel
from pytket import Circuit
from pytket_pecos import Emulator

SHOTS = 4000
NONE = {"p1": 0.0, "p2": 0.0, "p_meas": 0.0, "p_init": 0.0}
CASES = (
    ("p1 = 0.2, X", {"p1": 0.2}, Circuit(1, 1).X(0), 1, 0.2),
    ("p1 = 2/3, X", {"p1": 2 / 3}, Circuit(1, 1).X(0), 1, 2 / 3),
    ("p1 = 2/3, Rz", {"p1": 2 / 3}, Circuit(1, 1).Rz(0.3, 0), 0, 2 / 3),
    ("p_init = 1, first qubit", {"p_init": 1.0}, Circuit(1, 1), 0, 0.0),
    ("p_init = 1, after a reset", {"p_init": 1.0}, Circuit(1, 1).Reset(0), 0, 1.0),
    ("p_meas = (1, 0), of 0", {"p_meas": (1.0, 0.0)}, Circuit(1, 1), 0, 0.5),
    ("p_meas = (1, 0), of 1", {"p_meas": (1.0, 0.0)}, Circuit(1, 1).X(0), 1, 0.5),
)
as_stated = True
for name, parameters, circuit, right, stated in CASES:
    model = GenericErrorModel({**NONE, **parameters})
    emulator = Emulator(circuit.Measure(0, 0), error_model=model, qsim="state-vector", seed=1)
    wrong = float((emulator.run(SHOTS).to_readouts() != right).mean())
    print(f"{name}: {wrong:.2f}" + (", where a Pauli with 0.2 gives 0.13" if name == "p1 = 0.2, X" else ""))
    # Six standard deviations: 0.2 is as far as ten from 2/3 of it.
    as_stated &= abs(wrong - stated) <= 6 * (stated * (1 - stated) / SHOTS) ** 0.5
raise SystemExit(0 if as_stated else 1)
PY
