#!/usr/bin/env bash
# pytket-qir 2.0.2: in the base profiles a result is numbered after the qubit that is measured, not after the bit. A qubit measured twice
# into two bits, with a gate between, has one result, and the last outcome is in it. BASE records it under the names of both bits, so the
# first outcome is lost; AZUREBASE leaves the first measurement out, and returns two entries for three bits, the third in the place of the
# second. These profiles have no gates after measurements, so one expects to be refused; the default profile and the adaptive ones keep
# all three outcomes, and so does pytket's own OpenQASM.
#
# Output seen, for measure 0 -> c[0]; x 0; measure 0 -> c[1]; measure 1 -> c[2]:
#   BASE: 3 measurements into results [0, 0, 1]; recorded c[0] from 0, c[1] from 0, c[2] from 1
#   AZUREBASE: 2 measurements into results [0, 1]; recorded entry 0 from 0, entry 1 from 1
#   ADAPTIVE: 3 measurements, 3 results read
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket-qir==2.0.2" "pytket==2.18.5"
"$work/venv/bin/python" - <<'PY'
import re

from pytket import Circuit
from pytket.qir import QIRFormat, QIRProfile, pytket_to_qir

ADDRESS = r"ptr (null|inttoptr \(i64 (\d+) to ptr\))"


def number(found: re.Match, group: int) -> int:
    """A null pointer is the first qubit, or the first result."""
    return int(found.group(group) or 0)


circuit = Circuit(2, 3).Measure(0, 0).X(0).Measure(0, 1).Measure(1, 2)
text = {
    profile: pytket_to_qir(circuit, "twice", QIRFormat.STRING, profile=profile)
    for profile in (QIRProfile.BASE, QIRProfile.AZUREBASE, QIRProfile.ADAPTIVE)
}
found = {}
for profile in (QIRProfile.BASE, QIRProfile.AZUREBASE):
    program = text[profile]
    names = dict(re.findall(r'(@\d+) = .* c"(.*)\\00"', program))
    results = [number(call, 4) for call in re.finditer(rf"call void @__quantum__qis__mz__body\({ADDRESS}, {ADDRESS}\)", program)]
    calls = list(re.finditer(rf"call void @__quantum__rt__result_record_output\({ADDRESS}, ptr (@\d+|null)\)", program))
    recorded = {names.get(call.group(3), f"entry {place}"): number(call, 2) for place, call in enumerate(calls)}
    listed = ", ".join(f"{name} from {result}" for name, result in sorted(recorded.items()))
    print(f"{profile.name}: {len(results)} measurements into results {sorted(results)}; recorded {listed}")
    found[profile.name] = (sorted(results), recorded)
adaptive = text[QIRProfile.ADAPTIVE]
counts = adaptive.count("call void @__quantum__qis__mz__body"), adaptive.count("call i1 @__quantum__qis__read_result__body")
print(f"ADAPTIVE: {counts[0]} measurements, {counts[1]} results read")
stated = {"BASE": ([0, 0, 1], {"c[0]": 0, "c[1]": 0, "c[2]": 1}), "AZUREBASE": ([0, 1], {"entry 0": 0, "entry 1": 1})}
raise SystemExit(0 if found == stated and counts == (3, 3) else 1)
PY
