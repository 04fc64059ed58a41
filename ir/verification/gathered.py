"""The verifier's rules for sums over neighbours, and for what atoms carry from one round of circuits to the next."""

from __future__ import annotations

from qffc.ir.declarations import BASES, AtomicReadout, Rounds
from qffc.ir.diagnostics import Span, error, quoted
from qffc.ir.draft import Draft
from qffc.ir.short_repr import counted
from qffc.ir.values import Gathered, Moment, Value, walk


def verify_gathered(program: Draft, value: Value, *, span: Span | None = None, where: str | None = None) -> None:
    """Refuse sums over other sites than gathered ones, gathered sites outside of sums, sums that depend on each other.

    Args:
        program: the program that the value belongs to.
        value: any value.
        span: where the value is written.
        where: the same in words, when there is no text.
    """
    gathered = {site.name for site in program.sites if site.role == "gathered"}
    for node in walk(value):
        if not isinstance(node, Gathered):
            continue
        if node.site not in gathered:
            raise error(
                "sum over a site that is not gathered",
                found=f"'{node.site}' in '{node}'",
                expected=f"one of {quoted(gathered)}" if gathered else "a gathered site; the program declares none",
                help=f"declare it: 'site {node.site}: any gathered'",
                span=span,
                where=where,
            )
        centre = "" if program.centre is None else program.centre.name
        if not {node.site, centre} <= set(node.value.sites):
            raise error(
                "sum that does not depend on where the neighbour is",
                found=f"'{node}'",
                expected=f"a value of r({centre}, {node.site}) in it, so that far neighbours can fade",
                help=f"multiply by cutoff(norm(r({centre}, {node.site})), 5), or by a radial function of that distance",
                span=span,
                where=where,
            )
        others = sorted((gathered - {node.site}) & set(node.value.named_sites))
        if others:
            raise error(
                "sum that depends on another one's site",
                found=f"'{others[0]}' in '{node}'",
                expected=f"'{node.site}' alone: sums are over one neighbour at a time",
                help="multiply two sums, or take the inner product of them",
                span=span,
                where=where,
            )
        if any(isinstance(below, Moment) for below in walk(node.value)):
            raise error(
                "a moment inside of a sum",
                found=f"'{node}'",
                expected="parameters and geometry only: a circuit is one atom's, not one neighbour's",
                help="take the moment out of the sum",
                span=span,
                where=where,
            )
    loose = sorted(gathered & set(value.named_sites))
    if loose:
        raise error(
            "gathered site outside of a sum",
            found=f"'{loose[0]}' in '{value}'",
            expected=f"it inside of 'sum({loose[0]}, ...)': every other atom takes it in turn",
            help=f"write sum({loose[0]}, ...) around what depends on it",
            span=span,
            where=where,
        )


def verify_gathered_sites(program: Draft) -> None:
    """Refuse gathered sites that do not fit the program, or carry a qubit."""
    gathered = [site for site in program.sites if site.role == "gathered"]
    for site in gathered:
        others = [other.name for other in program.sites if other.role not in ("centre", "gathered")]
        if program.scope != "atom" or others:
            raise error(
                "gathered site beside others" if others else "gathered site in another scope",
                found=f"'{site.name}' in scope {program.scope}" + (f" beside {quoted(others)}" if others else ""),
                expected="scope atom with a centre and gathered sites alone",
                help="gather all neighbours, or give each a site of its own",
                span=site.span,
            )
    names = {site.name for site in gathered}
    for qubit in program.qubits:
        if qubit.site in names:
            raise error(
                "qubit of a gathered site",
                found=f"'{qubit.name}: {qubit.site}'",
                expected="a qubit of the centre, or of no site: every other atom takes a gathered site in turn",
                help="leave the site out, and turn the qubit by a sum over the neighbours",
                span=qubit.span,
            )


def verify_rounds(program: Draft, readout: AtomicReadout, rounds: Rounds) -> None:
    """Refuse rounds that do not fit the rest of the readout or the sites."""
    basis = rounds.basis
    fit_basis = basis.kind in BASES and basis.size >= 1 and basis.cutoff > 0
    if rounds.count < 2 or rounds.vectors < 1 or not fit_basis or not readout.hidden:
        raise error(
            "unfit rounds",
            found=f"{counted(rounds.count, 'round')}, {counted(rounds.vectors, 'vector')}, "
            f"{basis.kind} {basis.size} cutoff {basis.cutoff}, "
            f"before {len(readout.hidden)} hidden layers",
            expected=f"at least 2 rounds and 1 vector; one of {quoted(BASES)}, a size of at least 1 and a positive "
            "cutoff; and a hidden layer, whose width is how many numbers an atom carries",
            help="write for instance 'rounds 2 vectors 16 radial bessel 8 cutoff 5', or leave the rounds out",
            where="readout",
        )
    if program.gathered is None or readout.messages is not None:
        raise error(
            "rounds without a gathered site" if program.gathered is None else "messages beside rounds",
            found=f"rounds {rounds.count} in scope {program.scope}"
            + ("" if readout.messages is None else f" and messages {readout.messages.rounds}"),
            expected="scope atom with a gathered site, and no 'messages': rounds carry what atoms know already",
            help="declare 'site j: any gathered'" if program.gathered is None else "leave 'messages' out",
            where="readout",
        )
