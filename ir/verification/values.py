"""The verifier's rules for values: they use what the program declares, in the way that it declares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from qffc.ir.declarations import BASES, Basis, Parameter, Site
from qffc.ir.diagnostics import Span, error
from qffc.ir.draft import Draft
from qffc.ir.values import (
    Add,
    CarriedNumber,
    CarriedValue,
    ChannelIndex,
    Cutoff,
    Gathered,
    Moment,
    Mul,
    Number,
    ParameterEntry,
    Pi,
    Power,
    Radial,
    RoundIndex,
    SpeciesOf,
    Value,
    is_zero,
)
from qffc.ir.values.substitution import substitute_sites
from qffc.ir.verification.gathered import verify_gathered
from qffc.ir.verification.names import choice, need_site


def is_fit_basis(basis: Basis) -> bool:
    """Return whether there are radial functions of that kind, size and cutoff."""
    return basis.kind in BASES and basis.size >= 1 and basis.cutoff > 0


_FREE = (Add, Mul, Pi)
"""What names nothing, and fits wherever its parts do."""
LARGEST = 10**300
"""Numbers of a program are computed with as floating-point numbers, which end a little beyond."""


def verify_number(number: Fraction, subject: str, *, span: Span | None = None, where: str | None = None) -> None:
    """Refuse a number that no floating-point number stands for."""
    if abs(number.numerator) <= LARGEST or abs(number) <= LARGEST:  # whole numbers are compared sooner
        return
    digits = len(str(abs(number.numerator // number.denominator)))
    raise error(
        "number too large to compute with",
        found=f"a number of {digits} digits in {subject}",
        expected="at most 10^300",
        help="scale it down",
        where=where,
        span=span,
    )


@dataclass(eq=False)
class Declared:
    """What of the declarations of a program was verified, and which values were found to fit them.

    Passes make program after program with the declarations of the first one, the very same objects, and with most of
    its values.

    Args:
        sites: of the program.
        parameters: of it.
        rounds: how many it has.
        values: without moments; more are added.
        head: these and all else that is said above the operations, of the latest program in which it was found to fit.
    """

    sites: tuple[Site, ...]
    parameters: tuple[Parameter, ...]
    rounds: int
    values: set[Value] = field(default_factory=set)
    head: tuple[object, ...] = ()


_KEPT = 4
"""Declarations that are remembered."""
_declared: list[Declared] = []


def declared(program: Draft) -> Declared | None:
    """Return what is known of the declarations of a program; None where they are new."""
    for known in tuple(_declared):
        same = known.sites is program.sites and known.parameters is program.parameters
        if same and known.rounds == program.round_count:
            return known
    return None


def remember(program: Draft) -> Declared:
    """Return what is known of a program whose parameters were verified."""
    found = Declared(program.sites, program.parameters, program.round_count)
    _declared[:] = [*_declared[1 - _KEPT :], found]
    return found


def verify_value(
    program: Draft, value: Value, *, span: Span | None = None, where: str | None = None, moments: bool = False
) -> None:
    """Raise a diagnostic when a value names something that the program does not declare.

    Args:
        program: the program that the value belongs to.
        value: any value.
        span: where the value is written.
        where: the same in words, when there is no text.
        moments: whether the value may use moments (only readouts may).
    """
    for site in value.sites:
        need_site(program, site, span, where)
    nodes = _apart_from_tables(value)
    if program.gathered is not None or any([isinstance(node, Gathered) for node in nodes]):
        verify_gathered(program, value, span=span, where=where)
    for node in nodes:
        if isinstance(node, ParameterEntry):
            _verify_entry(program, node, span, where, None)
        elif type(node) not in _FREE:
            _verify_node(program, node, span, where, moments)


def _verify_node(program: Draft, node: Value, span: Span | None, where: str | None, moments: bool) -> None:
    if isinstance(node, Number | Cutoff):
        number = node.value if isinstance(node, Number) else node.radius
        verify_number(number, "a value", span=span, where=where)
    if isinstance(node, Power) and node.exponent < 0 and is_zero(substitute_sites(node.base, {})):
        raise error(
            "division by zero",
            found=f"'{node}', where '{node.base}' is 0",
            expected="a divisor other than 0",
            help="correct the divisor; r(b, a) is -r(a, b)",
            where=where,
            span=span,
        )
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
        if all(node.observable != name for name, _ in program.observables):
            raise error(
                "unknown observable",
                found=f"'{node.observable}'",
                expected=choice((name for name, _ in program.observables), "observable"),
                help="declare the observable, or correct the name",
                where=where,
                span=span,
            )
    if isinstance(node, Radial):
        _verify_entry(program, node.table, span, where, "radial")
    if isinstance(node, CarriedValue):
        _verify_entry(program, node.table, span, where, "scalars" if isinstance(node, CarriedNumber) else "vectors")


def _apart_from_tables(value: Value) -> list[Value]:
    """The value and everything below it except tables that are no numbers."""
    nodes, stack = [], [value]
    while stack:
        node = stack.pop()
        nodes.append(node)
        children = node.children
        if isinstance(node, _OVER_TABLES):
            children = tuple(child for child in children if child is not node.table)
        stack.extend(reversed(children))
    return nodes


_OVER_TABLES = (Radial, CarriedValue)


_Use = Literal["radial", "scalars", "vectors"]


def _verify_entry(
    program: Draft, entry: ParameterEntry, span: Span | None, where: str | None, use: _Use | None
) -> None:
    """Verify an entry of a table that is used in ``radial``, ``scalars`` or ``vectors``, or as a number."""
    parameter = program.parameters_by_name.get(entry.name)
    if parameter is None:
        raise error(
            "unknown parameter",
            found=f"'{entry.name}'",
            expected=choice((p.name for p in program.parameters), "parameter"),
            help="declare the parameter, or correct the name",
            where=where,
            span=span,
        )
    declared: _Use | None = "radial" if parameter.basis is not None else parameter.over
    if use != declared:
        wrong = {
            "radial": "radial table used as a number",
            "scalars": "table over scalars used as a number",
            "vectors": "table over vectors used as a number",
            None: "radial function of a plain parameter" if use == "radial" else f"{use} of a plain parameter",
        }
        second = "distance" if declared == "radial" else "site"
        basis = "has no radial basis" if use == "radial" else f"is not over {use}"
        raise error(
            wrong[declared] if use is None or declared is None else f"{use} of a table that is for {declared}",
            found=f"'{entry}'",
            expected=f"'{entry}' alone: the parameter {basis}"
            if declared is None
            else f"'{declared}({entry}, {second})': the parameter "
            + ("has a radial basis" if declared == "radial" else f"is over {declared}"),
            help=_how_to_use(use, declared),
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
            or (isinstance(index, RoundIndex) and axis == "round")
            or (isinstance(index, int) and isinstance(axis, int) and 0 <= index < axis)
        )
        if isinstance(index, SpeciesOf):
            need_site(program, index.site, span, where)
        if not fits:
            wanted = {"species": "'Z(site)'", "channel": "'channel'", "round": "'round'"}.get(
                str(axis), f"a number from 0 below {axis}"
            )
            raise error(
                "index that does not fit its axis",
                found=f"'{index}' in '{entry}'",
                expected=wanted,
                help=f"the axes of '{entry.name}' are {_spell_axes(parameter)}",
                where=where,
                span=span,
            )


def _how_to_use(use: _Use | None, declared: _Use | None) -> str:
    if use is None:
        plain = "declare it without 'radial'" if declared == "radial" else f"declare it without 'over {declared}'"
        return f"use it in '{declared}(...)', or {plain}"
    if use == "radial":
        return "declare the parameter with a basis: 'radial bessel 8 cutoff 5'"
    return f"declare the parameter with 'over {use}'"


def _spell_axes(parameter: Parameter) -> str:
    return f"({', '.join(map(str, parameter.axes))})"
