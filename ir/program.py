"""The program: everything that an ansatz says, immutable and checked when it is built."""

from __future__ import annotations

from dataclasses import dataclass

from qffc.ir.draft import Draft
from qffc.ir.rich_display import html_of
from qffc.ir.verification.program import verify_program


@dataclass(frozen=True, repr=False)
class Program(Draft):
    """A circuit with data in it, its declared symmetry and the way its moments become an energy.

    Args:
        name: a name for people.
        symmetry: the declared generators, in the order of :data:`SYMMETRIES`.
        scope: ``molecule``: one circuit a molecule, the sites are its atoms; ``pair``: one circuit for each
            (centre; neighbour, neighbour) that fits the species that sites name, the two neighbours unordered, each at
            the site that it fits, ordered by species where both fit both; ``atom``: one circuit for each atom, all
            others at the neighbour sites, ordered by species, ghosts at the sites that are left.
        species: element symbols, the order of every ``species`` axis.
        sites: in order.
        parameters: in order.
        qubits: in order; qubit 0 is the most significant bit of a state index.
        ops: in the order of execution.
        observables: name and observable, in the order of the moments.
        readout: from moments to the energy (eV unless used raw).
        channels: how many copies of the circuit, each with its own slice of every ``channel`` axis.
        average: symmetries made exact by averaging over copies of the circuit: ``exchange`` over all
            assignments of like atoms to sites, ``inversion`` over the molecule and its mirror image.
        generators: further symmetries, declared by hand.

    Raises:
        QffcError: when the parts do not fit together.
    """

    _repr_html_ = html_of

    def __post_init__(self) -> None:
        verify_program(self)
