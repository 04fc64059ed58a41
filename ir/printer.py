"""The lines of a program as text; the grammar is in FORMAT.md, and parsing them gives the same parts back."""

from __future__ import annotations

from qffc.ir.declarations import AtomicReadout, Basis, EnergyReadout, Parameter, Qubit, Readout, Site
from qffc.ir.generators import Conserved, DeclaredSymmetry, TableMoves
from qffc.ir.pauli import spell_string

FORMAT_VERSION = 1


def print_site(site: Site) -> str:
    """Return the line that declares a site."""
    molecule = "" if site.molecule is None else f" molecule {site.molecule}"
    return f"site {site.name}: {site.species or 'any'} {site.role}{molecule}"


def print_parameter(parameter: Parameter) -> str:
    """Return the line that declares a parameter."""
    text = f"parameter {parameter.name}"
    if parameter.axes:
        text += f": {', '.join(map(str, parameter.axes))}"
    if parameter.basis is not None:
        text += f" {_spell_basis(parameter.basis)}"
    if parameter.over is not None:
        text += f" over {parameter.over}"
    if parameter.default is not None:
        text += f" default {parameter.default}"
    return text + (" frozen" if parameter.frozen else "")


def print_qubit(qubit: Qubit) -> str:
    """Return the line that declares a qubit."""
    return f"qubit {qubit.name}" + (f": {qubit.site}" if qubit.site is not None else "")


def print_generator(item: DeclaredSymmetry, names: tuple[str, ...]) -> str:
    """Return the line of a symmetry that is declared by hand; ``names`` are the names of the qubits."""
    if isinstance(item, Conserved):
        return f"conserved {item.name} = {item.charge.text(names)}"
    parts = []
    if item.sites:
        parts.append("sites " + ", ".join(f"{a} -> {b}" for a, b in item.sites))
    if item.qubits:
        parts.append("qubits " + ", ".join(f"{names[a]} -> {names[b]}" for a, b in item.qubits))
    parts += [_spell_table(moves) for moves in item.entries]
    if item.paulis:
        parts.append(f"paulis {spell_string(item.paulis, names)}")
    return f"generator {item.name}: {'; '.join(parts)}"


def print_readout(readout: Readout) -> str:
    """Return the line of a readout."""
    match readout:
        case EnergyReadout(value):
            return f"energy {value}"
        case AtomicReadout():
            features = f" features {', '.join(readout.features)}" if readout.features else ""
            apart = " by species" if readout.by_species else ""
            sent = readout.messages
            passed = "" if sent is None else f" messages {sent.rounds} {_spell_basis(sent.basis)}"
            if readout.rounds is not None:
                again = readout.rounds
                passed += f" rounds {again.count} vectors {again.vectors} {_spell_basis(again.basis)}"
            hidden = ", ".join(map(str, readout.hidden))
            head = f"{hidden} {readout.activation}" if hidden else "linear"
            word = "weight" if features else "feature"
            return f"atomic {word} {readout.weight}{features}{apart}{passed} head {head}"


def _spell_basis(basis: Basis) -> str:
    return f"radial {basis.kind} {basis.size} cutoff {basis.cutoff}"


def _spell_table(moves: TableMoves) -> str:
    axes = "" if moves.axes is None else f" axes {', '.join(map(str, moves.axes))}:"
    return f"entries {moves.parameter}{axes} " + ", ".join(f"{a} -> {b}" for a, b in moves.moves)
