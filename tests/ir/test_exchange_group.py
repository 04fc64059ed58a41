"""The group that `exchange` means, with and without molecules."""

from itertools import permutations
from math import factorial

from qffc.ir.declarations import Site
from qffc.ir.exchange_group import exchange_count, exchange_orders, exchanges


def dimer(*molecules: str) -> list[Site]:
    return [
        Site(f"{element}{name}{k}", element, "free", name)
        for name in molecules
        for k, element in enumerate(("O", "H", "H"))
    ]


def closure(sites: list[Site]) -> set[tuple[int, ...]]:
    """Every product of the generators."""
    names = [site.name for site in sites]
    steps = []
    for exchange in exchanges(sites):
        moves = dict(exchange.moves)
        steps.append([names.index(moves.get(name, name)) for name in names])
    found = {tuple(range(len(sites)))}
    new = list(found)
    while new:
        new = [tuple(order[place] for place in step) for order in new for step in steps]
        new = [order for order in dict.fromkeys(new) if order not in found]
        found.update(new)
    return found


def test_without_molecules_like_atoms_are_permuted() -> None:
    sites = [Site("C", "C", "centre"), *(Site(f"H{k}", "H", "neighbour") for k in range(3)), Site("F", "H", "free")]
    assert [str(exchange) for exchange in exchanges(sites)] == ["exchange H0 H1", "exchange H1 H2"]
    assert list(exchange_orders(sites)) == [(0, *order, 4) for order in permutations((1, 2, 3))]
    assert exchange_count(sites) == 6


def test_molecules_are_exchanged_as_a_whole() -> None:
    sites = dimer("A", "B")
    assert [str(exchange) for exchange in exchanges(sites)] == [
        "exchange HA1 HA2",
        "exchange HB1 HB2",
        "exchange molecules A B",
    ]
    assert dict(exchanges(sites)[2].moves) == {
        "OA0": "OB0", "OB0": "OA0", "HA1": "HB1", "HB1": "HA1", "HA2": "HB2", "HB2": "HA2",
    }  # fmt: skip
    assert exchange_count(sites) == 2 * 2 * 2


def test_orders_are_the_group_that_the_generators_generate() -> None:
    for sites in (
        dimer("A", "B"),
        dimer("A", "B", "C"),
        [*dimer("A"), Site("OB", "O", "free", "B"), Site("HB", "H", "free", "B")],
    ):
        orders = list(exchange_orders(sites))
        assert len(set(orders)) == len(orders) == exchange_count(sites)
        assert set(orders) == closure(sites)
    assert exchange_count(dimer("A", "B", "C")) == 2**3 * factorial(3)


def test_unlike_molecules_and_roles_stay() -> None:
    sites = [Site("O1", "O", "centre", "A"), Site("O2", "O", "free", "B")]
    assert exchanges(sites) == ()
    assert list(exchange_orders(sites)) == [(0, 1)]


def test_sites_of_like_molecules_may_stand_in_any_order() -> None:
    sites = [Site("O1", "O", "free", "A"), Site("H1", "H", "free", "A"), Site("H2", "H", "free", "B")]
    sites.append(Site("O2", "O", "free", "B"))
    (swap,) = exchanges(sites)
    assert dict(swap.moves) == {"O1": "O2", "O2": "O1", "H1": "H2", "H2": "H1"}
    assert set(exchange_orders(sites)) == {(0, 1, 2, 3), (3, 2, 1, 0)}
