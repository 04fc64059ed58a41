from __future__ import annotations

import numpy as np
import pytest
from clifford_programs import clifford_program
from dense_programs import dense_instance

from qffc.ir.reference import moments
from qffc.passes.gadgets.push_cliffords import PushCliffords
from qffc.passes.gadgets.synthesize_gadgets import SynthesizeGadgets
from qffc.targets.catalogue import target

IDEAL = target("ideal")


@pytest.mark.parametrize("step", [PushCliffords(), SynthesizeGadgets()], ids=lambda step: step.name)
@pytest.mark.parametrize("seed", range(40))
def test_moments_stay(step, seed):
    program = clifford_program(seed)
    instance = dense_instance(seed)
    result = step.run(program, IDEAL)
    np.testing.assert_allclose(moments(result.program, instance), moments(program, instance), rtol=0, atol=1e-12)
    assert result.changed == (result.program != program)
    again = step.run(result.program, IDEAL)
    assert again.program is result.program
