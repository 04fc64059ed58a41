"""The targets that come with qffc.

Example:
    >>> target("H2-1LE").qubits
    56
"""

from __future__ import annotations

from qffc.ir.diagnostics import error, quoted
from qffc.passes.counts import CircuitCounts
from qffc.passes.target import MinimumAngles, Pricing, Target

_GATES = ("TK2", "ZZPhase", "ZZMax")
_MINIMUM = MinimumAngles(zz_phase=1e-4, phased_x=3e-4)
_DEVICE_NOTES = (
    "qubits and gates: backend information of pytket-quantinuum 0.59",
    "cost of TK2: 0.3 + 0.7 per angle that is not zero, in units of a ZZ (tket issue 1595)",
    "price: HQC formula of the H-series product data sheet; check the current one before spending",
)
_EMULATOR_NOTES = (
    *_DEVICE_NOTES[:2],
    "local emulation without noise and without credits; the price is what the device would charge",
    "a state vector limits what runs here to about 25 qubits",
)


def _device(name: str, qubits: int) -> Target:
    return Target(
        name=name,
        title=f"Quantinuum {name}, compile only",
        qubits=qubits,
        gates=_GATES,
        minimum=_MINIMUM,
        pricing=Pricing(),
        device=name,
        notes=_DEVICE_NOTES,
    )


def _local_emulator(name: str, qubits: int) -> Target:
    return Target(
        name=name,
        title=f"Quantinuum {name.removesuffix('LE')}, noiseless emulation on this machine",
        qubits=qubits,
        gates=_GATES,
        minimum=_MINIMUM,
        pricing=Pricing(),
        device=name,
        emulator=name,
        notes=_EMULATOR_NOTES,
    )


TARGETS: tuple[Target, ...] = (
    Target("ideal", "exact simulation with JAX", None, notes=("no device: gates run as written",)),
    _device("H1-1", 20),
    _device("H2-1", 56),
    _local_emulator("H1-1LE", 20),
    _local_emulator("H2-1LE", 56),
    _local_emulator("H2-2LE", 56),
)


def target(name: str) -> Target:
    """Return the target of that name.

    Raises:
        QffcError: when there is none.

    Example:
        >>> target("ideal").title
        'exact simulation with JAX'
    """
    for candidate in TARGETS:
        if candidate.name == name:
            return candidate
    raise error(
        "unknown target",
        found=f"'{name}'",
        expected=f"one of {quoted(candidate.name for candidate in TARGETS)}",
        help="'qffc targets' describes them",
    )


def price(counts: CircuitCounts, shots: int, *, on: Target | str) -> float:
    """Return the price in HQC of running a circuit; 0 on a target that is free.

    Example:
        >>> counts = CircuitCounts(2, phased_x=10, rz=0, two_qubit=5, two_qubit_depth=5, depth=9, cost=5.0)
        >>> price(counts, 1000, on="H2-1")
        21.0
    """
    where = target(on) if isinstance(on, str) else on
    return where.price(counts, shots)
