"""The pair model: one circuit of four qubits for each atom and two of its neighbours.

Its energy is a function of sums over pairs of neighbours: body order three before the network, in the words of the
atomic cluster expansion (ACE).
"""

from itertools import chain

from qffc.dsl import Author, ansatz
from qffc.ir.declarations import Readout


@ansatz(name="pair", scope="pair")
def pair(
    a: Author,
    species: tuple[str, ...] = ("O", "H"),
    channels: int = 4,
    depth: int = 3,
    hidden: tuple[int, ...] = (32, 32),
    cutoff: float = 5.0,
    basis_size: int = 8,
    products: bool = False,
    damped: bool = False,
    by_species: bool = False,
    messages: int = 0,
) -> Readout:
    """Body-ordered atomic energies: invariant moments summed over pairs of neighbours, then a small neural network.

    Each neighbour has two qubits in a singlet. They turn about the direction of the neighbour by learned functions of
    its distance, chosen by the species of centre and neighbour from tables that both neighbours share. Exchange angles
    are chosen by the species of the centre alone, so neighbours can be swapped whatever they are.

    Args:
        a: the author object.
        species: element symbols.
        channels: copies of the circuit with parameters of their own.
        depth: number of layers.
        hidden: widths of the hidden layers of the network.
        cutoff: where a neighbour leaves, Angstrom.
        basis_size: number of radial functions.
        products: adds products of inner products on disjoint pairs of qubits, four-spin moments.
        damped: multiplies the exchange angles by the cutoffs of both distances.
        by_species: sums pairs apart for each pair of species of the neighbours.
        messages: how often atoms exchange messages in the network.
    """
    a.species(*species)
    a.channels(channels)
    centre = a.centre()
    neighbours = a.neighbour_pair()
    twins = [a.twins(neighbour) for neighbour in neighbours]
    leaving = neighbours[0].cutoff(cutoff) * neighbours[1].cutoff(cutoff)
    for layer in a.layers(depth):
        for neighbour, pair_of_qubits in zip(neighbours, twins, strict=True):
            for name, qubit in zip(("f_upper", "f_lower"), pair_of_qubits, strict=True):
                angle = layer.radial(name, centre, neighbour, size=basis_size, cutoff=cutoff)
                a.rotate(qubit, angle * neighbour.direction)
        angles = layer.params("J", 4, centre)
        a.exchange(twins, angle=[angle * leaving for angle in angles] if damped else angles)
    features = a.dot(twins)
    if products:
        within, parallel, crossed = features[:2], features[2:4], features[4:]
        features = list(chain(features, (left * right for left, right in (within, parallel, crossed))))
    return a.atomic_energy(
        features,
        hidden=hidden,
        weight=leaving,
        by_species=by_species,
        messages=messages,
        basis_size=basis_size,
        cutoff=cutoff,
    )
