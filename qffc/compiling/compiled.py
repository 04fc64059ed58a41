"""What compiling gives: one object with the program, its proof, its numbers as JAX functions, and its circuits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import write_text
from qffc.compiling.document import Parts, document_text, parts_in, refusal
from qffc.compiling.exits import emit
from qffc.compiling.levels import DEFAULT_LEVEL, level
from qffc.ir.diagnostics import error
from qffc.ir.given_values import path_of
from qffc.ir.program import Program
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import short_repr
from qffc.passes.base import Pass
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.counts import CircuitCounts
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.identities.identity import Identity
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.measurement.settings import MeasurementPlan, measurement_plan
from qffc.passes.pipeline import BrokenContract, run_pipeline
from qffc.passes.pipeline_text import format_pass, parse_pipeline, steps_of
from qffc.passes.registry import is_built_in
from qffc.passes.same_response import compare_responses
from qffc.passes.target import Target, check_shots
from qffc.progress_line import shown_as

if TYPE_CHECKING:
    from pytket.circuit import Circuit

    from qffc.compiling.circuit_check import CircuitCheck
    from qffc.passes.lower_jax.program import JaxProgram
    from qffc.passes.lower_pytket.kernel import PytketKernel

Floats = NDArray[np.float64]
_LOWERING = "lower-pytket"


@dataclass(frozen=True, eq=False)
class Compiled(Parts):
    """A program after its passes, with the proof of its symmetry; all else is made when it is asked for.

    Args:
        source: the program before the first pass.
        program: after the last one.
        certificate: of ``program``, bound to its digest.
        target: what it was compiled for.
        level: the optimization level.
        passes: the pipeline that ran, as text.
        lowering: the pass that makes native gates, as text.
        records: what each pass did.
    """

    _repr_html_ = html_of

    def __repr__(self) -> str:
        proof = "proven" if self.certificate.holds else "not proven"
        return short_repr(
            self,
            f"'{self.program.name}'",
            f"for {self.target.name}",
            f"level {self.level}",
            proof,
            f"digest {self.program.digest[:12]}",
        )

    def __getstate__(self) -> dict[str, object]:
        """The fields: what was made when it was asked for is made again, and compiled functions cannot be copied."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def split(self) -> Split:
        """The classical values and the quantum kernel."""
        return split_program(self.program)

    @cached_property
    def jax(self) -> JaxProgram:
        """The program as JAX functions: ``angles``, ``moments`` and ``readout``."""
        from qffc.passes.lower_jax.program import lower_jax  # JAX is heavy

        return lower_jax(self.program)

    @property
    def angles(self) -> Callable[..., object]:
        """The angle program as a JAX function, see :meth:`qffc.passes.lower_jax.program.JaxProgram.angles`."""
        return self.jax.angles

    @property
    def readout(self) -> Callable[..., object]:
        """The readout as a JAX function, see :meth:`qffc.passes.lower_jax.program.JaxProgram.readout`."""
        return self.jax.readout

    @cached_property
    def without_tk2(self) -> Compiled:
        """The same with ZZPhase for the only two-qubit gate, for machines and formats without TK2."""
        return replace(self, target=self.target.preferring("ZZPhase"))

    @cached_property
    def kernel(self) -> PytketKernel:
        """The quantum kernel in native gates; the target must have some."""
        return lowered(self.program, self.target, self.lowering)

    @cached_property
    def measurements(self) -> MeasurementPlan:
        """How the observables are measured."""
        if not level(self.level).planned:
            return measurement_plan(self.split.observables, self.split.qubit_count)
        from qffc.passes.measurement.plan import plan_measurement

        return plan_measurement(self.split)

    def circuit(self, slots: Floats | None = None) -> Circuit:
        """Return the circuit in native gates, without measurements; :meth:`places` says which qubit is which.

        Args:
            slots: (slot_count,), radians; when left out, those of
                :func:`qffc.passes.equivariance.numbers.generic_point.generic_slots`.
        """
        return self.kernel.bind(self._slots(slots))

    def places(self, slots: Floats | None = None) -> tuple[int, ...]:
        """Return for each qubit of the program which qubit of :meth:`circuit` it is at the end, by number.

        They are 0, 1, 2, ... unless not all qubits of the target can meet. Bits of measured circuits need no such
        table.

        Example:
            >>> from qffc.toolchain import compile
            >>> compile("lib:sivqlm-lih", "H2-1").places()
            (0, 1)
        """
        return self.kernel.bind_placed(self._slots(slots)).places

    def measured_circuits(self, slots: Floats | None = None) -> tuple[Circuit, ...]:
        """Return the circuit once for each measurement setting, with its measurements at the end.

        They are listed in the order of their bits, for formats and readers that go by that order.
        """
        return self.kernel.bind_settings(self._slots(slots)[None], self.measurements.settings, in_order=True)

    def emit(self, kind: str, slots: Floats | None = None, *, measured: bool = False) -> tuple[str | bytes, ...]:
        """Return the program in a format of other packages, as ``qffc compile --emit`` writes it.

        Args:
            kind: ``qasm``, ``qasm-qelib1``, ``qir``, ``hugr`` or ``pytket`` for circuits with numbers; ``guppy``,
                ``qasm3`` or ``pytket-symbols`` for what has inputs instead, and ``inputs`` for the numbers that go in
                there; ``ir`` or ``json`` for the program itself.
            slots: (slot_count,), radians, for what has numbers; when left out, those of
                :func:`qffc.passes.equivariance.numbers.generic_point.generic_slots`.
            measured: one circuit for each measurement setting, with its measurements; ``hugr`` and ``guppy`` are always
                measured.

        Returns:
            One text for each circuit; bytes for ``hugr``, whose package is binary.

        Raises:
            QffcError: for an unknown format, or slots for what has inputs.

        Example:
            >>> from qffc.toolchain import compile
            >>> (text,) = compile("lib:sivqlm-lih", "Helios").emit("qir")
            >>> text.count("rzz__body(double")
            2
        """
        return emit(self, kind, slots, measured)

    @cached_property
    def counts(self) -> CircuitCounts:
        """The native gates of the circuit at generic angles, measurements aside."""
        return self.kernel.counts(self.circuit())

    @cached_property
    def counts_as_written(self) -> CircuitCounts:
        """The native gates of the source at level 0."""
        kernel = lowered(self.source, self.target, level(0).lowering)
        return kernel.counts(kernel.bind(generic_slots(kernel.split)))

    def price(self, shots: int) -> float:
        """Return the price in HQC of one circuit with its measurements, ``shots`` for each setting.

        Raises:
            QffcError: when shots are no whole number from 0 on.
        """
        check_shots(shots)
        if self.target.pricing is None:
            return 0.0
        return self.target.price([self.kernel.counts(circuit) for circuit in self.measured_circuits()], shots)

    @shown_as("validate")
    def validate(self) -> Identity:
        """Compare the response of what was compiled with that of the source, exactly.

        It is translation validation, of the passes that ran: not two points are compared but two functions of all
        parameters and geometries, wherever both are finite, by exact arithmetic in finite fields; see
        :func:`qffc.passes.same_response.compare_responses`.

        Returns:
            ``outcome`` is ``equal``, with an error below 2^-``bits``, ``different``, or ``unknown``, and ``why``.

        Example:
            >>> from qffc.toolchain import compile
            >>> compile("lib:sivqlm-h2o:depth=1", "H2-1", level=2).validate().outcome
            'equal'
        """
        return compare_responses(self.source, self.program)

    @shown_as("validate circuits")
    def validate_circuits(self) -> CircuitCheck:
        """Compare the moments of the native circuits with those of the program, at three random points.

        What :meth:`circuit` and :meth:`measured_circuits` emit, options of the lowering and planned settings included,
        is imported as a circuit of another package would be, and run by the dense reference in doubles.

        Returns:
            ``outcome`` is ``agree`` or ``differ``, with the largest ``deviation``; or ``unknown``, and ``why``.

        Raises:
            QffcError: when the target has no native gates.

        Example:
            >>> from qffc.toolchain import compile
            >>> found = compile("lib:sivqlm-h2o:depth=1", "H2-1", level=2).validate_circuits()
            >>> found.outcome, found.deviation < 1e-12
            ('agree', True)
        """
        from qffc.compiling.circuit_check import check_circuits  # pytket is heavy

        return check_circuits(self.kernel, self.measurements)

    def save(self, path: str | Path) -> None:
        """Write everything to one JSON file, whole or not at all; :func:`load_compiled` reads it.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from qffc.compiling.compiled import load_compiled
            >>> from qffc.toolchain import compile
            >>> with TemporaryDirectory() as folder:
            ...     compile("lib:sivqlm-lih", "H2-1", level=2).save(f"{folder}/lih.json")
            ...     load_compiled(f"{folder}/lih.json").counts.two_qubit
            1
        """
        write_text(Path(path), self.to_json())

    def to_json(self) -> str:
        """Return what :meth:`save` writes.

        Example:
            >>> from qffc.toolchain import compile
            >>> from_json(compile("lib:sivqlm-lih").to_json()).program == compile("lib:sivqlm-lih").program
            True
        """
        return document_text(self, self.counts if self.target.native else None)

    def _slots(self, slots: Floats | None) -> Floats:
        return generic_slots(self.split) if slots is None else slots


def compile_program(
    source: Program,
    target: Target,
    number: int = DEFAULT_LEVEL,
    pipeline: str | Sequence[str | Pass[object]] | None = None,
    print_after: Callable[[str, Program], object] | None = None,
) -> Compiled:
    """Run the passes of a level, or a pipeline, and certify what comes out; see :func:`qffc.toolchain.compile`."""
    chosen = level(number)
    given = chosen.passes if pipeline is None else pipeline
    steps = steps_of(given)
    built_in = [step for step in steps if is_built_in(step)]
    own = len(built_in) < len(steps)
    # The name of a file would mean nothing to who reads the document.
    text = given if isinstance(given, str) and not own else ",".join(map(format_pass, steps))
    try:
        result = run_pipeline(steps, source, target, print_after=print_after)
    except BrokenContract as broken:
        if is_built_in(broken.step):
            raise
        raise error(
            "pass that does not do what it says",
            found=broken.what,
            expected="a valid program, of which is kept what the pass preserves",
            help="correct the pass, or what it says that it preserves; qffc.testing.PassSuite looks for small programs",
        ) from broken
    # A proof that goes through a pass of the user could be made again by nobody else: what came out is proven itself.
    carried = None if own else result.certificate
    certificate = carried or check_equivariance(result.program)
    named = [format_pass(step) for step in built_in if step.name == _LOWERING]
    lowering = named[-1] if named else chosen.lowering
    return Compiled(source, result.program, certificate, target, number, text, lowering, result.records)


def from_json(text: str, where: str = "compiled program") -> Compiled:
    """Return the compiled program of a JSON text; see :func:`qffc.compiling.document.parts_in`."""
    return Compiled(**vars(parts_in(text, where)))


def load_compiled(path: str | Path) -> Compiled:
    """Read a compiled program that :meth:`Compiled.save` or ``qffc compile --emit json`` has written.

    Raises:
        QffcError: when the file is missing, or does not hold what it says; see :func:`from_json`.
    """
    try:
        text = path_of("a compiled program", path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "not UTF-8 text"
        raise refusal("file that cannot be read", str(path), f"{reason}", "a compiled program") from None
    return from_json(text, str(path))


def lowered(program: Program, target: Target, lowering: str) -> PytketKernel:
    """Return the kernel that the pass ``lower-pytket`` makes, with the options of its text."""
    from qffc.passes.lower_pytket.lower import LowerPytket  # pytket is heavy

    (step,) = parse_pipeline(lowering)
    assert isinstance(step, LowerPytket)
    return step.run(program, target).output
