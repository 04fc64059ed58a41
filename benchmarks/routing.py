"""Circuits on devices where not all qubits can meet: CX after routing by qffc and by pytket, from the same circuit.

pytket places by ``GraphPlacement`` or ``LinePlacement``, the better one of the two, routes by ``RoutingPass``, and
merges neighbouring gates of a pair by ``KAKDecomposition``, SWAPs among them.

    python -m benchmarks.routing
"""

from __future__ import annotations

from pytket.architecture import Architecture
from pytket.circuit import Circuit, Op, OpType
from pytket.passes import KAKDecomposition, NaivePlacementPass, PlacementPass, RoutingPass
from pytket.placement import GraphPlacement, LinePlacement
from pytket.predicates import CompilationUnit

from qffc.passes.circuit.split_program import split_program
from qffc.passes.connectivity import Connectivity, grid, line, ring
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.routing import Gate, best_start, route, worth
from qffc.references.programs import resolve_program
from qffc.targets.catalogue import target

PROGRAMS = (
    "lib:pair",
    "lib:sivqlm-h2o",
    "lib:ring:qubits=6,depth=3",
    "lib:ring:qubits=8,depth=6",
    "lib:all-pairs:qubits=6,depth=3",
    "lib:all-pairs:qubits=8,depth=2",
)


def emitted(name: str) -> Circuit:
    """The native circuit of a program as written, at generic angles."""
    split = split_program(resolve_program(name))
    return PytketKernel(split, target("H2-1"), fix_frame=True).bind(generic_slots(split))


def cx_by_qffc(circuit: Circuit, graph: Connectivity) -> int:
    gates = [Gate(command.op, tuple(qubit.index[0] for qubit in command.qubits)) for command in circuit]
    return route(gates, graph, best_start(gates, circuit.n_qubits, graph)).cost


def cx_by_pytket(circuit: Circuit, graph: Connectivity) -> int:
    device = Architecture(list(graph.edges))
    found = []
    for placement in (GraphPlacement(device), LinePlacement(device)):
        unit = CompilationUnit(circuit)
        for step in (PlacementPass(placement), NaivePlacementPass(device), RoutingPass(device)):
            step.apply(unit)
        made = Circuit()
        for qubit in unit.circuit.qubits:
            made.add_qubit(qubit)
        for command in unit.circuit:
            swap = command.op.type == OpType.SWAP
            made.add_gate(Op.create(OpType.TK2, [0.5] * 3) if swap else command.op, command.qubits)
        KAKDecomposition(target_2qb_gate=OpType.TK2, allow_swaps=False).apply(made)
        found.append(cx_of(made))
    return min(found)


def cx_of(circuit: Circuit) -> int:
    return sum(worth(command.op) for command in circuit if len(command.qubits) == 2)


def main() -> None:
    print("| program | all can meet | line | ring | grid |")
    print("|---|---|---|---|---|")
    for name in PROGRAMS:
        circuit = emitted(name)
        size = circuit.n_qubits
        graphs = (line(size), ring(size), grid(size))
        cells = (f"{cx_by_qffc(circuit, graph)} ({cx_by_pytket(circuit, graph)})" for graph in graphs)
        print(f"| `{name}` | {cx_of(circuit)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
