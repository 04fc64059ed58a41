"""What a failed verdict says about the lines of a program: what is wrong there, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, PauliRotation, Relabel, Singlet, Zero
from qffc.ir.program import Program
from qffc.ir.values import ParameterEntry, Value, substitute_sites, walk
from qffc.passes.equivariance.certificates.source_lines import op_line
from qffc.passes.equivariance.rules.rotation import rotation_failure
from qffc.passes.equivariance.verdict import Failure, Verdict

_BOTH_ALIKE = "do the same with both atoms"
_ONE_WEIGHT = "let both atoms enter observables and readout alike"
_NO_ORDER = "'collective' couples all pairs of a set in no order"
_AVERAGE_EXCHANGE = "take the mean over exchanges: 'average exchange', which symmetrize adds"
_AVERAGE_INVERSION = "take the mean with the mirror image: 'average inversion', which symmetrize adds"

_MOST_WORDS = 160
"""Of a residual that is repeated at its line, in characters."""


@dataclass(frozen=True)
class Remark:
    """What a verdict says about one line.

    Args:
        line: in the text of the program, from 1; None when no line is to blame.
        words: what is wrong.
        help: what to do about it; may be empty.
    """

    line: int | None
    words: str
    help: str = ""


def remarks(program: Program, verdict: Verdict) -> tuple[Remark, ...]:
    """Return what a verdict on a program says about its lines; nothing when it is proven."""
    failure = verdict.failure
    if failure is None:
        return ()
    match verdict.generator.split():
        case ["rotation"]:
            return (_rotation(program, failure),)
        case ["inversion"]:
            return (_inversion(program, failure),)
        case ["translation"]:
            words = "depends on where the molecule stands"
            return (Remark(_line(program, failure), words, "use differences of positions: r(a, b) is x(b) - x(a)"),)
        case ["exchange", a, b]:
            todo = _with_average(program, _exchange_help(program, failure, a, b))
            return tuple(_carried(program, failure, f"{a} and {b} exchange", todo))
        case ["exchange", "molecules", a, b]:
            todo = _with_average(program, "do the same with both molecules")
            return tuple(_carried(program, failure, f"molecules {a} and {b} exchange", todo))
        case ["generator", name]:
            todo = "let the circuit repeat what the generator does, or declare another"
            return tuple(_carried(program, failure, f"generator {name} acts", todo))
        case ["conserved", name] if failure.op is not None:
            words = f"does not commute with {name}, nor does it together with its neighbours"
            return (Remark(_line(program, failure), words, "use operations that commute with it, or declare less"),)
    return (Remark(_line(program, failure), failure.residual),)


def _line(program: Program, failure: Failure) -> int | None:
    if failure.op is not None:
        return op_line(program, failure.op.index)
    if failure.line is not None:
        return program.text.splitlines().index(failure.line) + 1
    return None


def _rotation(program: Program, failure: Failure) -> Remark:
    line = _line(program, failure)
    if failure.op is not None:
        return Remark(line, *_turning(program.ops[failure.op.index]))
    if failure.line is not None and failure.line.startswith("observable"):
        return Remark(line, "changes as all spins turn together", "measure dot(a, b) and products, or run symmetrize")
    return Remark(line, "depends on the frame", "use norm(...), dot(...) and moments")


def _turning(op: Op) -> tuple[str, str]:
    """What keeps an operation from turning with the molecule, and what to use instead."""
    if isinstance(op, Zero):
        return "|0> is turned by rotations", "prepare the qubit with a partner: singlet a, b"
    if isinstance(op, PauliRotation):
        letters = tuple(letter for _, letter in op.string)
        if len(letters) == 1:
            axis = letters[0].lower()
            return (
                f"turns about axis {axis} of the laboratory, not about a vector of the molecule",
                "use rotate and a vector, or let symmetrize drop it",
            )
        words = "a Pauli string does not turn with the molecule"
        if len(letters) == 2:
            return words, "use exchange, which is XX, YY and ZZ by one angle, or run symmetrize"
        if len(letters) == 3:
            return words, "use chirality, or run symmetrize"
        return words, "use exchanges and chiralities"
    if op.value is not None and op.value.law.rank == 1:
        words = "its vector does not turn with the molecule"
        return words, "build it from r(a, b), cross(u, v) and invariant factors, or run symmetrize"
    return "its angle depends on the frame", "use norm(...), dot(...) and parameters, or run symmetrize"


def _inversion(program: Program, failure: Failure) -> Remark:
    line = _line(program, failure)
    if rotation_failure(program) is not None:
        return Remark(line, "rotation is not proven, and the rule needs it", "mend rotation first")
    todo = "let two vectors enter a circuit"
    if program.scope != "pair":
        todo = f"{todo}; or {_AVERAGE_INVERSION}"
    return Remark(line, failure.residual, todo)


def _carried(program: Program, failure: Failure, motion: str, todo: str) -> Iterator[Remark]:
    """What a relabelling carries to no place, and what to no other."""
    if failure.op is None and failure.image is None:
        words = failure.residual
        if len(words) > _MOST_WORDS:
            words = f"becomes something that the readout does not see when {motion}"
        yield Remark(_line(program, failure), words, todo)
        return
    if failure.op is not None:
        place = "here" if _is_order(failure) else "to this line"
        yield Remark(op_line(program, failure.op.index), f"nothing is carried {place} when {motion}", todo)
        todo = ""
    if failure.image is not None:
        lacks = "at this place in the order" if _is_order(failure) else "in the program"
        words = f"becomes '{failure.image.text}', which is not {lacks}"
        yield Remark(op_line(program, failure.image.index), words, todo)


def _with_average(program: Program, todo: str) -> str:
    return f"{todo}; or {_AVERAGE_EXCHANGE}" if program.scope == "molecule" else todo


def _is_order(failure: Failure) -> bool:
    return failure.residual.startswith("layer ")


def _exchange_help(program: Program, failure: Failure, a: str, b: str) -> str:
    if failure.op is None and failure.image is None:
        return _ONE_WEIGHT
    qubits = [sum(qubit.site == site for qubit in program.qubits) for site in (a, b)]
    if qubits[0] != qubits[1]:
        return f"give {a} and {b} the same number of qubits, here {qubits[0]} and {qubits[1]}"
    blamed = [program.ops[place.index] for place in (failure.op, failure.image) if place is not None]
    if any(isinstance(op, Singlet) for op in blamed):
        return "give each atom two qubits and a singlet of their own"
    if _is_order(failure):
        alike = "operations that share a qubit and do not commute need an order that both atoms see alike"
        return f"{alike}; {_NO_ORDER}" if all(isinstance(op, Exchange) for op in blamed) else alike
    tied = _to_tie(program, failure, a, b)
    return f"tie the parameters: one number for {tied[0]} and {tied[1]}" if tied else _BOTH_ALIKE


def _to_tie(program: Program, failure: Failure, a: str, b: str) -> tuple[str, str] | None:
    """Two entries of parameters, when the image of an operation is another one but for these."""
    if failure.image is None:
        return None
    here = failure.image.index
    value = program.ops[here].value
    if value is None or any(isinstance(op, Relabel) for op in program.ops):
        return None
    own, pattern = _pattern(substitute_sites(value, {a: b, b: a}))
    for _, op in sorted(enumerate(program.ops), key=lambda item: abs(item[0] - here)):  # layers repeat: nearest first
        if op.value is None or not failure.image.text.startswith(_head(program, op)):
            continue
        others, other_pattern = _pattern(substitute_sites(op.value, {}))
        different = [pair for pair in zip(own, others, strict=False) if pair[0] != pair[1]]
        if pattern == other_pattern and different:
            return different[0]
    return None


def _pattern(value: Value) -> tuple[list[str], str]:
    """The entries of parameters in a value, and its text without them."""
    entries = [node.text for node in walk(value) if isinstance(node, ParameterEntry)]
    text = value.text
    for entry in sorted(set(entries), key=len, reverse=True):
        text = text.replace(entry, "?")
    return entries, text


def _head(program: Program, op: Op) -> str:
    """The line of an operation up to its value, qubits in order."""
    names = tuple(program.qubits[qubit].name for qubit in sorted(op.qubits))
    kind = op.text(tuple(qubit.name for qubit in program.qubits)).split()[0]
    return f"{kind} {', '.join(names)}, "
