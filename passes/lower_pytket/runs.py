"""Runs of exchanges on three qubits, found in the operations of one binding and written shorter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qffc.passes.circuit.exchange_runs import MOST, shorten
from qffc.passes.lower_pytket.ops import NumericOp


@dataclass(eq=False)
class _Run:
    """Exchanges on at most three wires with nothing else between them on these wires."""

    wires: set[int]
    places: list[int]


def shorten_runs(ops: Sequence[NumericOp]) -> list[NumericOp]:
    """Return operations on wires with every run of more than four exchanges on three wires written as four.

    Exchanges on two wires that have met nobody else belong to no run: the preparation of the two absorbs them.

    Args:
        ops: in order, on wires.
    """
    runs: list[_Run] = []
    last: dict[int, _Run | None] = {}
    alone: dict[int, tuple[int, ...]] = {}
    for place, op in enumerate(ops):
        wires = op.qubits or tuple(qubit for qubit, _ in op.string)
        both = tuple(sorted(wires))
        absorbed = len(both) == 2 and all(alone.get(wire, both) == both for wire in both)
        if len(wires) > 1:
            met = {other for wire in wires for other in alone.get(wire, ())}
            alone |= dict.fromkeys(wires, both if absorbed else ())
            alone |= dict.fromkeys(met - {*wires}, ())
        if op.kind != "exchange" or absorbed:
            last.update(dict.fromkeys(wires, None))
            continue
        run = next((last[wire] for wire in op.qubits if _continues(last.get(wire), op, last)), None)
        if run is None:
            run = _Run(set(), [])
            runs.append(run)
        run.wires |= set(op.qubits)
        run.places.append(place)
        last.update(dict.fromkeys(op.qubits, run))
    result: list[list[NumericOp]] = [[op] for op in ops]
    for run in runs:
        if len(run.places) > MOST:
            # Nothing else touches the wires of a run, so the place of its last exchange is as good as any.
            for place in run.places:
                result[place] = []
            result[run.places[-1]] = _shortened([ops[place] for place in run.places], sorted(run.wires))
    return [op for part in result for op in part]


def _continues(run: _Run | None, op: NumericOp, last: dict[int, _Run | None]) -> bool:
    return run is not None and len(run.wires | set(op.qubits)) <= 3 and all(last[wire] is run for wire in run.wires)


def _shortened(run: list[NumericOp], wires: list[int]) -> list[NumericOp]:
    if len(wires) == 2:
        return [run[0]._replace(angle=sum(op.angle for op in run))]
    places = {wire: place for place, wire in enumerate(wires)}
    short = shorten([(places[op.qubits[0]], places[op.qubits[1]], op.angle) for op in run])
    frame = run[0].frame  # no turn is between the exchanges of a run, so that they share a frame
    return [NumericOp("exchange", (wires[a], wires[b]), angle=angle, frame=frame) for a, b, angle in short]
