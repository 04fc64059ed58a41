#!/usr/bin/env bash
# guppylang 1.2.0 with tket 0.15.12 and selene-sim 0.3.7: under the modifier `control`, `toffoli(b, c, d)` also exchanges b and c. It does so
# whether the control qubit is 1 or 0, so even a Toffoli gate that is switched off moves qubits: b in 1 and c in 0 are measured as 0 and 1.
# Nothing is said. The modifier is right for each other gate that has it, for `toffoli` under `dagger` alone, and for the same gate written
# with fewer qubits inside, `control(a, b): cx(c, d)` or `control(a, b, c): x(d)`. Two controls or `dagger` inside change nothing of it.
# Guppy 1 needs Python 3.12: name one in PYTHON where none is found.
#
# Output seen (four qubits in each of the sixteen states of zeros and ones; how many come out as they should, and 0100):
#   toffoli(b, c, d):                     16 of 16, 0100 -> 0100
#   control(a, b): cx(c, d):              16 of 16, 0100 -> 0100
#   control(a, b, c): x(d):               16 of 16, 0100 -> 0100
#   control(a): toffoli(b, c, d):          8 of 16, 0100 -> 0010
#   the same with b and c exchanged after: 16 of 16, 0100 -> 0100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in "${PYTHON:-python3}" python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9].*/bin/python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then break; fi
done
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "guppylang==1.2.0" "tket==0.15.12" "selene-sim==0.3.7"
# A file, because Guppy reads the source of its functions.
cat >"$work/toffoli.py" <<'PY'
from collections import defaultdict

from guppylang import guppy
from guppylang.std.builtins import array, control, result
from guppylang.std.quantum import collect_measurements, cx, measure_array, qubit, toffoli, x


@guppy
def bit(state: int, place: int) -> qubit:
    q = qubit()
    if state // 2**place % 2 == 1:
        x(q)
    return q


@guppy
def plain(state: int) -> array[bool, 4]:
    a, b, c, d = bit(state, 3), bit(state, 2), bit(state, 1), bit(state, 0)
    toffoli(b, c, d)
    return collect_measurements(measure_array(array(a, b, c, d)))


@guppy
def inside_cx(state: int) -> array[bool, 4]:
    a, b, c, d = bit(state, 3), bit(state, 2), bit(state, 1), bit(state, 0)
    with control(a, b):
        cx(c, d)
    return collect_measurements(measure_array(array(a, b, c, d)))


@guppy
def inside_x(state: int) -> array[bool, 4]:
    a, b, c, d = bit(state, 3), bit(state, 2), bit(state, 1), bit(state, 0)
    with control(a, b, c):
        x(d)
    return collect_measurements(measure_array(array(a, b, c, d)))


@guppy
def inside_toffoli(state: int) -> array[bool, 4]:
    a, b, c, d = bit(state, 3), bit(state, 2), bit(state, 1), bit(state, 0)
    with control(a):
        toffoli(b, c, d)
    return collect_measurements(measure_array(array(a, b, c, d)))


@guppy
def main() -> None:
    for state in range(16):
        result("toffoli(b, c, d)", plain(state))
        result("control(a, b): cx(c, d)", inside_cx(state))
        result("control(a, b, c): x(d)", inside_x(state))
        result("control(a): toffoli(b, c, d)", inside_toffoli(state))


seen = defaultdict(list)
for tag, bits in main.emulator(n_qubits=8).with_shots(1).run().results[0].entries:
    seen[tag].append("".join(str(int(bit)) for bit in bits))


def meant(state: int, controls: int) -> str:
    """What comes out: the last bit is turned where the bits in front of it, one for each control, are all 1."""
    places = [2**place for place in range(1, 1 + controls)]
    return f"{state ^ all(state & place for place in places):04b}"


seen["the same with b and c exchanged after"] = [bits[0] + bits[2] + bits[1] + bits[3] for bits in seen["control(a): toffoli(b, c, d)"]]
right = {}
for tag, bits in seen.items():
    controls = 2 if tag.startswith("toffoli") else 3
    right[tag] = sum(found == meant(state, controls) for state, found in enumerate(bits))
    print(f"{tag + ':':<38} {right[tag]:>2} of 16, 0100 -> {bits[4]}")
as_stated = all(count == (8 if tag == "control(a): toffoli(b, c, d)" else 16) for tag, count in right.items())
raise SystemExit(0 if as_stated and seen["control(a): toffoli(b, c, d)"][4] == "0010" else 1)
PY
"$work/venv/bin/python" -W ignore "$work/toffoli.py"
