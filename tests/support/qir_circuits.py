"""QIR of the base profile as a circuit of pytket, read from bitcode line by line, by no code of what writes it."""

from __future__ import annotations

import re
from math import pi
from struct import unpack

from pytket.circuit import Bit, Circuit


def circuit_of_qir(bitcode: bytes) -> Circuit:
    """The circuit of a program of u1q, rz, rzz and measurements, with the bits that its outcomes are named for."""
    from pyqir import Context, Module

    text = str(Module.from_bitcode(Context(), bitcode))
    names = dict(re.findall(r'(@\d+) = .* c"(.*)\\00"', text))
    circuit = Circuit(int(re.search(r'"required_num_qubits"="(\d+)"', text)[1]))
    qubit_of, bits = {}, []
    for line in text.splitlines():
        found = re.search(r"call void @__quantum__(?:qis|rt)__(\w+)\((.*)\)", line)
        if found is None:
            continue
        gate, arguments = (
            found[1].removesuffix("__body"),
            re.findall(r"(double|ptr) (inttoptr \(.*?\)|[^,]+)", found[2]),
        )
        angles = [_number(value) / pi for kind, value in arguments if kind == "double"]
        places = [_place(value) for kind, value in arguments if kind == "ptr"]
        if gate == "initialize":
            continue
        assert not qubit_of or gate in ("mz", "result_record_output"), "base profile: measurements come last"
        if gate == "u1q":
            circuit.PhasedX(*angles, *places)
        elif gate == "rz":
            circuit.Rz(*angles, *places)
        elif gate == "rzz":
            circuit.ZZPhase(*angles, *places)
        elif gate == "mz":
            qubit_of[places[1]] = places[0]
        else:
            assert gate == "result_record_output", line
            register, index = re.fullmatch(r"(\w+)\[(\d+)\]", names[places[1]]).groups()
            bits.append((qubit_of[places[0]], Bit(register, int(index))))
    for qubit, bit in bits:
        circuit.add_bit(bit)
        circuit.Measure(circuit.qubits[qubit], bit)
    return circuit


def _number(text: str) -> float:
    return unpack(">d", bytes.fromhex(text[2:]))[0] if text.startswith("0x") else float(text)


def _place(text: str) -> int | str:
    if text.startswith("@"):
        return text
    return 0 if text == "null" else int(re.search(r"i64 (\d+)", text)[1])
