"""Tests that every pass should stand, for a class to inherit; they need ``hypothesis``.

Example:
    >>> from qffc.passes.simplify.canonicalize import Canonicalize
    >>> class TestMine(PassSuite):
    ...     step = Canonicalize()
    ...     idempotent = True
    ...     max_examples = 3
    >>> TestMine().test_text_of_the_options()
    >>> TestMine().test_promise_is_kept()
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, TypeVar
from unittest import SkipTest

from qffc.ir.diagnostics import InternalError, QffcError
from qffc.ir.program import Program
from qffc.passes.base import MEANINGS, Pass, PassResult, keeps_symmetry
from qffc.passes.equivariance.check import CheckEquivariance, check_equivariance
from qffc.passes.pipeline import PipelineResult, run_pipeline
from qffc.passes.pipeline_text import format_pass, parse_pass
from qffc.passes.same_response import verify_numbers
from qffc.targets.catalogue import target
from qffc.testing import strategies
from qffc.testing.mutations import Mutant
from qffc.testing.needs_hypothesis import HealthCheck, given, note, reject, settings, st
from qffc.testing.symmetric import symmetric_program

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_T = TypeVar("_T")
_FIRST = 8
"""Programs that are tried before the search."""
_BROKEN_SHARE = 3
"""Of the broken programs one in so many is tried: each takes as long as four others, most of it to draw it."""


class PassSuite:
    """A class of tests that inherits this one and says what to test is complete.

    Attributes:
        step: the pass, with its options.
        target: the name of the target that it runs for.
        idempotent: whether a second run has nothing left to do.
        refuses: whether it may refuse valid programs; these are not counted.
        keeps_symmetry: whether a symmetric program stays one and a broken one stays broken. It must, and need not be
            said, where the pass preserves the response.
        max_examples: programs for each test; by default as many as hypothesis is set to.
    """

    step: Pass[object]
    target = "ideal"
    idempotent = False
    refuses = False
    keeps_symmetry = False
    max_examples: int | None = None

    def programs(self) -> SearchStrategy[Program]:
        """Return the strategy for the programs that the pass is run on: of every kind, most without a symmetry."""
        return strategies.programs()

    def test_name(self) -> None:
        """The name is in kebab-case, and ``preserves`` is one of the words that have a meaning."""
        if not _NAME.fullmatch(self.step.name):
            raise AssertionError(f"the name of the pass is '{self.step.name}', not in kebab-case")
        if self.step.preserves not in MEANINGS:
            raise AssertionError(f"'{self.step.name}' preserves '{self.step.preserves}'; one of {', '.join(MEANINGS)}")

    def test_text_of_the_options(self) -> None:
        """The pass is a frozen dataclass, and a pipeline that is written as text gives it back."""
        kind: type = type(self.step)
        if not getattr(getattr(kind, "__dataclass_params__", None), "frozen", False):
            raise AssertionError(f"{kind.__name__} is no frozen dataclass")
        text = format_pass(self.step)
        try:
            again = parse_pass(text, type(self.step))
        except QffcError as problem:
            raise AssertionError(f"'{text}' cannot be read back: {problem}") from problem
        if again != self.step:
            raise AssertionError(f"'{text}' is read as {again}, not {self.step}")

    def test_promise_is_kept(self) -> None:
        """A valid program comes out, ``changed`` tells, and what ``preserves`` names is as it was, at any geometry."""

        def check(data: st.DataObject) -> None:
            program = data.draw(self.programs(), "program")
            note(program.text)
            after = self._pipeline(program).program
            if keeps_symmetry(self.step.preserves):
                instance = data.draw(strategies.instances(program), "instance")
                self._kept(lambda: verify_numbers(self.step, program, after, instance))

        for program in self._first_programs():
            self._promise_kept_for(program)
        self._for_all(st.data(), check)

    def test_runs_are_alike(self) -> None:
        """Two runs give the same program, the one that was given stays, and is given back where nothing changed."""

        def check(program: Program) -> None:
            copy = replace(program)
            first, second = self._run(program), self._run(program)
            if first.program != second.program or first.changed != second.changed:
                raise AssertionError(f"two runs differ:\n{first.program.text}\n{second.program.text}")
            if program != copy:
                raise AssertionError("the program that was given is another one now")
            if not first.changed and first.program is not program:
                raise AssertionError("nothing changed, and another object comes back")

        self._for_all(self.programs(), check)

    def test_twice_is_once(self) -> None:
        """A second run changes nothing."""
        if not self.idempotent:
            raise SkipTest("the pass is not said to be idempotent")

        def check(program: Program) -> None:
            once = self._run(program).program
            twice = self._run(replace(once))  # a copy, of which nothing is kept that the pass may know
            if twice.changed or twice.program != once:
                raise AssertionError(f"a second run changes the program:\n{once.text}\n{twice.program.text}")

        self._for_all(self.programs(), check)

    def test_symmetry_is_kept(self) -> None:
        """A program that is proven symmetric is proven so afterwards, or its proof is carried over."""
        self._need_symmetry()

        def check(program: Program) -> None:
            result = self._pipeline(program, CheckEquivariance())
            if result.certificate is None or not result.certificate.holds:
                said = "" if result.certificate is None else result.certificate.render(result.program)
                raise AssertionError(f"a symmetry is lost:\n{said}")

        self._for_all(strategies.symmetric_programs(), check)

    def test_nothing_is_repaired_in_silence(self) -> None:
        """A program that has lost a symmetry is not proven symmetric afterwards."""
        self._need_symmetry()

        def check(mutant: Mutant) -> None:
            after = self._run(mutant.program).program
            if check_equivariance(after).holds:
                raise AssertionError(f"proven after the pass, and broken before it: {mutant.detail}\n{after.text}")

        self._for_all(strategies.broken_programs(), check, share=_BROKEN_SHARE)

    def _need_symmetry(self) -> None:
        if not (self.keeps_symmetry or keeps_symmetry(self.step.preserves)):
            raise SkipTest(f"the pass preserves {self.step.preserves}")

    def _for_all(self, strategy: SearchStrategy[_T], check: Callable[[_T], None], share: int = 1) -> None:
        """Search for something that fails a check, among so many programs over ``share``."""
        __tracebackhide__ = True
        self._try_first_programs()
        known = settings.default
        assert known is not None
        often = known.max_examples if self.max_examples is None else self.max_examples
        often = -(-often // share)
        slow = (*known.suppress_health_check, HealthCheck.too_slow, HealthCheck.filter_too_much)

        @settings(known, deadline=None, max_examples=often, suppress_health_check=slow, report_multiple_bugs=False)
        @given(strategy)
        def every(subject: _T) -> None:
            program = subject.program if isinstance(subject, Mutant) else subject
            if isinstance(program, Program):
                note(program.text)  # what hypothesis prints of it says no more than its size
            check(subject)

        every()

    def _try_first_programs(self) -> None:
        """Run the pass on a few programs: the search would take minutes to find a small one on which it stops."""
        __tracebackhide__ = True
        for program in self._first_programs():
            try:
                self.step.run(program, target(self.target))
            except Exception as problem:
                if isinstance(problem, QffcError) and self.refuses:
                    continue
                said = str(problem) if isinstance(problem, QffcError) else f"{type(problem).__name__}: {problem}"
                raise AssertionError(
                    f"'{self.step.name}' stops on a valid program: {said}\n{program.text}"
                ) from problem

    def _promise_kept_for(self, program: Program) -> None:
        __tracebackhide__ = True
        try:
            run_pipeline((self.step,), program, target(self.target))
        except InternalError as problem:
            raise AssertionError(f"{problem}\n{program.text}") from problem
        except QffcError as problem:
            if not self.refuses:
                raise AssertionError(f"{problem}\n{program.text}") from problem

    def _first_programs(self) -> Iterator[Program]:
        """A few programs of a size to read, unless the pass is for programs of another kind."""
        if type(self).programs is PassSuite.programs:
            yield from (symmetric_program(Random(seed)) for seed in range(_FIRST))

    def _run(self, program: Program) -> PassResult[object]:
        return self._allowed(lambda: self.step.run(program, target(self.target)))

    def _pipeline(self, program: Program, *before: Pass[object]) -> PipelineResult:
        steps = (*before, self.step)
        return self._kept(lambda: self._allowed(lambda: run_pipeline(steps, program, target(self.target))))

    def _allowed(self, call: Callable[[], _T]) -> _T:
        """What a call returns; a program that it refuses is not counted where that is allowed."""
        try:
            return call()
        except QffcError as problem:
            if self.refuses:
                reject()
            raise AssertionError(f"'{self.step.name}' refused a valid program: {problem}") from problem

    def _kept(self, call: Callable[[], _T]) -> _T:
        """What a call returns that finds whether a promise is kept."""
        try:
            return call()
        except InternalError as problem:
            raise AssertionError(str(problem)) from problem
