"""What a program declares beside its circuit: symmetries, sites, tables of parameters, qubits and the readout."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeGuard

from qffc.ir.diagnostics import Span
from qffc.ir.values import Value

Symmetry = Literal["rotation", "inversion", "translation", "exchange"]
SYMMETRIES: tuple[Symmetry, ...] = ("rotation", "inversion", "translation", "exchange")
"""The generators that a program can declare, in the order in which they are reported."""

Scope = Literal["molecule", "pair", "atom"]
SCOPES: tuple[Scope, ...] = ("molecule", "pair", "atom")
Role = Literal["centre", "neighbour", "free", "gathered"]
ROLES: tuple[Role, ...] = ("centre", "neighbour", "free", "gathered")
Axis = int | Literal["species", "channel", "round"]
Carried = Literal["scalars", "vectors"]
CARRIED: tuple[Carried, ...] = ("scalars", "vectors")
"""What an atom carries from one round of circuits to the next."""
BASES = ("bessel", "chebyshev")
ACTIVATIONS = ("silu", "tanh")


@dataclass(frozen=True)
class Site:
    """A place that an atom takes.

    Args:
        name: how values refer to it.
        species: element symbol, or None when any species of the program fits.
        role: ``centre``, ``neighbour`` (relative to the centre), ``free``, or ``gathered``: taken by every other atom
            in turn, inside of sums.
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
        axes: its axes: a size, ``species`` (one entry per species of the program), ``channel`` or ``round``.
        default: the value that every entry has unless given; None for a random start.
        frozen: kept at its value in training.
        basis: when given, the table has a further last axis over the basis and is used by ``radial``.
        over: when given, the table has a further last axis over the numbers, or the vectors, that an atom carries from
            the round before, and is used by ``scalars`` or ``vectors``; there is nothing before the first round, so an
            axis ``round`` counts from the second one.
    """

    name: str
    axes: tuple[Axis, ...]
    default: Fraction | None = None
    frozen: bool = False
    basis: Basis | None = None
    over: Carried | None = None
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
class Rounds:
    """Circuits that are run round after round, each with what the atoms learned in the rounds before.

    After a round each atom has its features f, normalized, and the vectors V that turned the qubits of its circuits. It
    carries to the next round

    - **numbers** h, as many as the first hidden layer is wide: ``h <- h + s(A f + B h + C m + b)``, with no h and no m
      in the first round, s the activation, and ``m_i = sum over neighbours j of q(r_ij) D h_j``;
    - **vectors** w: ``v = M V`` and ``w_i = v_i + sum over neighbours j of g(r_ij) v_j + p(r_ij) (u_ij . v_j) u_ij +
      o(r_ij) (E h_j) u_ij``, elementwise, u_ij the unit vector from i to j.

    q, g, p and o are learned combinations of radial functions of the distance, chosen by both species; the matrices are
    chosen by the species of the atom, and all are other ones for each round. All of this is classical, as in
    equivariant message passing (Schuett et al., arXiv:2102.03150). After the last round the rest of the network makes
    the energy of h.

    Args:
        count: how many rounds.
        vectors: how many vectors an atom carries.
        basis: the radial functions; they vanish smoothly at their cutoff.
    """

    count: int
    vectors: int
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
        rounds: of circuits; None for one, of which nothing is carried on.
    """

    weight: Value
    features: tuple[str, ...]
    hidden: tuple[int, ...]
    activation: Literal["silu", "tanh"] = "silu"
    by_species: bool = False
    messages: Messages | None = None
    rounds: Rounds | None = None


Readout = EnergyReadout | AtomicReadout


def readout_value(readout: Readout) -> Value:
    """Return the energy, or the weight of an atomic readout."""
    return readout.value if isinstance(readout, EnergyReadout) else readout.weight


def has_features(readout: Readout) -> TypeGuard[AtomicReadout]:
    """Whether a readout weights observables that it names; any other is a value of moments."""
    return isinstance(readout, AtomicReadout) and bool(readout.features)
