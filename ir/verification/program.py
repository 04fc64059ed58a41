"""The structural verifier: an invalid program cannot exist."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from operator import attrgetter, is_

from qffc.ir.declarations import BASES, CARRIED, ROLES, SCOPES, SYMMETRIES, Parameter, Role
from qffc.ir.diagnostics import error, quoted
from qffc.ir.draft import Draft
from qffc.ir.elements import SYMBOLS
from qffc.ir.verification.circuit import verify_observables, verify_qubits, verify_readout, verify_unordered
from qffc.ir.verification.gathered import verify_gathered_sites
from qffc.ir.verification.generators import verify_generators, verify_molecules
from qffc.ir.verification.names import unique, verify_names, verify_other_names
from qffc.ir.verification.sizes import verify_sizes
from qffc.ir.verification.values import declared, is_fit_basis, remember, verify_number, verify_value

_PROGRAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PARTS = attrgetter(*(field.name for field in fields(Draft)))
_HEAD = attrgetter(
    "name", "symmetry", "scope", "species", "sites", "parameters", "qubits", "channels", "average", "generators"
)
"""What is said above the operations."""


def verify_program(program: Draft) -> None:
    """Raise a diagnostic for the first thing in a program that does not fit.

    A program is verified when it is made, before the first pass and after each one: where all its parts are the very
    objects that were found to fit, which nobody changes, they are not looked through again.
    """
    parts: tuple[object, ...] = _PARTS(program)
    known: tuple[object, ...] | None = program.__dict__.get("_verified")
    if known is None or not all(map(is_, known, parts)):
        _verify(program)
        program.__dict__["_verified"] = parts


def _verify(program: Draft) -> None:
    known, head = declared(program), _HEAD(program)
    if known is None or not all(map(is_, known.head, head)):
        _verify_header(program)
        _verify_sites(program)
        verify_gathered_sites(program)
        verify_molecules(program)
        for parameter in program.parameters:
            _verify_parameter(parameter, program.round_count)
        verify_names(program)
    known = known or remember(program)
    known.head = head
    verify_other_names(program)
    verify_generators(program)
    fitting = known.values
    for op in program.ops:
        value = op.value
        if value is not None and value not in fitting:
            verify_value(program, value, span=op.span)
            fitting.add(value)
    verify_qubits(program)
    verify_unordered(program)
    verify_observables(program)
    verify_readout(program)
    verify_sizes(program)


def _verify_header(program: Draft) -> None:
    if not _PROGRAM_NAME.fullmatch(program.name):
        raise error(
            "not a program name",
            found=f"'{program.name}'",
            expected="a letter, then letters, digits, '_' or '-'",
            help="rename the program",
            where="program",
        )
    for field, names in (("symmetry", program.symmetry), ("average", program.average)):
        valid = SYMMETRIES if field == "symmetry" else ("exchange", "inversion")
        for name in names:
            if name not in valid:
                raise error(
                    f"unknown {field}",
                    found=f"'{name}'",
                    expected=f"one of {quoted(valid)}",
                    help="correct the name",
                    where=field,
                )
        if tuple(sorted(set(names), key=SYMMETRIES.index)) != names:
            raise error(
                f"{field} out of order or twice",
                found=", ".join(names),
                expected=", ".join(sorted(set(names), key=SYMMETRIES.index)),
                help="write each name once, in this order",
                where=field,
            )
    if program.scope not in SCOPES:
        raise error(
            "unknown scope",
            found=f"'{program.scope}'",
            expected=f"one of {quoted(SCOPES)}",
            help="write 'pair' for one circuit per centre and two neighbours, 'atom' for one per centre and all, "
            "'molecule' for one in all",
            where="scope",
        )
    if program.scope == "pair" and program.average:
        raise error(
            "averaging over pair circuits",
            found=f"average {', '.join(program.average)} with scope pair",
            expected="scope molecule",
            help="a pair circuit holds two vectors and two neighbours: write it symmetric instead",
            where="average",
        )
    if program.scope == "atom" and "exchange" in program.average:
        raise error(
            "averaging over the slots of an atom",
            found="average exchange with scope atom",
            expected="average inversion, or none",
            help="slots are filled by species: averaging would take a copy for each order of all slots",
            where="average",
        )
    if program.channels < 1:
        raise error(
            "no channel",
            found=f"channels {program.channels}",
            expected="at least 1",
            help="leave the line out for one",
            where="channels",
        )
    if not program.qubits:
        raise error(
            "no qubit",
            found="a program without qubits",
            expected="at least one qubit",
            help="declare one: 'qubit NAME: SITE'",
        )


def _verify_sites(program: Draft) -> None:
    if not program.species:
        raise error(
            "no species",
            found="an empty list",
            expected="at least one element",
            help="list the elements",
            where="species",
        )
    for symbol in program.species:
        if symbol not in SYMBOLS:
            raise error(
                "unknown element",
                found=f"'{symbol}'",
                expected="an element symbol such as 'H' or 'O'",
                help="correct the symbol",
                where="species",
            )
    unique("species", program.species, where="species")
    for site in program.sites:
        if site.role not in ROLES:
            raise error(
                "unknown role of a site",
                found=f"'{site.role}' of site '{site.name}'",
                expected=f"one of {quoted(ROLES)}",
                help="correct the role",
                span=site.span,
            )
        if site.species is not None and site.species not in program.species:
            raise error(
                "site of an undeclared species",
                found=f"site '{site.name}' of species '{site.species}'",
                expected=f"one of {quoted(program.species)}",
                help="add the element to the species of the program",
                span=site.span,
            )
        if site.species is None and program.scope == "molecule":
            raise error(
                "site without a species",
                found=f"site '{site.name}: any' in scope molecule",
                expected=f"one of {quoted(program.species)}",
                help="name the element: a circuit per molecule is written for one composition",
                span=site.span,
            )
    roles = Counter(site.role for site in program.sites)
    if roles["centre"] > 1:
        raise error(
            "more than one centre",
            found=quoted(site.name for site in program.sites if site.role == "centre"),
            expected="at most one centre",
            help="declare the others as neighbours",
            span=[site.span for site in program.sites if site.role == "centre"][1],
        )
    if program.scope == "pair" and (roles["centre"], roles["neighbour"], roles["free"]) != (1, 2, 0):
        raise error(
            "sites that do not fit scope pair",
            found=", ".join(f"{site.name} ({site.role})" for site in program.sites) or "no site",
            expected="one centre and two neighbours",
            help="declare them, or use scope molecule",
            where="scope",
        )
    if program.scope == "atom":
        _verify_slots(program, roles)
    if program.scope == "molecule" and not program.sites:
        raise error(
            "no site",
            found="a program without sites",
            expected="at least one site",
            help="declare the atoms: 'site NAME: ELEMENT free'",
        )


def _verify_slots(program: Draft, roles: Counter[Role]) -> None:
    named = next((site for site in program.sites if site.species is not None), None)
    if named is not None:
        raise error(
            "species of a site in scope atom",
            found=f"'{named.name}: {named.species}'",
            expected=f"'{named.name}: any': the sites are those of every atom of a molecule in turn",
            help="leave the species open; Z(...) in a table tells them apart",
            span=named.span,
        )
    if roles["centre"] == 1 and roles["gathered"] and not roles["neighbour"] and not roles["free"]:
        return
    if roles["centre"] != 1 or not roles["neighbour"] or roles["free"]:
        raise error(
            "sites that do not fit scope atom",
            found=", ".join(f"{site.name} ({site.role})" for site in program.sites) or "no site",
            expected="one centre and at least one neighbour, the slots, or gathered sites",
            help="declare them, or use scope molecule",
            where="scope",
        )


def _verify_parameter(parameter: Parameter, rounds: int) -> None:
    for axis in parameter.axes:
        if axis in ("species", "channel", "round") or (
            isinstance(axis, int) and not isinstance(axis, bool) and axis > 0
        ):
            continue
        raise error(
            "unknown axis of a parameter",
            found=f"'{axis}' in '{parameter.name}'",
            expected="a positive size, 'species', 'channel' or 'round'",
            help="correct the axis",
            span=parameter.span,
        )
    basis = parameter.basis
    for number in (parameter.default, None if basis is None else basis.cutoff):
        if number is not None:
            verify_number(number, f"parameter '{parameter.name}'", span=parameter.span)
    if basis is not None and not is_fit_basis(basis):
        raise error(
            "unfit radial basis of a parameter",
            found=f"{basis.kind} {basis.size} cutoff {basis.cutoff} in '{parameter.name}'",
            expected=f"one of {quoted(BASES)}, a size of at least 1, a positive cutoff in Angstrom",
            help="write for instance 'radial bessel 8 cutoff 5'",
            span=parameter.span,
        )
    if parameter.over is not None and (parameter.over not in CARRIED or basis is not None):
        raise error(
            "unfit kind of what a parameter is over",
            found=f"over {parameter.over}" + ("" if basis is None else " beside a radial basis"),
            expected=f"one of {quoted(CARRIED)}, and no radial basis",
            help="give what is carried and functions of distances tables of their own",
            span=parameter.span,
        )
    if parameter.over is not None and rounds == 1:
        raise error(
            "table over what is carried, without rounds",
            found=f"'{parameter.name}' over {parameter.over} in a program of one round",
            expected="a readout with 'rounds': atoms carry numbers and vectors from one round to the next",
            help="add for instance 'rounds 2 vectors 16 radial bessel 8 cutoff 5' before 'head', or drop the table",
            span=parameter.span,
        )
    if parameter.frozen and parameter.default is None:
        raise error(
            "frozen parameter without a value",
            found=f"'{parameter.name}' is frozen and has no default",
            expected="a default",
            help="add 'default 0', or leave 'frozen' out",
            span=parameter.span,
        )
