"""Which pairs of qubits of a device can meet: an undirected, connected graph, its coupling map or device topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

from qffc.ir.diagnostics import error, quoted
from qffc.ir.short_repr import counted


@dataclass(frozen=True)
class Connectivity:
    """Pairs of qubits that a two-qubit gate can act on, either way round.

    Args:
        edges: pairs of qubits, numbered from 0; sorted, each pair once.

    Raises:
        QffcError: when an edge is no pair of two qubits, or some qubits cannot be reached.

    Example:
        >>> Connectivity(((1, 0), (1, 2))).edges
        ((0, 1), (1, 2))
    """

    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        for edge in self.edges:
            if edge[0] == edge[1] or min(edge) < 0:
                raise error(
                    "edge that joins no two qubits",
                    found=f"{list(edge)}",
                    expected="two different qubits, numbered from 0",
                    help="correct the edge",
                )
        if not self.edges:
            raise error("connectivity without edges", found="none", expected="at least one edge", help="add one")
        object.__setattr__(self, "edges", tuple(sorted({(min(edge), max(edge)) for edge in self.edges})))
        apart = [qubit for qubit, distance in enumerate(self.distances[0]) if distance < 0]
        if apart:
            raise error(
                "qubits that cannot be reached",
                found=f"no way from qubit 0 to {', '.join(map(str, apart[:8]))}{' ...' if len(apart) > 8 else ''}",
                expected=f"a connected graph of qubits 0 to {self.qubits - 1}",
                help="add an edge, or describe the connected part alone",
            )

    @cached_property
    def qubits(self) -> int:
        """How many qubits there are."""
        return 1 + max(max(edge) for edge in self.edges)

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each qubit those that it can meet, in order."""
        found: list[list[int]] = [[] for _ in range(self.qubits)]
        for a, b in self.edges:
            found[a].append(b)
            found[b].append(a)
        return tuple(tuple(sorted(each)) for each in found)

    @cached_property
    def distances(self) -> tuple[tuple[int, ...], ...]:
        """For each two qubits the number of edges between them; -1 where there is no way."""
        return tuple(self._from(start) for start in range(self.qubits))

    def _from(self, start: int) -> tuple[int, ...]:
        found = [-1] * self.qubits
        found[start] = 0
        layer = [start]
        while layer:
            layer = [b for a in layer for b in self._reach(a, found)]
        return tuple(found)

    def _reach(self, qubit: int, found: list[int]) -> list[int]:
        fresh = [other for other in self.neighbours[qubit] if found[other] < 0]
        for other in fresh:
            found[other] = found[qubit] + 1
        return fresh


def line(qubits: int) -> Connectivity:
    """Return a line: each qubit can meet the next one.

    Example:
        >>> line(3).edges
        ((0, 1), (1, 2))
    """
    return Connectivity(tuple((k, k + 1) for k in range(qubits - 1)))


def ring(qubits: int) -> Connectivity:
    """Return a line whose ends can meet."""
    return Connectivity((*line(qubits).edges, (0, qubits - 1)))


def grid(qubits: int) -> Connectivity:
    """Return a grid of as many rows as fit best, filled row by row; each qubit can meet those beside, above and below.

    Example:
        >>> grid(6).edges
        ((0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5))
    """
    columns = isqrt(qubits - 1) + 1
    beside = ((k, k + 1) for k in range(qubits - 1) if (k + 1) % columns)
    below = ((k, k + columns) for k in range(qubits - columns))
    return Connectivity((*beside, *below))


SHAPES: Mapping[str, Callable[[int], Connectivity]] = {"line": line, "ring": ring, "grid": grid}
"""Connectivities that have a name, by the number of qubits."""


def shaped(shape: str, qubits: int | None) -> Connectivity:
    """Return the connectivity of a named shape.

    Raises:
        QffcError: when no shape has that name, or there are fewer than two qubits.
    """
    if shape not in SHAPES:
        raise error("unknown shape", found=f"'{shape}'", expected=f"one of {quoted(SHAPES)}", help="or list the edges")
    if qubits is None or qubits < 2:
        raise error(
            "shape of too few qubits",
            found=f"shape '{shape}' of {'any number of qubits' if qubits is None else counted(qubits, 'qubit')}",
            expected="qubits, at least 2",
            help="say how many qubits the target has",
        )
    return SHAPES[shape](qubits)
