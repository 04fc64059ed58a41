"""The quantum kernel of a program as circuits of native gates with numeric angles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, pi

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, Op

from qffc.ir.diagnostics import error
from qffc.ir.kept import cached_property
from qffc.ir.short_repr import short_repr
from qffc.passes.circuit.exchange_runs import MOST
from qffc.passes.circuit.split_program import Split
from qffc.passes.counts import CircuitCounts
from qffc.passes.lower_pytket.batch import BatchWriter
from qffc.passes.lower_pytket.batch_circuits import BatchCircuits
from qffc.passes.lower_pytket.blocks.of_circuit import in_blocks
from qffc.passes.lower_pytket.blocks.parts import Part
from qffc.passes.lower_pytket.blocks.plan import BlockPlan, block_plan, gates_apart
from qffc.passes.lower_pytket.blocks.writer import BlockWriter
from qffc.passes.lower_pytket.collective import too_many_to_lower
from qffc.passes.lower_pytket.emit import Angles, Emitter
from qffc.passes.lower_pytket.expand import IN_EXCHANGES, Expansion
from qffc.passes.lower_pytket.files import measured_in_order
from qffc.passes.lower_pytket.fitting import Fitting, Placed, native_forms
from qffc.passes.lower_pytket.frames import Frames
from qffc.passes.lower_pytket.gate_columns import TINY, NativeBatch
from qffc.passes.lower_pytket.kernel_numbers import Arrays, KernelNumbers, as_arrays
from qffc.passes.lower_pytket.ops import NumericOp, on_wires
from qffc.passes.lower_pytket.pytket_route import MOST_QUBITS, PytketRoute, Route
from qffc.passes.lower_pytket.runs import shorten_runs
from qffc.passes.lower_pytket.shot_price import ShotPrice
from qffc.passes.lower_pytket.turns import NO_TURN, Turn, nearest_zero
from qffc.passes.measurement.setting_cone import SettingCones
from qffc.passes.measurement.settings import MeasurementPlan, Setting, measurement_plan
from qffc.passes.target import Target

_MOST_GATES = 4096
"""Gates that are kept for later circuits."""
_FEW = 4
"""Circuits whose blocks are worked out along with those of the sample."""
_CHUNK = 1024
"""Bindings whose angles are in memory at once."""
_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, come near no few numbers alone."""
_VANISHING = 1e-9
"""Radians; what is smaller is no gate, and no reason for a frame."""


@dataclass(frozen=True)
class PytketKernel:
    """The quantum kernel of a program for one target; binding numbers gives circuits of native gates.

    The structure is worked out once. Binding composes the one-qubit gates numerically, writes each exchange as one
    TK2 or as three ZZPhase, prepares two qubits that have met nobody else with one gate, and drops gates below the
    minimum angles of the target. Relabels rename wires, backwards from the end, so that qubit k of the program ends on
    ``q[k]`` and no permutation is left over. For a target with other gates, or where not all qubits can meet, what is
    written so is rewritten: see :mod:`qffc.passes.lower_pytket.fitting`, and :meth:`bind_placed`.

    Args:
        split: the program.
        target: a target with native gates.
        fold_swaps: take SWAPs out of exchange angles by renaming wires, which leaves |angle| <= pi/8.
        fix_frame: write exchanges in frames of their own, such that many turns between them are about z, where they are
            free. Where nothing that is read at the end has a frame of its own, the circuit ends in any frame: that
            keeps the moments and not the state.
        shorten_runs: write more than four exchanges in a row on three qubits as four.
        fuse_pairs: write what comes together on one pair of qubits as one gate, where that is cheaper.
        ask_pytket: take what pytket's own passes make of the operations, where that is cheaper and is right; seconds.
        setting: what every circuit measures at its end, if anything.

    Raises:
        QffcError: when the target has no native gates, or too few qubits, or when a collective exchange has more qubits
            than are known as exchanges.
    """

    split: Split
    target: Target
    fold_swaps: bool = True
    fix_frame: bool = False
    shorten_runs: bool = True
    fuse_pairs: bool = True
    ask_pytket: bool = False
    setting: Setting | None = None

    def __repr__(self) -> str:
        measured = "" if self.setting is None else f"measures {self.setting}"
        return short_repr(self, f"of '{self.split.program.name}'", f"for {self.target.name}", measured)

    def __post_init__(self) -> None:
        if not self.target.native:
            raise error(
                "target without native gates",
                found=f"'{self.target.name}': {self.target.title}",
                expected="a device or an emulator, such as 'H2-1LE'",
                help="compile for another, in Python qf.compile(program, target='H2-1LE'), or lower with 'lower-jax'",
            )
        if self.target.qubits is not None and self.split.qubit_count > self.target.qubits:
            raise error(
                "too many qubits for the target",
                found=f"{self.split.qubit_count} qubits, '{self.target.name}' has {self.target.qubits}",
                expected=f"at most {self.target.qubits}",
                help="choose a larger target, or a smaller ansatz",
            )
        problem = too_many_to_lower(self.split)
        if problem is not None:
            raise problem

    @property
    def qubit_names(self) -> tuple[str, ...]:
        """The names of the qubits of the program, in the order of ``q[0]``, ``q[1]``, ..."""
        return tuple(qubit.name for qubit in self.split.program.qubits)

    @cached_property
    def measurements(self) -> MeasurementPlan:
        """How the observables of the program are measured."""
        return measurement_plan(self.split.observables, self.split.qubit_count)

    def measuring(self, setting: Setting) -> PytketKernel:
        """Return the kernel of the circuits that measure one setting, without what the setting does not see.

        Bit k of a circuit belongs to the k-th measured qubit. All that the setting reads has the distribution that it
        has in the whole circuit, see :func:`qffc.passes.measurement.setting_cone.seen_by`; slots are the same.
        """
        found = self._measuring.get(setting)
        if found is None:
            found = self._measuring[setting] = replace(self, split=self._cones.seen_by(setting), setting=setting)
        return found

    @cached_property
    def _cones(self) -> SettingCones:
        return SettingCones(self.split)

    @cached_property
    def _measuring(self) -> dict[Setting, PytketKernel]:
        return {}

    def bind(self, slots: NDArray[np.float64]) -> Circuit:
        """Return the circuit.

        Args:
            slots: (slot_count,), radians, in the order of the split.

        Raises:
            QffcError: when the slots have another shape or are not finite.
        """
        return self.bind_placed(slots).circuit

    def bind_placed(self, slots: NDArray[np.float64]) -> Placed:
        """Return the circuit as :meth:`bind` does, and on which of its qubits those of the program end.

        They are where they are in the program, unless not all qubits of the target can meet.

        Args:
            slots: (slot_count,), radians.
        """
        if self._fitting is not None:
            return self._fitting.fit([form.bind(slots) for form in self._forms])
        return Placed(self._bind_native(slots), tuple(range(self.split.qubit_count)))

    def _bind_native(self, slots: NDArray[np.float64]) -> Circuit:
        ours = self._own(self._numbers.row(slots))
        return ours if self.route is None else self._peer.circuit(self.route, self.numeric_ops(slots), ours)

    def _own(self, slots: NDArray[np.float64]) -> Circuit:
        if self._blocks is not None:
            return self._in_blocks(self._blocks, self._numbers.arrays(slots[None]))
        return self._emitted(self.numeric_ops(slots))

    @cached_property
    def route(self) -> Route | None:
        """How pytket makes cheaper circuits of this kernel, where ``ask_pytket`` lets it and it does."""
        known = self.target.device is not None and self.target.emitted_as_is and self.split.qubit_count <= MOST_QUBITS
        # Exchanges of two qubits and turns alone are at their bound in frames: pytket makes nothing cheaper of them.
        other = self._has_strings or self._blocks is not None or any(op.kind in IN_EXCHANGES for op in self.split.ops)
        if not (self.ask_pytket and known and other):
            return None
        sample, blocks = self._structure.sample, self._blocks
        ours = self._emitted(sample) if blocks is None else self._in_blocks(blocks, as_arrays(sample))
        return self._peer.best(sample, ours)

    @cached_property
    def _peer(self) -> PytketRoute:
        return PytketRoute(self.target, self.split.qubit_count, self.setting, self._price.circuit)

    def _emitted(self, numbers: Sequence[NumericOp]) -> Circuit:
        frames = self._frames.numbers(numbers) if self._frames else {}
        if all(turn == NO_TURN for turn in frames.values()):
            frames = {}
        choices = [frames]
        vanishing = (abs(nearest_zero(numbers[k].angle, pi / 4)[0]) < _VANISHING for k in self._framed)
        if frames and (self._has_strings or any(vanishing)):
            # Frames were chosen for a circuit that has these gates, too, and for the axes that strings take as given.
            choices.append({})
        written = [self._emit(numbers, choice) for choice in choices]
        if not self._fuses_emitted:
            return min(written, key=lambda emitter: emitter.phased_x).circuit
        circuits = [emitter.circuit for emitter in written]
        fused = [in_blocks(circuit, self.target, fold_swaps=self.fold_swaps) for circuit in circuits]
        return min([*circuits, *fused], key=self._price.circuit)

    @property
    def _fuses_emitted(self) -> bool:
        """Whether blocks are made of emitted gates: where operations have as many gates as their angles ask for."""
        fuses = self.fuse_pairs and self.target.emitted_as_is
        return fuses and any(op.kind in IN_EXCHANGES for op in self.split.ops)

    def bind_measured(self, slots: NDArray[np.float64], setting: Setting) -> Circuit:
        """Return the circuit that measures one setting; see :meth:`measuring`.

        What is to be written to a file goes through :func:`qffc.passes.lower_pytket.files.measured_in_order` first.
        """
        return self.measuring(setting).bind(slots)

    def bind_many(
        self, slots: NDArray[np.float64], setting: Setting | None = None, *, in_order: bool = False
    ) -> tuple[Circuit, ...]:
        """Return the circuits of many bindings, as :meth:`bind` or, with a setting, :meth:`bind_measured` would.

        All angles are computed at once where gates stand in one order whatever the numbers are: for singlets, rotations
        and exchanges in TK2, without runs that get shorter, and for what is written in blocks. Other kernels are bound
        one by one, those for targets with other gates or with a connectivity among them.

        Args:
            slots: (circuits, slot_count), radians.
            setting: what is measured.
            in_order: as :func:`qffc.passes.lower_pytket.files.measured_in_order` makes them, and sooner.

        Raises:
            QffcError: when the slots have another shape or are not finite.
        """
        if setting is not None:
            return self.measuring(setting).bind_many(slots, in_order=in_order)
        bind = self._bind_in_order if in_order else self.bind
        values = self._numbers.rows(slots)
        parts = self._parts_beside(values)
        at_once = self._blocks is not None or self._in_one_order
        if self._fitting is not None or self.route is not None or not at_once:
            return tuple(bind(row) for row in values)
        circuits: list[Circuit] = []
        for start in range(0, len(values), _CHUNK):
            rows = values[start : start + _CHUNK]
            batch = self.native_batch(rows, parts)
            written = BatchCircuits(batch, self._measured, in_order=in_order)
            special = batch.special.tolist()
            circuits += [bind(row) if special[k] else written.circuit(k) for k, row in enumerate(rows)]
        return tuple(circuits)

    def _bind_in_order(self, slots: NDArray[np.float64]) -> Circuit:
        return measured_in_order(self.bind(slots))

    def bind_settings(
        self, slots: NDArray[np.float64], settings: Sequence[Setting], *, in_order: bool = False
    ) -> tuple[Circuit, ...]:
        """Return the circuits of many bindings for each setting: all settings of the first binding come first.

        Args:
            slots: (circuits, slot_count), radians.
            settings: what is measured.
            in_order: see :meth:`bind_many`.
        """
        columns = [self.bind_many(slots, setting, in_order=in_order) for setting in settings]
        return tuple(circuit for row in zip(*columns, strict=True) for circuit in row)

    def native_batch(self, slots: NDArray[np.float64], parts: Sequence[Part] = ()) -> NativeBatch:
        """Return the native angles of many bindings as one array; see :meth:`bind_many`.

        Args:
            slots: (circuits, slot_count), radians.
            parts: of their blocks, where they are known, with those of the sample before them.
        """
        arrays = self._numbers.arrays(slots)
        if self._blocks is not None:
            return self._written(self._blocks, arrays, parts or None, first=1)  # the sample comes before them
        framed = self._frames is not None
        writer = BatchWriter(self._structure, self.target, *arrays, framed=framed, fold_swaps=self.fold_swaps)
        return writer.write(self.setting)

    def _written(
        self, plan: BlockPlan, arrays: Arrays, parts: Sequence[Part] | None = None, first: int = 0
    ) -> NativeBatch:
        first = 0 if parts is None else first
        return BlockWriter(plan, self.target, *arrays, fold_swaps=self.fold_swaps, parts=parts, first=first).write()

    def _in_blocks(self, plan: BlockPlan, arrays: Arrays) -> Circuit:
        return BatchCircuits(self._written(plan, arrays), self._measured).circuit(0)

    @property
    def _measured(self) -> tuple[int, ...]:
        return self.setting.measured if self.setting is not None else ()

    @property
    def _blocks(self) -> BlockPlan | None:
        """The blocks of the kernel, where they make a cheaper circuit of numbers without special values."""
        return self._found_blocks[0]

    @cached_property
    def _found_blocks(self) -> tuple[BlockPlan | None, tuple[Part, ...]]:
        return self._find_blocks(None)

    def _parts_beside(self, values: NDArray[np.float64]) -> tuple[Part, ...]:
        """The parts of the blocks of the sample and a few circuits, where blocks are looked for only now."""
        if not 0 < len(values) <= _FEW or "_found_blocks" in self.__dict__:
            return ()
        found = self.__dict__["_found_blocks"] = self._find_blocks(self._numbers.arrays(values))
        return found[1]

    def _find_blocks(self, beside: Arrays | None) -> tuple[BlockPlan | None, tuple[Part, ...]]:
        """The blocks, and their parts: of the sample that they are chosen by, and of circuits beside it."""
        if not (self.fuse_pairs and self.target.emitted_as_is):
            return None, ()
        sample = self._structure.sample
        found = block_plan(
            self.split, self.setting, sample, fold_swaps=self.fold_swaps, target=self.target, beside=beside
        )
        if found is None:
            return None, ()
        return found if self._pay(*found) else (None, ())

    def _pay(self, plan: BlockPlan, parts: Sequence[Part]) -> bool:
        """Whether blocks make a cheaper circuit of the sample."""
        sample = self._structure.sample
        least = max(self.target.minimum.zz_phase, TINY)
        apart = gates_apart(plan.items, [op.angle for op in sample], fold_swaps=self.fold_swaps, least=least)
        gates = sum(len(part.tracks) == 2 for part in parts)
        # A TK2 has a turn before each side at most, and each qubit one at its end.
        most = self._price.gates(2 * gates + self.split.qubit_count, gates) if self.target.two_qubit == "TK2" else inf
        # What the other gates cost at least, whatever their turns do.
        otherwise = 0.0 if self._has_runs else self._price.pricing.two_qubit * apart
        if most < otherwise:
            return True
        if not self._has_runs:
            otherwise += self._price.pricing.two_qubit * self._structure.prepared(least)
        if most < otherwise:
            return True
        cost = self._price.batch(self._written(plan, as_arrays(sample), parts))
        if cost[0] < otherwise:
            return True
        return cost < self._price.circuit(self._emitted(sample))

    @property
    def prices_in_blocks(self) -> tuple[float, float] | None:
        """What the gates of a shot cost in blocks and otherwise, in units of the price formula, where blocks are taken.

        It is worked out at numbers without special values. Where blocks are not taken they are not cheaper.
        """
        if self._blocks is None:
            return None
        sample = self._structure.sample
        written = self._written(self._blocks, as_arrays(sample))
        return self._price.batch(written)[0], self._price.circuit(self._emitted(sample))[0]

    @cached_property
    def _price(self) -> ShotPrice:
        return ShotPrice(self.target)

    @cached_property
    def _has_strings(self) -> bool:
        return any(len(op.string) > 1 for op in self.split.ops)

    @cached_property
    def _in_one_order(self) -> bool:
        known = not self._has_strings and all(op.kind not in IN_EXCHANGES for op in self.split.ops)
        return (
            self._fitting is None
            and self.target.two_qubit == "TK2"
            and known
            and not self._has_runs
            and not self._structure.graph.alone
        )

    @property
    def gate_by_gate(self) -> bool:
        """Whether its operations become gates in one order whatever the numbers are, each exchange a TK2."""
        return self._in_one_order and self._blocks is None and self.route is None

    @cached_property
    def _has_runs(self) -> bool:
        """Whether runs of exchanges may get shorter; a SWAP that is folded leaves a run on the same wires."""
        if not self.shorten_runs or any(op.kind in IN_EXCHANGES for op in self.split.ops):
            return self.shorten_runs
        if sum(op.kind == "exchange" for op in self.split.ops) <= MOST:
            return False
        ops = on_wires(self.numeric_ops(np.ones(self.split.slot_count)), self.split.qubit_count)
        return shorten_runs(ops) != ops

    def counts(self, circuit: Circuit) -> CircuitCounts:
        """Return the counts of a circuit, with the cost weights of the target."""
        return self._price.counts(circuit)

    def _emit(self, numbers: Sequence[NumericOp], frames: Mapping[int, Turn]) -> Emitter:
        bits = len(self.setting.measured) if self.setting else 0
        if len(self._gates) > _MOST_GATES:
            self._gates.clear()
        emitter = Emitter(Circuit(self.split.qubit_count, bits), self.target, self._gates)
        ops = [part for k, op in enumerate(numbers) for part in self._expansion.expand(k, op, frames.get(k, NO_TURN))]
        placed = on_wires(ops, self.split.qubit_count)
        for op in shorten_runs(placed) if self._has_runs else placed:
            emitter.operation(op)
        if frames:
            emitter.turn_ends([frames[-1 - qubit] for qubit in range(self.split.qubit_count)])
        if self.setting is None:
            emitter.finish()
            return emitter
        for string in self.setting.turns:
            emitter.pauli(string, pi / 2)
        emitter.measure(self.setting.bases)
        return emitter

    def numeric_ops(self, slots: NDArray[np.float64]) -> tuple[NumericOp, ...]:
        """Return the operations of the program in numbers, one for one."""
        return self._numbers.ops(slots)

    @cached_property
    def _numbers(self) -> KernelNumbers:
        return KernelNumbers(self.split)

    @cached_property
    def _fitting(self) -> Fitting | None:
        """What writes emitted circuits for the target, where they are not for it already."""
        if self.target.emitted_as_is:
            return None
        typical = 1 + np.modf(_GOLDEN * np.arange(self.split.slot_count))[0]  # radians; no gate vanishes
        return Fitting(self.target, lambda: self._forms[0].bind(typical))

    @cached_property
    def _forms(self) -> tuple[PytketKernel, ...]:
        """The kernels of the circuits that are written for the target, the first in TK2."""
        return tuple(replace(self, target=target) for target in native_forms(self.target))

    @cached_property
    def _gates(self) -> dict[Angles, Op]:
        """Gates of earlier circuits: pytket takes one that is there already in a third of the time."""
        return {}

    @cached_property
    def _frames(self) -> Frames | None:
        # An exchange of three ZZPhase has axes of its own, and needs a turn on either side in any frame.
        return self._structure if self.fix_frame and self.target.two_qubit == "TK2" else None

    @cached_property
    def _structure(self) -> Frames:
        return Frames(self.split, self.fold_swaps, self.setting)

    @cached_property
    def _framed(self) -> tuple[int, ...]:
        """The gates that have frames."""
        return tuple(self._frames.graph.frames) if self._frames else ()

    @cached_property
    def _expansion(self) -> Expansion:
        return Expansion(self.split, self.fold_swaps)
