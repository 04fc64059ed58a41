"""Imports go one way at every level of the tree: no module, and no folder among its neighbours, is in a ring.

Imports for type checkers count, and imports inside functions too, since a reader follows both.
"""

from __future__ import annotations

import networkx as nx
import pytest

grimp = pytest.importorskip("grimp", reason="comes with import-linter, which only developers install")


def rings(graph: grimp.ImportGraph) -> list[list[str]]:
    """The rings of every folder: its modules and sub-packages, each sub-package as one."""
    found = []
    for folder in sorted(module for module in graph.modules if graph.find_children(module)):
        children = graph.find_children(folder)
        arrows: nx.DiGraph = nx.DiGraph()
        for module in graph.find_descendants(folder):
            for other in graph.find_modules_directly_imported_by(module):
                ends = [child_of(folder, name) for name in (module, other)]
                if set(ends) <= children and ends[0] != ends[1]:
                    arrows.add_edge(*ends)
        found += [sorted(ring) for ring in nx.strongly_connected_components(arrows) if len(ring) > 1]
    return found


def child_of(folder: str, module: str) -> str:
    """The child of a folder that a module is or belongs to; the module itself when it is elsewhere."""
    prefix = f"{folder}."
    return prefix + module.removeprefix(prefix).partition(".")[0] if module.startswith(prefix) else module


def test_no_import_goes_round() -> None:
    assert rings(grimp.build_graph("qffc", cache_dir=None)) == []


def test_a_ring_between_folders_is_seen() -> None:
    graph = grimp.ImportGraph()
    for module in ("a", "a.b", "a.b.one", "a.b.two", "a.c", "a.c.three"):
        graph.add_module(module)
    graph.add_import(importer="a.b.one", imported="a.c.three")
    assert rings(graph) == []
    graph.add_import(importer="a.c.three", imported="a.b.two")
    assert rings(graph) == [["a.b", "a.c"]]
