"""The structural verifier: an invalid program cannot exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from qffc.ir.diagnostics import Span, error, quoted
from qffc.ir.elements import SYMBOLS
from qffc.ir.ops import Exchange, Op, PauliRotation, Relabel, Singlet, Zero
from qffc.ir.values import ChannelIndex, Moment, ParameterEntry, Radial, SpeciesOf, Value

if TYPE_CHECKING:
    from qffc.ir.program import Parameter, Program

ROLES = ("centre", "neighbour", "free")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def verify_program(program: Program) -> None:
    """Raise a diagnostic for the first thing in a program that does not fit."""
    _verify_header(program)
    _verify_sites(program)
    for parameter in program.parameters:
        _verify_parameter(parameter)
    _verify_names(program)
    for op in program.ops:
        if op.value is not None:
            verify_value(program, op.value, span=op.span)
    _verify_qubits(program)
    _verify_observables(program)
    _verify_readout(program)


def verify_value(
    program: Program, value: Value, *, span: Span | None = None, where: str | None = None, moments: bool = False
) -> None:
    """Raise a diagnostic when a value names something that the program does not declare.

    Args:
        program: the program that the value belongs to.
        value: any value.
        span: where the value is written.
        where: the same in words, when there is no text.
        moments: whether the value may use moments (only readouts may).
    """
    known = {name for name, _ in program.observables}
    for site in value.sites:
        _need_site(program, site, span, where)
    for node in _walk_tables_apart(value):
        if isinstance(node, Moment):
            if not moments:
                raise error(
                    "a moment outside the readout",
                    found=f"'{node}'",
                    expected="parameters and geometry only: a circuit cannot depend on its own result",
                    help="use the moment in an 'energy' readout",
                    where=where,
                    span=span,
                )
            if node.observable not in known:
                raise error(
                    "unknown observable",
                    found=f"'{node.observable}'",
                    expected=_choice((name for name, _ in program.observables), "observable"),
                    help="declare the observable, or correct the name",
                    where=where,
                    span=span,
                )
        if isinstance(node, Radial):
            _verify_entry(program, node.table, span, where, in_radial=True)
        if isinstance(node, ParameterEntry):
            _verify_entry(program, node, span, where, in_radial=False)


def _walk_tables_apart(value: Value) -> Iterator[Value]:
    """Yield the value and everything below it except the tables of radial functions."""
    stack = [value]
    while stack:
        node = stack.pop()
        yield node
        stack.extend([node.argument] if isinstance(node, Radial) else reversed(node.children))


def _verify_header(program: Program) -> None:
    from qffc.ir.program import SYMMETRIES

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
    if program.scope not in ("molecule", "pair"):
        raise error(
            "unknown scope",
            found=f"'{program.scope}'",
            expected="one of 'molecule', 'pair'",
            help="write 'pair' for one circuit per centre and two neighbours, 'molecule' for one circuit in all",
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


def _verify_sites(program: Program) -> None:
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
    _unique("species", program.species, where="species")
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
    if program.scope == "molecule" and not program.sites:
        raise error(
            "no site",
            found="a program without sites",
            expected="at least one site",
            help="declare the atoms: 'site NAME: ELEMENT free'",
        )


def _verify_parameter(parameter: Parameter) -> None:
    from qffc.ir.program import BASES

    for axis in parameter.axes:
        if axis in ("species", "channel") or (isinstance(axis, int) and not isinstance(axis, bool) and axis > 0):
            continue
        raise error(
            "unknown axis of a parameter",
            found=f"'{axis}' in '{parameter.name}'",
            expected="a positive size, 'species' or 'channel'",
            help="correct the axis",
            span=parameter.span,
        )
    basis = parameter.basis
    if basis is not None and (basis.kind not in BASES or basis.size < 1 or basis.cutoff <= 0):
        raise error(
            "unfit radial basis of a parameter",
            found=f"{basis.kind} {basis.size} cutoff {basis.cutoff} in '{parameter.name}'",
            expected=f"one of {quoted(BASES)}, a size of at least 1, a positive cutoff in Angstrom",
            help="write for instance 'radial bessel 8 cutoff 5'",
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


def _verify_names(program: Program) -> None:
    groups = {
        "site": [site.name for site in program.sites],
        "parameter": [parameter.name for parameter in program.parameters],
        "qubit": [qubit.name for qubit in program.qubits],
        "observable": [name for name, _ in program.observables],
    }
    for kind, names in groups.items():
        for name in names:
            if not _NAME.fullmatch(name) or (kind == "parameter" and name in RESERVED):
                raise error(
                    f"not a name for {'an' if kind == 'observable' else 'a'} {kind}",
                    found=f"'{name}'",
                    expected="a letter or '_', then letters, digits or '_', and no word of the text format",
                    help=f"rename the {kind}",
                    where=f"{kind} '{name}'",
                )
        _unique(kind, names)
    for qubit in program.qubits:
        if qubit.site is not None:
            _need_site(program, qubit.site, qubit.span, f"qubit '{qubit.name}'")


RESERVED = frozenset(
    (  # noqa: SIM905  # easier to read than quoted words
        "acos channel component cos cross cutoff default dot exp features frozen head log moment norm pi r radial sin "
        "sqrt tanh unit vector weight x Z"
    ).split()
)
"""Words that an expression of the text format takes for itself."""


def _verify_qubits(program: Program) -> None:
    prepared: dict[int, Op] = {}
    names = [qubit.name for qubit in program.qubits]
    for op in program.ops:
        for qubit in op.qubits:
            if not 0 <= qubit < len(names):
                raise error(
                    "unknown qubit",
                    found=f"qubit number {qubit}",
                    expected=f"0 to {len(names) - 1}: {quoted(names)}",
                    help="declare the qubit, or correct the number",
                    span=op.span,
                )
        if len(set(op.qubits)) < len(op.qubits):
            raise error(
                "one qubit twice in an operation",
                found=quoted(names[qubit] for qubit in op.qubits),
                expected="different qubits",
                help="name each qubit once",
                span=op.span,
            )
        for qubit in op.qubits:
            prepares = isinstance(op, Singlet | Zero)
            if prepares and qubit in prepared:
                raise error(
                    "qubit prepared twice",
                    found=f"'{names[qubit]}' is prepared again",
                    expected="one singlet or zero for each qubit",
                    help="drop one preparation, or use a fresh qubit",
                    span=op.span,
                )
            if not prepares and qubit not in prepared:
                raise error(
                    "qubit used before it is prepared",
                    found=f"'{names[qubit]}' in '{_keyword(op)}'",
                    expected="a singlet or zero on it before its first use",
                    help=f"add 'singlet {names[qubit]}, ...' or 'zero {names[qubit]}' above",
                    span=op.span,
                )
            prepared.setdefault(qubit, op)
    missing = [name for index, name in enumerate(names) if index not in prepared]
    if missing:
        raise error(
            "qubit never prepared",
            found=quoted(missing),
            expected="a singlet or zero on every qubit",
            help="prepare it, or remove its declaration",
            span=next(qubit.span for qubit in program.qubits if qubit.name == missing[0]),
        )


def _verify_observables(program: Program) -> None:
    if not program.observables:
        raise error(
            "no observable",
            found="a program without observables",
            expected="at least one observable",
            help="add one, for instance 'observable e = dot(a, b)'",
        )
    for name, observable in program.observables:
        bad = [qubit for qubit in observable.paulis.qubits if not 0 <= qubit < len(program.qubits)]
        if bad:
            raise error(
                "observable on an unknown qubit",
                found=f"qubit number {bad[0]} in '{name}'",
                expected=f"0 to {len(program.qubits) - 1}",
                help="declare the qubit, or correct the observable",
                where=f"observable '{name}'",
            )


def _verify_readout(program: Program) -> None:
    from qffc.ir.program import ACTIVATIONS, EnergyReadout

    readout = program.readout
    if isinstance(readout, EnergyReadout):
        if readout.value.law.rank != 0:
            raise error(
                "energy that is no number",
                found=f"'{readout.value}' ({readout.value.law.name})",
                expected="a number",
                help="take norm(...) or dot(...) of it",
                where="readout",
            )
        verify_value(program, readout.value, where="readout", moments=True)
        return
    verify_value(program, readout.weight, where="readout")
    if program.centre is None:
        raise error(
            "atomic readout without a centre",
            found="no site is a centre",
            expected="one centre, the atom that the energy belongs to",
            help="declare a centre, or use an 'energy' readout",
            where="readout",
        )
    known = [name for name, _ in program.observables]
    for name in readout.features:
        if name not in known:
            raise error(
                "unknown observable",
                found=f"feature '{name}'",
                expected=_choice(known, "observable"),
                help="declare the observable, or correct the name",
                where="readout",
            )
    _unique("feature", readout.features, where="readout")
    if not readout.features:
        raise error(
            "no feature",
            found="an atomic readout without features",
            expected=f"at least one of {quoted(known)}",
            help="name the observables that describe the atom",
            where="readout",
        )
    if not readout.hidden or min(readout.hidden) < 1:
        raise error(
            "unfit width of a layer",
            found=f"head {', '.join(map(str, readout.hidden)) or 'without layers'}",
            expected="at least one hidden layer, each at least 1 wide",
            help="write for instance 'head 16, 16 silu'",
            where="readout",
        )
    if readout.activation not in ACTIVATIONS:
        raise error(
            "unknown activation",
            found=f"'{readout.activation}'",
            expected=f"one of {quoted(ACTIVATIONS)}",
            help="correct the name",
            where="readout",
        )
    if readout.weight.law.rank != 0:
        raise error(
            "weight that is no number",
            found=f"'{readout.weight}' ({readout.weight.law.name})",
            expected="a number that vanishes smoothly at the cutoff",
            help="write for instance 'cutoff(norm(r(c, a)), 5)'",
            where="readout",
        )


def _verify_entry(
    program: Program, entry: ParameterEntry, span: Span | None, where: str | None, *, in_radial: bool
) -> None:
    parameter = next((p for p in program.parameters if p.name == entry.name), None)
    if parameter is None:
        raise error(
            "unknown parameter",
            found=f"'{entry.name}'",
            expected=_choice((p.name for p in program.parameters), "parameter"),
            help="declare the parameter, or correct the name",
            where=where,
            span=span,
        )
    if in_radial != (parameter.basis is not None):
        raise error(
            "radial table used as a number" if not in_radial else "radial function of a plain parameter",
            found=f"'{entry}'",
            expected=f"'{entry}' alone: the parameter has no radial basis"
            if in_radial
            else f"'radial({entry}, distance)': the parameter has a radial basis",
            help="declare the parameter with a basis: 'radial bessel 8 cutoff 5'"
            if in_radial
            else "use it in 'radial(...)', or declare it without 'radial'",
            where=where,
            span=span,
        )
    if len(entry.indices) != len(parameter.axes):
        raise error(
            "wrong number of indices",
            found=f"{len(entry.indices)} in '{entry}'",
            expected=f"{len(parameter.axes)}, for the axes {_spell_axes(parameter)}",
            help="give one index for each axis of the parameter",
            where=where,
            span=span,
        )
    for axis, index in zip(parameter.axes, entry.indices, strict=True):
        fits = (
            (isinstance(index, SpeciesOf) and axis == "species")
            or (isinstance(index, ChannelIndex) and axis == "channel")
            or (isinstance(index, int) and isinstance(axis, int) and 0 <= index < axis)
        )
        if isinstance(index, SpeciesOf):
            _need_site(program, index.site, span, where)
        if not fits:
            wanted = {"species": "'Z(site)'", "channel": "'channel'"}.get(str(axis), f"a number from 0 below {axis}")
            raise error(
                "index that does not fit its axis",
                found=f"'{index}' in '{entry}'",
                expected=wanted,
                help=f"the axes of '{entry.name}' are {_spell_axes(parameter)}",
                where=where,
                span=span,
            )


def _need_site(program: Program, name: str, span: Span | None, where: str | None = None) -> None:
    if name not in {site.name for site in program.sites}:
        raise error(
            "unknown site",
            found=f"'{name}'",
            expected=_choice((site.name for site in program.sites), "site"),
            help="declare the site, or correct the name",
            where=where,
            span=span,
        )


def _unique(kind: str, names: Iterable[str], where: str | None = None) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise error(
            f"{kind} named twice",
            found=quoted(repeated),
            expected="different names",
            help=f"remove one {kind}" if where else f"rename one {kind}",
            where=where or f"{kind} '{repeated[0]}'",
        )


def _choice(names: Iterable[str], kind: str) -> str:
    listed = quoted(names)
    return f"one of {listed}" if listed else f"a declared {kind}; the program declares none"


def _spell_axes(parameter: Parameter) -> str:
    return f"({', '.join(map(str, parameter.axes))})"


def _keyword(op: Op) -> str:
    names = {PauliRotation: "pauli_rotation", Relabel: "relabel", Exchange: "exchange"}
    return names.get(type(op), type(op).__name__.lower())
