"""Programs as pytket circuits with a symbol for every angle, and the description that gives these their meaning."""

import numpy as np
import sympy
from pytket.circuit import Circuit, PauliExpBox
from pytket.pauli import Pauli

from qffc.importing.description import Description
from qffc.ir.operation import Op
from qffc.ir.printer import print_generator, print_parameter, print_readout, print_site
from qffc.ir.program import Program
from qffc.ir.values import Value

PAULIS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}


class SymbolicCircuit:
    """Writes the operations of a program, ``parts`` of composite ones, to a circuit with symbols.

    Args:
        program: without ``chirality`` and ``collective``, which are no products of rotations by Pauli strings.
        seed: chooses among the ways in which gates are written.
    """

    def __init__(self, program: Program, seed: int = 0) -> None:
        self.circuit = Circuit(len(program.qubits))
        self.angles: dict[str, str] = {}
        self.rotations: dict[str, str] = {}
        self._random = np.random.default_rng(seed)
        self._symbols = 0
        self._program = program
        for op in program.ops:
            for part in op.parts():
                self._write(part)

    @property
    def description(self) -> Description:
        program = self._program
        names = tuple(f"q{index}" for index in range(len(program.qubits)))
        return Description(
            sites={site.name: print_site(site).partition(": ")[2] for site in program.sites},
            observables={name: observable.text(names) for name, observable in program.observables},
            angles=self.angles,
            rotations=self.rotations,
            energy=print_readout(program.readout).removeprefix("energy "),
            symmetry=program.symmetry,
            qubits={name: qubit.site for name, qubit in zip(names, program.qubits, strict=True) if qubit.site},
            parameters=tuple(print_parameter(parameter).removeprefix("parameter ") for parameter in program.parameters),
            generators=tuple(print_generator(item, names) for item in program.generators),
            scope=program.scope,
            species=program.species,
            name=program.name,
        )

    def _write(self, op: Op) -> None:
        match op.word:
            case "zero":
                pass
            case "singlet":
                a, b = op.qubits
                self.circuit.X(a).H(a).X(b).CX(a, b)
            case "rotate":
                assert op.value is not None
                three, (qubit,) = [self._symbol("turn") for _ in range(3)], op.qubits
                self.rotations[", ".join(symbol.name for symbol in three)] = op.value.text
                for add, symbol in zip((self.circuit.Rz, self.circuit.Ry, self.circuit.Rz), three, strict=True):
                    add(symbol / sympy.pi, qubit)
            case "exchange":
                self._exchange(op)
            case "pauli_rotation":
                assert op.value is not None
                self._rotation(op, self._angle(op.value))
            case "relabel":
                self._relabel(dict(op.moved))
            case word:
                raise AssertionError(word)

    def _exchange(self, op: Op) -> None:
        assert op.value is not None
        half_turns = 2 * self._angle(op.value) / sympy.pi
        if self._random.random() < 0.5:
            self.circuit.TK2(half_turns, half_turns, half_turns, *op.qubits)
        else:
            self.circuit.YYPhase(half_turns, *op.qubits).XXPhase(half_turns, *op.qubits)
            self.circuit.ZZPhase(half_turns, *op.qubits)

    def _rotation(self, op: Op, angle: sympy.Expr) -> None:
        """As a box, or between Clifford gates, as packages write it that have no such gate."""
        qubits, letters = [qubit for qubit, _ in op.letters], [letter for _, letter in op.letters]
        if self._random.random() < 0.5:
            self.circuit.add_gate(PauliExpBox([PAULIS[letter] for letter in letters], angle / sympy.pi), qubits)
            return
        turns = {"X": (self.circuit.H, self.circuit.H), "Y": (self.circuit.V, self.circuit.Vdg)}
        for qubit, letter in op.letters:
            if letter in turns:
                turns[letter][0](qubit)
        ladder = list(zip(qubits, qubits[1:], strict=False))
        for a, b in ladder:
            self.circuit.CX(a, b)
        self.circuit.Rz(angle / sympy.pi, qubits[-1])
        for a, b in reversed(ladder):
            self.circuit.CX(a, b)
        for qubit, letter in op.letters:
            if letter in turns:
                turns[letter][1](qubit)

    def _relabel(self, goes: dict[int, int]) -> None:
        for start in sorted(goes):
            while goes[start] != start:
                end = goes[start]
                self.circuit.SWAP(start, end)
                goes[start], goes[end] = goes[end], end

    def _angle(self, value: Value) -> sympy.Expr:
        symbol = self._symbol("angle")
        self.angles[symbol.name] = value.text
        return symbol

    def _symbol(self, word: str) -> sympy.Symbol:
        self._symbols += 1
        return sympy.Symbol(f"{word}_{self._symbols}")
