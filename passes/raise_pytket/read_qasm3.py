"""OpenQASM 3 to pytket circuits: gates, definitions, inputs, constants and loops over whole numbers.

The text is parsed by ``openqasm3``, the reference parser, which the extra ``qasm3`` installs. Inputs of type ``float``
and ``angle`` become symbols.
"""

from __future__ import annotations

import io
from collections import ChainMap
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from typing import NamedTuple

import sympy
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError, parse
from pytket.circuit import Bit, Circuit, Op, OpType, Qubit

from qffc.ir.diagnostics import QffcError, Span, error, quoted
from qffc.passes.raise_pytket.held_numbers import need_held
from qffc.passes.raise_pytket.qasm3_expressions import (
    a_kind_of,
    converted,
    evaluate,
    kind_of,
    need_whole,
    whole_numbers,
)
from qffc.passes.raise_pytket.qasm3_gates import CONTROLLED, GATES, PARAMETERS, QUBITS

_INCLUDES = ("stdgates.inc", "qelib1.inc")
_MOST_QUBITS = 10_000
_MOST_GATES = 1_000_000
_DEEPEST = 64
_OF_QISKIT = "_gate_q_"
"""How the names of qubits start in definitions that Qiskit writes."""
_MEASURED = "measured bits"
"""The register of results, by a name that no register of a file has."""


class Gate(NamedTuple):
    """A gate that is no longer made of others."""

    op: Op
    qubits: tuple[Qubit, ...]


class _Scope(NamedTuple):
    """What names mean inside a gate or a loop, and outside of all."""

    numbers: ChainMap[str, object]
    qubits: Mapping[str, Sequence[Qubit]]


def read_qasm3(text: str, file: str) -> Circuit:
    """Return the circuit of a text in OpenQASM 3.

    Args:
        text: of the file.
        file: what messages call it.

    Raises:
        QffcError: for statements that are no gates, and for what does not parse.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            tree = parse(text)
    except QASM3ParsingError as problem:
        found = (str(problem) or said.getvalue()).strip().split("\n")[0] or "a text that does not parse"
        raise error(
            "OpenQASM 3 that cannot be read",
            found=found,
            expected="a text that follows the grammar of OpenQASM 3",
            help="correct the text at that line",
            where=file,
        ) from None
    reader = _Reader(file, text)
    for statement in tree.statements:
        reader.run(statement, _Scope(reader.numbers, reader.qubits))
    return reader.circuit


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.circuit = Circuit()
        self.numbers = ChainMap[str, object]()
        self.qubits: dict[str, Sequence[Qubit]] = {}
        self._defined: dict[str, ast.QuantumGateDefinition] = {}
        self._file, self._lines = file, text.split("\n")
        self._gates = 0

    def run(self, statement: ast.Statement, scope: _Scope) -> None:
        """Carry out one statement."""
        try:
            self._run(statement, scope)
        except QffcError as problem:
            said = problem.diagnostic
            if said.span is not None:
                raise
            span = self._span(statement)
            raise error(said.title, found=said.found, expected=said.expected, help=said.help, span=span) from None

    def _run(self, statement: ast.Statement, scope: _Scope) -> None:
        match statement:
            case ast.Include():
                self._include(statement)
            case ast.IODeclaration():
                self._input(statement)
            case ast.ConstantDeclaration() | ast.ClassicalDeclaration():
                self._number(statement, scope)
            case ast.QubitDeclaration():
                self._qubits(statement, scope)
            case ast.QuantumGateDefinition():
                self._defined[statement.name.name] = statement
            case ast.QuantumGate():
                for gate in self._called(statement, scope):
                    self._gates += 1
                    self.circuit.add_gate(gate.op, list(gate.qubits))
                if self._gates > _MOST_GATES:
                    raise _refused("a circuit that is too long", f"more than {_MOST_GATES:,} gates")
            case ast.QuantumMeasurementStatement():
                self._measure(statement.measure, scope)
            case ast.QuantumReset():
                for qubit in self._named(statement.qubits, scope):
                    self.circuit.Reset(qubit)
            case ast.ForInLoop():
                for number in whole_numbers(statement.set_declaration, scope.numbers):
                    value = converted(statement.type, sympy.Integer(number), scope.numbers)
                    inner = _Scope(scope.numbers.new_child({statement.identifier.name: value}), scope.qubits)
                    for each in statement.block:
                        self.run(each, inner)
            case ast.Pragma():
                pass
            case _ if not _is_idle(statement):
                raise _refused("circuit that is more than gates", a_kind_of(statement))

    def _measure(self, measurement: ast.QuantumMeasurement, scope: _Scope) -> None:
        for qubit in self._named(measurement.qubit, scope):
            bit = Bit(_MEASURED, len(self.circuit.bits))
            self.circuit.add_bit(bit)
            self.circuit.Measure(qubit, bit)

    def _need_new(self, name: str, declared: Mapping[str, object]) -> None:
        if name in declared or (declared is self.numbers.maps[0] and name in self.qubits):
            raise _refused(
                "name declared twice", f"'{name}'", "a name of its own for each declaration", "rename one of the two"
            )

    def _include(self, statement: ast.Include) -> None:
        if statement.filename not in _INCLUDES:
            raise error(
                "unknown file to include",
                found=f"'{statement.filename}'",
                expected=f"one of {quoted(_INCLUDES)}",
                help="put the definitions of gates into the file itself",
            )

    def _input(self, statement: ast.IODeclaration) -> None:
        if statement.io_identifier != ast.IOKeyword.input:
            return
        name, kind = statement.identifier.name, statement.type
        base = kind.base_type if isinstance(kind, ast.ArrayType) else kind
        if not isinstance(base, ast.FloatType | ast.AngleType):
            raise _refused(
                "input that is no angle",
                f"'{name}' of {kind_of(base)}",
                "float or angle",
                "give it a value with 'const'",
            )
        self._need_new(name, self.numbers.maps[0])
        self.numbers[name] = sympy.IndexedBase(name) if base is not kind else sympy.Symbol(name)

    def _number(self, statement: ast.ConstantDeclaration | ast.ClassicalDeclaration, scope: _Scope) -> None:
        name, given = statement.identifier.name, statement.init_expression
        self._need_new(name, scope.numbers.maps[0])
        if isinstance(given, ast.QuantumMeasurement):
            self._measure(given, scope)
        if isinstance(statement.type, ast.BitType):
            return  # what is measured goes nowhere
        if given is None:
            raise _refused("variable without a value", f"'{name}'")
        assert isinstance(given, ast.Expression)
        scope.numbers[name] = converted(statement.type, evaluate(given, scope.numbers), scope.numbers)

    def _qubits(self, statement: ast.QubitDeclaration, scope: _Scope) -> None:
        name = statement.qubit.name
        size = 1 if statement.size is None else need_whole(statement.size, scope.numbers)
        if not 0 < size <= _MOST_QUBITS:
            raise _refused("register of that size", f"{size} qubits")
        self._need_new(name, self.numbers.maps[0])
        register = [Qubit(name, number) for number in range(size)]
        for qubit in register:
            self.circuit.add_qubit(qubit)
        self.qubits[name] = register

    def _called(self, call: ast.QuantumGate, scope: _Scope, depth: int = 0) -> list[Gate]:
        """The gates that a call is, for each qubit of registers that it names."""
        on = [self._named(operand, scope) for operand in call.qubits]
        width = max((len(qubits) for qubits in on), default=1)
        if any(len(qubits) not in (1, width) for qubits in on):
            raise _refused("registers of different sizes", ", ".join(str(len(qubits)) for qubits in on))
        gates: list[Gate] = []
        for index in range(width):
            each = [qubits[index if len(qubits) > 1 else 0] for qubits in on]
            gates += self._one(call, each, scope, depth)
        return gates

    def _one(self, call: ast.QuantumGate, on: Sequence[Qubit], scope: _Scope, depth: int) -> list[Gate]:
        if len(set(on)) < len(on):
            raise _refused("one qubit twice in a gate", ", ".join(str(qubit) for qubit in on))
        name, inverse = call.name.name, False
        for modifier in reversed(call.modifiers):
            if modifier.modifier == ast.GateModifierName.inv:
                inverse = not inverse
            elif modifier.modifier == ast.GateModifierName.ctrl and modifier.argument is None and self._plain(name):
                name = CONTROLLED[name]
            else:
                raise _refused(
                    "modifier of a gate",
                    f"'{modifier.modifier.name} @ {name}'",
                    f"inv, or ctrl on one of {quoted(CONTROLLED)}",
                    "write the gate out",
                )
        self._need_own_names(name, call.arguments)
        numbers = [evaluate(argument, scope.numbers) for argument in call.arguments]
        gates = self._gate(name, numbers, on, depth)
        return [Gate(gate.op.dagger, gate.qubits) for gate in reversed(gates)] if inverse else gates

    def _need_own_names(self, name: str, given: Sequence[ast.Expression]) -> None:
        """Refuse a definition of Qiskit with renamed parameters: its body says already what the call says again."""
        definition = self._defined.get(name)
        if definition is None or not any(qubit.name.startswith(_OF_QISKIT) for qubit in definition.qubits):
            return
        for formal, argument in zip(definition.arguments, given, strict=False):
            named = argument.name if isinstance(argument, ast.Identifier) else None
            if formal.name in self.numbers.maps[-1] and named != formal.name:
                raise _refused(
                    "gate whose parameters Qiskit has renamed",
                    f"'{name}', which calls the input '{formal.name}' its own parameter, and is called with another",
                    "the names of the definition: Qiskit writes others into it, too, and the file is another circuit",
                    f"write the gate out before the export: qasm3.dumps(circuit.decompose('{name}'))",
                )

    def _plain(self, name: str) -> bool:
        return name in CONTROLLED and name not in self._defined

    def _gate(self, name: str, numbers: Sequence[sympy.Expr], on: Sequence[Qubit], depth: int) -> list[Gate]:
        definition = self._defined.get(name)
        if definition is not None:
            return self._written_out(definition, numbers, on, depth)
        if name == "cu" and (len(numbers), len(on)) == (4, 2):
            phase = self._gate("p", numbers[3:], on[:1], depth)
            return [*phase, *self._gate("cu3", numbers[:3], on, depth)]
        kind = GATES.get(name)
        if kind is None:
            raise _refused(
                "unknown gate",
                f"'{name}'",
                f"one of {quoted(GATES)}, or one that the file defines",
                "define it with 'gate'",
            )
        _need_fit(name, numbers, PARAMETERS.get(kind, 0), on, QUBITS.get(kind, 1))
        half_turns = [need_held(number) / sympy.pi for number in numbers]
        return [] if kind == OpType.noop else [Gate(Op.create(kind, half_turns), tuple(on))]

    def _written_out(
        self, definition: ast.QuantumGateDefinition, numbers: Sequence[sympy.Expr], on: Sequence[Qubit], depth: int
    ) -> list[Gate]:
        _need_fit(definition.name.name, numbers, len(definition.arguments), on, len(definition.qubits))
        if depth > _DEEPEST:
            raise _refused(
                "gate within itself", f"'{definition.name.name}'", "definitions that end", "correct the definition"
            )
        inner = {argument.name: number for argument, number in zip(definition.arguments, numbers, strict=True)}
        places = {formal.name: [qubit] for formal, qubit in zip(definition.qubits, on, strict=True)}
        gates: list[Gate] = []
        for statement in definition.body:
            if isinstance(statement, ast.QuantumGate):
                gates += self._called(statement, _Scope(self.numbers.new_child(inner), places), depth + 1)
            elif not _is_idle(statement):
                raise _refused("gate that is more than gates", f"{a_kind_of(statement)} in '{definition.name.name}'")
        return gates

    def _named(self, operand: ast.Identifier | ast.IndexedIdentifier, scope: _Scope) -> list[Qubit]:
        name = operand.name if isinstance(operand, ast.Identifier) else operand.name.name
        register = scope.qubits.get(name)
        if name.startswith("$"):
            raise _refused(
                "qubit of a device",
                f"'{name}'",
                "qubits of registers, as circuits have them before they are transpiled",
                "export the circuit as it was before 'transpile': its numbers are qubits of the circuit then",
            )
        if register is None:
            raise _refused(
                "unknown qubit", f"'{name}'", f"one of {quoted(scope.qubits)}", "declare it, or correct the name"
            )
        qubits = list(register)
        for indices in () if isinstance(operand, ast.Identifier) else operand.indices:
            places = whole_numbers(indices, scope.numbers, len(qubits))
            if any(not -len(qubits) <= place < len(qubits) for place in places):
                raise _refused(
                    "index outside of a register",
                    f"{name}[{places[0]}]",
                    f"0 to {len(qubits) - 1}",
                    "correct the index",
                )
            qubits = [qubits[place] for place in places]
        return qubits

    def _span(self, statement: ast.Statement) -> Span | None:
        if statement.span is None:
            return None
        line = statement.span.start_line
        return Span(self._file, line, 1, None, self._lines[line - 1])


def _is_idle(statement: ast.Statement) -> bool:
    """Whether a statement does nothing to a state but turn its phase."""
    return isinstance(statement, ast.QuantumBarrier) or (
        isinstance(statement, ast.QuantumPhase) and not statement.modifiers
    )


def _need_fit(name: str, numbers: Sequence[object], angles: int, on: Sequence[object], qubits: int) -> None:
    if (len(numbers), len(on)) != (angles, qubits):
        raise _refused(
            "gate with other operands",
            f"'{name}' with {len(numbers)} angles and {len(on)} qubits",
            f"{angles} angles and {qubits} qubits",
            "correct the call",
        )


def _refused(
    title: str,
    found: str,
    expected: str = "gates on qubits, loops over whole numbers, measurements at the end",
    help: str = "write the circuit out as gates",
) -> QffcError:
    return error(title, found=found, expected=expected, help=help)
