"""The JSON of pytket: a name that comes back as something else is refused."""

import json

import pytest
from pytket.circuit import Circuit, PauliExpBox, PauliExpPairBox
from pytket.pauli import Pauli
from sympy import Symbol, pi

from qffc.ir.diagnostics import QffcError
from qffc.passes.raise_pytket.read_circuit import read_circuit

NUMBERS = ("E", "I", "e", "pi", "GoldenRatio", "Catalan", "EulerGamma", "True", "oo", "nan", "inf")


def again(circuit: Circuit) -> Circuit:
    return read_circuit(json.dumps(circuit.to_dict()), "<text>")


@pytest.mark.parametrize("name", [*NUMBERS, "1a", "2x", "a-b", "a+b", "x[0]"])
def test_names_that_do_not_come_back_are_refused(name: str) -> None:
    pair = PauliExpPairBox([Pauli.X], 0.3, [Pauli.Z], Symbol(name))
    for circuit in (
        Circuit(1).Rx(Symbol(name), 0),
        Circuit(1).Rx(Symbol(name) / pi, 0),
        Circuit(1).add_gate(PauliExpBox([Pauli.X], Symbol(name)), [0]),
        Circuit(1).add_gate(pair, [0]),
    ):
        with pytest.raises(QffcError, match="symbol that pytket (does not|cannot) read back"):
            again(circuit)


def test_expressions_come_back() -> None:
    a, b, theta = Symbol("a"), Symbol("b2"), Symbol("θ")
    circuit = Circuit(1).Rx(-a / 2 - 1.5e-7 * b + theta, 0).Ry((a + pi) / pi, 0).Rz(2 / (3 * a - 1) - b**-2, 0)
    circuit.add_gate(PauliExpBox([Pauli.X], a - b), [0]).Rx(-a, 0).Rx(0.3, 0)
    made = again(circuit)
    assert made.free_symbols() == circuit.free_symbols()
    values = {a: 0.3, b: 0.7, theta: 0.2}
    for each in (made, circuit):
        each.symbol_substitution(values)
    assert made.get_unitary() == pytest.approx(circuit.get_unitary(), abs=1e-12)


def test_numbers_that_pytket_does_not_hold_are_refused() -> None:
    text = json.dumps(Circuit(1).Rx(Symbol("a") / 3, 0).to_dict()).replace("1/3", "1/9223372036854775808")
    with pytest.raises(QffcError, match="number that is too large"):
        read_circuit(text, "<text>")
