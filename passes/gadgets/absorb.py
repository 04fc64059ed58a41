"""A Clifford operation at the end of a circuit, absorbed by what is measured: D^dagger O D in the place of D and O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from qffc.ir.observables import DotObservable, Observable, PauliObservable, SumObservable
from qffc.ir.pauli import PauliString
from qffc.ir.values import Number
from qffc.passes.circuit.pauli_bases import pauli_bases
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.paulis import Pauli, bits

Named = tuple[tuple[str, Observable], ...]


def absorbed(observables: Named, frame: Frame) -> Named | None:
    """Return what to measure before a Clifford operation instead of behind it, or None where that is no good.

    It is no good where more settings are to be measured, or where an inner product becomes other strings: those of a
    pair can be measured together, in the Bell basis.

    Args:
        observables: behind it, on wires.
        frame: the operation.

    Example:
        >>> frame = Frame.identity(2).then(Pauli.of(((0, "X"), (1, "Z"))), 1)
        >>> ((name, observable),) = absorbed((("m", PauliObservable(((0, "Z"),))),), frame)
        >>> observable.text(("a", "b"))
        'Y(a) Z(b)'
    """
    return Absorber(observables).absorbed(frame)


class Absorber:
    """Observables that are to absorb one of many operations: what does not depend on it is worked out once.

    Args:
        observables: behind the operation, on wires.
    """

    def __init__(self, observables: Named) -> None:
        self._observables = observables
        self._entries = tuple(_Entry.of(observable) for _, observable in observables)
        self._settings = _settings(string for entry in self._entries for string in entry.strings)

    def absorbed(self, frame: Frame) -> Named | None:
        """Return the observables before an operation; see :func:`absorbed`."""
        support = frame.support
        strings: list[PauliString] = []
        moved: list[dict[int, int] | None] = []
        for entry in self._entries:
            if not entry.mask & support:
                strings += entry.strings
                moved.append({})
                continue
            moves = _moves(frame, entry.mask)
            if moves is None and not entry.falls_apart:
                return None
            strings += [frame.without_sign(pauli) for pauli in entry.paulis]
            moved.append(moves)
        if _settings(strings) > self._settings:
            return None
        images: list[tuple[str, Observable]] = []
        for (name, observable), entry, moves in zip(self._observables, self._entries, moved, strict=True):
            image = tuple(frame.before(pauli) for pauli in entry.paulis) if moves is None else moves
            images.append((name, _imaged(observable, entry, image) if image else observable))
        return tuple(images)


class _Entry(NamedTuple):
    """An observable.

    Args:
        mask: its qubits, a bit for each.
        strings: in its terms.
        paulis: the same.
        weights: of the terms.
        falls_apart: whether it may become any sum of strings.
    """

    mask: int
    strings: tuple[PauliString, ...]
    paulis: tuple[Pauli, ...]
    weights: tuple[Fraction, ...]
    falls_apart: bool

    @staticmethod
    def of(observable: Observable) -> _Entry:
        terms = None if _has_dot(observable) else _terms(observable)
        strings = tuple(string for string, _ in observable.paulis.terms if string)
        return _Entry(
            sum(1 << qubit for qubit in observable.qubits),
            strings,
            tuple(map(Pauli.of, strings)),
            tuple(weight for _, weight in terms or ()),
            terms is not None,
        )


def _settings(strings: Iterable[PauliString]) -> int:
    return len(pauli_bases(dict.fromkeys(strings), 0))


def _imaged(observable: Observable, entry: _Entry, image: tuple[Pauli, ...] | dict[int, int]) -> Observable:
    """D^dagger O D."""
    if isinstance(image, dict):
        return observable.relabelled(image)
    if image == entry.paulis:
        return observable
    weighted = zip(entry.weights, image, strict=True)
    signed = [(-weight if pauli.negative else weight, PauliObservable(pauli.string)) for weight, pauli in weighted]
    if len(signed) == 1 and signed[0][0] == 1:
        return signed[0][1]
    return SumObservable(tuple(signed))


def _moves(frame: Frame, mask: int) -> dict[int, int] | None:
    """Where an operation moves qubits, if moving them is all that it does."""
    places: dict[int, int] = {}
    for q in bits(mask):
        x, z = frame.xs[q], frame.zs[q]
        if x != Pauli(x.support, 0) or z != Pauli(0, x.support) or x.weight != 1:
            return None
        places[q] = x.support.bit_length() - 1
    return places


def _has_dot(observable: Observable) -> bool:
    return isinstance(observable, DotObservable) or any(_has_dot(part) for part in observable.parts)


def _terms(observable: Observable) -> Sequence[tuple[PauliString, Fraction]] | None:
    found = []
    for string, (real, imaginary) in observable.paulis.terms:
        if not isinstance(real, Number) or imaginary != Number(Fraction(0)) or not string:
            return None
        found.append((string, Fraction(real.value)))
    return found or None
