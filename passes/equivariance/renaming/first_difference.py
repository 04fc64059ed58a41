"""The first operation that a renaming of the qubits does not carry to where it is needed, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from qffc.ir.program import Program
from qffc.passes.circuit.trace import Letter, Level, Shape, normal_form
from qffc.passes.equivariance.renaming.readout_difference import readout_difference
from qffc.passes.equivariance.renaming.words import Attempt
from qffc.passes.equivariance.verdict import Failure, op_reference


def first_difference(attempt: Attempt, *, side_by_side: bool = False) -> Failure:
    """Return the first operation that a renaming of the qubits does not carry to where it is needed.

    Args:
        attempt: what is compared.
        side_by_side: show what the image has on the same qubits, where it has something of the kind.
    """
    word, image, program = attempt.word, attempt.image, attempt.word.program
    moved = tuple(letter for letter in attempt.letters if letter is not None)
    if len(moved) < len(attempt.letters):
        op = op_reference(program, image.indices[attempt.letters.index(None)])
        return Failure("conjugation by the Pauli string makes another kind of operation of it", op)
    lost = _without_partner(word.letters, moved)
    extra = _without_partner(moved, word.letters, lost.shape if side_by_side and lost is not None else None)
    text = f"the program has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:  # the same operations, in another order
        mine, other = word.form, normal_form(moved)
        depth = next((k for k, (x, y) in enumerate(zip(mine, other, strict=False)) if x != y), len(mine))
        lost, extra = _surplus(mine[depth:], other[depth:]), _surplus(other[depth:], mine[depth:])
        text = f"layer {depth + 1} has {_spell(lost, program)} where its image has {_spell(extra, program)}"
    if lost is None and extra is None:
        readout = readout_difference(attempt)
        return readout or Failure("no renaming of the qubits that was tried keeps both operations and readout")
    lost_op = None if lost is None else op_reference(program, word.indices[word.letters.index(lost)])
    image_op = None
    if extra is not None:
        source = op_reference(program, image.indices[moved.index(extra)])
        image_op = replace(source, text=_spell(extra, program))
    return Failure(text, lost_op, image_op)


def _without_partner(letters: Sequence[Letter], others: Sequence[Letter], near: Shape | None = None) -> Letter | None:
    """The first letter that there are more of than among the others, of a shape if there is one."""
    free, found = Counter(others), list[Letter]()
    for letter in letters:
        if not free[letter]:
            found.append(letter)
        free[letter] -= 1
    return next((letter for letter in found if letter.shape == near), found[0] if found else None)


def _surplus(left: Sequence[Level], right: Sequence[Level]) -> Letter | None:
    for depth, level in enumerate(left):
        rest = level - right[depth] if depth < len(right) else level
        if rest:
            return next(iter(rest))
    return None


def _spell(letter: Letter | None, program: Program) -> str:
    if letter is None:
        return "nothing"
    shape = letter.shape
    qubits = ", ".join(program.qubits[qubit].name for qubit in shape.qubits)
    value = "" if letter.value is None else f", {letter.value}"
    words = " ".join(filter(None, (shape.kind, shape.paulis, qubits)))
    return f"{words}{f' along {shape.direction}' if shape.kind == 'zero' and shape.direction else ''}{value}"
