"""Circuits as programs for Helios, which takes no circuits: QIR, as bitcode, each outcome named by its bit.

This is what submission needs to know of programs: how one is made, what it is called, and what an outcome is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qffc.ir.diagnostics import QffcError, error, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytket.circuit import Circuit

_WIDEST = 64
"""Bits of a register that pytket writes."""
_PHASED_X = ("__quantum__qis__phasedx__body", "__quantum__qis__u1q__body")
"""One gate, as pytket and as the compiler of Helios call it."""
_UNUSED = "declare i1 @__quantum__qis__read_result__body(ptr)\n"
"""What pytket declares, no program here calls and the compiler of Helios does not know."""


def helios_program(circuit: Circuit) -> bytes:
    """Return a circuit as a program for Helios: bitcode of QIR, base profile.

    Args:
        circuit: of PhasedX, Rz and ZZPhase, with numeric angles; every measurement is the last thing that happens to
            its qubit.

    Raises:
        QffcError: when the package that writes QIR is missing.
    """
    try:
        from pyqir import Context, Module
        from pytket.qir.conversion.api import QIRFormat, QIRProfile, pytket_to_qir
    except ImportError:
        raise _no_qir() from None
    from qffc.passes.lower_pytket.files import measured_in_order, narrow_registers

    made = narrow_registers(measured_in_order(circuit), _WIDEST)
    text = pytket_to_qir(made, name="circuit", qir_format=QIRFormat.STRING, profile=QIRProfile.BASE)
    assert isinstance(text, str)
    text = text.replace(*_PHASED_X).replace(_UNUSED, "")
    bitcode = Module.from_ir(Context(), text).bitcode
    assert isinstance(bitcode, bytes)
    return bitcode


def program_outcomes(circuit: Circuit, shots: Sequence[Sequence[tuple[str, object]]]) -> dict[str, int]:
    """Return the counts of the outcomes of a program, as strings of the bits of its circuit.

    A shot that did not come to its end, as when a job reaches its limit of the price, is none.

    Args:
        circuit: that the program was made of; bits without a measurement are 0.
        shots: for each, what the program recorded: a tag and a value.

    Raises:
        QffcError: when there are shots, and none has outcomes of this circuit.

    Example:
        >>> from pytket.circuit import Circuit
        >>> circuit = Circuit(2, 2).Measure(0, 0).Measure(1, 1)
        >>> shot = [("METRICS:INT:emulator:shot_number", 7), ("USER:RESULT:c[1]", 1), ("USER:RESULT:c[0]", 0)]
        >>> program_outcomes(circuit, [shot, shot, shot[:2]])
        {'01': 2}
    """
    from qffc.passes.lower_pytket.files import narrow_registers

    made = narrow_registers(circuit, _WIDEST)
    measured = {bit for command in made for bit in command.bits}
    names = [str(bit) if bit in measured else None for bit in made.bits]
    counts: dict[str, int] = {}
    for shot in shots:
        found = {None: 0} | _recorded(shot)
        if all(found.get(name) in (0, 1) for name in names):
            outcome = "".join(str(int(bool(found[name]))) for name in names)
            counts[outcome] = counts.get(outcome, 0) + 1
    if shots and not counts:
        raise error(
            "results of another program",
            found=f"{len(shots)} shots that recorded {quoted([tag for tag, _ in shots[0]][:4]) or 'nothing'}",
            expected=f"outcomes of {quoted([name for name in names if name][:4])}",
            help="look at the job in Nexus: it may have run another program, or none",
        )
    return counts


def _recorded(shot: Sequence[tuple[str, object]]) -> dict[str | None, object]:
    """What the program itself recorded: tags are USER, a kind such as RESULT or BOOL, and the name of a bit."""
    parts = [(tag.split(":", 2), value) for tag, value in shot]
    return {part[2]: value for part, value in parts if len(part) == 3 and part[0] == "USER"}


def _no_qir() -> QffcError:
    return error(
        "package for QIR not installed",
        found="no package 'pytket-qir'",
        expected="the extra 'nexus', which has it: Helios takes programs of QIR",
        help="pip install pytket-qir",
    )
