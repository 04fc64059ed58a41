"""A program as the arrays that the native kernel reads (``native/program.hpp``).

Gates are sorted into tiles: as many of them as can be done on a few qubits before others are needed. A tile of the
state stays in the nearest cache while its gates run, so that a large state is read from afar once for many gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import DotObservable, Observable, ProductObservable, SumObservable
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.lower_jax.slot_tables import SlotTables, own_rows
from qffc.passes.lower_jax.table import constant_part, resolve_relabels
from qffc.passes.native_library import FORMAT

_GATE_KINDS = {"rotate": 0, "exchange": 1, "chirality": 2, "pauli_rotation": 3, "collective": 4}
_MOST_BITS = 6
"""Places of qubits that every gate of the native kernel has."""
_DOT, _TWO_DOTS, _PAULI = range(3)

TILE_QUBITS = 5
"""Qubits of a tile: four states of eight double numbers a place, with derivatives, take 16 KiB."""

_WINDOW = 256
"""How many gates ahead a tile looks for its own."""


@dataclass(frozen=True)
class NativeProgram:
    """A program for the native kernel.

    Args:
        ints: structure, as ``native/program.cpp`` reads it.
        reals: constants of angles, weights of slots and of observables.
        tiles: the gates of each tile, for those who look.
    """

    ints: NDArray[np.int32]
    reals: NDArray[np.float64]
    tiles: tuple[tuple[KernelOp, ...], ...]


def native_program(split: Split, width: int = TILE_QUBITS, tables: SlotTables | None = None) -> NativeProgram:
    """Return the arrays of a program; linear in its operations.

    Args:
        split: the program.
        width: qubits of a tile.
        tables: where slots are read; when left out, every circuit has a row of slots of its own.
    """
    places = own_rows(split) if tables is None else tables
    ops, wires = resolve_relabels(split)
    qubits = split.qubit_count
    singlets = [op for op in ops if op.kind == "singlet"]
    tiles = tuple(gates_in_tiles([op for op in ops if op.kind in _GATE_KINDS], qubits, width))
    bits = [_bits(tile, qubits, width) for tile in tiles]

    gate_ints: list[int] = []
    gate_reals: list[float] = []
    terms: list[tuple[int, float]] = []
    seen: set[int] = set()
    for tile, inside in zip(tiles, bits, strict=True):
        bit_of = {qubits - 1 - bit: place for place, bit in enumerate(inside)}
        for op in tile:
            own = _terms(op, places)
            # A gate that is the first one on all of its qubits commutes with what is before it and need not be undone.
            undo = not seen.isdisjoint(op.qubits)
            seen.update(op.qubits)
            gate_ints += [*_gate(op, bit_of), len(terms), len(own), int(undo)]
            gate_reals.append(0.0 if op.angle is None else constant_part(op.angle))
            terms += own
    starts = np.cumsum([0, *map(len, tiles)]).tolist()
    tile_ints = [
        number
        for k, inside in enumerate(bits)
        for number in (starts[k], starts[k + 1], sum(1 << bit for bit in inside))
    ]
    observables, constants = _observables(split.observables, wires, qubits)
    sizes = [starts[-1], len(terms), len(tiles), len(observables), len(singlets)]
    ints = [
        *(FORMAT, qubits, places.width, len(split.observables)),
        *(len(places.widths), int(tables is not None), len(places.reads), *sizes),
        *(number for table in places.reads for number in (table, places.widths[table])),
        *(qubits - 1 - qubit for op in singlets for qubit in op.qubits),
        *gate_ints,
        *(slot for slot, _ in terms),
        *tile_ints,
        *(number for row, _ in observables for number in row),
    ]
    reals = [*gate_reals, *(weight for _, weight in terms), *(weight for _, weight in observables), *constants]
    return NativeProgram(np.array(ints, dtype=np.int32), np.array(reals, dtype=np.float64), tiles)


# --------------------------------------------------------------------------- gates


def gates_in_tiles(gates: Sequence[KernelOp], qubits: int, width: int) -> list[tuple[KernelOp, ...]]:
    """Return the gates in an order that their qubits allow, cut into tiles.

    Args:
        gates: in order; two that share a qubit keep theirs.
        qubits: of the program; a program of up to ``width`` + 1 qubits is one tile.
        width: qubits of a tile; a Pauli string on more is a tile of its own.
    """
    if qubits <= width + 1:
        return [tuple(gates)] if gates else []
    left = list(gates)
    tiles = []
    while left:
        window = left[:_WINDOW]
        taken = _fitting(window, _grown(window, width))
        tiles.append(tuple(window[k] for k in taken))
        chosen = set(taken)
        left = [op for k, op in enumerate(left) if k not in chosen]
    return tiles


def _grown(gates: Sequence[KernelOp], width: int) -> frozenset[int]:
    """The qubits of the next tile: those of the first gate, and again and again the one that lets most gates in."""
    chosen = frozenset(gates[0].qubits)
    everything = sorted({qubit for op in gates for qubit in op.qubits} - chosen)
    while len(chosen) < width and everything:
        counts = {qubit: len(_fitting(gates, chosen | {qubit})) for qubit in everything}
        best = max(everything, key=lambda qubit: (counts[qubit], -qubit))
        chosen |= {best}
        everything.remove(best)
    return chosen


def _fitting(gates: Sequence[KernelOp], qubits: frozenset[int]) -> list[int]:
    """The places of the gates that can be done next on these qubits alone."""
    blocked: set[int] = set()
    places = []
    for place, op in enumerate(gates):
        if qubits.issuperset(op.qubits) and blocked.isdisjoint(op.qubits):
            places.append(place)
        else:
            blocked.update(op.qubits)
            if blocked >= qubits:
                break
    return places


def _bits(tile: Iterable[KernelOp], qubits: int, width: int) -> list[int]:
    own = {qubit for op in tile for qubit in op.qubits}
    # A whole state needs no copy to and from a tile.
    used = range(qubits) if qubits <= width + 1 or len(own) > width else own
    return sorted(qubits - 1 - qubit for qubit in used)


def _gate(op: KernelOp, places: dict[int, int]) -> list[int]:
    bits = [places[qubit] for qubit in op.qubits]
    x_mask = sum(1 << places[qubit] for qubit, letter in op.string if letter != "Z")
    z_mask = sum(1 << places[qubit] for qubit, letter in op.string if letter != "X")
    own = [*bits, *[0] * _MOST_BITS][:_MOST_BITS]
    return [_GATE_KINDS[op.kind], len(bits), *own, x_mask, z_mask, sum(letter == "Y" for _, letter in op.string)]


def _terms(op: KernelOp, places: SlotTables) -> list[tuple[int, float]]:
    if op.vector is not None:
        factor, slot = op.vector
        vector, length = places.vectors[slot]
        own = [(places.number(vector), float(factor))]
        return own if length is None else [*own, (places.number(length), 1.0)]
    if op.angle is None:
        raise InternalError(f"'{op.kind}' without an angle")
    return [(places.number(places.scalars[slot]), float(weight)) for weight, slot in op.angle.terms]


# --------------------------------------------------------------------------- observables

_Row = tuple[list[int], float]
"""Kind, moment and four places of a term; its weight."""


def _observables(
    observables: Sequence[Observable], wires: dict[int, int], qubits: int
) -> tuple[list[_Row], list[float]]:
    rows: list[_Row] = []
    constants = []
    for moment, observable in enumerate(observables):
        constant = 0.0
        for kind, places, weight in _parts(observable.relabelled(wires), Fraction(1), qubits):
            if kind is None:
                constant += weight
            else:
                rows.append(([kind, moment, *places], weight))
        constants.append(constant)
    return rows, constants


_Part = tuple[int | None, list[int], float]


def _parts(observable: Observable, weight: Fraction, qubits: int) -> list[_Part]:
    match observable:
        case DotObservable(a, b):
            return [(_DOT, [qubits - 1 - a, qubits - 1 - b, 0, 0], float(weight))]
        case SumObservable(terms):
            return [part for factor, term in terms for part in _parts(term, weight * factor, qubits)]
        case ProductObservable((DotObservable() as left, DotObservable() as right)):
            places = [qubits - 1 - qubit for qubit in (left.a, left.b, right.a, right.b)]
            return [(_TWO_DOTS, places, float(weight))]
    parts: list[_Part] = []
    for string, (real, imaginary) in observable.paulis.terms:
        if imaginary.text != "0":
            raise InternalError("an observable that is not Hermitian")
        factor = float(weight) * float(real.value)  # type: ignore[attr-defined]  # observables have exact weights
        x_mask = sum(1 << (qubits - 1 - qubit) for qubit, letter in string if letter != "Z")
        z_mask = sum(1 << (qubits - 1 - qubit) for qubit, letter in string if letter != "X")
        y_count = sum(letter == "Y" for _, letter in string)
        parts.append((_PAULI if string else None, [x_mask, z_mask, y_count, 0], factor))
    return parts
