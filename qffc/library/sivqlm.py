"""Symmetry-invariant models of small molecules after Le et al., arXiv:2311.11362.

From the reference: singlets as the invariant state, encoding by exp(-i/2 alpha x . sigma), exchange gates as trainable
layers, repeated uploading of the positions, invariant observables, and Z rotations that break the symmetry on purpose.

Chosen here, where several circuits would fit that description: two qubits for each atom around the centre (LiH 2, H2O
4, NH3 6), prepared in a singlet; the upper and the lower qubit of all hydrogens have one table each; a layer is
encoding, then every exchange, then the breaking rotations; and the energy is a sum of all inner products of two spins
with learned weights and a learned constant. NH3 is written by the same rules.
"""

from typing import Literal

from qffc.dsl import Author, Layer, Neighbour, Twins, ansatz
from qffc.ir.program import Readout
from qffc.ir.values import Value

Encoding = Literal["raw", "bessel"]


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
    a: Author, depth: int = 4, breaking: bool = False, radial: Encoding = "raw", cutoff: float = 6.0
) -> Readout:
    """NH3 on six qubits: three hydrogens seen from nitrogen; exchange and inversion hold by averaging.

    No order of exchanges among three pairs of qubits treats three hydrogens alike, and three vectors break inversion.
    The energy is therefore the mean over the 6 assignments of hydrogens to sites and over the molecule and its mirror
    image: 12 circuits.

    Args:
        a: the author object.
        depth: number of layers.
        breaking: adds trainable Z rotations that start at 0; rotation is not declared then.
        radial: ``raw``: angle proportional to the distance; ``bessel``: learned function of the distance.
        cutoff: of the learned functions, Angstrom.
    """
    if breaking:
        a.symmetry("inversion", "translation", "exchange")
    a.centre("N")
    return _molecule(a, a.neighbours("H", 3), depth, breaking, radial, cutoff)


def _molecule(
    a: Author, hydrogens: list[Neighbour], depth: int, breaking: bool, radial: Encoding, cutoff: float
) -> Readout:
    twins = [a.twins(hydrogen) for hydrogen in hydrogens]
    first, *later = a.layers(depth + 1)
    _encode(a, first, hydrogens, twins, radial, cutoff)
    for coupling, encoding in zip(a.layers(depth), later, strict=True):
        a.exchange(twins, angle=coupling.param("J") if len(twins) == 1 else coupling.params("J", 3))
        if breaking:
            _break(a, coupling, twins)
        _encode(a, encoding, hydrogens, twins, radial, cutoff)
    return a.energy(a.dot(twins), offset=True)


def _encode(
    a: Author, layer: Layer, hydrogens: list[Neighbour], twins: list[Twins], radial: Encoding, cutoff: float
) -> None:
    for hydrogen, (upper, lower) in zip(hydrogens, twins, strict=True):
        a.rotate(upper, _vector(layer, "upper", hydrogen, radial, cutoff))
        a.rotate(lower, _vector(layer, "lower", hydrogen, radial, cutoff))


def _vector(layer: Layer, which: str, hydrogen: Neighbour, radial: Encoding, cutoff: float) -> Value:
    if radial == "raw":
        return layer.param(f"alpha_{which}") * hydrogen.position
    return layer.radial(f"f_{which}", hydrogen.centre, hydrogen, cutoff=cutoff) * hydrogen.direction


def _break(a: Author, layer: Layer, twins: list[Twins]) -> None:
    for upper, lower in twins:
        a.pauli_rotation("Z", upper, angle=layer.param("epsilon_upper", default=0))
        a.pauli_rotation("Z", lower, angle=layer.param("epsilon_lower", default=0))
