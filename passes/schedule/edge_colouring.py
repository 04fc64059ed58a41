"""Edge colourings of graphs: edges that share a vertex get different colours, and colours are few.

A colour is a layer of couplings that run at the same time. The degree of a vertex bounds the number of colours from
below; Vizing: one more than the largest degree is enough for every simple graph; Koenig: the largest degree itself
for a bipartite one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import networkx as nx

Edge = tuple[int, int]


def edge_colouring(edges: Sequence[Edge], first: Iterable[Edge] = ()) -> tuple[int, ...]:
    """Return a colour for each edge of a simple graph, from 0.

    As few as possible for complete graphs (round robin), bipartite ones (even rings among them) and odd rings; at most
    one more than the largest degree for all others, after Misra and Gries (1992).

    Args:
        edges: pairs of different vertices, no pair twice.
        first: disjoint pairs of vertices that colour 0 prefers to hold; respected in complete graphs of even order.

    Example:
        >>> edge_colouring([(0, 1), (1, 2), (2, 3), (3, 0)])
        (0, 1, 0, 1)
        >>> max(edge_colouring([(a, b) for b in range(8) for a in range(b)])) + 1
        7
    """
    graph = nx.Graph(list(edges))
    count = len(graph)
    if 2 * len(edges) == count * (count - 1):
        return _round_robin(edges, sorted(graph), first)
    if nx.is_bipartite(graph):
        return _bipartite(edges)
    return _misra_gries(edges)


def degree_bound(groups: Iterable[Sequence[int]]) -> int:
    """Return how many colours are needed at least: the load of a vertex, or what fits in one colour.

    Args:
        groups: edges, or hyperedges of more vertices.

    Example:
        >>> degree_bound([(0, 1), (1, 2), (2, 0)])
        3
    """
    sizes = [len(group) for group in groups]
    loads = Counter(vertex for group in groups for vertex in group)
    room = len(loads) - len(loads) % 2 if set(sizes) == {2} else len(loads)
    return max(max(loads.values(), default=0), -(-sum(sizes) // room) if room else 0)


def _round_robin(edges: Sequence[Edge], vertices: Sequence[int], first: Iterable[Edge]) -> tuple[int, ...]:
    """The tournament: the last of a circle stays, the others go round; with an odd number, one of them has a bye."""
    paired = [pair for pair in first if set(pair) <= set(vertices)]
    rest = [vertex for vertex in vertices if not any(vertex in pair for pair in paired)]
    if len(rest) % 2:
        rest.append(min(vertices) - 1)
    paired += zip(rest[0::2], rest[1::2], strict=True)
    circle = [a for a, _ in paired] + [b for _, b in reversed(paired)]
    place = {vertex: k for k, vertex in enumerate(circle)}
    last = len(circle) - 1

    def round_of(a: int, b: int) -> int:
        if last in (a, b):
            return 2 * (a + b - last) % last
        return (a + b) % last

    return tuple(round_of(place[a], place[b]) for a, b in edges)


class _Partial:
    """A colouring in the making: for each vertex, its neighbour along each colour."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        loads = Counter(vertex for edge in edges for vertex in edge)
        self.colours = range(max(loads.values(), default=0) + 1)
        self.along: dict[int, dict[int, int]] = {vertex: {} for vertex in loads}
        self.colour: dict[frozenset[int], int] = {}

    def free(self, vertex: int) -> int:
        """The first colour that is missing at a vertex; there are more colours than edges at it."""
        return next(colour for colour in self.colours if colour not in self.along[vertex])

    def set(self, a: int, b: int, colour: int) -> None:
        self.along[a][colour], self.along[b][colour] = b, a
        self.colour[frozenset((a, b))] = colour

    def unset(self, a: int, b: int) -> int:
        colour = self.colour.pop(frozenset((a, b)))
        del self.along[a][colour], self.along[b][colour]
        return colour

    def flip(self, start: int, colour: int, other: int) -> None:
        """Trade two colours on the path that leaves a vertex along the first; the vertex misses the second."""
        path = [start]
        step = colour
        while step in self.along[path[-1]]:
            path.append(self.along[path[-1]][step])
            step = other if step == colour else colour
        edges = list(zip(path, path[1:], strict=False))
        old = [self.unset(a, b) for a, b in edges]
        for (a, b), before in zip(edges, old, strict=True):
            self.set(a, b, other if before == colour else colour)

    def result(self, edges: Sequence[Edge]) -> tuple[int, ...]:
        return tuple(self.colour[frozenset(edge)] for edge in edges)


def _bipartite(edges: Sequence[Edge]) -> tuple[int, ...]:
    """Koenig: a colour free at both ends, made free by a flip; the path never comes back, for all cycles are even."""
    partial = _Partial(edges)
    for a, b in edges:
        colour, other = partial.free(a), partial.free(b)
        if colour != other:
            partial.flip(b, colour, other)
        partial.set(a, b, colour)
    return partial.result(edges)


def _misra_gries(edges: Sequence[Edge]) -> tuple[int, ...]:
    partial = _Partial(edges)
    for centre, tip in edges:
        fan = _fan(partial, centre, tip)
        colour, other = partial.free(centre), partial.free(fan[-1])
        partial.flip(centre, other, colour)
        # The flip leaves 'other' free at the centre, and a start of the fan whose last vertex misses it too.
        starts = (k for k in range(len(fan)) if _is_fan(partial, centre, fan[: k + 1]))
        end = next(k for k in starts if other not in partial.along[fan[k]])
        for left, right in zip(fan[:end], fan[1 : end + 1], strict=True):
            partial.set(centre, left, partial.unset(centre, right))
        partial.set(centre, fan[end], other)
    return partial.result(edges)


def _fan(partial: _Partial, centre: int, tip: int) -> list[int]:
    """Neighbours from the tip on, the colour of each free at the one before; as long as it gets."""
    fan = [tip]
    rest = {neighbour: colour for colour, neighbour in partial.along[centre].items()}
    while True:
        follower = next((vertex for vertex, colour in rest.items() if colour not in partial.along[fan[-1]]), None)
        if follower is None:
            return fan
        fan.append(follower)
        del rest[follower]


def _is_fan(partial: _Partial, centre: int, fan: Sequence[int]) -> bool:
    colours = [partial.colour[frozenset((centre, vertex))] for vertex in fan[1:]]
    return all(colour not in partial.along[vertex] for vertex, colour in zip(fan, colours, strict=False))
