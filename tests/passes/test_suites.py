"""Analyses and passes that make another program stand the suite of `qffc.testing`; the others do in their own files."""

import pytest
from hypothesis.strategies import SearchStrategy

from qffc.ir.program import Program
from qffc.passes.equivariance.check import CheckEquivariance
from qffc.passes.lower_jax.program import LowerJax
from qffc.passes.lower_pytket.lower import LowerPytket
from qffc.passes.measurement.plan import PlanMeasurement
from qffc.passes.parameter_shift import ParameterShift
from qffc.passes.registry import built_in_names, load_pass
from qffc.passes.schedule.layers import ScheduleLayers
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.testing import PassSuite, programs


class Analysis(PassSuite):
    idempotent = True
    max_examples = 5


class TestCheckEquivariance(Analysis):
    step = CheckEquivariance()


class TestLowerJax(Analysis):
    step = LowerJax()


class TestLowerPytket(Analysis):
    step = LowerPytket(fold_swaps=False)
    target = "H2-1"

    def programs(self) -> SearchStrategy[Program]:
        """Sets of five and six qubits have no circuit yet."""
        return programs(native=True)


class TestParameterShift(Analysis):
    step = ParameterShift()


class TestPlanMeasurement(Analysis):
    step = PlanMeasurement()


class TestScheduleLayers(PassSuite):
    step = ScheduleLayers()
    idempotent = True


class TestSymmetrize(PassSuite):
    step = Symmetrize()
    idempotent = True
    refuses = True


@pytest.mark.parametrize("name", built_in_names())
def test_every_pass_has_a_name_and_options_that_are_read_back(name):
    suite = type("Suite", (PassSuite,), {"step": load_pass(name)()})()
    suite.test_name()
    suite.test_text_of_the_options()
