"""The verifier's rules for symmetries that are declared by hand, and for the molecules of sites."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from qffc.ir.diagnostics import Span, error, quoted
from qffc.ir.draft import Draft
from qffc.ir.exchange_group import like
from qffc.ir.generators import Conserved, Generator, TableMoves
from qffc.ir.verification.names import choice, need_site


def verify_generators(program: Draft) -> None:
    """Refuse declared symmetries that name what is not there, are no permutations, or exchange what is not alike."""
    for item in program.generators:
        qubits = item.charge.qubits if isinstance(item, Conserved) else _named_qubits(item)
        _need_qubits(program, qubits, item.span)
        if isinstance(item, Generator):
            _verify_generator(program, item)


def verify_molecules(program: Draft) -> None:
    """Refuse molecules in other scopes than molecule, and programs of which only some sites belong to a molecule."""
    inside = [site for site in program.sites if site.molecule is not None]
    if inside and program.scope != "molecule":
        raise error(
            f"molecule in scope {program.scope}",
            found=f"site '{inside[0].name}' in molecule '{inside[0].molecule}'",
            expected=f"sites without a molecule: a circuit of scope {program.scope} is run for every centre and its "
            "neighbours",
            help="leave the molecule out, or use scope molecule",
            span=inside[0].span,
        )
    if inside and len(inside) < len(program.sites):
        outside = next(site for site in program.sites if site.molecule is None)
        raise error(
            "site outside the molecules",
            found=f"site '{outside.name}' without a molecule",
            expected=f"one of {quoted(dict.fromkeys(site.molecule for site in inside))}, or another name",
            help="give every site a molecule, or none: an atom on its own is a molecule too",
            span=outside.span,
        )


def _named_qubits(generator: Generator) -> tuple[int, ...]:
    return (*(qubit for move in generator.qubits for qubit in move), *(qubit for qubit, _ in generator.paulis))


def _verify_generator(program: Draft, generator: Generator) -> None:
    span = generator.span
    if not (generator.sites or generator.qubits or generator.entries or generator.paulis):
        raise error(
            "generator that says nothing",
            found=f"'{generator.name}' without a part",
            expected="at least one of 'sites', 'qubits', 'entries', 'paulis'",
            help="say what it renames, or which Pauli string it conjugates by",
            span=span,
        )
    for a, b in generator.sites:
        need_site(program, a, span)
        need_site(program, b, span)
    names = [qubit.name for qubit in program.qubits]
    _need_permutation("sites", generator.sites, span)
    _need_permutation("qubits", [(names[a], names[b]) for a, b in generator.qubits], span)
    for a, b in generator.sites:
        if not like(program.site(a), program.site(b)) and not _alike_in_two_molecules(program, a, b):
            raise error(
                "generator of sites that are not alike",
                found=f"{a} -> {b}: {_describe(program, a)} and {_describe(program, b)}",
                expected="sites of one species and one role",
                help="send every site to a like one",
                span=span,
            )
    if len({qubit for qubit, _ in generator.paulis}) < len(generator.paulis):
        raise error(
            "not a Pauli string",
            found=" ".join(f"{letter}({names[qubit]})" for qubit, letter in generator.paulis),
            expected="each letter on a qubit of its own",
            help="name every qubit once",
            span=span,
        )
    tables = [moves.parameter for moves in generator.entries]
    if len(set(tables)) < len(tables):
        raise error(
            "table named twice in a generator",
            found=quoted(tables),
            expected="each table once",
            help="put all moves of a table into one part",
            span=span,
        )
    for moves in generator.entries:
        _verify_table(program, moves, span)


def _alike_in_two_molecules(program: Draft, a: str, b: str) -> bool:
    first, second = program.site(a), program.site(b)
    return first.molecule != second.molecule and (first.species, first.role) == (second.species, second.role)


def _verify_table(program: Draft, moves: TableMoves, span: Span | None) -> None:
    known = {parameter.name: parameter for parameter in program.parameters}
    if moves.parameter not in known:
        raise error(
            "unknown parameter",
            found=f"'{moves.parameter}'",
            expected=choice(known, "parameter"),
            help="declare the parameter, or correct the name",
            span=span,
        )
    axes = known[moves.parameter].axes
    sized = [number for number, axis in enumerate(axes) if isinstance(axis, int)]
    chosen = sized if moves.axes is None else moves.axes
    if not chosen or not set(chosen) <= set(sized) or len(set(chosen)) < len(chosen):
        raise error(
            "generator of an axis without a size",
            found=f"axes {', '.join(map(str, chosen)) or '(none)'} of '{moves.parameter}'",
            expected=f"axes with a size: {', '.join(map(str, sized)) or 'the table has none'}",
            help="species and channels keep their entries; name other axes, each once, or leave the table out",
            span=span,
        )
    sizes = {axes[number] for number in chosen}
    if len(sizes) > 1:
        raise error(
            "axes of different sizes under one permutation",
            found=f"axes {', '.join(map(str, chosen))} of '{moves.parameter}' ({', '.join(map(str, axes))})",
            expected="axes of one size",
            help="say which axes move: 'entries TABLE axes 1: 0 -> 1, 1 -> 0'",
            span=span,
        )
    _need_permutation(f"entries {moves.parameter}", moves.moves, span)
    size = int(next(iter(sizes)))
    bad = [index for index, _ in moves.moves if not 0 <= index < size]
    if bad:
        raise error(
            "index beyond its axis",
            found=f"index {bad[0]} of '{moves.parameter}'",
            expected=f"0 to {size - 1}",
            help="correct the index, or the size of the axis",
            span=span,
        )


def _need_permutation(part: str, moves: Sequence[tuple[Hashable, Hashable]], span: Span | None) -> None:
    sources, targets = [a for a, _ in moves], [b for _, b in moves]
    if len(set(sources)) == len(sources) and sorted(sources, key=str) == sorted(targets, key=str):
        return
    raise error(
        "generator that is no permutation",
        found=f"{part} " + ", ".join(f"{a} -> {b}" for a, b in moves),
        expected="every name once on the left and once on the right",
        help="write every move of the cycle: 'a -> b, b -> a' swaps two",
        span=span,
    )


def _need_qubits(program: Draft, qubits: Sequence[int], span: Span | None) -> None:
    bad = [qubit for qubit in qubits if not 0 <= qubit < len(program.qubits)]
    if bad:
        raise error(
            "unknown qubit",
            found=f"qubit number {bad[0]}",
            expected=f"0 to {len(program.qubits) - 1}: {quoted(qubit.name for qubit in program.qubits)}",
            help="declare the qubit, or correct the number",
            span=span,
        )


def _describe(program: Draft, name: str) -> str:
    site = program.site(name)
    return f"{site.species or 'any'} {site.role}"
