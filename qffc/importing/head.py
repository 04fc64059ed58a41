"""The head of an imported program: all that a description says, as the lines of the text format that they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from qffc.importing.description import Description
from qffc.importing.symbols import plain_name, program_name
from qffc.ir.declarations import SYMMETRIES, Role, Site
from qffc.ir.diagnostics import Diagnostic, QffcError, error, quoted
from qffc.ir.exchange_group import exchanges
from qffc.ir.printer import FORMAT_VERSION
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program

if TYPE_CHECKING:
    from pytket.circuit import Circuit

_FILE = "description"
"""What messages call the lines."""
_OBSERVABLES = (
    "write for instance Z(q0), X(q0) X(q1), 0.5*Z(q0) + 0.5*Z(q1) or dot(q0, q1); q[0] is q0; "
    "weights are numbers, parameters belong to the energy"
)


def head_of(circuit: Circuit, description: Description) -> Program:
    """The program without its gates: everything that the description says, parsed as the text that it is."""
    qubits = _qubit_names(circuit)
    if not qubits:
        raise error(
            "circuit without qubits",
            found="no qubit",
            expected="at least one",
            help="export the circuit that has the gates",
        )
    unknown = [name for name in description.qubits if name not in qubits]
    if unknown:
        raise error(
            "unknown qubit",
            found=quoted(unknown),
            expected=f"one of {quoted(qubits)}",
            help="a register q has qubits q0, q1, ...",
        )
    sites = [(name, *_element_and_role(text)) for name, text in description.sites.items()]
    species = description.species or tuple(dict.fromkeys(element for _, element, _ in sites if element != "any"))
    lines = [f"qffc {FORMAT_VERSION}", f"program {description.name}"]
    symmetry = _symmetry(description, sites)
    lines += [f"symmetry {', '.join(symmetry)}"] if symmetry else []
    lines += [f"scope {description.scope}", f"species {', '.join(species)}"]
    lines += [f"site {name}: {element} {role}" for name, element, role in sites]
    lines += [f"parameter {text}" for text in description.parameters]
    places = {name: f": {site}" for name, site in description.qubits.items()}
    lines += [f"qubit {name}{places.get(name, '')}" for name in qubits]
    lines += description.generators
    lines += [f"zero {name}" for name in qubits]
    lines += [f"observable {name} = {text}" for name, text in description.observables.items()]
    atomic = description.readout.split()[:1] == ["atomic"]
    lines.append(description.readout if atomic else f"energy moment({next(iter(description.observables))})")
    try:
        return parse_program("\n".join(lines) + "\n", _FILE)
    except QffcError as problem:
        raise QffcError(_in_the_words_of_the_author(problem.diagnostic, description)) from None


def _in_the_words_of_the_author(said: Diagnostic, description: Description) -> Diagnostic:
    line = (said.span.source if said.span is not None else None) or ""
    if line == f"program {description.name}":
        plain = program_name(description.name)
        return replace(said, expected="letters, digits, - and _", help=f"name it for instance '{plain}'")
    if line.startswith("observable "):
        return replace(said, help=_OBSERVABLES)
    return said


def _element_and_role(text: str) -> tuple[str, str]:
    element, _, role = text.strip().partition(" ")
    return element, role.strip() or "free"


def _symmetry(description: Description, sites: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    if description.symmetry is not None:
        known = [name for name in SYMMETRIES if name in description.symmetry]
        return (*known, *(name for name in description.symmetry if name not in known))
    made = []
    for name, element, role in sites:
        word, *molecule = role.split()
        species = None if element == "any" else element
        made.append(Site(name, species, cast(Role, word), molecule[-1] if molecule else None))
    like = description.scope != "molecule" or exchanges(made)
    return SYMMETRIES if like else SYMMETRIES[:3]


def _qubit_names(circuit: Circuit) -> list[str]:
    """Names of the text format for qubits: register and number, or the register alone when that is enough."""
    sizes: dict[str, int] = {}
    for qubit in circuit.qubits:
        sizes[qubit.reg_name] = sizes.get(qubit.reg_name, 0) + 1
    names: list[str] = []
    for qubit in circuit.qubits:
        alone = sizes[qubit.reg_name] == 1 and qubit.reg_name[-1].isdigit()
        name = qubit.reg_name if alone else qubit.reg_name + "_".join(str(index) for index in qubit.index)
        name = plain_name(name)
        while name in names:
            name += "_"
        names.append(name)
    return names
