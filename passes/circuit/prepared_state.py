"""The state that the preparations make: each qubit along an axis, or pairs in singlets.

**Lemma.** A Pauli rotation by a multiple of pi/2 that follows ``zero`` turns a state along an axis into one along an
axis, up to a phase. Hypotheses: its angle is an exact multiple of pi/2, it has one letter, and nothing touches the
qubit between the two (:func:`fold_preparations`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from qffc.ir.pauli import LETTERS, PauliString, PauliSum, product_of_strings
from qffc.ir.pauli import Letter as PauliLetter
from qffc.ir.values import Pi, split_coefficient
from qffc.passes.circuit.trace import Letter, make_letter


def fold_preparations(letters: Sequence[Letter], indices: Sequence[int]) -> tuple[list[Letter], list[int]]:
    """Fold Pauli rotations by multiples of pi/2 that follow ``zero`` at once into the direction that they prepare.

    So ``zero q`` and a quarter turn about Y are one preparation, of |+>: the direction ``+X`` in place of z.

    Args:
        letters: the word.
        indices: the operation of the program behind each letter.
    """
    zeros: dict[int, int] = {}
    kept: list[Letter] = []
    kept_indices: list[int] = []
    for letter, index in zip(letters, indices, strict=True):
        shape = letter.shape
        quarters = _quarter_turns(letter)
        if quarters is not None and shape.qubits[0] in zeros:
            place = zeros[shape.qubits[0]]
            direction = _turned(kept[place].shape.direction or "+Z", shape.paulis, quarters)
            kept[place] = make_letter("zero", shape.qubits, None, direction="" if direction == "+Z" else direction)
            continue
        for qubit in shape.qubits:
            zeros.pop(qubit, None)
        if shape.kind == "zero":
            zeros[shape.qubits[0]] = len(kept)
        kept.append(letter)
        kept_indices.append(index)
    return kept, kept_indices


def _quarter_turns(letter: Letter) -> int | None:
    if letter.shape.kind != "pauli_rotation" or len(letter.shape.qubits) > 1 or letter.value is None:
        return None
    factor, body = split_coefficient(letter.value)
    if isinstance(body, Pi) and (2 * factor).denominator == 1:
        return int(2 * factor)
    return None


def _turned(direction: str, axis: str, quarters: int) -> str:
    """A direction, as a sign and a letter, after right-handed quarter turns about an axis."""
    for _ in range(quarters % 4):
        sign, letter = direction[0], direction[1:]
        if letter == axis:
            return direction
        a, b = (LETTERS.index(name) for name in (axis, letter))
        if (b - a) % 3 == 2:  # e_a x e_b = -e_c
            sign = "-" if sign == "+" else "+"
        direction = sign + LETTERS[3 - a - b]
    return direction


def charge_residual(charge: PauliSum, letters: Sequence[Letter]) -> str | None:
    """Return what a charge makes of the prepared state beside a multiple of it; None for an eigenstate.

    Every Pauli string takes the prepared state to one of an orthonormal family, up to a power of i: a qubit along an
    axis stays or flips, a singlet stays or becomes one of the three triplets. So the sum is exact.

    Args:
        charge: a sum of Pauli strings with rational coefficients, on wires.
        letters: the word of the program, with its preparations.

    Example:
        >>> word = [make_letter("singlet", (0, 1), None)]
        >>> z = PauliSum.of({((0, "Z"),): 1, ((1, "Z"),): 1})
        >>> print(charge_residual(z, word), charge_residual(z.scaled(1) + PauliSum.of({((1, "X"),): 2}), word))
        None S takes the prepared state to others as well: -2 X(0)
    """
    partner: dict[int, int] = {}
    axes: dict[int, str] = {}
    for letter in letters:
        if letter.shape.kind == "singlet":
            a, b = letter.shape.qubits
            partner[b] = a
        elif letter.shape.kind == "zero":
            axes[letter.shape.qubits[0]] = letter.shape.direction or "+Z"
    found: list[PauliSum] = []
    for string, parts in charge.terms:
        phase, reduced = 0, cast(PauliString, ())
        for qubit, pauli in string:
            power, moved = _on_prepared(qubit, pauli, axes.get(qubit), partner.get(qubit, qubit))
            more, reduced = product_of_strings(reduced, moved)
            phase += power + more
        real, imaginary = parts
        for _ in range(phase % 4):
            real, imaginary = -imaginary, real
        if reduced:
            found.append(PauliSum(((reduced, (real, imaginary)),)))
    total = PauliSum.total(found)
    return None if total.is_zero else f"S takes the prepared state to others as well: {total}"


def _on_prepared(qubit: int, pauli: PauliLetter, axis: str | None, partner: int) -> tuple[int, PauliString]:
    """A letter on the prepared state as a power of i and a letter of a smaller set that does the same."""
    if axis is None:
        return (0 if partner == qubit else 2), ((partner, pauli),)  # sigma_b |S> = -sigma_a |S>
    own = LETTERS.index(cast(PauliLetter, axis[1:]))
    if pauli == LETTERS[own]:
        return (0 if axis[0] == "+" else 2), ()
    flip = LETTERS[(own + 1) % 3]
    if pauli == flip:
        return 0, ((qubit, flip),)
    # With a, b, c cyclic, sigma_c = i sigma_b sigma_a, and sigma_a is the sign of the direction.
    return (1 if axis[0] == "+" else 3), ((qubit, flip),)
