"""Programs with exactly one thing broken, by kind: mutation testing of the check.

A mutant is a valid program that declares what its original declared. Most mutants have lost a symmetry, some have not:
an operation that no observable sees can be dropped for nothing. Numbers tell, see :func:`qffc.testing.deviations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, Observable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.values import (
    AXES,
    Component,
    FrameVector,
    Number,
    Position,
    Value,
    add,
    mul,
    substitute_sites,
)

MUTATIONS = (
    "operation dropped",
    "qubits swapped",
    "sites swapped",
    "axis bent",
    "order changed",
    "observable unbalanced",
    "singlets crossed",
    "number untied",
)
"""The kinds of mutation."""


@dataclass(frozen=True)
class Mutant:
    """A program with one thing broken.

    Args:
        kind: one of :data:`MUTATIONS`.
        detail: what was done, for people.
        program: the result.
    """

    kind: str
    detail: str
    program: Program


def mutate(program: Program, kind: str, random: Random) -> Mutant | None:
    """Return a mutant of one kind, or None when there is nothing of that kind to break.

    Args:
        program: any program; it stays as it is.
        kind: one of :data:`MUTATIONS`.
        random: where to break it.

    Example:
        >>> from qffc.testing import symmetric_program
        >>> program = symmetric_program(Random(1))
        >>> mutant = mutate(program, "operation dropped", Random(0))
        >>> len(program.ops) - len(mutant.program.ops)
        1
    """
    choices = list(_RULES[kind](program, random))
    random.shuffle(choices)
    for detail, change in choices:
        try:
            mutant = change()
        except QffcError:
            continue  # what comes out is no valid program
        if mutant != program:
            return Mutant(kind, detail, mutant)
    return None


_Choices = Iterator[tuple[str, Callable[[], Program]]]


def _replaced(program: Program, index: int, *ops: Op) -> Callable[[], Program]:
    return lambda: program.with_ops((*program.ops[:index], *ops, *program.ops[index + 1 :]))


def _dropped(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if not op.prepares:
            yield f"operation {index} dropped", _replaced(program, index)


def _qubits_swapped(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if op.prepares or op.moved or len(program.qubits) < 2:
            continue
        a, b = random.sample(range(len(program.qubits)), 2)
        if {a, b} & set(op.qubits):
            yield (
                f"qubits {a} and {b} swapped in operation {index}",
                _replaced(program, index, op.relabelled({a: b, b: a})),
            )


def _sites_swapped(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if op.value is None or len(program.sites) < 2:
            continue
        a, b = random.sample([site.name for site in program.sites], 2)
        value = substitute_sites(op.value, {a: b, b: a})
        if value != substitute_sites(op.value, {}):
            yield f"sites {a} and {b} swapped in operation {index}", _replaced(program, index, op.with_value(value))


def _axis_bent(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if op.value is None:
            continue
        site = random.choice(program.sites).name
        axis = random.choice(AXES)
        zero, part = Number(Fraction(0)), Component(Position(site), axis)
        value: Value
        if not isinstance(op, Rotate):
            value = mul(op.value, part)
        else:
            x, y, z = (Component(op.value, letter) for letter in AXES)
            value = random.choice(
                (
                    FrameVector(x, y, zero),
                    FrameVector(y, x, z),
                    add(op.value, Position(site)),
                    mul(part, op.value),
                )
            )
        yield f"operation {index} driven by {value}", _replaced(program, index, op.with_value(value))


def _order_changed(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if op.prepares:
            continue
        for other in range(index + 1, len(program.ops)):
            later = program.ops[other]
            if set(op.qubits) & set(later.qubits):
                ops = (*program.ops[:index], *program.ops[index + 1 : other + 1], op, *program.ops[other + 1 :])
                if not _commute_plainly(op, later):
                    yield f"operation {index} moved behind operation {other}", _with_ops(program, ops)
                break


def _commute_plainly(a: Op, b: Op) -> bool:
    if isinstance(a, Rotate) and isinstance(b, Rotate):
        return a.vector == b.vector
    return isinstance(a, Exchange) and isinstance(b, Exchange) and set(a.qubits) == set(b.qubits)


def _with_ops(program: Program, ops: tuple[Op, ...]) -> Callable[[], Program]:
    return lambda: program.with_ops(ops)


def _observable_unbalanced(program: Program, random: Random) -> _Choices:
    for index, (name, observable) in enumerate(program.observables):
        for text, other in _unbalanced(observable, len(program.qubits), random):
            items = (*program.observables[:index], (name, other), *program.observables[index + 1 :])
            yield f"observable {name}: {text}", _with_observables(program, items)


def _with_observables(program: Program, items: tuple[tuple[str, Observable], ...]) -> Callable[[], Program]:
    return lambda: replace(program, observables=items)


def _unbalanced(observable: Observable, count: int, random: Random) -> Iterator[tuple[str, Observable]]:
    match observable:
        case DotObservable(a, b):
            letter = random.choice(LETTERS)
            yield f"{letter}{letter} in place of the inner product", PauliObservable(((a, letter), (b, letter)))
            if count > 2:
                c = random.choice([qubit for qubit in range(count) if qubit not in (a, b)])
                yield f"qubit {c} in place of {b}", DotObservable(a, c)
        case SumObservable(terms):
            k = random.randrange(len(terms))
            weight, term = terms[k]
            yield (
                f"term {k} has another weight",
                SumObservable((*terms[:k], (weight + Fraction(1, 2), term), *terms[k + 1 :])),
            )
            if len(terms) > 1:
                yield f"term {k} left out", SumObservable((*terms[:k], *terms[k + 1 :]))
            for text, other in _unbalanced(term, count, random):
                yield f"term {k}: {text}", SumObservable((*terms[:k], (weight, other), *terms[k + 1 :]))
        case ProductObservable(factors):
            k = random.randrange(len(factors))
            if len(factors) == 2:
                yield f"factor {k} left out", factors[1 - k]


def _singlets_crossed(program: Program, random: Random) -> _Choices:
    places = [index for index, op in enumerate(program.ops) if isinstance(op, Singlet)]
    for i in places:
        for j in places:
            a, b = program.ops[i], program.ops[j]
            if i >= j or not isinstance(a, Singlet) or not isinstance(b, Singlet):
                continue
            for left, right in (((a.a, b.a), (a.b, b.b)), ((a.a, b.b), (b.a, a.b))):
                ops = list(program.ops)
                ops[i], ops[j] = Singlet(*left), Singlet(*right)
                yield f"singlets on {left} and {right}", _with_ops(program, tuple(ops))
    for i in places:
        op = program.ops[i]
        if isinstance(op, Singlet):
            yield f"no singlet on {op.qubits}", _replaced(program, i, Zero(op.a), Zero(op.b))


def _number_untied(program: Program, random: Random) -> _Choices:
    for index, op in enumerate(program.ops):
        if op.value is not None:
            value = mul(Number(random.choice((Fraction(-1), Fraction(3, 4), Fraction(2)))), op.value)
            yield f"operation {index} driven by {value}", _replaced(program, index, op.with_value(value))


_RULES: dict[str, Callable[[Program, Random], _Choices]] = dict(
    zip(
        MUTATIONS,
        (
            _dropped,
            _qubits_swapped,
            _sites_swapped,
            _axis_bent,
            _order_changed,
            _observable_unbalanced,
            _singlets_crossed,
            _number_untied,
        ),
        strict=True,
    )
)
