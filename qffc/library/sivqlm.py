"""Symmetry-invariant models of small molecules after Le et al., arXiv:2311.11362.

From the reference: singlets as the invariant state, encoding by exp(-i/2 alpha x . sigma), exchange gates as trainable
layers, repeated uploading of the positions (data re-uploading), invariant observables, and Z rotations that break the
symmetry on purpose.

Chosen here, where several circuits would fit that description: two qubits for each atom around the centre (LiH 2, H2O
4, NH3 6), prepared in a singlet; the upper and the lower qubit of all hydrogens have one table each; a layer is
encoding, then every exchange, then the breaking rotations; and the energy is a sum of all inner products of two spins
with learned weights and a learned constant. NH3 is written by the same rules, and so is the water dimer, where
hydrogens are seen from both oxygens. NH3 with collective exchanges is ours.
"""

from collections.abc import Callable
from typing import Literal

from qffc.dsl import Atom, Author, Layer, Neighbour, Twins, ansatz, unit
from qffc.ir.declarations import Readout
from qffc.ir.values import Value

Encoding = Literal["raw", "bessel"]
View = tuple[Atom, tuple[Atom, ...]]
"""A hydrogen, and the atoms that it is seen from."""
Couple = Callable[[Author, Layer, list[Twins]], None]
"""Writes the exchanges of a layer."""


@ansatz(name="sivqlm-lih")
def sivqlm_lih(
    a: Author, depth: int = 4, breaking: bool = False, radial: Encoding = "raw", cutoff: float = 6.0
) -> Readout:
    """LiH on two qubits: the hydrogen seen from lithium.

    Args:
        a: the author object.
        depth: number of layers.
        breaking: adds trainable Z rotations that start at 0; only translation is declared then.
        radial: ``raw``: angle proportional to the distance; ``bessel``: learned function of the distance.
        cutoff: of the learned functions, Angstrom.
    """
    if breaking:
        a.symmetry("translation")
    a.centre("Li")
    return _molecule(a, [a.neighbour("H")], depth, breaking, radial, cutoff)


@ansatz(name="sivqlm-h2o")
def sivqlm_h2o(
    a: Author, depth: int = 4, breaking: bool = False, radial: Encoding = "raw", cutoff: float = 6.0
) -> Readout:
    """H2O on four qubits: two hydrogens seen from oxygen; exchange and inversion hold by construction.

    Args:
        a: the author object.
        depth: number of layers.
        breaking: adds trainable Z rotations that start at 0; translation and exchange are declared then.
        radial: ``raw``: angle proportional to the distance; ``bessel``: learned function of the distance.
        cutoff: of the learned functions, Angstrom.
    """
    if breaking:
        a.symmetry("translation", "exchange")
    a.centre("O")
    return _molecule(a, a.neighbours("H", 2), depth, breaking, radial, cutoff)


@ansatz(name="sivqlm-nh3", average=("inversion", "exchange"))
def sivqlm_nh3(
    a: Author,
    depth: int = 4,
    breaking: bool = False,
    radial: Encoding = "raw",
    cutoff: float = 6.0,
    collective: bool = False,
) -> Readout:
    """NH3 on six qubits: three hydrogens seen from nitrogen; exchange and inversion hold by averaging.

    No order of exchanges among three pairs of qubits treats three hydrogens alike, and three vectors break inversion.
    The energy is therefore the mean over the 6 assignments of hydrogens to sites and over the molecule and its mirror
    image: 12 circuits. With ``collective`` all upper qubits are coupled as one set, and so are all lower ones, in no
    order: exchange holds by construction, inversion by averaging, and there are 2 circuits.

    Args:
        a: the author object.
        depth: number of layers.
        breaking: adds trainable Z rotations that start at 0; rotation is not declared then.
        radial: ``raw``: angle proportional to the distance; ``bessel``: learned function of the distance.
        cutoff: of the learned functions, Angstrom.
        collective: couples the qubits of different hydrogens by collective exchanges, not pair by pair.
    """
    if breaking:
        a.symmetry("inversion", "translation", "exchange")
    if collective:
        a.average("inversion")
    a.centre("N")
    return _molecule(a, a.neighbours("H", 3), depth, breaking, radial, cutoff, _couple_sets if collective else _couple)


@ansatz(name="sivqlm-h2o-dimer", average=("inversion", "exchange"))
def sivqlm_h2o_dimer(
    a: Author, depth: int = 4, breaking: bool = False, radial: Encoding = "raw", cutoff: float = 6.0
) -> Readout:
    """Two H2O on eight qubits: four hydrogens, each seen from both oxygens; exchange and inversion hold by averaging.

    A layer turns the two qubits of a hydrogen about the vector from its own oxygen, then about that from the other one.
    Exchanges of hydrogens within a molecule and of the two molecules generate 8 assignments of atoms to sites; the
    energy is the mean over these and over the dimer and its mirror image: 16 circuits. Atoms come molecule by molecule
    where only the elements are given: the first hydrogens belong to the first oxygen.

    Args:
        a: the author object.
        depth: number of layers.
        breaking: adds trainable Z rotations that start at 0; rotation is not declared then.
        radial: ``raw``: angle proportional to the distance; ``bessel``: learned function of the distance.
        cutoff: of the learned functions, Angstrom.
    """
    if breaking:
        a.symmetry("inversion", "translation", "exchange")
    waters = []
    for name in ("A", "B"):
        with a.molecule(name):
            waters.append(a.atoms("O", "H", "H"))
    views: list[View] = []
    for (own, *hydrogens), (other, *_) in zip(waters, reversed(waters), strict=True):
        views += [(hydrogen, (own, other)) for hydrogen in hydrogens]
    return _circuit(a, views, depth, breaking, radial, cutoff)


def _couple(a: Author, layer: Layer, twins: list[Twins]) -> None:
    a.exchange(twins, angle=layer.param("J") if len(twins) == 1 else layer.params("J", 3))


def _couple_sets(a: Author, layer: Layer, twins: list[Twins]) -> None:
    within, upper, lower = layer.params("J", 3)
    for pair in twins:
        a.exchange(*pair, angle=within)
    a.collective(*(pair.upper for pair in twins), angle=upper)
    a.collective(*(pair.lower for pair in twins), angle=lower)


def _molecule(
    a: Author,
    hydrogens: list[Neighbour],
    depth: int,
    breaking: bool,
    radial: Encoding,
    cutoff: float,
    couple: Couple = _couple,
) -> Readout:
    views: list[View] = [(hydrogen, (hydrogen.centre,)) for hydrogen in hydrogens]
    return _circuit(a, views, depth, breaking, radial, cutoff, couple)


def _circuit(
    a: Author,
    views: list[View],
    depth: int,
    breaking: bool,
    radial: Encoding,
    cutoff: float,
    couple: Couple = _couple,
) -> Readout:
    twins = [a.twins(hydrogen) for hydrogen, _ in views]
    first, *later = a.layers(depth + 1)
    _encode(a, first, views, twins, radial, cutoff)
    for coupling, encoding in zip(a.layers(depth), later, strict=True):
        couple(a, coupling, twins)
        if breaking:
            _break(a, coupling, twins)
        _encode(a, encoding, views, twins, radial, cutoff)
    return a.energy(a.dot(twins), offset=True)


def _encode(a: Author, layer: Layer, views: list[View], twins: list[Twins], radial: Encoding, cutoff: float) -> None:
    for (hydrogen, seen_from), (upper, lower) in zip(views, twins, strict=True):
        for start, suffix in zip(seen_from, ("", "_other"), strict=False):
            a.rotate(upper, _vector(layer, f"upper{suffix}", start, hydrogen, radial, cutoff))
            a.rotate(lower, _vector(layer, f"lower{suffix}", start, hydrogen, radial, cutoff))


def _vector(layer: Layer, which: str, start: Atom, hydrogen: Atom, radial: Encoding, cutoff: float) -> Value:
    if radial == "raw":
        return layer.param(f"alpha_{which}") * start.to(hydrogen)
    return layer.radial(f"f_{which}", start, hydrogen, cutoff=cutoff) * unit(start.to(hydrogen))


def _break(a: Author, layer: Layer, twins: list[Twins]) -> None:
    for upper, lower in twins:
        a.pauli_rotation("Z", upper, angle=layer.param("epsilon_upper", default=0))
        a.pauli_rotation("Z", lower, angle=layer.param("epsilon_lower", default=0))
