"""What a circuit does not say of itself: atoms, what angles stand for, what is measured, which symmetries it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qffc.ir.declarations import SCOPES
from qffc.ir.diagnostics import error, quoted


@dataclass(frozen=True)
class Description:
    """What the author says of a circuit, in the words of the text format.

    Args:
        sites: the atoms by name: an element, ``"O"``, and a role if it matters, ``"O centre"``; ``free`` without one.
        observables: what is measured, by name: ``{"E": "dot(q0, q1)"}``.
        angles: what symbols of the circuit stand for: ``{"theta0": "alpha*component(r(O, H1), x)"}``. All others are
            trainable parameters. ``{i}`` in a name is any number, and the same one in the value.
        rotations: three symbols, with commas, and a vector v: the rotations by these angles, which follow each other on
            a qubit, are the turn exp(-i/2 v . sigma).
        energy: the readout, a value of moments; the moment itself when there is one observable.
        symmetry: what is declared; by default all that molecules have.
        qubits: the atoms that qubits belong to: ``{"q0": "H1"}``.
        parameters: tables of parameters that need more than a name: ``("alpha: 2 default 1",)``.
        generators: symmetries declared by hand: ``("conserved spin", "generator mirror: qubits q0 -> q1, q1 -> q0")``.
        scope: ``molecule``, ``pair`` or ``atom``.
        species: the order of species axes; by default that of the sites.
        name: of the program.

    Raises:
        QffcError: when there is nothing to measure, no atom, or a scope that does not exist.

    Example:
        >>> Description(sites={"a": "H"}, observables={"E": "Z(q0)"}).scope
        'molecule'
    """

    sites: Mapping[str, str] = field(default_factory=dict)
    observables: Mapping[str, str] = field(default_factory=dict)
    angles: Mapping[str, str] = field(default_factory=dict)
    rotations: Mapping[str, str] = field(default_factory=dict)
    energy: str | None = None
    symmetry: tuple[str, ...] | None = None
    qubits: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()
    scope: str = "molecule"
    species: tuple[str, ...] | None = None
    name: str = "circuit"

    def __post_init__(self) -> None:
        if not self.sites:
            raise error(
                "no site",
                found="a circuit without atoms",
                expected="the atoms that its angles depend on",
                help="name them: --site H1:H, sites={'H1': 'H'}, or H1 = \"H\" under [sites]; one atom will do for "
                "a circuit that knows no geometry",
            )
        if not self.observables:
            raise error(
                "no observable",
                found="a circuit of which nothing is measured",
                expected="at least one observable, over qubits such as q0",
                help="say what is read: --observable 'E=dot(q0, q1)', or 'E=Z(q0)'",
            )
        if self.energy is None and len(self.observables) > 1:
            first, second, *_ = self.observables
            raise error(
                "several observables and no energy",
                found=quoted(self.observables),
                expected="the energy, a value of their moments",
                help=f"say how they become one number: --energy 'moment({first}) + moment({second})'",
            )
        if self.scope not in SCOPES:
            raise error(
                "unknown scope",
                found=f"'{self.scope}'",
                expected=f"one of {quoted(SCOPES)}",
                help="leave it out for one circuit in all",
            )

    @property
    def readout(self) -> str:
        """The energy, or its line of an atomic readout."""
        return f"moment({next(iter(self.observables))})" if self.energy is None else self.energy
