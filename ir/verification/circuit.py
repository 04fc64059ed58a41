"""The verifier's rules for the circuit and what is made of it: qubits, observables, readout."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from qffc.ir.declarations import ACTIVATIONS, BASES, EnergyReadout
from qffc.ir.diagnostics import error, quoted
from qffc.ir.draft import Draft
from qffc.ir.observables import Observable, SumObservable
from qffc.ir.ops import unordered_groups
from qffc.ir.values import CarriedValue, Moment, walk
from qffc.ir.verification.gathered import verify_rounds
from qffc.ir.verification.names import choice, unique
from qffc.ir.verification.values import LARGEST, is_fit_basis, verify_number, verify_value

MOST_STRINGS = 200_000
"""Pauli strings of one observable; every step that reads it takes them one by one."""


def verify_qubits(program: Draft) -> None:
    """Refuse operations on unknown qubits, and qubits that are not prepared exactly once, first."""
    prepared: set[int] = set()
    names = [qubit.name for qubit in program.qubits]
    for op in program.ops:
        qubits = op.qubits
        if not op.declaration.prepares and prepared.issuperset(qubits) and len(set(qubits)) == len(qubits):
            continue  # as most are
        for qubit in qubits:
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
            prepares = op.prepares
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
                    found=f"'{names[qubit]}' in '{op.word}'",
                    expected="a singlet or zero on it before its first use",
                    help=f"add 'singlet {names[qubit]}, ...' or 'zero {names[qubit]}' above",
                    span=op.span,
                )
            prepared.add(qubit)
    missing = [name for index, name in enumerate(names) if index not in prepared]
    if missing:
        raise error(
            "qubit never prepared",
            found=quoted(missing),
            expected="a singlet or zero on every qubit",
            help="prepare it, or remove its declaration",
            span=next(qubit.span for qubit in program.qubits if qubit.name == missing[0]),
        )


def verify_unordered(program: Draft) -> None:
    """Refuse a group of unordered couplings that other operations interrupt."""
    known: set[str] = set()
    for start, group in unordered_groups(program.ops):
        if group in known:
            raise error(
                "unordered couplings that do not stand together",
                found=f"another coupling of '{group}', below operations that are not of that group",
                expected="the couplings of a group in a row: what stands between them would have to move too",
                help=f"move it up to the others, or give it a group of its own, such as '{group}_2'",
                span=program.ops[start].span,
            )
        known.add(group)


def verify_observables(program: Draft) -> None:
    """Refuse a program without observables, and observables of unknown qubits."""
    if not program.observables:
        raise error(
            "no observable",
            found="a program without observables",
            expected="at least one observable",
            help="add one, for instance 'observable e = dot(a, b)'",
        )
    for name, observable in program.observables:
        if _strings(observable) > MOST_STRINGS:
            raise error(
                "observable of too many Pauli strings",
                found=f"{_strings(observable)} in '{name}', multiplied out",
                expected=f"at most {MOST_STRINGS}",
                help="take a product of fewer factors: each dot(a, b) has three strings",
                where=f"observable '{name}'",
            )
        bad = [qubit for qubit in observable.qubits if not 0 <= qubit < len(program.qubits)]
        if bad:
            raise error(
                "observable on an unknown qubit",
                found=f"qubit number {bad[0]} in '{name}'",
                expected=f"0 to {len(program.qubits) - 1}",
                help="declare the qubit, or correct the observable",
                where=f"observable '{name}'",
            )
        if _bound(observable) > LARGEST:
            verify_number(_size(observable), f"observable '{name}'", where=f"observable '{name}'")


def _strings(observable: Observable) -> int:
    """How many Pauli strings it has; kept with the observable, which is that of many programs."""
    known: int | None = observable.__dict__.get("_strings")
    if known is None:
        known = observable.__dict__["_strings"] = observable.strings
    return known


def _bound(observable: Observable) -> int:
    """A whole number that is not below the size of an observable; kept in the same way."""
    known: int | None = observable.__dict__.get("_bound")
    if known is None:
        known = observable.__dict__["_bound"] = _bound_of(observable)
    return known


def _bound_of(observable: Observable) -> int:
    if isinstance(observable, SumObservable):
        return sum([(abs(w.numerator) // w.denominator + 1) * _bound(term) for w, term in observable.terms])
    return prod([_bound(part) for part in observable.parts])


def _size(observable: Observable) -> Fraction:
    """What no weight of its Pauli strings is above."""
    if isinstance(observable, SumObservable):
        return sum((abs(weight) * _size(term) for weight, term in observable.terms), Fraction(0))
    return prod((_size(part) for part in observable.parts), start=Fraction(1))


def verify_readout(program: Draft) -> None:
    """Refuse a readout that gives no number, or uses what is not there."""
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
    verify_value(program, readout.weight, where="readout", moments=not readout.features)
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
                expected=choice(known, "observable"),
                help="declare the observable, or correct the name",
                where="readout",
            )
    unique("feature", readout.features, where="readout")
    if not readout.features and not any(isinstance(node, Moment) for node in walk(readout.weight)):
        raise error(
            "no feature",
            found="an atomic readout without features",
            expected=f"at least one of {quoted(known)}, or a value of moments",
            help="name the observables that describe the atom",
            where="readout",
        )
    if min(readout.hidden, default=1) < 1:
        raise error(
            "unfit width of a layer",
            found=f"head {', '.join(map(str, readout.hidden))}",
            expected="layers at least 1 wide",
            help="write for instance 'head 16, 16 silu', or 'head linear' for none",
            where="readout",
        )
    if not readout.hidden and readout.activation != ACTIVATIONS[0]:
        raise error(
            "activation without a hidden layer",
            found=f"'{readout.activation}', and no hidden layer",
            expected=f"'{ACTIVATIONS[0]}', the default: nothing is activated",
            help="add a hidden layer, or leave the activation out",
            where="readout",
        )
    if readout.by_species and program.scope == "atom":
        raise error(
            "circuits apart by species in scope atom",
            found="by species",
            expected="one sum: an atom has one circuit, with all its neighbours",
            help="leave 'by species' out",
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
    if any(isinstance(node, CarriedValue) for node in walk(readout.weight)):
        raise error(
            "what is carried in the readout",
            found=f"'{readout.weight}'",
            expected="moments, parameters and geometry: the network sees what is carried already",
            help="use scalars and vectors in operations",
            where="readout",
        )
    if readout.rounds is not None:
        verify_rounds(program, readout, readout.rounds)
    sent = readout.messages
    if sent is None:
        return
    apart = program.scope == "molecule" or not readout.hidden
    if apart or sent.rounds < 1 or not is_fit_basis(sent.basis):
        raise error(
            "unfit messages",
            found=f"{sent.rounds} rounds, {sent.basis.kind} {sent.basis.size} cutoff {sent.basis.cutoff}, "
            f"in scope {program.scope}, before {len(readout.hidden)} hidden layers",
            expected=f"at least 1 round; one of {quoted(BASES)}, a size of at least 1 and a positive cutoff; a "
            "scope in which every atom is a centre; and a hidden layer",
            help="write for instance 'messages 1 radial bessel 8 cutoff 5', or leave the messages out",
            where="readout",
        )
