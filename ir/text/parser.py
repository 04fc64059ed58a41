"""Text to programs; the grammar is in FORMAT.md, and printing the program gives the canonical text back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NoReturn, cast

from lark import Token

from qffc.ir.declarations import (
    CARRIED,
    ROLES,
    Axis,
    Basis,
    Carried,
    EnergyReadout,
    Parameter,
    Qubit,
    Readout,
    Role,
    Scope,
    Site,
    Symmetry,
)
from qffc.ir.diagnostics import QffcError, Span, error
from qffc.ir.generators import DeclaredSymmetry
from qffc.ir.observables import Observable
from qffc.ir.operation import Op
from qffc.ir.ops import OPERATIONS
from qffc.ir.printer import FORMAT_VERSION
from qffc.ir.program import Program
from qffc.ir.text.generator_parser import build_conserved, build_generator
from qffc.ir.text.lines import lines_of, need_plain_line
from qffc.ir.text.observable_parser import build_observable
from qffc.ir.text.operation_parser import build_operation
from qffc.ir.text.readout_parser import build_atomic, build_basis
from qffc.ir.text.syntax import USAGE, Line, Node, parse_line, unknown, whole_number_of
from qffc.ir.text.value_parser import build_value, rational, subtrees, tokens
from qffc.ir.values import Value

_SECTIONS = (
    ("qffc",),
    ("program",),
    ("symmetry",),
    ("scope",),
    ("species",),
    ("channels",),
    ("average",),
    ("site",),
    ("parameter",),
    ("qubit",),
    ("generator", "conserved"),
    tuple(kind.declaration.word for kind in OPERATIONS),
    ("observable",),
    ("energy", "atomic"),
)
"""The lines of a program in their order."""

_SECTION_OF = {word: index for index, words in enumerate(_SECTIONS) for word in words}
_MANY = {"site", "parameter", "qubit", "observable", *_SECTIONS[10], *_SECTIONS[11]}
_NEEDED = ("program", "scope", "species", "energy")


def parse_program(text: str, file: str = "<text>") -> Program:
    """Return the program that a text describes.

    Args:
        text: a program in the text format.
        file: what places in diagnostics call the text.

    Raises:
        QffcError: for the first mistake, with its place.

    Example:
        >>> program = parse_program('''
        ... qffc 1
        ... program pair-of-spins
        ... scope molecule
        ... species H
        ... site a: H free
        ... qubit u: a
        ... qubit d: a
        ... singlet u, d
        ... observable e = dot(u, d)
        ... energy moment(e)
        ... ''')
        >>> program.name
        'pair-of-spins'
    """
    lines = [Line(file, number, source) for number, source in enumerate(lines_of(text), start=1)]
    for line in lines:
        need_plain_line(line.source, file, line.number)
    written = [line for line in lines if line.source.partition("#")[0].strip()]
    _check_version(written, file)
    reader = _Reader()
    for line in written:
        reader.read(line)
    return reader.program(written[-1])


def parse_value(text: str, file: str = "<value>") -> Value:
    """Return the value that a text describes; it must fit on one line.

    Args:
        text: a value in the text format.
        file: what places in diagnostics call the text.

    Raises:
        QffcError: when the text is no value.

    Example:
        >>> parse_value("x(b) - 2*x(a)/4")
        <Add -1/2*x(a) + x(b)>
    """
    line = Line(file, 1, text)
    return build_value(parse_line(line, "value"), line)


@dataclass
class _Reader:
    """Collects the parts of a program, line by line."""

    header: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    qubits: list[Qubit] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    generators: list[DeclaredSymmetry] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    observables: list[tuple[str, Observable]] = field(default_factory=list)
    readout: Readout | None = None
    channels: int = 1
    places: dict[str, Span] = field(default_factory=dict)
    latest: str = "qffc"

    def read(self, line: Line) -> None:
        """Take one line in."""
        node = parse_line(line, "line")
        word = str(tokens(node)[0])
        self._check_order(word, line)
        try:
            self._take(word, node, line)
        except QffcError as problem:
            if problem.diagnostic.span is not None:
                raise
            raise QffcError(replace(problem.diagnostic, span=line.span())) from None

    def program(self, last: Line) -> Program:
        """Return the program, complete and verified."""
        for word in _NEEDED:
            if not any(alternative in self.places for alternative in _SECTIONS[_SECTION_OF[word]]):
                self._missing(word, last)
        assert self.readout is not None  # one of the lines that are needed
        try:
            return Program(
                name=self.header["program"][0],
                symmetry=cast(tuple[Symmetry, ...], self.header.get("symmetry", ())),
                scope=cast(Scope, self.header["scope"][0]),
                species=self.header["species"],
                sites=tuple(self.sites),
                parameters=tuple(self.parameters),
                qubits=tuple(self.qubits),
                ops=tuple(self.ops),
                observables=tuple(self.observables),
                readout=self.readout,
                channels=self.channels,
                average=cast(tuple[Symmetry, ...], self.header.get("average", ())),
                generators=tuple(self.generators),
            )
        except QffcError as problem:
            place = self.places.get(problem.diagnostic.where or "program")
            span = problem.diagnostic.span or place or self.places["program"]
            raise QffcError(replace(problem.diagnostic, span=span, where=None)) from None

    def _check_order(self, word: str, line: Line) -> None:
        section, latest = _SECTION_OF[word], _SECTION_OF[self.latest]
        if section < latest:
            raise error(
                "line out of order",
                found=f"'{word}' below '{self.latest}'",
                expected="the order " + ", ".join("/".join(words) for words in _SECTIONS),
                help=f"move the line above the first '{self._first_after(section)}' line",
                span=line.span(),
            )
        if section == latest and word not in _MANY and word in self.places:
            raise error(
                "line given twice",
                found=f"a second '{word}' line",
                expected=f"one '{word}' line",
                help="put everything on one line, or remove one of the two",
                span=line.span(),
            )
        if section == latest and self.readout is not None:
            raise error(
                "two readouts",
                found=f"an '{word}' line below the '{self.latest}' line",
                expected="one readout, 'energy' or 'atomic'",
                help="remove one of the two",
                span=line.span(),
            )
        self.latest = word
        self.places.setdefault(word, line.span())

    def _first_after(self, section: int) -> str:
        return next(word for word in self.places if _SECTION_OF.get(word, -1) > section)

    def _take(self, word: str, node: Node, line: Line) -> None:
        match word:
            case "qffc":
                return
            case "program" | "scope":
                self.header[word] = (str(tokens(node)[1]),)
            case "symmetry" | "species" | "average":
                self.header[word] = _names(subtrees(node)[0])
            case "channels":
                self.channels = whole_number_of(tokens(node)[1], line)
            case "site":
                self._site(node, line)
            case "parameter":
                self._parameter(node, line)
            case "qubit":
                self._qubit(node, line)
            case "generator":
                self._declare("generator", tokens(node)[1], line)
                self.generators.append(build_generator(node, line, self.numbers))
            case "conserved":
                for item in build_conserved(node, line, self.numbers):
                    self._declare("generator", tokens(node)[1].update(value=item.name), line)
                    self.generators.append(item)
            case "observable":
                name = str(tokens(node)[1])
                self._declare("observable", tokens(node)[1], line)
                self.observables.append((name, build_observable(subtrees(node)[0], line, self.numbers)))
            case "energy":
                self.places["readout"] = line.span()
                self.readout = EnergyReadout(build_value(subtrees(node)[0], line))
            case "atomic":
                self.places["readout"] = line.span()
                self.readout = build_atomic(node, line)
            case _:
                self.ops.append(build_operation(word, node, line, self.numbers))

    def _declare(self, kind: str, name: Token, line: Line) -> None:
        first = self.places.get(f"{kind} '{name}'")
        if first is not None:
            raise error(
                f"{kind} named twice",
                found=f"'{name}', declared on line {first.line} already",
                expected="different names",
                help=f"rename one {kind}",
                span=line.span(name),
            )
        self.places[f"{kind} '{name}'"] = line.span()

    def _missing(self, word: str, last: Line) -> NoReturn:
        if word == "energy":
            raise error(
                "no readout",
                found="the end of the text",
                expected="an 'energy' or 'atomic' line at the end",
                help="say how the moments become an energy, for instance 'energy moment(e)'",
                span=last.end(),
            )
        above = [known for known in self.places if _SECTION_OF.get(known, 99) < _SECTION_OF[word]]
        raise error(
            f"no '{word}' line",
            found="the end of the text",
            expected=f"a line '{USAGE[word]}'",
            help=f"add it below the '{max(above, key=lambda known: _SECTION_OF[known])}' line",
            span=last.end(),
        )

    def _site(self, node: Node, line: Line) -> None:
        _, name, species, role, *molecule = tokens(node)
        if role not in ROLES:
            unknown("role of a site", role, ROLES, line)
        site = Site(
            str(name),
            None if species == "any" else str(species),
            cast(Role, str(role)),
            str(molecule[1]) if molecule else None,
            line.span(),
        )
        self._declare("site", name, line)
        self.sites.append(site)

    def _parameter(self, node: Node, line: Line) -> None:
        name = str(tokens(node)[1])
        axes: tuple[Axis, ...] = ()
        basis: Basis | None = None
        over: Carried | None = None
        default: Fraction | None = None
        frozen = False
        for part in subtrees(node):
            match part.data:
                case "axes":
                    axes = tuple(_axis(token, line) for token in tokens(part))
                case "basis":
                    basis = build_basis(part, line)
                case "carried":
                    over = _carried(tokens(part)[1], line)
                case "default":
                    default = rational(subtrees(part)[0], line)
                case "frozen":
                    frozen = True
        self._declare("parameter", tokens(node)[1], line)
        self.parameters.append(Parameter(name, axes, default, frozen, basis, over, line.span()))

    def _qubit(self, node: Node, line: Line) -> None:
        _, name, *site = tokens(node)
        self._declare("qubit", name, line)
        self.numbers[str(name)] = len(self.qubits)
        self.qubits.append(Qubit(str(name), str(site[0]) if site else None, line.span()))


def _check_version(written: list[Line], file: str) -> None:
    if not written or written[0].source.split()[0] != "qffc":
        raise error(
            "no version line",
            found=f"'{written[0].source.partition('#')[0].strip()}'" if written else "a text without a program",
            expected=f"'qffc {FORMAT_VERSION}' on the first line",
            help=f"write 'qffc {FORMAT_VERSION}' above everything but comments",
            span=written[0].span() if written else Span(file, 1, source=""),
        )
    line = written[0]
    token = tokens(parse_line(line, "line"))[1]
    version = whole_number_of(token, line)
    if version == FORMAT_VERSION:
        return
    newer = version > FORMAT_VERSION
    raise error(
        "text format that is too new" if newer else "text format that never was",
        found=f"version {version}",
        expected=f"version {FORMAT_VERSION}",
        help=f"install a newer qffc that reads version {version}"
        if newer
        else f"versions start at 1; write 'qffc {FORMAT_VERSION}'",
        span=line.span(token),
    )


def _names(node: Node) -> tuple[str, ...]:
    return tuple(str(token) for token in tokens(node))


def _carried(token: Token, line: Line) -> Carried:
    if token not in CARRIED:
        unknown("kind of what is carried", token, CARRIED, line)
    return cast(Carried, str(token))


def _axis(token: Token, line: Line) -> Axis:
    if token.type == "NUMBER":
        return whole_number_of(token, line)
    if token == "species":
        return "species"
    if token == "channel":
        return "channel"
    if token == "round":
        return "round"
    raise error(
        "unknown axis of a parameter",
        found=f"'{token}'",
        expected="a positive size, 'species', 'channel' or 'round'",
        help="correct the axis",
        span=line.span(token),
    )
