"""Colourings: proper, and with as few colours as theory promises."""

from collections import Counter
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.passes.schedule.conflict_colouring import conflict_colouring, fewest_colours
from qffc.passes.schedule.edge_colouring import Edge, degree_bound, edge_colouring


@st.composite
def graphs(draw: st.DrawFn) -> list[Edge]:
    """Simple graphs, edges in any order and direction."""
    count = draw(st.integers(2, 9))
    edges = draw(st.lists(st.sampled_from(list(combinations(range(count), 2))), unique=True, min_size=1))
    return [edge[::-1] if draw(st.booleans()) else edge for edge in edges]


def is_proper(edges: list[Edge], colours: tuple[int, ...]) -> bool:
    uses = Counter((vertex, colour) for edge, colour in zip(edges, colours, strict=True) for vertex in edge)
    return max(uses.values()) == 1


def degree(edges: list[Edge]) -> int:
    return max(Counter(vertex for edge in edges for vertex in edge).values())


@given(graphs())
def test_a_colouring_is_proper_and_needs_at_most_one_colour_more_than_the_degree(edges: list[Edge]) -> None:
    colours = edge_colouring(edges)
    assert is_proper(edges, colours)
    assert set(colours) <= set(range(degree(edges) + 1))
    assert degree(edges) <= degree_bound(edges) <= 1 + max(colours)
    if nx.is_bipartite(nx.Graph(edges)):
        assert 1 + max(colours) == degree(edges)


@pytest.mark.parametrize("count", range(2, 12))
def test_all_pairs_in_as_few_rounds_as_possible(count: int) -> None:
    edges = list(combinations(range(10, 10 + count), 2))
    first = [(10 + k, 10 + k + count // 2) for k in range(count // 2)]
    colours = edge_colouring(edges, first)
    assert is_proper(edges, colours)
    assert 1 + max(colours) == degree_bound(edges) == count - 1 + count % 2
    assert {colours[edges.index(pair)] for pair in first} == {0}


@pytest.mark.parametrize("count", [4, 5, 6, 7, 8, 40])
def test_rings(count: int) -> None:
    edges = [(k, (k + 1) % count) for k in range(count)]
    colours = edge_colouring(edges)
    assert is_proper(edges, colours)
    assert 1 + max(colours) == degree_bound(edges) == 2 + count % 2


def conflicts_of(edges: list[Edge]) -> list[frozenset[int]]:
    return [frozenset(k for k, other in enumerate(edges) if other != edge and set(other) & set(edge)) for edge in edges]


@given(graphs())
def test_the_search_is_proper_and_no_worse_than_what_is_known(edges: list[Edge]) -> None:
    known = edge_colouring(edges)
    found = fewest_colours(conflicts_of(edges), degree_bound(edges), known)
    assert is_proper(edges, found)
    assert max(found) <= max(known)
    assert is_proper(edges, fewest_colours(conflicts_of(edges), degree_bound(edges)))


def test_petersen_is_the_graph_that_needs_one_colour_more() -> None:
    edges = [(a, b) for a, b in nx.petersen_graph().edges]
    conflicts = conflicts_of(edges)
    assert conflict_colouring(conflicts, 3) is None
    assert 1 + max(edge_colouring(edges)) == 1 + max(fewest_colours(conflicts, degree_bound(edges))) == 4


def test_hyperedges_count_by_what_they_fill() -> None:
    assert degree_bound([(0, 1, 2), (3, 4, 5), (0, 3)]) == 2
    assert degree_bound([(0, 1, 2), (1, 2, 3), (2, 3, 0), (3, 0, 1)]) == 3
    assert degree_bound([]) == 0
