"""Guppy source of a program with its slots as run-time arguments: one program for all geometries and parameters.

It is text: nothing of Guppy is needed to write it. Functions of the source turn slots into angles of native gates,
with the sine, arctangent and so on that ``guppylang.std.math`` has from version 1.2 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import pi

from qffc.ir.pauli import Letter, PauliString
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_pytket.collective import too_many_to_lower
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.measurement.settings import Setting
from qffc.passes.write_circuits.guppy_functions import FUNCTIONS, IMPORTS, IN_EXCHANGES
from qffc.passes.write_circuits.open_circuit import QUARTER, affine_text, kernel_on_wires

_TO_Z: dict[Letter, str] = {"X": "angle(-0.5), angle(0.5)", "Y": "angle(0.5), angle(0.0)"}
"""PhasedX after which Z is what the letter was before."""
_BACK: dict[Letter, str] = {"X": "angle(0.5), angle(0.5)", "Y": "angle(-0.5), angle(0.0)"}
_MODULE = '''\
"""{name} on {qubits} qubits ({wires}).

{arguments}Each function setting_K is a program of its own. Its result "c" has the outcomes of what its docstring
lists, in that order. On Selene, for 1000 shots:

    setting_0.emulator(n_qubits={qubits}).with_shots(1000).run({call})
"""

'''


def guppy_source(split: Split, settings: Sequence[Setting]) -> str:
    """Return the source of a module with one function without a result for each setting, ``setting_0`` and so on.

    The functions have one argument, ``slots: array[float, N]``: the slots of the program in their order, in radians;
    none when the program has no slots. Settings that see the same gates share the function that makes the state.

    Args:
        split: the program.
        settings: what is measured.

    Raises:
        QffcError: when a collective exchange has more qubits than are known as exchanges.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> from qffc.passes.measurement.plan import plan_measurement
        >>> split = split_program(load("sivqlm-lih", depth=1))
        >>> text = guppy_source(split, plan_measurement(split).settings)
        >>> print(text[text.index("def prepare_0") : text.index("def setting_0")])
        def prepare_0(q0: qubit, q1: qubit, slots: array[float, 13]) -> None:
            singlet(q0, q1)
            turn(q0, slots[1], slots[2], slots[3])
            turn(q1, slots[4], slots[5], slots[6])
            exchange(q0, q1, slots[0])
            turn(q0, slots[7], slots[8], slots[9])
            turn(q1, slots[10], slots[11], slots[12])
        <BLANKLINE>
        <BLANKLINE>
        @guppy
        <BLANKLINE>
    """
    problem = too_many_to_lower(split)
    if problem is not None:
        raise problem
    bodies: dict[tuple[KernelOp, ...], int] = {}
    for setting in settings:
        bodies.setdefault(kernel_on_wires(seen_by(split, setting)), len(bodies))
    writer = _Writer(split)
    parts = [writer.prepare(number, ops) for ops, number in bodies.items()]
    parts += [
        writer.setting(number, setting, bodies[kernel_on_wires(seen_by(split, setting))])
        for number, setting in enumerate(settings)
    ]
    needed = {*writer.called, "radians"} | ({"exchange"} if writer.called & {*IN_EXCHANGES} else set())
    functions = [text for name, text in FUNCTIONS.items() if name in needed]
    return writer.head() + "\n\n".join([IMPORTS, *functions, *parts])


class _Writer:
    """Writes the functions of one program, and notes which of :data:`FUNCTIONS` they call."""

    def __init__(self, split: Split) -> None:
        self.called: set[str] = set()
        self._split = split
        self._names = [f"slots[{slot}]" for slot in range(split.slot_count)]
        self._slots = f"slots: array[float, {split.slot_count}]" if split.slot_count else ""

    def head(self) -> str:
        split = self._split
        entries = [value.text for value in split.scalars]
        entries += [f"{value.text}, {axis}" for value in split.vectors for axis in "xyz"]
        lines = [f"    {slot:3}  {entry}" for slot, entry in enumerate(entries)]
        told = "\n".join(["Run-time argument slots, in radians:", "", *lines, "", ""]) if lines else ""
        return _MODULE.format(
            name=split.program.name,
            qubits=split.qubit_count,
            wires=", ".join(f"q{k} is {qubit.name}" for k, qubit in enumerate(split.program.qubits)),
            arguments=told,
            call="slots=[...]" if lines else "",
        )

    def prepare(self, number: int, ops: Sequence[KernelOp]) -> str:
        arguments = [f"q{wire}: qubit" for wire in range(self._split.qubit_count)] + [self._slots] * bool(self._slots)
        lines = [line for op in ops for line in self._lines(op)] or ["pass"]
        return _function(f"prepare_{number}", ", ".join(arguments), lines)

    def setting(self, number: int, setting: Setting, prepare: int) -> str:
        wires = range(self._split.qubit_count)
        bases = {wire: letter for wire, letter in enumerate(setting.bases) if letter is not None}
        names = [qubit.name for qubit in self._split.program.qubits]
        told = ", ".join(f"{letter} of {names[wire]}" for wire, letter in bases.items())
        arguments = ", ".join([f"q{wire}" for wire in wires] + ["slots"] * bool(self._slots))
        lines = [f'"""c: {told}."""', *(f"q{wire} = qubit()" for wire in wires), f"prepare_{prepare}({arguments})"]
        for string in setting.turns:
            lines += self._rotation(string, QUARTER)
        lines += [f"phased_x(q{wire}, {_TO_Z[letter]})" for wire, letter in bases.items() if letter in _TO_Z]
        lines += [f"m{wire} = measure(q{wire})" if wire in bases else f"discard(q{wire})" for wire in wires]
        lines += [f'result("c", array({", ".join(f"m{wire}.read()" for wire in bases)}))'] if bases else []
        return _function(f"setting_{number}", self._slots, lines)

    def _lines(self, op: KernelOp) -> list[str]:
        wires = ", ".join(f"q{wire}" for wire in op.qubits)
        if op.kind == "zero":
            return []
        if op.kind == "pauli_rotation":
            assert op.angle is not None
            return self._rotation(op.string, op.angle)
        name = f"collective_{len(op.qubits)}" if op.kind == "collective" else op.kind
        if op.vector is not None:
            factor, slot = op.vector
            start = self._split.vector_offset(slot)
            name, wires = "turn", ", ".join([wires, *(self._scaled(factor, start + axis) for axis in range(3))])
        elif op.angle is not None:
            wires = f"{wires}, {self._angle(op.angle)}"
        self.called.add(name)
        return [f"{name}({wires})"]

    def _rotation(self, string: PauliString, angle: Affine) -> list[str]:
        """exp(-i/2 angle P): letters become Z, parities go down a ladder to the last qubit but one."""
        wires, value = [wire for wire, _ in string], f"radians({self._angle(angle)})"
        there = [f"phased_x(q{wire}, {_TO_Z[letter]})" for wire, letter in string if letter in _TO_Z]
        back = [f"phased_x(q{wire}, {_BACK[letter]})" for wire, letter in string if letter in _BACK]
        ladder = [f"cx(q{a}, q{b})" for a, b in zip(wires[:-1], wires[1:-1], strict=False)]
        gate = f"rz(q{wires[0]}, {value})" if len(wires) == 1 else f"zz_phase(q{wires[-2]}, q{wires[-1]}, {value})"
        return [*there, *ladder, gate, *reversed(ladder), *back]

    def _angle(self, angle: Affine) -> str:
        return affine_text(angle, self._names, repr(pi))

    def _scaled(self, factor: Fraction, slot: int) -> str:
        return affine_text(Affine(Fraction(0), Fraction(0), ((factor, slot),)), self._names, "")


def _function(name: str, arguments: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"@guppy\ndef {name}({arguments}) -> None:\n{body}\n"
