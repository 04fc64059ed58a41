"""The passes of pytket that keep the unitary of a circuit and need no architecture, and what each is given."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytket.passes as tk
from pytket.circuit import CircBox, Circuit, OpType
from pytket.extensions.quantinuum import QuantinuumAPIOffline, QuantinuumBackend
from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackendCompilationConfig

Preparation = Callable[[Circuit], Circuit]
DEAR_EACH = 4
"""Dear passes are given one circuit of so many."""


class Case(NamedTuple):
    """A pass.

    Args:
        make: makes it.
        prepare: makes a circuit of gates that it takes.
        dear: whether it takes long, or its angles do, and is given fewer circuits.
    """

    make: Callable[[], tk.BasePass]
    prepare: Preparation
    dear: bool = False


def unchanged(circuit: Circuit) -> Circuit:
    """Return a circuit as it is."""
    return circuit.copy()


def gates(circuit: Circuit) -> Circuit:
    """Return a circuit without boxes."""
    return _after(circuit, tk.DecomposeBoxes())


def turns(circuit: Circuit) -> Circuit:
    """Return a circuit of CX, H, and rotations about x and z."""
    return _after(circuit, tk.DecomposeBoxes(), tk.AutoRebase({OpType.CX, OpType.H, OpType.Rx, OpType.Rz}))


def two_axes(circuit: Circuit) -> Circuit:
    """Return a circuit of CX, and rotations about x and z."""
    return _after(circuit, tk.DecomposeBoxes(), tk.AutoRebase({OpType.CX, OpType.Rx, OpType.Rz}))


def euler(circuit: Circuit) -> Circuit:
    """Return a circuit of CX and TK1."""
    return _after(circuit, tk.DecomposeBoxes(), tk.RebaseTket())


def three_axes(circuit: Circuit) -> Circuit:
    """Return a circuit of TK2 and TK1."""
    return _after(circuit, tk.DecomposeBoxes(), tk.AutoRebase({OpType.TK2, OpType.TK1}))


def chamber(circuit: Circuit) -> Circuit:
    """Return a circuit of TK1, and of TK2 whose angles are in the Weyl chamber where they are numbers."""
    return _after(three_axes(circuit), tk.NormaliseTK2())


def half_turned(circuit: Circuit) -> Circuit:
    """Return a circuit without boxes, with two more couplings by half a turn."""
    return gates(circuit).ZZPhase(1, 0, 1).H(0).ZZPhase(3, 1, 0)


def couplings(circuit: Circuit) -> Circuit:
    """Return a circuit of ZZPhase, Rz and PhasedX."""
    return _after(turns(circuit), tk.AutoRebase({OpType.ZZPhase, OpType.Rz, OpType.PhasedX}))


def permuted(circuit: Circuit) -> Circuit:
    """Return a circuit whose wires end in another order: SWAPs at its end and within are taken for names."""
    circuit = _after(circuit, tk.DecomposeBoxes())
    circuit.SWAP(0, circuit.n_qubits - 1)
    circuit.replace_SWAPs()
    return circuit


def boxed(circuit: Circuit) -> Circuit:
    """Return one box of CX, H, and rotations about x and z."""
    inner = turns(circuit)
    return Circuit(circuit.n_qubits).add_circbox(CircBox(inner), list(range(circuit.n_qubits)))


def _after(circuit: Circuit, *passes: tk.BasePass) -> Circuit:
    circuit = circuit.copy()
    for each in passes:
        each.apply(circuit)
    return circuit


def _device(level: int) -> Callable[[], tk.BasePass]:
    def make() -> tk.BasePass:
        # As it comes, the pass drops qubits without gates, renames others, and maps some to qubits that are not there.
        config = QuantinuumBackendCompilationConfig(preserve_qubit_names=True)
        backend = QuantinuumBackend("H2-1", compilation_config=config, api_handler=QuantinuumAPIOffline())
        return backend.default_compilation_pass(level)

    return make


def _rebase(*kinds: OpType) -> Callable[[], tk.BasePass]:
    return lambda: tk.AutoRebase(set(kinds))


def _squash(*kinds: OpType) -> Callable[[], tk.BasePass]:
    return lambda: tk.AutoSquash(set(kinds))


CASES: Mapping[str, Case] = {
    "DecomposeBoxes": Case(tk.DecomposeBoxes, unchanged),
    "RemoveRedundancies": Case(tk.RemoveRedundancies, gates),
    "CommuteThroughMultis": Case(tk.CommuteThroughMultis, gates),
    "SquashTK1": Case(tk.SquashTK1, gates),
    "SquashRzPhasedX": Case(tk.SquashRzPhasedX, gates),
    "AutoSquash(Rz, PhasedX)": Case(_squash(OpType.Rz, OpType.PhasedX), couplings, dear=True),
    "AutoSquash(Rz, Rx)": Case(_squash(OpType.Rz, OpType.Rx), two_axes),
    "AutoSquash(Rz, SX)": Case(_squash(OpType.Rz, OpType.SX), gates),
    "AutoSquash(TK1)": Case(_squash(OpType.TK1), euler),
    "EulerAngleReduction(Rz, Rx)": Case(lambda: tk.EulerAngleReduction(OpType.Rz, OpType.Rx), two_axes),
    "EulerAngleReduction(Rx, Ry)": Case(lambda: tk.EulerAngleReduction(OpType.Rx, OpType.Ry), gates),
    "DecomposeSingleQubitsTK1": Case(tk.DecomposeSingleQubitsTK1, gates),
    "DecomposeMultiQubitsCX": Case(tk.DecomposeMultiQubitsCX, gates),
    "RebaseTket": Case(tk.RebaseTket, gates),
    "AutoRebase(CX, Rz, Rx)": Case(_rebase(OpType.CX, OpType.Rz, OpType.Rx), gates),
    "AutoRebase(CX, Rz, SX)": Case(_rebase(OpType.CX, OpType.Rz, OpType.SX), gates),
    "AutoRebase(CZ, Rz, H)": Case(_rebase(OpType.CZ, OpType.Rz, OpType.H), gates),
    "AutoRebase(ECR, Rz, SX)": Case(_rebase(OpType.ECR, OpType.Rz, OpType.SX), gates),
    "AutoRebase(TK2, TK1)": Case(_rebase(OpType.TK2, OpType.TK1), gates),
    "AutoRebase(ZZPhase, Rz, PhasedX)": Case(_rebase(OpType.ZZPhase, OpType.Rz, OpType.PhasedX), gates),
    "AutoRebase(ZZMax, Rz, PhasedX)": Case(_rebase(OpType.ZZMax, OpType.Rz, OpType.PhasedX), gates),
    "NormaliseTK2": Case(tk.NormaliseTK2, three_axes),
    "DecomposeTK2": Case(tk.DecomposeTK2, chamber),
    "ZZPhaseToRz": Case(tk.ZZPhaseToRz, half_turned),
    "RxFromSX": Case(tk.RxFromSX, gates),
    "RemoveImplicitQubitPermutation": Case(tk.RemoveImplicitQubitPermutation, permuted),
    "CliffordSimp": Case(tk.CliffordSimp, gates),
    "CliffordSimp(no swaps)": Case(lambda: tk.CliffordSimp(allow_swaps=False), gates),
    "CliffordResynthesis": Case(tk.CliffordResynthesis, gates),
    "ContextSimp": Case(lambda: tk.ContextSimp(allow_classical=False), gates),
    "SynthesiseTket": Case(tk.SynthesiseTket, gates),
    "SynthesiseTK": Case(tk.SynthesiseTK, gates, dear=True),
    "OptimisePhaseGadgets": Case(tk.OptimisePhaseGadgets, gates),
    "PauliExponentials": Case(tk.PauliExponentials, turns),
    "PauliSimp": Case(tk.PauliSimp, turns),
    "PauliSquash": Case(tk.PauliSquash, turns, dear=True),
    "GuidedPauliSimp": Case(tk.GuidedPauliSimp, boxed),
    "GreedyPauliSimp": Case(tk.GreedyPauliSimp, turns),
    "ZXGraphlikeOptimisation": Case(tk.ZXGraphlikeOptimisation, turns),
    "KAKDecomposition": Case(tk.KAKDecomposition, gates),
    "KAKDecomposition(TK2)": Case(lambda: tk.KAKDecomposition(OpType.TK2), gates),
    "PeepholeOptimise2Q": Case(tk.PeepholeOptimise2Q, gates, dear=True),
    "FullPeepholeOptimise": Case(tk.FullPeepholeOptimise, gates, dear=True),
    "FullPeepholeOptimise(TK2)": Case(lambda: tk.FullPeepholeOptimise(target_2qb_gate=OpType.TK2), gates, dear=True),
    "ThreeQubitSquash": Case(tk.ThreeQubitSquash, two_axes, dear=True),
    "H2-1, level 0": Case(_device(0), unchanged, dear=True),
    "H2-1, level 1": Case(_device(1), unchanged, dear=True),
    "H2-1, level 2": Case(_device(2), unchanged, dear=True),
    "H2-1, level 3": Case(_device(3), unchanged, dear=True),
}
