"""The gates of OpenQASM 3 by name, and what ``ctrl @`` makes of them."""

from __future__ import annotations

from collections.abc import Mapping

from pytket.circuit import OpType

GATES: Mapping[str, OpType] = {
    "U": OpType.U3,
    "u3": OpType.U3,
    "u2": OpType.U2,
    "u1": OpType.U1,
    "p": OpType.U1,
    "phase": OpType.U1,
    "id": OpType.noop,
    "x": OpType.X,
    "y": OpType.Y,
    "z": OpType.Z,
    "h": OpType.H,
    "s": OpType.S,
    "sdg": OpType.Sdg,
    "t": OpType.T,
    "tdg": OpType.Tdg,
    "sx": OpType.SX,
    "sxdg": OpType.SXdg,
    "rx": OpType.Rx,
    "ry": OpType.Ry,
    "rz": OpType.Rz,
    "CX": OpType.CX,
    "cx": OpType.CX,
    "cy": OpType.CY,
    "cz": OpType.CZ,
    "ch": OpType.CH,
    "cp": OpType.CU1,
    "cphase": OpType.CU1,
    "cu1": OpType.CU1,
    "cu3": OpType.CU3,
    "crx": OpType.CRx,
    "cry": OpType.CRy,
    "crz": OpType.CRz,
    "swap": OpType.SWAP,
    "ccx": OpType.CCX,
    "cswap": OpType.CSWAP,
    "rxx": OpType.XXPhase,
    "ryy": OpType.YYPhase,
    "rzz": OpType.ZZPhase,
    "iswap": OpType.ISWAPMax,
    "ecr": OpType.ECR,
}
"""The gates of ``stdgates.inc``, and some that packages write without a definition."""

PARAMETERS: Mapping[OpType, int] = {
    **dict.fromkeys((OpType.U1, OpType.Rx, OpType.Ry, OpType.Rz, OpType.CU1, OpType.CRx, OpType.CRy, OpType.CRz), 1),
    **dict.fromkeys((OpType.XXPhase, OpType.YYPhase, OpType.ZZPhase), 1),
    OpType.U2: 2,
    OpType.U3: 3,
    OpType.CU3: 3,
}
QUBITS: Mapping[OpType, int] = {
    **dict.fromkeys((OpType.CX, OpType.CY, OpType.CZ, OpType.CH, OpType.CU1, OpType.CU3), 2),
    **dict.fromkeys((OpType.CRx, OpType.CRy, OpType.CRz, OpType.SWAP, OpType.ISWAPMax, OpType.ECR), 2),
    **dict.fromkeys((OpType.XXPhase, OpType.YYPhase, OpType.ZZPhase), 2),
    **dict.fromkeys((OpType.CCX, OpType.CSWAP), 3),
}
"""Of gates on more than one."""

CONTROLLED: Mapping[str, str] = {
    "x": "cx",
    "y": "cy",
    "z": "cz",
    "h": "ch",
    "p": "cp",
    "phase": "cp",
    "u1": "cp",
    "rx": "crx",
    "ry": "cry",
    "rz": "crz",
    "cx": "ccx",
    "CX": "ccx",
    "swap": "cswap",
}
"""What ``ctrl @`` makes of a gate.

``U``, ``u2`` and ``u3`` are not here: with controls their phase counts, on which versions and packages differ.
"""
