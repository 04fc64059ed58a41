"""The pass suite passes passes that are right, and each of its tests has failed once."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from suites import checks_of, failed

from qffc.ir.diagnostics import error
from qffc.ir.observables import DotObservable
from qffc.ir.ops import Rotate, Singlet, Zero
from qffc.passes.base import Pass, PassResult
from qffc.passes.equivariance.check import CheckEquivariance
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.testing import PassSuite


@dataclass(frozen=True)
class Mine(Pass[None]):
    """A pass that rewrites the operations of a program."""

    name: ClassVar = "mine"
    preserves: ClassVar = "moments"

    def run(self, program, target):
        after = self.rewritten(program)
        changed = after != program
        return PassResult(after if changed else program, None, changed)

    def rewritten(self, program):
        return program


class Anything(Mine):
    preserves: ClassVar = "nothing"


class LosesTheLast(Mine):
    def rewritten(self, program):
        return program.with_ops(program.ops[:-1]) if isinstance(program.ops[-1], Rotate) else program


class MakesAnInvalidOne(Anything):
    def rewritten(self, program):
        broken = replace(program)
        object.__setattr__(broken, "observables", (("m", DotObservable(0, 99)),))
        return broken


class SaysUnitary(Canonicalize):
    """Swaps that become names keep all moments and change the state."""

    preserves: ClassVar = "unitary"


class Turns(Anything):
    """Turns the first qubit, and breaks symmetries with it."""

    def rewritten(self, program):
        turn = next((op for op in program.ops if isinstance(op, Rotate)), None)
        return program if turn is None else program.with_ops((*program.ops, turn))


class TurnsInSilence(Turns):
    preserves: ClassVar = "moments"


class LeavesThePreparation(Anything):
    def rewritten(self, program):
        return program.with_ops(tuple(op for op in program.ops if isinstance(op, Singlet | Zero)))


class Counts(Anything):
    runs: ClassVar = count()

    def rewritten(self, program):
        return replace(program, name=f"p{next(self.runs)}")


class WritesInPlace(Mine):
    def rewritten(self, program):
        object.__setattr__(program, "name", "mine")
        return program


class Copies(Mine):
    def run(self, program, target):
        return PassResult(replace(program), None)


class Stops(Mine):
    def rewritten(self, program):
        raise KeyError("singlet")


class Refuses(Mine):
    def rewritten(self, program):
        if program.scope == "pair":
            raise error("scope that is not supported", found="pair", expected="another", help="use another")
        return program


class Shouts(Mine):
    name: ClassVar = "Mine_Own"


class SaysSomething(Mine):
    preserves: ClassVar = "the spirit"


@dataclass(frozen=True)
class HasATable(Mine):
    table: dict[str, int] = field(default_factory=lambda: {"a": 1})


@dataclass(frozen=True)
class HasAWord(Mine):
    word: str = "a"


@dataclass
class Changeable:
    name: ClassVar = "mine"
    preserves: ClassVar = "everything"


class TestAnalysis(PassSuite):
    step = CheckEquivariance()
    idempotent = True
    max_examples = 10


class TestRefusing(PassSuite):
    step = Refuses()
    refuses = True
    max_examples = 10


def suite_of(step, **choices):
    return type("Suite", (PassSuite,), {"step": step, "max_examples": 60, **choices})


BROKEN = [
    (LosesTheLast(), {}, "promise_is_kept"),
    (MakesAnInvalidOne(), {}, "promise_is_kept"),
    (SaysUnitary(), {}, "promise_is_kept"),
    (Turns(), {"keeps_symmetry": True}, "symmetry_is_kept"),
    (LeavesThePreparation(), {"keeps_symmetry": True}, "nothing_is_repaired_in_silence"),
    (Counts(), {}, "runs_are_alike"),
    (WritesInPlace(), {}, "runs_are_alike"),
    (Copies(), {}, "runs_are_alike"),
    (Turns(), {"idempotent": True}, "twice_is_once"),
    (Refuses(), {}, "promise_is_kept"),
    (Shouts(), {}, "name"),
    (SaysSomething(), {}, "name"),
    (HasATable(), {}, "text_of_the_options"),
    (HasAWord("a, b"), {}, "text_of_the_options"),
    (Changeable(), {}, "text_of_the_options"),
]


@pytest.fixture
def no_shrinking():
    """What is found is enough here, however large it is."""
    known = settings.get_current_profile_name()
    settings.register_profile("found", settings.default, phases=[Phase.generate], database=None)
    settings.load_profile("found")
    yield
    settings.load_profile(known)


@pytest.mark.usefixtures("no_shrinking")
@pytest.mark.parametrize(
    ("step", "choices", "check"),
    BROKEN,
    ids=lambda part: "" if isinstance(part, dict) else part if isinstance(part, str) else type(part).__name__,
)
def test_what_is_broken_fails(step, choices, check):
    suite = suite_of(step, **choices)
    with pytest.raises(AssertionError):
        getattr(suite(), f"test_{check}")()


def test_a_pass_that_stops_is_told_before_a_search():
    with pytest.raises(AssertionError, match=r"^'mine' stops on a valid program: KeyError: 'singlet'\nqffc 1\n"):
        suite_of(Stops())().test_runs_are_alike()


def test_a_broken_promise_is_told_with_a_program_to_read():
    with pytest.raises(AssertionError, match=r"'mine'[\s\S]*\nqffc 1\n"):
        suite_of(TurnsInSilence())().test_promise_is_kept()


def test_every_test_of_the_suite_fails_for_something():
    assert {f"test_{check}" for _, _, check in BROKEN} == set(checks_of(PassSuite))


def test_a_pass_that_is_right_fails_nothing():
    assert failed(suite_of(Mine(), idempotent=True, max_examples=5)) == set()
