"""Neighbours of atoms: which program needs which, and how they are found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from qffc.ir.declarations import AtomicReadout, readout_value
from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.ir.values import Add, Cutoff, Displacement, Gathered, Mul, Norm, Power, Radial, Value, walk

_ALL_PAIRS = 128
"""Atoms up to which all distances are computed; a tree is faster from there on."""

Radii = dict[frozenset[str], float]


def reach(program: Program) -> float | None:
    """Return the distance (Angstrom) from which a neighbour does not count, or None where every atom counts.

    In scope pair it is found in the weight of the atomic readout, which must be a product with a smooth cutoff of the
    distance of each neighbour from the centre, or a sum of such products. Value, slope and curvature of a cutoff vanish
    at its radius, so circuits with a neighbour beyond it can be left out; so can messages between atoms, beyond their
    cutoff. With gathered sites it is found in every sum over them, which must be over such products.

    Args:
        program: any program.

    Example:
        >>> from qffc.library import load
        >>> reach(load("pair", cutoff=4.0)), reach(load("water-demo"))
        (4.0, None)
    """
    centre = program.centre
    if program.gathered is not None and centre is not None:
        return _reach_of_sums(program, centre.name)
    if program.scope != "pair" or not isinstance(program.readout, AtomicReadout) or centre is None:
        return None
    radii = _radii(program, program.readout.weight)
    pairs = [frozenset((centre.name, site.name)) for site in program.sites if site is not centre]
    if not all(pair in radii for pair in pairs):
        return None
    messages = () if program.readout.messages is None else (float(program.readout.messages.basis.cutoff),)
    return max(*(radii[pair] for pair in pairs), *messages)


def reach_in_cells(program: Program) -> float:
    """Return :func:`reach` of a program that takes atoms in cells.

    Raises:
        QffcError: when every atom counts, or the energy is no sum over atoms.

    Example:
        >>> from qffc.library import load
        >>> reach_in_cells(load("pair", cutoff=4.0))
        4.0
    """
    distance = reach(program)
    if distance is None:
        raise error(
            "periodic atoms of a model without a cutoff",
            found=f"periodic boundaries, and '{program.name}', where every atom counts",
            expected="a model in which neighbours leave at a cutoff, such as one of lib:pair or lib:gathered; or a "
            "molecule in a vacuum",
            help="set atoms.pbc = False for an isolated molecule; periodic images are refused, never ignored",
        )
    if not isinstance(program.readout, AtomicReadout):
        raise error(
            "periodic atoms of a model without energies of atoms",
            found=f"'{program.name}', whose readout is no atomic_energy",
            expected="atomic_energy as the readout of its program",
            help="use a program such as lib:pair or lib:gathered",
        )
    return distance


def _reach_of_sums(program: Program, centre: str) -> float | None:
    values = [op.value for op in program.ops if op.value is not None]
    sums = {node for value in (*values, readout_value(program.readout)) for node in walk(value)}
    found = [
        _radii(program, node.value).get(frozenset((centre, node.site))) for node in sums if isinstance(node, Gathered)
    ]
    if isinstance(program.readout, AtomicReadout):
        sent = (program.readout.messages, program.readout.rounds)
        found += [float(each.basis.cutoff) for each in sent if each is not None]
    radii = [radius for radius in found if radius is not None]
    return max(radii) if radii and len(radii) == len(found) else None


def _radii(program: Program, value: Value) -> Radii:
    """Pairs of sites and the distance between them from which the value is 0."""
    match value:
        case Cutoff(Norm(Displacement(origin, site)), radius):
            return {frozenset((origin, site)): float(radius)}
        case Radial(table, Norm(Displacement(origin, site))):
            basis = program.parameter(table.name).basis
            return {} if basis is None else {frozenset((origin, site)): float(basis.cutoff)}
        case Power(base, exponent) if exponent > 0:
            return _radii(program, base)
        case Mul(factors):
            product: Radii = {}
            for factor in factors:
                for pair, zero_from in _radii(program, factor).items():
                    product[pair] = min(zero_from, product.get(pair, zero_from))
            return product
        case Add(terms):
            found = [_radii(program, term) for term in terms]
            common = set.intersection(*(set(radii) for radii in found))
            return {pair: max(radii[pair] for radii in found) for pair in common}
        case _:
            return {}


def neighbours_within(positions: NDArray[np.floating], radius: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return atoms and a neighbour of each nearer than ``radius``, every pair both ways.

    Args:
        positions: (atoms, 3), Angstrom, without periodic images.
        radius: Angstrom.

    Returns:
        Centres (edges,) and neighbours (edges,), in no particular order.

    Example:
        >>> neighbours_within(np.array([[0.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0]]), 2.0)
        (array([0, 1]), array([1, 0]))
    """
    if len(positions) > _ALL_PAIRS:
        pairs = cKDTree(positions).query_pairs(radius, output_type="ndarray")
        return np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    squared = np.sum((positions[:, None] - positions[None]) ** 2, axis=-1)
    near = squared < radius**2
    np.fill_diagonal(near, False)
    centres, others = np.nonzero(near)
    return centres, others


def neighbour_counts(positions: NDArray[np.floating], radius: float) -> NDArray[np.intp]:
    """Return how many neighbours nearer than ``radius`` each atom of each frame has.

    Args:
        positions: (frames, atoms, 3), Angstrom, without periodic images.
        radius: Angstrom.

    Returns:
        (frames, atoms).

    Example:
        >>> neighbour_counts(np.array([[[0.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0]]]), 2.0)
        array([[1, 1, 0]])
    """
    atoms = positions.shape[1]
    found = (np.bincount(neighbours_within(frame, radius)[0], minlength=atoms) for frame in positions)
    return np.stack(list(found))
