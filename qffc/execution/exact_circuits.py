"""Shots of circuits without noise, drawn from their exact state: the engine ``exact``, which needs no package.

An emulator runs a circuit again for each shot. Without noise all shots come from one state, so it is computed once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.execution.circuit_state import States, state_of
from qffc.ir.diagnostics import error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

_DRAWS = 2
"""Apart from the random numbers of noise and of readings, which have 0 and 1."""
_BYTES = 32
"""For an amplitude: itself, its probability, and what is made on the way."""


def emulate(circuit: Circuit, target: Target, shots: int, seed: int) -> NDArray[np.uint8]:
    """Return the outcomes of a measured circuit, (shots, bits); bits that nothing is measured into are 0.

    The first shots of a longer run are those of a shorter one with the same seed.

    Args:
        circuit: every measurement is the last thing that happens to its qubit.
        target: not looked at.
        shots: how many.
        seed: what reproduces them.

    Raises:
        QffcError: when the circuit has no exact state, or one that does not fit into memory.

    Example:
        >>> from pytket.circuit import Circuit
        >>> from qffc.targets.catalogue import target
        >>> bell = Circuit(2, 2).H(0).CX(0, 1).measure_all()
        >>> shots = emulate(bell, target("H2-1LE"), 1000, seed=0)
        >>> bool((shots[:, 0] == shots[:, 1]).all()), 400 < int(shots[:, 0].sum()) < 600
        (True, True)
    """
    del target
    _check_memory(circuit.n_qubits)
    state, measured = state_of(circuit)
    return drawn(state, measured, circuit.n_bits, shots, np.random.default_rng([seed, _DRAWS]))


def drawn(
    state: States, measured: Mapping[int, int], bits: int, shots: int, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Return outcomes of a state, (shots, bits).

    Args:
        state: (2**qubits,), the first qubit the most significant bit.
        measured: which qubit each measured bit reads.
        bits: how many there are.
        shots: how many.
        generator: of random numbers; one for each shot.

    Example:
        >>> drawn(np.array([0, 0, 1, 0], dtype=complex), {0: 1, 2: 0}, 3, 2, np.random.default_rng(0)).tolist()
        [[0, 0, 1], [0, 0, 1]]
    """
    qubits = state.size.bit_length() - 1
    edges = np.square(np.abs(state))
    np.cumsum(edges, out=edges)
    # Points below the last edge; on an edge the next outcome with a chance is taken, never one without.
    seen = np.searchsorted(edges, generator.random(shots) * edges[-1], side="right")
    outcomes = np.zeros((shots, bits), dtype=np.uint8)
    for bit, qubit in measured.items():
        outcomes[:, bit] = (seen >> (qubits - 1 - qubit)) & 1
    return outcomes


def _check_memory(qubits: int) -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    largest = (memory // _BYTES).bit_length() - 1
    if qubits > largest:
        raise error(
            "state too large for the memory",
            found=f"{qubits} qubits",
            expected=f"at most {largest}: {_BYTES} bytes for each of 2^{largest} amplitudes, "
            f"of {memory / 2**30:.0f} GiB",
            help="run smaller circuits one after the other",
        )
