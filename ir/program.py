"""The program: everything that an ansatz says, immutable and checked when it is built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product
from typing import Literal, TypeGuard, TypeVar

from qffc.ir.diagnostics import Span, error
from qffc.ir.generators import DeclaredSymmetry
from qffc.ir.observables import Observable
from qffc.ir.ops import Op
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.values import Value

Symmetry = Literal["rotation", "inversion", "translation", "exchange"]
SYMMETRIES: tuple[Symmetry, ...] = ("rotation", "inversion", "translation", "exchange")
"""The generators that a program can declare, in the order in which they are reported."""

Scope = Literal["molecule", "pair", "atom"]
SCOPES: tuple[Scope, ...] = ("molecule", "pair", "atom")
Role = Literal["centre", "neighbour", "free"]
Axis = int | Literal["species", "channel"]
BASES = ("bessel", "chebyshev")
ACTIVATIONS = ("silu", "tanh")


@dataclass(frozen=True)
class Site:
    """A place that an atom takes.

    Args:
        name: how values refer to it.
        species: element symbol, or None when any species of the program fits.
        role: ``centre``, ``neighbour`` (relative to the centre) or ``free``.
        molecule: the molecule that it belongs to; None when the program has no molecules.
    """

    name: str
    species: str | None
    role: Role
    molecule: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Basis:
    """The radial basis of a learned function.

    Args:
        kind: ``bessel``: sqrt(2/c) sin(k pi r/c)/r, k = 1..size (Gasteiger et al., arXiv:2003.03123);
            ``chebyshev``: T_k(2 r/c - 1), k = 0..size-1. Both are multiplied by the smooth cutoff.
        size: number of functions.
        cutoff: c in Angstrom.
    """

    kind: Literal["bessel", "chebyshev"]
    size: int
    cutoff: Fraction


@dataclass(frozen=True)
class Parameter:
    """A named table of trainable numbers.

    Args:
        name: how values refer to it.
        axes: its axes: a size, ``species`` (one entry per species of the program) or ``channel``.
        default: the value that every entry has unless given; None for a random start.
        frozen: kept at its value in training.
        basis: when given, the table has a further last axis over the basis and is used by ``radial``.
    """

    name: str
    axes: tuple[Axis, ...]
    default: Fraction | None = None
    frozen: bool = False
    basis: Basis | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Qubit:
    """A qubit, and the site that it carries (None when it belongs to no site)."""

    name: str
    site: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class EnergyReadout:
    """The energy of the molecule as a value over the moments; a sum over the instances of the circuit."""

    value: Value


@dataclass(frozen=True)
class Messages:
    """Messages between atoms inside the network of an atomic readout.

    After the first layer each atom has a vector h. In a round it takes the sum over its neighbours j of
    ``g(r) * V h_j``, elementwise, with g(r) a learned combination of radial functions of their distance, chosen by both
    species (continuous-filter convolution, Schuett et al., arXiv:1706.08566), and adds a layer of h and that sum to h.

    Args:
        rounds: how often.
        basis: the radial functions; they vanish smoothly at their cutoff.
    """

    rounds: int
    basis: Basis


@dataclass(frozen=True)
class AtomicReadout:
    """Atomic energies from summed moments.

    The features of atom i are ``sum over circuits with centre i of weight x moment``, one for each observable and
    channel; a small neural network, one per species of the centre, turns them into the energy of the atom. Without
    names of observables the weight holds moments itself and is the one feature of each channel.

    Args:
        weight: an invariant value that vanishes smoothly at the cutoff.
        features: names of the observables; empty when the weight is a value of moments.
        hidden: widths of the hidden layers; without any, the energy of an atom is a weighted sum and a constant.
        activation: ``silu`` or ``tanh``; ``silu`` where nothing is hidden.
        by_species: whether circuits are summed apart for each unordered choice of the neighbours' species, so that an
            atom has that many times as many features.
        messages: exchanged by the atoms after the first layer; None when each atom is on its own.
    """

    weight: Value
    features: tuple[str, ...]
    hidden: tuple[int, ...]
    activation: Literal["silu", "tanh"] = "silu"
    by_species: bool = False
    messages: Messages | None = None


Readout = EnergyReadout | AtomicReadout


def readout_value(readout: Readout) -> Value:
    """Return the energy, or the weight of an atomic readout."""
    return readout.value if isinstance(readout, EnergyReadout) else readout.weight


def has_features(readout: Readout) -> TypeGuard[AtomicReadout]:
    """Whether a readout weights observables that it names; any other is a value of moments."""
    return isinstance(readout, AtomicReadout) and bool(readout.features)


_Named = TypeVar("_Named", Site, Parameter, Qubit)


@dataclass(frozen=True)
class Program:
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

    name: str
    symmetry: tuple[Symmetry, ...]
    scope: Scope
    species: tuple[str, ...]
    sites: tuple[Site, ...]
    parameters: tuple[Parameter, ...]
    qubits: tuple[Qubit, ...]
    ops: tuple[Op, ...]
    observables: tuple[tuple[str, Observable], ...]
    readout: Readout
    channels: int = 1
    average: tuple[Symmetry, ...] = ()
    generators: tuple[DeclaredSymmetry, ...] = ()

    def __post_init__(self) -> None:
        from qffc.ir.verify import verify_program  # the verifier needs the types of this file

        verify_program(self)

    def __repr__(self) -> str:
        return short_repr(
            self,
            f"'{self.name}'",
            f"scope {self.scope}",
            f"species {' '.join(self.species)}",
            counted(len(self.qubits), "qubit"),
            counted(len(self.ops), "operation"),
            f"digest {self.digest[:12]}",
        )

    @cached_property
    def text(self) -> str:
        """The program in the text format."""
        from qffc.ir.printer import print_program  # the printer needs the types of this file

        return print_program(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal: what a certificate is bound to."""
        from hashlib import sha256

        return sha256(self.text.encode()).hexdigest()

    @cached_property
    def centre(self) -> Site | None:
        """The centre, or None."""
        return next((site for site in self.sites if site.role == "centre"), None)

    def site(self, name: str) -> Site:
        """Return the site of that name."""
        return _named(self.sites, name, "site")

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name."""
        return _named(self.parameters, name, "parameter")

    def shape(self, parameter: Parameter) -> tuple[int, ...]:
        """Return the shape of a parameter table, the axis of its basis included."""
        sizes = {"species": len(self.species), "channel": self.channels}
        shape = tuple(axis if isinstance(axis, int) else sizes[axis] for axis in parameter.axes)
        return (*shape, parameter.basis.size) if parameter.basis else shape

    @cached_property
    def feature_groups(self) -> tuple[tuple[int, ...], ...]:
        """The unordered choices of the neighbours' species whose circuits an atomic readout sums apart.

        Each choice is in ascending order; a readout that sums all circuits together has one group, the empty choice.
        In scope pair they are the choices that fit the sites.
        """
        if not isinstance(self.readout, AtomicReadout) or not self.readout.by_species:
            return ((),)
        neighbours = [site for site in self.sites if site.role == "neighbour"]
        choices = combinations_with_replacement(range(len(self.species)), len(neighbours))
        if self.scope != "pair":
            return tuple(choices)
        kinds = [
            range(len(self.species)) if site.species is None else (self.species.index(site.species),)
            for site in neighbours
        ]
        fitting = {tuple(sorted(choice)) for choice in product(*kinds)}
        return tuple(choice for choice in choices if choice in fitting)

    @property
    def feature_count(self) -> int:
        """How many features an atom has: groups times channels times observables; 0 without an atomic readout."""
        if not isinstance(self.readout, AtomicReadout):
            return 0
        return len(self.feature_groups) * self.channels * max(1, len(self.readout.features))

    @property
    def declared(self) -> tuple[str, ...]:
        """Every declared symmetry by the name that verdicts give it, those declared by hand last."""
        return (*self.symmetry, *(item.title for item in self.generators))

    def with_ops(self, ops: tuple[Op, ...]) -> Program:
        """Return the program with other operations."""
        return replace(self, ops=ops)


def _named(items: tuple[_Named, ...], name: str, kind: str) -> _Named:
    for item in items:
        if item.name == name:
            return item
    raise error(
        f"unknown {kind}",
        found=f"'{name}'",
        expected="one of " + (", ".join(f"'{item.name}'" for item in items) or f"(the program declares no {kind})"),
        help=f"declare the {kind}, or correct the name",
    )
