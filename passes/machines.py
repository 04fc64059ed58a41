"""Names of the machines that Quantinuum offers: what each name is, and which are no longer there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from qffc.ir.diagnostics import QffcError, error, quoted

Region = Literal["us", "sg"]
"""Where machines stand, as Nexus spells it."""

_EMULATOR = re.compile(r"-(\d*E|\d*E-lite|emulator)$", re.IGNORECASE)
_CHECKER = re.compile(r"\dSC$", re.IGNORECASE)
_H1 = re.compile(r"H1(-.*)?$", re.IGNORECASE)


def is_helios(machine: str) -> bool:
    """Return whether a machine is of the generation of Helios, which takes programs in the place of circuits.

    Example:
        >>> is_helios("Helios-1E-lite"), is_helios("H2-1")
        (True, False)
    """
    return machine.lower().startswith("helios")


def is_hosted_emulator(machine: str) -> bool:
    """Return whether the name is that of an emulator that Quantinuum runs.

    Example:
        >>> [is_hosted_emulator(name) for name in ("H2-1E", "Helios-1E-lite", "H2-Emulator", "H2-1", "Helios-2")]
        [True, True, True, False, False]
    """
    return _EMULATOR.search(machine) is not None


def removed(name: str) -> QffcError | None:
    """Return what to say of a target or a machine that is no longer there; None for every other name.

    Example:
        >>> removed("H1-1LE").diagnostic.title
        'target of a machine that was removed'
        >>> removed("H2-1") is None
        True
    """
    if not _H1.match(name):
        return None
    local = re.search(r"LE(-noisy)?$", name, re.IGNORECASE)
    instead = f"H2-1LE{(local.group(1) or '').lower()}" if local else "H2-1E" if is_hosted_emulator(name) else "H2-1"
    return error(
        "target of a machine that was removed",
        found=f"'{name}': Quantinuum took the H1 machines out of service on 15 October 2025",
        expected="a machine that is there, or its emulation",
        help=f"take '{instead}', which has the same gates; 'qffc targets' lists all",
    )


def check_machine(machine: str, target: str, gates: Sequence[str]) -> None:
    """Stop when circuits of a target cannot be submitted to a machine of that name.

    Raises:
        QffcError: when it was removed, checks programs without running them, or does not have the gates.
    """
    gone = removed(machine)
    if gone is not None:
        raise gone
    if _CHECKER.search(machine):
        raise error(
            "syntax checker in the place of a machine",
            found=f"machine '{machine}' for target '{target}'",
            expected=f"a machine or a hosted emulator, such as '{machine[:-2]}': a checker gives no shots, or zeros",
            help=f'name the checker as checker = "{machine}"; it says what programs cost',
        )
    if is_helios(machine) and "TK2" in gates:
        raise error(
            "gate that the machine does not have",
            found=f"machine '{machine}' and gates {quoted(gates)} for target '{target}'",
            expected="ZZPhase or ZZMax, no TK2",
            help='give the target gates = ["ZZPhase", "ZZMax"], or like = "Helios"',
        )
