"""What a user gets who says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.cli.demo import DATA, PROGRAM, SETTINGS
from qffc.data import load_embedded
from qffc.references.programs import resolve_program
from qffc.training.config import training_config
from qffc.training.trainer import train

MOST = 10
"""How many times its best so far a loss may be. With gradients as long as they come it was 606 times as large."""


@pytest.mark.slow
def test_the_loss_of_the_demonstration_does_not_leap(tmp_path):
    losses: list[float] = []
    train(
        resolve_program(PROGRAM),
        load_embedded(DATA),
        training_config(SETTINGS),
        tmp_path,
        report=lambda progress: losses.append(progress.loss),
        stop_after=30,  # the leap was in epoch 24
    )
    best = np.minimum.accumulate(losses)
    assert np.max(losses[5:] / best[4:-1]) < MOST
