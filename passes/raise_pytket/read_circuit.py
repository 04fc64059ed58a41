"""Files of circuits to pytket circuits: OpenQASM 2 and 3, and the JSON of pytket; which one it is, the text says."""

from __future__ import annotations

import re

from pytket.circuit import Circuit

from qffc.ir.diagnostics import error
from qffc.passes.raise_pytket.read_json import read_json
from qffc.passes.raise_pytket.read_qasm2 import read_qasm2

_VERSION = re.compile(r"\s*OPENQASM\s+(\d+)(?:\.\d+)?\s*;")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def read_circuit(text: str, file: str) -> Circuit:
    """Return the circuit that a text describes.

    Parameters keep their names: ``rx(theta) q[0];`` is read in OpenQASM 2, too, where the standard has numbers alone.

    Args:
        text: OpenQASM 2 or 3, or the JSON of a pytket circuit.
        file: what messages call the text.

    Raises:
        QffcError: when it is none of these.

    Example:
        >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; rx(theta) q[0];'
        >>> read_circuit(text, "<text>").free_symbols()
        {theta}
    """
    text = text.removeprefix("\ufeff")  # the byte order mark that some editors write
    if text.lstrip().startswith("{"):
        return read_json(text, file)
    plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    version = _VERSION.match(plain)
    if version is not None and version[1] == "2":
        return read_qasm2(plain, file)
    if version is not None and version[1] == "3":
        try:
            from qffc.passes.raise_pytket.read_qasm3 import read_qasm3
        except ImportError:
            raise error(
                "package for OpenQASM 3 not installed",
                found="no package 'openqasm3' with its parser",
                expected="the extra 'qasm3'",
                help="pip install 'openqasm3[parser]', which is what the extra 'qasm3' is",
            ) from None
        return read_qasm3(text, file)
    raise error(
        "not a circuit",
        found=f"OpenQASM {version[1]}" if version else f"a text that starts with '{_start(plain)}'",
        expected="'OPENQASM 2.0;' or 'OPENQASM 3.0;' at the start, or the JSON of a pytket circuit",
        help="write the circuit as one of these: qml.to_openqasm, qiskit.qasm3.dumps, json.dumps(circuit.to_dict())",
        where=file,
    )


def _start(text: str) -> str:
    return text.strip().split("\n")[0][:40]
