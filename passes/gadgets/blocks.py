"""How many two-qubit gates a circuit takes: what can be brought together on one pair of qubits is one gate.

An estimate for comparing spellings of one circuit, before any number is bound: operations join the latest gate that
they can be moved to, past all that they commute with, and that acts on their qubits. What counts of operations are
their forms, which for the native library are words; so forms of one program are all of one kind, and can be added up.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Collective, FourSpin, PauliRotation
from qffc.passes.gadgets import native_frames
from qffc.passes.gadgets.paulis import Pauli, bits
from qffc.passes.gadgets.stabilizers import generator_strings

_OF_KIND: dict[type[Op], int] = {Chirality: 4, FourSpin: 30}
_OF_MEMBERS = {2: 1, 3: 4, 4: 12, 5: 40, 6: 60}


class Form(NamedTuple):
    """What counts of an operation.

    Args:
        qubits: a bit for each.
        price: two-qubit gates that it takes alone.
        strings: of its generator.
        prepares: whether it is a preparation.
    """

    qubits: int
    price: int
    strings: tuple[Pauli, ...]
    prepares: bool


Forms = bytes | tuple[Form, ...]
"""Of operations one after the other, in words where :func:`qffc.passes.gadgets.native_frames.reaches` says so."""

_Block = tuple[int, int, list[Pauli], bool]
"""A gate: its qubits, its price in two-qubit gates, the strings in it, and whether it is a preparation."""
_PREPARES, _GOES_ON, _PRICE = 1, 2, 4
"""The first word of a form: two flags and the price, see ``string_gates.hpp``."""
_WORDS = Struct("=4Q")


def forms(ops: Iterable[Op], qubits: int) -> Forms:
    """Return the forms of operations.

    Args:
        ops: the operations, on wires.
        qubits: of the program.
    """
    if native_frames.reaches(qubits):
        return b"".join([op.__dict__.get("_form_words") or _form_words(op) for op in ops])
    return tuple(map(_form, ops))


def count_gates(some: Forms, most: int | None = None) -> int:
    """Return how many two-qubit gates operations take; where they are more than a limit, some number above it.

    A string of k > 2 letters takes 2 k - 3, a chirality 4; a singlet is one, with all that joins it.
    """
    if isinstance(some, bytes):
        return native_frames.two_qubit_gates(some, most)
    blocks: list[_Block] = []
    count = 0
    for form in some:
        count += _add(blocks, form)
        if most is not None and count > most:
            break
    return count


def two_qubit_gates(ops: Iterable[Op]) -> int:
    """Return how many two-qubit gates operations on wires take, see :func:`count_gates`.

    Example:
        >>> from qffc.ir.ops import Exchange, PauliRotation, Singlet
        >>> from qffc.ir.values import ParameterEntry
        >>> J = ParameterEntry("J")
        >>> zz, far = (PauliRotation(((0, "Z"), (k, "Z")), J) for k in (1, 2))
        >>> two_qubit_gates([zz, far, zz]), two_qubit_gates([Singlet(0, 1), Exchange(0, 1, J)])
        (2, 1)
    """
    ops = tuple(ops)
    return count_gates(forms(ops, 1 + max((qubit for op in ops for qubit in op.qubits), default=0)))


def forms_about(strings: Iterable[tuple[int, int]], qubits: int) -> Forms:
    """Return the forms of rotations about strings, given by their x and z bits.

    Args:
        strings: that they turn about.
        qubits: of the program.
    """
    if native_frames.reaches(qubits):
        return b"".join([_words_about(x, z) for x, z in strings])
    return tuple(Form(x | z, _price_about(x | z), (Pauli(x, z),), prepares=False) for x, z in strings)


def added_up(parts: Iterable[Forms]) -> Forms:
    """Return the forms of operations one part after the other."""
    words: list[bytes] = []
    others: list[Form] = []
    for part in parts:
        if isinstance(part, bytes):
            words.append(part)
        else:
            others += part
    return b"".join(words) if words else tuple(others)


def relabelled(some: Forms, places: Mapping[int, int]) -> Forms:
    """Return the forms of operations with their qubits renamed; those that are not in ``places`` stay."""
    if not places:
        return some
    if isinstance(some, bytes):
        words = array("Q", some)
        return array("Q", [word if k % 4 == 0 else _moved(word, places) for k, word in enumerate(words)]).tobytes()
    return tuple(
        form._replace(
            qubits=_moved(form.qubits, places),
            strings=tuple(Pauli(_moved(x, places), _moved(z, places)) for x, z, _ in form.strings),
        )
        for form in some
    )


def _moved(mask: int, places: Mapping[int, int]) -> int:
    return sum(1 << places.get(q, q) for q in bits(mask))


@lru_cache(maxsize=1 << 14)
def _words_about(x: int, z: int) -> bytes:
    return _WORDS.pack(_price_about(x | z) * _PRICE, x | z, x, z)


def _price_about(mask: int) -> int:
    return max(0, 2 * mask.bit_count() - 3)


def _form_words(op: Op) -> bytes:
    """The form of an operation as the library reads it, one for each string of its generator.

    Kept with the operation, which is in many spellings: a table would have to hash it with its value.
    """
    if isinstance(op, PauliRotation):
        x, z, _ = Pauli.of(op.string)
        found = _words_about(x, z)
    else:
        qubits, price, strings, prepares = _form(op)
        heads = (price * _PRICE + prepares * _PREPARES + (k > 0) * _GOES_ON for k in range(max(1, len(strings))))
        some = strings or (Pauli(0, 0),)
        found = b"".join(_WORDS.pack(head, qubits, x, z) for head, (x, z, _) in zip(heads, some, strict=True))
    op.__dict__["_form_words"] = found
    return found


def _form(op: Op) -> Form:
    form: Form | None = op.__dict__.get("_form")
    if form is None:
        mask = 0
        for qubit in op.qubits:
            mask |= 1 << qubit
        if op.prepares:
            form = Form(mask, int(len(op.qubits) > 1), (), prepares=True)
        else:
            form = Form(mask, _price(op), generator_strings(op), prepares=False)
        op.__dict__["_form"] = form
    return form


def _add(blocks: list[_Block], form: Form) -> int:
    """Let an operation join a gate, or become one; how many two-qubit gates that adds."""
    mask, price, strings, is_fresh = form
    if is_fresh:
        if price:
            blocks.append((mask, 1, [], True))
        return price
    for block in reversed(blocks):
        qubits, own_price, own_strings, prepares = block
        if not qubits & mask:
            continue
        if not mask & ~qubits and price <= 1 and (own_price == 1 or not price):
            own_strings.extend(string for string in strings if string not in own_strings)
            return 0
        if prepares or _clash(own_strings, strings):
            break
    if price:
        blocks.append((mask, price, list(strings), False))
    return price


def _clash(some: list[Pauli], others: tuple[Pauli, ...]) -> bool:
    """Whether two strings anticommute; a loop without calls, since it is run for every operation of every spelling."""
    for x, z, _ in others:
        for own_x, own_z, _ in some:
            if ((x & own_z).bit_count() + (z & own_x).bit_count()) & 1:
                return True
    return False


def _price(op: Op) -> int:
    """Two-qubit gates that an operation takes alone."""
    count = len(op.qubits)
    if isinstance(op, PauliRotation):
        return 2 * count - 3 if count > 1 else 0
    if isinstance(op, Collective):
        return _OF_MEMBERS[len(op.members)]
    return _OF_KIND.get(type(op), 2 * count - 3 if count > 1 else 0)
