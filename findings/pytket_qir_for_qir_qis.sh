#!/usr/bin/env bash
# pytket-qir 2.0.2 and qir-qis 0.1.11, both of Quantinuum: no profile of the first gives a text that the second validates, for any
# circuit of native gates. It names PhasedX `phasedx`, which the compiler knows as `u1q` or `rxy`, and every text declares
# `read_result`, called or not, which the compiler refuses as an unsupported function. TK2 is written as `rxxyyzz`, which it does not know
# either. With the name changed and the unused declaration taken out the same text is valid. The attribute `qir_profiles` is "custom" in every
# profile, base included.
#
# Output seen:
#   refused of 6 profiles: 6
#   why: Unsupported QIR QIS function: __quantum__qis__read_result__body; Unsupported QIR QIS function: __quantum__qis__phasedx__body
#   profile said by BASE: custom
#   mended: valid
#   TK2: Unsupported QIR QIS function: __quantum__qis__rxxyyzz__body
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pytket-qir==2.0.2" "pytket==2.18.5" "qir-qis==0.1.11" "numpy<3"
"$work/venv/bin/python" - <<'PY'
import re

import qir_qis
from pytket.circuit import Circuit
from pytket.qir.conversion.api import QIRFormat, QIRProfile, pytket_to_qir


def text_of(circuit: Circuit, profile: QIRProfile) -> str:
    return pytket_to_qir(circuit, name="t", qir_format=QIRFormat.STRING, profile=profile)


def verdict(text: str) -> str:
    try:
        qir_qis.validate_qir(qir_qis.qir_ll_to_bc(text))
    except qir_qis.ValidationError as problem:
        return str(problem)
    return "valid"


def mended(text: str) -> str:
    return re.sub(r"declare i1 @__quantum__qis__read_result__body\(ptr\)\n", "", text.replace("phasedx", "u1q"))


circuit = Circuit(2, 2).PhasedX(0.5, 0.1, 0).ZZPhase(0.3, 0, 1).Measure(0, 0).Measure(1, 1)
verdicts = {profile: verdict(text_of(circuit, profile)) for profile in QIRProfile}
base = text_of(circuit, QIRProfile.BASE)
coupled = text_of(Circuit(2).TK2(0.1, 0.2, 0.3, 0, 1), QIRProfile.BASE)
found = [
    f"refused of {len(verdicts)} profiles: {sum(each != 'valid' for each in verdicts.values())}",
    f"why: {verdicts[QIRProfile.BASE]}",
    f"profile said by BASE: {re.search('qir_profiles.=.(.*?).[ ]', base)[1]}",
    f"mended: {verdict(mended(base))}",
    f"TK2: {verdict(mended(coupled))}",
]
print(*found, sep="\n")
name = "Unsupported QIR QIS function: __quantum__qis__{}__body"
expected = [
    "refused of 6 profiles: 6",
    f"why: {name.format('read_result')}; {name.format('phasedx')}",
    "profile said by BASE: custom",
    "mended: valid",
    f"TK2: {name.format('rxxyyzz')}",
]
raise SystemExit(0 if found == expected else 1)
PY
