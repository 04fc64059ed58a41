"""Circuits on Selene, the emulator of Helios: the extra ``selene``, on Python 3.12 or newer.

Each circuit becomes a program of its own, which Selene compiles for two seconds or so, the first of a machine longer.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.execution.pecos import misread
from qffc.ir.diagnostics import error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit


def check_noise(target: Target) -> None:
    """Stop when the target has noise of a kind that Selene does not know.

    Raises:
        QffcError: names the figure.
    """
    if target.noise is not None and target.noise.memory:
        raise error(
            "noise that the emulator does not know",
            found=f"memory = {target.noise.memory} for '{target.name}' with Selene",
            expected="memory = 0",
            help="set it to 0, or give the target the emulator 'pecos'",
        )


def emulate(circuit: "Circuit", target: Target, shots: int, seed: int) -> NDArray[np.uint8]:
    """Return the outcomes of a measured circuit, (shots, bits), under the noise of the target.

    Selene applies the errors of gates and preparation; wrong readings are drawn for the outcomes afterwards.
    """
    from guppylang import guppy
    from guppylang.std.builtins import array, comptime, result
    from guppylang.std.quantum import discard_array, qubit
    from selene_sim import DepolarizingErrorModel, SoftRZRuntime

    body = guppy.load_pytket("body", circuit, use_arrays=True)
    size = circuit.n_qubits

    @guppy  # type: ignore[untyped-decorator]  # Guppy reads the source of the function
    def main() -> None:
        qubits = array(qubit() for _ in range(comptime(size)))
        bits = body(qubits)
        discard_array(qubits)
        result("c", bits)

    instance = main.emulator(n_qubits=size).with_shots(shots).with_seed(seed)
    noise = target.noise
    if noise is not None and not noise.silent:
        model = DepolarizingErrorModel(
            p_1q=noise.pauli_one_qubit,
            p_2q=noise.pauli_two_qubit(target.weights.zz),
            p_init=noise.preparation,
        )
        instance = instance.with_error_model(model).with_runtime(SoftRZRuntime())  # Rz in software, without errors
    strings = instance.run().register_bitstrings()["c"]
    outcomes = np.array([[int(bit) for bit in string] for string in strings], dtype=np.uint8)
    return outcomes if noise is None else misread(outcomes, noise, seed)
