"""Circuits as programs for Helios, which takes no circuits: QIR, as bitcode, each outcome named by its bit.

This is what submission needs to know of programs: how one is made, what it is called, and what an outcome is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qffc.ir.diagnostics import error, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytket.circuit import Circuit


def helios_program(circuit: Circuit) -> bytes:
    """Return a circuit as a program for Helios: bitcode of QIR, base profile.

    Args:
        circuit: of PhasedX, Rz and ZZPhase, with numeric angles; every measurement is the last thing that happens to
            its qubit.

    Raises:
        QffcError: when the package that makes bitcode of QIR is missing.
    """
    from qffc.passes.lower_pytket.files import measured_in_order
    from qffc.passes.write_circuits.qir import qir_of

    return qir_of(measured_in_order(circuit), "circuit")


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
    from qffc.passes.write_circuits.qir import WIDEST

    made = narrow_registers(circuit, WIDEST)
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
