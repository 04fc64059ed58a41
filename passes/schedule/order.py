"""The order of unordered couplings: units of a group coloured into layers, and the layers in their order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from qffc.ir.operation import Op
from qffc.ir.ops import Singlet
from qffc.ir.program import Program
from qffc.passes.schedule.clock import Clock
from qffc.passes.schedule.conflict_colouring import fewest_colours
from qffc.passes.schedule.edge_colouring import Edge, degree_bound, edge_colouring
from qffc.passes.schedule.orbits import Group, Orbits

Layer = list[int]
"""Places of couplings in ``Program.ops``."""
_MOST_PERMUTED = 4
"""Up to this many layers every order of them is tried."""


def in_layers(program: Program, groups: Sequence[Group], orbits: Orbits | None = None) -> Program | None:
    """Return the program with each group in layers.

    Args:
        program: the program.
        groups: its groups of unordered couplings.
        orbits: of each group the units that share a layer; None when each is free.

    Returns:
        None when couplings of one orbit share a qubit and do not all commute: then no layer is mapped onto itself.
    """
    pairs = [(op.a, op.b) for op in program.ops if isinstance(op, Singlet)]
    clock = Clock(len(program.qubits))
    order: list[int] = []
    for k, group in enumerate(groups):
        layers = _free_layers(group, pairs) if orbits is None or group.commutes else _orbit_layers(group, orbits[k])
        if layers is None:
            return None
        for place in range(len(order), group.places.start):
            clock.apply(program.ops[place])
            order.append(place)
        for layer in _arranged(program.ops, layers, clock):
            _apply(program.ops, layer, clock)
            order += layer
    order += range(len(order), len(program.ops))
    ops = tuple(program.ops[place] for place in order)
    return program if ops == program.ops else program.with_ops(ops)


def _free_layers(group: Group, pairs: Sequence[Edge]) -> list[Layer]:
    """The layers of a colouring; pairs that a singlet connects share one where that costs nothing."""
    qubits = [unit.qubits for unit in group.units]
    bound = degree_bound(qubits)
    edges = [(unit[0], unit[1]) for unit in qubits if len(unit) == 2]
    known = edge_colouring(edges, pairs) if len(edges) == len(qubits) else None
    if known is None or max(known) >= bound:
        known = fewest_colours(_conflicts([set(unit) for unit in qubits]), bound, known)
    return _by_colour(group, [[k] for k in range(len(qubits))], known)


def _orbit_layers(group: Group, orbits: Sequence[Sequence[int]]) -> list[Layer] | None:
    """The layers of a colouring of orbits."""
    touched = [[qubit for k in orbit for qubit in group.units[k].qubits] for orbit in orbits]
    if any(len(set(qubits)) < len(qubits) for qubits in touched):
        return None
    colours = fewest_colours(_conflicts([set(qubits) for qubits in touched]), degree_bound(touched))
    return _by_colour(group, orbits, colours)


def _conflicts(touched: Sequence[set[int]]) -> list[frozenset[int]]:
    return [
        frozenset(other for other, theirs in enumerate(touched) if other != node and theirs & mine)
        for node, mine in enumerate(touched)
    ]


def _by_colour(group: Group, orbits: Sequence[Sequence[int]], colours: Sequence[int]) -> list[Layer]:
    layers: list[Layer] = [[] for _ in range(1 + max(colours))]
    for orbit, colour in zip(orbits, colours, strict=True):
        layers[colour] += [place for k in orbit for place in group.units[k].places]
    return layers


def _arranged(ops: Sequence[Op], layers: list[Layer], clock: Clock) -> list[Layer]:
    """The layers in the order that ends first: every order of a few, else the best next one each time."""
    if len(layers) <= _MOST_PERMUTED:
        orders = [list(order) for order in permutations(layers)]
        return min(orders, key=lambda order: _reading(ops, order, clock))
    rest, arranged = list(layers), []
    now = clock.copy()
    while rest:
        best = min(range(len(rest)), key=lambda k: _reading(ops, [rest[k]], now))
        arranged.append(rest.pop(best))
        _apply(ops, arranged[-1], now)
    return arranged


def _reading(ops: Sequence[Op], layers: Sequence[Layer], clock: Clock) -> tuple[int, int]:
    later = clock.copy()
    for layer in layers:
        _apply(ops, layer, later)
    return later.reading


def _apply(ops: Sequence[Op], layer: Layer, clock: Clock) -> None:
    for place in layer:
        clock.apply(ops[place])
