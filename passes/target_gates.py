"""Gates that targets may have, by their pytket names: what circuits are rewritten to, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qffc.ir.diagnostics import error, quoted

NATIVE = ("TK2", "ZZPhase")
"""Two-qubit gates that circuits are emitted in; all others are made of these."""
IONS = (*NATIVE, "ZZMax")
"""The two-qubit gates of Quantinuum's machines."""
TWO_QUBIT = (*IONS, "CX", "CZ", "ECR", "ISWAPMax", "XXPhase")
"""Every two-qubit gate that a target may have. ISWAPMax is the iSWAP."""
ONE_QUBIT_NATIVE = ("PhasedX", "Rz")
"""One-qubit gates that circuits are emitted in."""
ONE_QUBIT = (*ONE_QUBIT_NATIVE, "TK1", "U3", "Rx", "Ry", "H", "SX", "SXdg", "X", "GPI", "GPI2")
"""Every one-qubit gate that a target may have."""
ENOUGH = (
    ("PhasedX",),
    ("TK1",),
    ("U3",),
    ("Rz", "SX"),
    ("Rx", "Rz"),
    ("Rx", "Ry"),
    ("H", "Rz"),
    ("GPI", "GPI2"),
)
"""One-qubit gates of which every turn can be made, by pytket's known forms; a set needs to hold one of these."""
PECOS = (*IONS, "CX", "CZ", "XXPhase", *ONE_QUBIT_NATIVE, "Rx", "Ry", "H", "SX", "SXdg", "X")
"""What the emulator PECOS runs."""
EXCHANGE: Mapping[str, int] = {gate: 1 if gate == "TK2" else 3 for gate in TWO_QUBIT}
"""How many of a two-qubit gate make an exchange, turns of single qubits aside."""

_SPELLINGS = {gate.casefold(): gate for gate in (*TWO_QUBIT, *ONE_QUBIT)}


def spelling_of(name: object) -> str | None:
    """Return pytket's spelling of the name of a gate, whatever its capitals; None when no target can have it.

    Example:
        >>> spelling_of("cz"), spelling_of("zzphase"), spelling_of("toffoli")
        ('CZ', 'ZZPhase', None)
    """
    return _SPELLINGS.get(name.casefold()) if isinstance(name, str) else None


def check_gates(name: str, two_qubit: Iterable[str], one_qubit: tuple[str, ...]) -> None:
    """Refuse gates that no circuit can be written in.

    Args:
        name: of the target.
        two_qubit: its two-qubit gates.
        one_qubit: its one-qubit gates.

    Raises:
        QffcError: names the gates that are known.
    """
    for gates, known, title in ((two_qubit, TWO_QUBIT, "two-qubit"), (one_qubit, ONE_QUBIT, "one-qubit")):
        unknown = next((gate for gate in gates if gate not in known), None)
        if unknown is not None:
            raise error(
                f"{title} gate that is not known",
                found=f"'{unknown}' for target '{name}'",
                expected=f"{title} gates among {quoted(known)}",
                help="write circuits in a gate that is equivalent, and give the target that one",
            )
    if not any(set(enough) <= set(one_qubit) for enough in ENOUGH):
        raise error(
            "one-qubit gates that do not make every turn",
            found=f"{quoted(one_qubit) or 'none'} for target '{name}'",
            expected=f"at least {', or '.join(' and '.join(each) for each in ENOUGH)}",
            help="add the gate that is missing",
        )


def by_gate(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return numbers of gates, by name, as targets hold them.

    Example:
        >>> by_gate({"CZ": 1.0, "SX": 0.1})
        (('CZ', 1.0), ('SX', 0.1))
    """
    return tuple(sorted(weights.items()))
