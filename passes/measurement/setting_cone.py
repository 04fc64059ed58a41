"""What one measurement setting sees of a kernel: the rest needs no gates in the circuit that measures it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from qffc.ir.kept import cached_property
from qffc.ir.observables import DotObservable, Observable, PauliObservable
from qffc.ir.operation import Op
from qffc.ir.ops import make_op
from qffc.ir.values import Number, ParameterEntry, Value, mul
from qffc.passes.circuit.split_program import Affine, KernelOp, Split, split_program
from qffc.passes.measurement.settings import Setting
from qffc.passes.simplify.light_cone import seen_from_end, seen_with_turns


def seen_by(split: Split, setting: Setting) -> Split:
    """Return the kernel without operations at the end that leave alone what a setting estimates; slots stay.

    An operation goes when it commutes with everything that the setting reads and with all later operations that this
    sees: an exchange of a pair in the Bell basis, a rotation about the axis that its qubit is measured along, all of a
    qubit that is not measured. Commutators are exact, and what is read commutes, so that all readings together keep
    their distribution: neither means nor covariances change.

    Args:
        split: the program.
        setting: what is measured.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> split = split_program(load("pair", depth=1))
        >>> bell = Setting((None,) * 4, tuple(((0, p), (3, p)) for p in "XYZ"), pairs=((0, 3),))
        >>> len(split.ops), len(seen_by(split, bell).ops)
        (12, 10)
    """
    return SettingCones(split).seen_by(setting)


class SettingCones:
    """What each setting sees of one kernel.

    Args:
        split: the program.
    """

    def __init__(self, split: Split) -> None:
        self._split = split

    @cached_property
    def _on_wires(self) -> tuple[list[Op | None], dict[int, int]]:
        return _on_wires(self._split)

    def seen_by(self, setting: Setting) -> Split:
        """Return the kernel of a setting, see :func:`seen_by`."""
        ops, wires = self._on_wires
        return _seen_by(self._split, ops, wires, setting)


def _seen_by(split: Split, ops: list[Op | None], wires: dict[int, int], setting: Setting) -> Split:
    observables = [observable.relabelled(wires).paulis for observable in _read(setting)]
    places = [place for place, op in enumerate(ops) if op is not None]
    gates = [op for op in ops if op is not None]
    while True:
        kept = seen_from_end(gates, observables)
        ended = [gates[k] for k in kept]
        kept = tuple(kept[k] for k in seen_with_turns(ended, observables))
        if len(kept) == len(gates):
            break
        gates, places = [gates[k] for k in kept], [places[k] for k in kept]
    seen = set(places)
    return replace(split, ops=tuple(op for k, op in enumerate(split.ops) if k in seen or ops[k] is None))


def _read(setting: Setting) -> list[Observable]:
    """What all readings of a setting are products of, or its strings one by one."""
    if not setting.singlets:
        return [PauliObservable(string) for string in setting.strings]
    paired = {qubit for pair in setting.pairs for qubit in pair}
    rest = (tuple((q, letter) for q, letter in string if q not in paired) for string in setting.strings)
    return [
        *(DotObservable(a, b) for a, b in setting.pairs),
        *(PauliObservable(string) for string in dict.fromkeys(rest) if string),
    ]


def _on_wires(split: Split) -> tuple[list[Op | None], dict[int, int]]:
    """Operations on wires, None for a relabel, and the wires where the qubits are at the end."""
    wires = {qubit: qubit for qubit in range(split.qubit_count)}
    ops: list[Op | None] = []
    angles: dict[Affine, Value] = {}
    written = _written(split) or itertools.repeat(None)
    for op, own in zip(split.ops, written, strict=False):
        if op.kind == "relabel":
            wires |= {target: wires[source] for source, target in zip(op.qubits, op.targets, strict=True)}
            ops.append(None)
        else:
            ops.append(_symbolic(op, split, wires, angles) if own is None else own.relabelled(wires))
    return ops, wires


def _written(split: Split) -> list[Op] | None:
    """The operations of the program, where they are those of the kernel one by one, and none is free in order."""
    if split.ops is not split_program(split.program).ops or any(op.group is not None for op in split.program.ops):
        return None
    return [part for op in split.program.ops for part in op.parts()]


def _symbolic(op: KernelOp, split: Split, wires: Mapping[int, int], angles: dict[Affine, Value]) -> Op:
    """An operation of the kernel on wires, with its vector, and with a name for its angle.

    What commutes, and which rotations are alike, says that angles are equal, and nothing else of them: a name each
    will do, and sums of many terms need not be made again.
    """
    value = None
    if op.angle is not None:
        value = angles.setdefault(op.angle, ParameterEntry("angle", (len(angles),)))
    if op.vector is not None:
        factor, slot = op.vector
        value = mul(Number(factor), split.vectors[slot])
    string = tuple(sorted((wires[qubit], letter) for qubit, letter in op.string))
    return make_op(op.kind, () if op.string else [wires[qubit] for qubit in op.qubits], value, string=string)
