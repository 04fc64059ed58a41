"""A program on wires has the moments of the program that relabels."""

from dataclasses import replace

import numpy as np
import pytest

from qffc.ir.ops import Exchange, PauliRotation, Relabel, Singlet
from qffc.ir.reference import moments
from qffc.ir.values import ParameterEntry
from qffc.passes.circuit.wires import flatten


@pytest.mark.parametrize("seed", range(8))
def test_moments_survive(example, seed: int) -> None:  # type: ignore[no-untyped-def]  # the fixture's type is its file's
    made = example(seed, length=10)
    flat = flatten(made.program)
    assert not any(isinstance(step.op, Relabel) for step in flat.steps)
    again = replace(made.program, ops=tuple(step.op for step in flat.steps), observables=flat.observables)
    np.testing.assert_allclose(moments(again, made.instance), moments(made.program, made.instance), atol=1e-12)


def test_couplings_are_made_whole_only_when_nothing_is_between(example) -> None:  # type: ignore[no-untyped-def]  # as above
    angle = ParameterEntry("J")
    parts = tuple(PauliRotation(((0, l), (1, l)), angle) for l in ("Z", "X", "Y"))
    start = (Singlet(0, 1), Singlet(2, 3))
    made = example(0)

    def kinds(*ops: PauliRotation | Exchange) -> list[str]:
        flat = flatten(replace(made.program, ops=(*start, *ops)))
        assert all(made.program.ops is not None and step.place < len(start) + len(ops) for step in flat.steps)
        return [type(step.op).__name__ for step in flat.steps[2:]]

    assert kinds(*parts) == ["Exchange"]
    assert kinds(parts[0], Exchange(2, 3, angle), *parts[1:]) == ["Exchange", "Exchange"]
    assert kinds(parts[0], Exchange(1, 2, angle), *parts[1:]) == [
        "PauliRotation",
        "Exchange",
        "PauliRotation",
        "PauliRotation",
    ]
    assert kinds(parts[0], parts[0], *parts[1:]) == ["PauliRotation", "Exchange"]
    assert kinds(*parts[:2], replace(parts[2], angle=-angle)) == ["PauliRotation"] * 3
    assert kinds(*parts, *parts) == ["Exchange", "Exchange"]

    whole = flatten(replace(made.program, ops=(*start, *parts))).steps[-1].op
    assert isinstance(whole, Exchange)
    assert whole.angle.text == "1/2*J"
