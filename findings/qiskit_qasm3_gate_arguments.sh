#!/usr/bin/env bash
# Qiskit 2.6.2: a gate made of a circuit with parameters keeps the expressions it was given, in its body and in its list of
# arguments. qasm3.dumps writes both: the body with the expressions, declared with the parameters of the body in alphabetical
# order, and the call with the expressions again. So they are applied twice. Two parameters handed over in the other order
# are exchanged, 2*a becomes 4*a. The text is valid, and qasm3.loads makes another circuit of it. A parameter map is not needed:
# new names for the parameters of a finished circuit are enough, if their alphabetical order is another one. Where the number
# of arguments differs from that of the parameters left (one parameter twice) dumps refuses. Decomposing the gate before
# was right in all of these.
#
# Output seen:
#   th=a, ph=b: gate mygate(a, b) called as mygate(a, b); comes back the same: True; decomposed first: True
#   th=b, ph=a: gate mygate(a, b) called as mygate(b, a); comes back the same: False; decomposed first: True
#   th=2*a, ph=b: gate mygate(a, b) called as mygate(2*a, b); comes back the same: False; decomposed first: True
#   th=a, ph=a: refused; decomposed first: True
#   later th=a, ph=b: gate mygate(a, b) called as mygate(b, a); comes back the same: False; decomposed first: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "qiskit==2.6.2" "qiskit-qasm3-import==0.6.0" "openqasm3==1.0.1" "antlr4-python3-runtime==4.13.2"
"$work/venv/bin/python" - <<'PY'
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

values = {"a": 0.3, "b": 0.7}
a, b, th, ph = (Parameter(name) for name in ("a", "b", "th", "ph"))
inner = QuantumCircuit(1, name="mygate")
inner.ry(th, 0)
inner.rx(ph, 0)


def matrix(circuit: QuantumCircuit) -> Operator:
    return Operator(circuit.assign_parameters({each: values[each.name] for each in circuit.parameters}))


def survives(circuit: QuantumCircuit) -> bool:
    return bool(matrix(qasm3.loads(qasm3.dumps(circuit))).equiv(matrix(circuit)))


def holds(gate) -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.append(gate, [0])
    return circuit


cases = {
    f"th={first}, ph={second}": holds(inner.to_gate({th: first, ph: second}))
    for first, second in ((a, b), (b, a), (2 * a, b), (a, a))
}
cases["later th=a, ph=b"] = holds(inner.to_gate()).assign_parameters({th: a, ph: b})
found = []
for name, circuit in cases.items():
    try:
        lines = qasm3.dumps(circuit).splitlines()
        (head,) = [line.split(" _gate")[0] for line in lines if line.startswith("gate")]
        (call,) = [line.split(" q[")[0] for line in lines if line.startswith("mygate")]
        seen = f"{head} called as {call}; comes back the same: {survives(circuit)}"
    except qasm3.QASM3ExporterError:
        seen = "refused"
    found.append(f"{name}: {seen}; decomposed first: {survives(circuit.decompose())}")
print(*found, sep="\n")
expected = [
    "th=a, ph=b: gate mygate(a, b) called as mygate(a, b); comes back the same: True; decomposed first: True",
    "th=b, ph=a: gate mygate(a, b) called as mygate(b, a); comes back the same: False; decomposed first: True",
    "th=2*a, ph=b: gate mygate(a, b) called as mygate(2*a, b); comes back the same: False; decomposed first: True",
    "th=a, ph=a: refused; decomposed first: True",
    "later th=a, ph=b: gate mygate(a, b) called as mygate(b, a); comes back the same: False; decomposed first: True",
]
raise SystemExit(0 if found == expected else 1)
PY
