#!/usr/bin/env bash
# selene-sim 0.2.18, the newest that guppylang 0.21.16 and so Python 3.10 and 3.11 get: each shot of the emulator is run with the seed
# plus the number of the shot. So `with_seed(6)` repeats `with_seed(5)` from its second shot on: of 200 shots 199 are the same, in the
# state vector simulator, the stabilizer simulator and the errors of the noise model. Runs with seeds 0 to 9 that are pooled for better
# statistics hold 209 independent shots, not 2000, and two circuits of a batch with seeds next to each other err together. Seeds at least
# as far apart as there are shots share nothing. selene-sim 0.3.7 has no such shift.
#
# Output seen:
#   state vector: of 200 shots with seed 5, as many again with seed 6: 199, 7: 198, 105: 100, 205: 0
#   stabilizer: of 200 shots with seed 5, as many again with seed 6: 199, 7: 198, 105: 100, 205: 0
#   noise model: of 200 shots with seed 5, as many again with seed 6: 199, 7: 198, 105: 100, 205: 0
#   pooled over seeds 0 to 9: 209 different shots of 2000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "guppylang==0.21.16" "selene-sim==0.2.18"
# A file, because Guppy reads the source of its functions.
cat >"$work/seeds.py" <<'PY'
from guppylang import guppy
from guppylang.std.builtins import result
from guppylang.std.quantum import h, measure, qubit, x
from selene_sim import DepolarizingErrorModel

SHOTS = 200


@guppy
def coins() -> None:
    for _ in range(48):
        q = qubit()
        h(q)
        result("bit", measure(q))


@guppy
def flips() -> None:
    for _ in range(48):
        q = qubit()
        x(q)
        result("bit", measure(q))


def shots(emulator, seed):
    run = emulator.with_shots(SHOTS).with_seed(seed).run()
    return ["".join(str(int(bit)) for _, bit in shot.entries) for shot in run.results]


noise = DepolarizingErrorModel(p_1q=0.6, p_2q=0.0, p_meas=0.0, p_init=0.0)
emulators = {
    "state vector": coins.emulator(n_qubits=1).statevector_sim(),
    "stabilizer": coins.emulator(n_qubits=1).stabilizer_sim(),
    "noise model": flips.emulator(n_qubits=1).with_error_model(noise),
}
found = []
for name, emulator in emulators.items():
    first = set(shots(emulator, 5))
    again = {seed: len(first.intersection(shots(emulator, seed))) for seed in (6, 7, 105, 205)}
    found.append(tuple(again.values()))
    text = ", ".join(f"{seed}: {number}" for seed, number in again.items())
    print(f"{name}: of {len(first)} shots with seed 5, as many again with seed {text}")
pooled = {shot for seed in range(10) for shot in shots(emulators["state vector"], seed)}
print(f"pooled over seeds 0 to 9: {len(pooled)} different shots of {10 * SHOTS}")
raise SystemExit(0 if found == [(199, 198, 100, 0)] * 3 and len(pooled) == 209 else 1)
PY
"$work/venv/bin/python" "$work/seeds.py"
