"""The pipeline: runs passes in order, verifies between them, times each one, and carries the certificate along."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

from qffc.ir.diagnostics import InternalError, QffcError, error, quoted
from qffc.ir.program import Program
from qffc.ir.telling import tell
from qffc.ir.verification.program import verify_program
from qffc.passes.base import Pass, PassResult, Report, keeps_symmetry
from qffc.passes.certificate_carry import carry
from qffc.passes.counts import Counts, count_ops
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.pipeline_text import parse_pipeline as parse_pipeline
from qffc.passes.registry import is_built_in
from qffc.passes.same_response import Change, broken_promise, verify_interface
from qffc.passes.target import Target
from qffc.passes.user_python import place_in


class BrokenContract(InternalError):
    """A pass does not do what it says; a mistake of qffc where the pass is one of qffc.

    Args:
        step: the pass.
        message: what is wrong.
    """

    def __init__(self, step: Pass[object], message: str) -> None:
        super().__init__(message)
        self.step = step


@dataclass(frozen=True)
class PassRecord:
    """What one pass did.

    Args:
        name: of the pass.
        seconds: its run time, verification not included.
        changed: whether it returned another program.
        before: the size of the program before it.
        after: the size of the program after it.
        report: what it says about its changes; may be empty.
    """

    name: str
    seconds: float
    changed: bool
    before: Counts
    after: Counts
    report: str = ""


@dataclass(frozen=True)
class PipelineResult:
    """What a pipeline gives back.

    Args:
        program: the program after the last pass.
        outputs: name and output of each pass, in order.
        records: what each pass did, in order.
        certificate: of ``program``; None when no check ran. What the check said is carried along: proven again after
            each pass that changed the program, kept where the pass keeps the response, and dropped otherwise.
    """

    program: Program
    outputs: tuple[tuple[str, object], ...]
    records: tuple[PassRecord, ...]
    certificate: Certificate | None = None

    def output(self, name: str) -> object:
        """Return the output of a pass; of its last run when it ran more than once.

        Raises:
            QffcError: when it did not run.
        """
        for known, output in reversed(self.outputs):
            if known == name:
                return output
        raise error(
            "pass that did not run",
            found=f"'{name}'",
            expected=f"one of {quoted(known for known, _ in self.outputs)}",
            help="add the pass to the pipeline",
        )


def run_pipeline(
    passes: Sequence[Pass[object]],
    program: Program,
    target: Target,
    *,
    verify: bool = True,
    print_after: Callable[[str, Program], object] | None = None,
) -> PipelineResult:
    """Run passes in order.

    Args:
        passes: in order.
        program: where to start.
        target: what to compile for.
        verify: whether to check the program before the first pass and after each one, and to hold each pass to what
            it says that it preserves.
        print_after: called with the name of each pass and the program after it; see :func:`printer`.

    Returns:
        The last program, what each pass made, and how long it took.

    Raises:
        QffcError: when the first program is not valid, or a pass refuses it.
        InternalError: when a pass breaks its contract.
    """
    if verify:
        verify_program(program)
    kept = _Kept()
    try:
        result = _run_all(passes, program, target, kept if verify else None, print_after)
    except Exception:
        kept.verify()  # a pass may fail because of what one before it has made
        raise
    kept.verify()
    return result


def _run_all(
    passes: Sequence[Pass[object]],
    program: Program,
    target: Target,
    kept: _Kept | None,
    print_after: Callable[[str, Program], object] | None,
) -> PipelineResult:
    outputs: list[tuple[str, object]] = []
    records: list[PassRecord] = []
    certificate: Certificate | None = None
    before = count_ops(program)
    for step in passes:
        tell(f"pass {step.name}")
        start = perf_counter()
        result = _run(step, program, target)
        seconds = perf_counter() - start
        if kept is not None:
            with _contract_of(step):
                _verify_contract(step, program, result.program, result.changed)
            if result.changed:
                kept.add(Change(step, program, result.program))
        program = result.program
        if certificate is None:
            certificate = result.output if isinstance(result.output, Certificate) else None
        elif result.changed and certificate.verdicts:
            with _contract_of(step):
                certificate = carry(certificate, step, program, target)
        outputs.append((step.name, result.output))
        report = result.output.render() if result.changed and isinstance(result.output, Report) else ""
        after = count_ops(program) if result.changed else before
        records.append(PassRecord(step.name, seconds, result.changed, before, after, report))
        before = after
        if print_after is not None:
            print_after(step.name, program)
    if certificate is not None and certificate.digest != program.digest:  # it says nothing that had to be carried
        certificate = check_equivariance(program, rules_only=certificate.rules_only)
    return PipelineResult(program, tuple(outputs), tuple(records), certificate)


class _Kept:
    """Changes whose numbers are still to be compared: passes that come with qffc are looked at together."""

    def __init__(self) -> None:
        self._changes: list[Change] = []

    def add(self, change: Change) -> None:
        """Take one more change."""
        alone = not keeps_symmetry(change.step.preserves)
        if alone or not is_built_in(change.step):
            self.verify()
        if not alone:
            self._changes.append(change)
            if not is_built_in(change.step):
                self.verify()

    def verify(self) -> None:
        """Compare what there is.

        Raises:
            BrokenContract: with the pass that is to blame.
        """
        changes, self._changes = self._changes, []
        found = broken_promise(changes)
        if found is not None:
            change, problem = found
            raise BrokenContract(change.step, problem.what) from problem.__cause__


def printer(write: Callable[[str], object], names: Sequence[str] = ()) -> Callable[[str, Program], None]:
    """Return a ``print_after`` that writes the text of the program after the named passes, or after all.

    Example:
        >>> import sys
        >>> show = printer(sys.stderr.write, ["canonicalize"])
    """

    def show(name: str, program: Program) -> None:
        if not names or name in names:
            write(f"# after {name}\n{program.text}")

    return show


def _run(step: Pass[object], program: Program, target: Target) -> PassResult[object]:
    try:
        result = step.run(program, target)
    except QffcError as problem:
        if is_built_in(step) or problem.diagnostic.span is not None:
            raise
        place = place_in(problem, sys.modules.get(type(step).__module__))  # the line of the pass that it comes from
        raise QffcError(replace(problem.diagnostic, span=place)) from problem
    except InternalError:
        raise
    except Exception as problem:
        if is_built_in(step):
            raise
        raise error(
            "pass that fails",
            found=f"'{step.name}': {type(problem).__name__}: {problem}",
            expected="another program, or a diagnostic that refuses this one",
            help="correct the pass; qffc.testing.PassSuite runs it on random programs",
            span=place_in(problem, sys.modules.get(type(step).__module__)),
        ) from problem
    if not isinstance(result, PassResult):
        raise BrokenContract(step, f"pass '{step.name}' returned {type(result).__name__}, not a PassResult")
    return result


@contextmanager
def _contract_of(step: Pass[object]) -> Iterator[None]:
    """Let what is found here be the mistake of a pass."""
    try:
        yield
    except InternalError as problem:
        raise BrokenContract(step, problem.what) from problem.__cause__


def _verify_contract(step: Pass[object], before: Program, after: Program, changed: bool) -> None:
    same = before is after
    try:
        if not same:  # else it was verified before
            verify_program(after)
    except QffcError as caught:
        raise InternalError(f"pass '{step.name}' returned an invalid program: {caught}") from caught
    if changed == (same or before == after):
        verb = "changed" if changed else "did not change"
        raise InternalError(f"pass '{step.name}' says that it {verb} the program, which is not so")
    if changed and step.preserves == "everything":
        raise InternalError(f"pass '{step.name}' is an analysis, and changed the program")
    if changed:
        verify_interface(Change(step, before, after))
