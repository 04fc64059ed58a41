"""A Clifford operation at the end of a circuit, absorbed by what is measured: D^dagger O D in the place of D and O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from qffc.ir.observables import DotObservable, Observable, PauliObservable, SumObservable
from qffc.ir.pauli import PauliString
from qffc.ir.values import Number
from qffc.passes.circuit.pauli_bases import pauli_bases
from qffc.passes.gadgets import native_frames
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
        self._entries = tuple(_entry(observable) for _, observable in observables)
        self._paulis = tuple(pauli for entry in self._entries for pauli in entry.paulis)
        self._settings = _settings(pauli.string for pauli in self._paulis)
        self._words: bytes | None = None

    def takes(self, frame: Frame) -> bool:
        """Whether an operation is absorbed."""
        whole = [entry for entry in self._entries if entry.weights is None]
        if any(entry.mask & frame.support and _moves(frame, entry.mask) is None for entry in whole):
            return False
        qubits = len(frame.xs)
        if native_frames.reaches(qubits):
            if self._words is None:
                self._words = native_frames.packed(self._paulis)
            count = native_frames.settings_before(qubits, frame.words, self._words, self._settings)
        else:
            count = _settings(frame.without_sign(pauli) for pauli in self._paulis)
        return count <= self._settings

    def absorbed(self, frame: Frame) -> Named | None:
        """Return the observables before an operation; see :func:`absorbed`."""
        if not self.takes(frame):
            return None
        images: list[tuple[str, Observable]] = []
        for (name, observable), entry in zip(self._observables, self._entries, strict=True):
            if entry.mask & frame.support:
                observable = _imaged(observable, entry, frame)
            images.append((name, observable))
        return tuple(images)


class _Entry(NamedTuple):
    """What is asked of an observable.

    Args:
        mask: its qubits, a bit for each.
        paulis: the strings of its terms.
        weights: of the terms; None where it may not become any sum of strings.
    """

    mask: int
    paulis: tuple[Pauli, ...]
    weights: tuple[Fraction, ...] | None


def _entry(observable: Observable) -> _Entry:
    known: _Entry | None = observable.__dict__.get("_entry")  # kept with the observable, which is in many programs
    if known is None:
        terms = None if _has_dot(observable) else _terms(observable)
        known = observable.__dict__["_entry"] = _Entry(
            sum(1 << qubit for qubit in observable.qubits),
            tuple(Pauli.of(string) for string, _ in observable.paulis.terms if string),
            None if terms is None else tuple(weight for _, weight in terms),
        )
    return known


def _settings(strings: Iterable[PauliString]) -> int:
    return len(pauli_bases(dict.fromkeys(strings), 0))


def _imaged(observable: Observable, entry: _Entry, frame: Frame) -> Observable:
    """D^dagger O D."""
    moves = _moves(frame, entry.mask)
    if moves is not None:
        return observable.relabelled(moves)
    image = tuple(frame.before(pauli) for pauli in entry.paulis)
    if image == entry.paulis:
        return observable
    weighted = zip(entry.weights or (), image, strict=True)
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
