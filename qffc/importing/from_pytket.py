"""The public way in from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.importing.described import described
from qffc.importing.files import circuit_in
from qffc.importing.import_circuit import import_circuit
from qffc.importing.symbols import program_name
from qffc.ir.given_values import not_a
from qffc.ir.program import Program

if TYPE_CHECKING:
    from pytket.circuit import Circuit


def from_pytket(
    circuit: Circuit | str | Path,
    *,
    sites: Mapping[str, str],
    observables: Mapping[str, str],
    angles: Mapping[str, str] | None = None,
    rotations: Mapping[str, str] | None = None,
    energy: str | None = None,
    symmetry: Sequence[str] | None = None,
    qubits: Mapping[str, str] | None = None,
    parameters: Sequence[str] | None = None,
    generators: Sequence[str] | None = None,
    scope: str = "molecule",
    species: Sequence[str] | None = None,
    name: str | None = None,
) -> Program:
    """Return the program that a circuit of another package is.

    Gates become operations exactly, up to a global phase; symbols that ``angles`` and ``rotations`` do not name are
    trainable parameters. Measurements at the end are left out: ``observables`` says what is read.

    Args:
        circuit: of pytket, with SymPy symbols for its parameters; or a file: OpenQASM 2 or 3, or the JSON of pytket.
        sites: the atoms: ``{"O": "O", "H1": "H"}``; with a role, ``"O centre"``.
        observables: what is measured, over qubits ``q0``, ``q1``, ...: ``{"E": "dot(q0, q1)"}``.
        angles: what symbols stand for, in radians: ``{"theta0": "alpha*component(r(O, H1), x)"}``; ``{i}`` in a name is
            any number, and the same one in its value.
        rotations: three symbols and a vector v: ``{"a, b, c": "alpha*r(O, H1)"}`` says that the rotations by a, b and
            c are the turn exp(-i/2 v . sigma).
        energy: a value of moments; the moment itself when there is one observable.
        symmetry: what is declared; by default all that molecules have.
        qubits: the atoms that qubits belong to.
        parameters: tables that need more than a name: ``["alpha: 2 default 1"]``.
        generators: symmetries declared by hand: ``["conserved spin"]``.
        scope: as in the text format.
        species: the order of species axes.
        name: of the program.

    Raises:
        QffcError: for what is no gate, and for descriptions that do not fit.

    Example:
        >>> from pytket.circuit import Circuit
        >>> from sympy import Symbol, pi
        >>> import qffc as qf
        >>> circuit = Circuit(2).X(0).H(0).X(1).CX(0, 1).Rz(Symbol("t") / pi, 0).ZZPhase(Symbol("w"), 0, 1)
        >>> program = qf.from_pytket(
        ...     circuit,
        ...     sites={"Li": "Li", "H": "H"},
        ...     angles={"t": "component(r(Li, H), z)"},
        ...     observables={"E": "dot(q0, q1)"},
        ... )
        >>> for verdict in qf.check(program).verdicts:
        ...     print(verdict.generator, verdict.status)
        rotation refuted
        inversion proven
        translation proven
    """
    file = Path(circuit) if isinstance(circuit, str | Path) else None
    if file is None and not hasattr(circuit, "get_commands"):
        raise not_a("a circuit", circuit, "a pytket circuit, or the name of a file", "docs/howto-import.md has recipes")
    given = {
        "sites": sites,
        "observables": observables,
        "angles": angles,
        "rotations": rotations,
        "energy": energy,
        "symmetry": symmetry,
        "qubits": qubits,
        "parameters": parameters,
        "generators": generators,
        "scope": scope,
        "species": species,
        "name": name or ("circuit" if file is None else program_name(file.stem)),
    }
    description = described(given, "from_pytket")
    return import_circuit(circuit if file is None else circuit_in(file), description).program  # type: ignore[arg-type]
