"""The architecture that Couzinie et al. (arXiv:2505.03213) start from: raw vectors, parameters tied to slots."""

from fractions import Fraction

from qffc.dsl import CHANNEL, Author, Layer, Neighbour, Wire, ansatz
from qffc.ir.declarations import Readout
from qffc.library.environment import Bonds, bonds, environment


@ansatz(name="initial", scope="atom")
def initial(
    a: Author,
    species: tuple[str, ...] = ("O", "H"),
    slots: int = 2,
    channels: int = 4,
    depth: int = 3,
    couplings: Bonds = "ring",
    observed: Bonds = "all-pairs",
    alpha_scale: float = 1.0,
    mirror: bool = False,
) -> Readout:
    """Atom-centred circuits of raw relative vectors, one qubit a neighbour, parameters tied to places in the list.

    From the reference: one qubit for each neighbour, padded to an even number, singlets on neighbouring slots, encoding
    by exp(-i alpha x . sigma) of the vector x from the centre, repeated uploads, exchanges on the ring, and a weighted
    sum of inner products of spins. Every parameter belongs to a slot or to a bond of slots, none to an element;
    elements only put the neighbours in order.

    Chosen here: alpha for each layer and slot; a layer is encoding, then exchanges between even, then odd neighbours on
    the ring; one more encoding at the end; inner products of all pairs of spins with learned weights, and a constant
    for each atom. Slots without a neighbour are not turned, but coupled and observed as the others.

    Rotation and translation hold. Not declared, because they fail: exchange of like atoms, for each slot has parameters
    of its own; inversion, for there are three vectors and more, unless ``mirror`` averages over the mirror image.

    Args:
        a: the author object.
        species: element symbols; neighbours fill the slots in this order.
        slots: number of neighbours at most, one less than the atoms of a molecule.
        channels: copies of the circuit with parameters of their own.
        depth: number of layers.
        couplings: which slots are coupled.
        observed: which inner products are in the energy.
        alpha_scale: factor of alpha in the angles; alpha starts with a spread of 0.5, so it says how strong encodings
            are at first.
        mirror: averages over the molecule and its mirror image, which takes twice the circuits.
    """
    _, neighbours, q = environment(a, species, slots, channels, mirror)
    coupled, seen = bonds(len(q), couplings), bonds(len(q), observed)
    first, *later = a.layers(depth + 1)
    _encode(a, first, neighbours, q, alpha_scale)
    for coupling, encoding in zip(a.layers(depth), later, strict=True):
        for (left, right), angle in zip(coupled, coupling.params("J", len(coupled)), strict=True):
            a.exchange(q[left], q[right], angle=angle)
        _encode(a, encoding, neighbours, q, alpha_scale)
    weights = a.param("weight_of_dot", CHANNEL, len(seen))
    share = Fraction(1, channels)
    return a.energy(
        [a.dot(q[left], q[right]) for left, right in seen],
        weights=[share * weights[index] for index in range(len(seen))],
        offset=True,
    )


def _encode(a: Author, layer: Layer, neighbours: list[Neighbour], qubits: list[Wire], scale: float) -> None:
    # A rotation by v is exp(-i v . sigma / 2).
    alphas = layer.params("alpha", len(neighbours))
    for neighbour, qubit, alpha in zip(neighbours, qubits, alphas, strict=False):
        a.rotate(qubit, 2 * scale * alpha * neighbour.position)
