"""The architecture of Couzinie et al. (arXiv:2505.03213): directions and learned distances, parameters by species."""

from typing import Literal

from qffc.dsl import CHANNEL, SPECIES, Author, Layer, ansatz
from qffc.ir.declarations import Readout
from qffc.library.environment import Bonds, bonds, environment

Radial = Literal["bessel", "chebyshev"]


@ansatz(name="revised", scope="atom")
def revised(
    a: Author,
    species: tuple[str, ...] = ("O", "H"),
    slots: int = 2,
    channels: int = 4,
    depth: int = 3,
    cutoff: float = 5.0,
    basis_size: int = 8,
    radial: Radial = "bessel",
    hidden: tuple[int, ...] = (),
    couplings: Bonds = "ring",
    observed: Bonds = "all-pairs",
    mirror: bool = False,
) -> Readout:
    """Atom-centred circuits, one qubit a neighbour: turned about directions by learned angles, parameters by species.

    From the reference: radial and angular degrees of freedom are apart, a neighbour turns its qubit about the direction
    in which it is seen, by a learned function of its distance with a smooth cutoff; every parameter is chosen by
    species, so that one model serves many molecules.

    Chosen here: one function for each layer and for the species of centre and neighbour; a layer is encoding, then
    exchanges between even, then odd neighbours on the ring, with angles for the species of the centre and of both
    neighbours, times the cutoffs of both distances; one more encoding at the end. Inner products of all pairs of spins,
    with weights for the same three species times the same cutoffs, are summed into one feature for each channel; the
    energy of an atom is a weighted sum of these and a constant, by its species, or a small neural network of them. A
    neighbour beyond the cutoff and a slot without a neighbour are the same to every gate and weight.

    Rotation and translation hold. Not declared, because they fail: exchange of like atoms, for what is next to what on
    the ring depends on the order of the slots, and so do singlets; inversion, for there are three vectors and more,
    unless ``mirror`` averages over the mirror image.

    Args:
        a: the author object.
        species: element symbols; neighbours fill the slots in this order.
        slots: number of neighbours at most, one less than the atoms of a molecule.
        channels: copies of the circuit with parameters of their own.
        depth: number of layers.
        cutoff: where a neighbour leaves, Angstrom.
        basis_size: number of radial functions.
        radial: their kind.
        hidden: widths of the hidden layers of the network; none for a weighted sum.
        couplings: which slots are coupled.
        observed: which inner products are in the energy.
        mirror: averages over the molecule and its mirror image, which takes twice the circuits.
    """
    centre, neighbours, q = environment(a, species, slots, channels, mirror)
    leaving = [neighbour.cutoff(cutoff) for neighbour in neighbours]

    def encode(layer: Layer) -> None:
        for neighbour, qubit in zip(neighbours, q, strict=False):
            angle = layer.radial("f", centre, neighbour, basis=radial, size=basis_size, cutoff=cutoff)
            a.rotate(qubit, angle * neighbour.direction)

    first, *later = a.layers(depth + 1)
    encode(first)
    for coupling, encoding in zip(a.layers(depth), later, strict=True):
        for left, right in bonds(slots, couplings):
            angle = coupling.param("J", centre, neighbours[left], neighbours[right])
            a.exchange(q[left], q[right], angle=angle * leaving[left] * leaving[right])
        encode(encoding)
    weights = a.param("weight_of_dot", CHANNEL, SPECIES, SPECIES, SPECIES)
    seen = bonds(slots, observed)
    return a.atomic_energy(
        [a.dot(q[left], q[right]) for left, right in seen],
        hidden=hidden,
        weights=[
            weights[centre, neighbours[left], neighbours[right]] * leaving[left] * leaving[right]
            for left, right in seen
        ],
    )
