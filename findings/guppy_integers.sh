#!/usr/bin/env bash
# guppylang 0.21.16 with selene-sim 0.2.18: Guppy reads as Python, and its `//` and `%` floor as Python's do, as long as the divisor is
# positive. A divisor is taken as a number without sign, so -2 is 2**64 - 2: 7 // -2 is 0 and 7 % -2 is 7, -7 // -2 is -1 and leaves -9.
# `>>` shifts without sign, too: -8 >> 1 is 2**63 - 4 where -8 // 2 is -4. Floats have none of this: 7.0 // -2.0 is -4. It is the same
# whether the numbers are literals, which are folded by the compiler, or come out of a measurement, and in guppylang 1.2.0.
#
# Output seen:
#   7 // 2: Python 3, Guppy 3
#   -7 // 2: Python -4, Guppy -4
#   -7 % 2: Python 1, Guppy 1
#   7 // -2: Python -4, Guppy 0
#   7 % -2: Python -1, Guppy 7
#   -7 // -2: Python 3, Guppy -1
#   -7 % -2: Python -1, Guppy -9
#   -8 >> 1: Python -4, Guppy 9223372036854775804
#   7.0 // -2.0: Python -4.0, Guppy -4.0
#   measured, 7 // -2: Guppy 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "guppylang==0.21.16" "selene-sim==0.2.18"
# A file, because Guppy reads the source of its functions.
cat >"$work/integers.py" <<'PY'
from guppylang import guppy
from guppylang.std.builtins import result
from guppylang.std.quantum import measure, qubit

GUPPY = {
    "7 // 2": 3,
    "-7 // 2": -4,
    "-7 % 2": 1,
    "7 // -2": 0,
    "7 % -2": 7,
    "-7 // -2": -1,
    "-7 % -2": -9,
    "-8 >> 1": 2**63 - 4,
    "7.0 // -2.0": -4.0,
}


@guppy
def zero() -> int:
    if measure(qubit()):
        return 1
    return 0


@guppy
def main() -> None:
    result("7 // 2", 7 // 2)
    result("-7 // 2", -7 // 2)
    result("-7 % 2", -7 % 2)
    result("7 // -2", 7 // -2)
    result("7 % -2", 7 % -2)
    result("-7 // -2", -7 // -2)
    result("-7 % -2", -7 % -2)
    result("-8 >> 1", -8 >> 1)
    result("7.0 // -2.0", 7.0 // -2.0)
    result("measured, 7 // -2", (zero() + 7) // (zero() - 2))


seen = dict(main.emulator(n_qubits=1).with_shots(1).run().results[0].entries)
measured = seen.pop("measured, 7 // -2")
for text, value in seen.items():
    print(f"{text}: Python {eval(text)}, Guppy {value}")
print(f"measured, 7 // -2: Guppy {measured}")
raise SystemExit(0 if seen == GUPPY and measured == 0 else 1)
PY
"$work/venv/bin/python" "$work/integers.py"
