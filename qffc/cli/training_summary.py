"""What is said of a training when it is over: errors on the test frames of each set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qffc.cli.errors_table import errors_table

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation
    from qffc.training.config import TrainingConfig


def test_sets(model: ForceField, sets: Sequence[Dataset], config: TrainingConfig) -> tuple[Evaluation, ...]:
    """Return the errors on the test frames of each set that has some."""
    from qffc.toolchain import evaluate
    from qffc.training.split import splits_of

    splits = splits_of(sets, config)
    return tuple(evaluate(model, data) for data, split in zip(sets, splits, strict=True) if split.test)


def training_summary(
    model: ForceField, sets: Sequence[Dataset], config: TrainingConfig, tests: Sequence[Evaluation]
) -> dict[str, object]:
    """Return what ``summary.json`` holds; of several sets lists, and test errors by name."""
    one = len(sets) == 1
    names, fingerprints = [data.name for data in sets], [data.fingerprint for data in sets]
    found: object = {each.data.name: each.to_json() for each in tests} or None
    return {
        "program": model.program.name,
        "digest": model.program.digest,
        "data": names[0] if one else names,
        "data_fingerprint": fingerprints[0] if one else fingerprints,
        "settings": config.model_dump(),
        "test": tests[0].to_json() if one and tests else found,
    }


def summary_text(tests: Sequence[Evaluation], sets: int) -> str:
    """Return a table for each set with test frames."""
    if not tests:
        return "no test frames were held out"
    return "\n\n".join(_text(each, each.data.name if sets > 1 else "") for each in tests)


def _text(evaluation: Evaluation, name: str) -> str:
    of = f" of {name}" if name else ""
    frames = len(evaluation.data)
    return f"{frames} test frames{of}; baselines fitted to the training frames\n\n{errors_table(evaluation)}"
