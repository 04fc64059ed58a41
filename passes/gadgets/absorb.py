"""A Clifford operation at the end of a circuit, absorbed by what is measured: D^dagger O D in the place of D and O."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

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
    changed = [(name, _before(observable, frame)) for name, observable in observables]
    found = tuple((name, observable) for name, observable in changed if observable is not None)
    if len(found) < len(observables):
        return None
    return found if _settings(found) <= _settings(observables) else None


def _settings(observables: Named) -> int:
    strings = [string for _, observable in observables for string, _ in observable.paulis.terms if string]
    return len(pauli_bases(dict.fromkeys(strings), 0))


def _before(observable: Observable, frame: Frame) -> Observable | None:
    """D^dagger O D; None where an inner product would fall apart."""
    mask = sum(1 << qubit for qubit in observable.qubits)
    if not mask & frame.support:
        return observable
    moved = _moved(observable, frame, mask)
    if moved is not None:
        return moved
    if _has_dot(observable):
        return None
    terms = _terms(observable)
    if terms is None:
        return None
    images = [(weight, frame.before(Pauli.of(string))) for string, weight in terms]
    if images == [(weight, Pauli.of(string)) for string, weight in terms]:
        return observable
    signed = [(-weight if image.negative else weight, PauliObservable(image.string)) for weight, image in images]
    if len(signed) == 1 and signed[0][0] == 1:
        return signed[0][1]
    return SumObservable(tuple(signed))


def _moved(observable: Observable, frame: Frame, mask: int) -> Observable | None:
    """The observable on other qubits, where these are all that changes."""
    places: dict[int, int] = {}
    for q in bits(mask):
        x, z = frame.xs[q], frame.zs[q]
        if x != Pauli(x.support, 0) or z != Pauli(0, x.support) or x.weight != 1:
            return None
        places[q] = x.support.bit_length() - 1
    return observable.relabelled(places)


def _has_dot(observable: Observable) -> bool:
    return isinstance(observable, DotObservable) or any(_has_dot(part) for part in observable.parts)


def _terms(observable: Observable) -> Sequence[tuple[PauliString, Fraction]] | None:
    found = []
    for string, (real, imaginary) in observable.paulis.terms:
        if not isinstance(real, Number) or imaginary != Number(Fraction(0)) or not string:
            return None
        found.append((string, Fraction(real.value)))
    return found or None
