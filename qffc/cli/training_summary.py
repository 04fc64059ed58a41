"""What is said of a training when it is over: errors on the test frames of each set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qffc.cli.errors_table import errors_table

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation
    from qffc.training.config import TrainingConfig


def errors_by_set(model: ForceField, sets: Sequence[Dataset], config: TrainingConfig) -> dict[str, Evaluation]:
    """Return the errors on the test frames of each set that has some, by its name; like names are numbered."""
    from qffc.models.files.data_sets import distinct_names
    from qffc.toolchain import evaluate
    from qffc.training.split import splits_of

    names, splits = distinct_names([data.name for data in sets]), splits_of(sets, config)
    return {name: evaluate(model, data) for name, data, split in zip(names, sets, splits, strict=True) if split.test}


def training_summary(
    model: ForceField, sets: Sequence[Dataset], config: TrainingConfig, tests: Mapping[str, Evaluation]
) -> dict[str, object]:
    """Return what ``summary.json`` holds; of several sets lists, and test errors by name."""
    from qffc.models.files.data_sets import distinct_names

    one = len(sets) == 1
    names, fingerprints = distinct_names([data.name for data in sets]), [data.fingerprint for data in sets]
    found = {name: each.to_json() for name, each in tests.items()}
    return {
        "program": model.program.name,
        "digest": model.program.digest,
        "data": names[0] if one else list(names),
        "data_fingerprint": fingerprints[0] if one else fingerprints,
        "settings": config.model_dump(),
        "test": (found[names[0]] if one else found) if tests else None,
    }


def doubts(tests: Mapping[str, Evaluation], config: TrainingConfig) -> list[str]:
    """Return what to do about models that are no better than a constant, for each such set."""
    rate = "" if config.learning_rate is None else f", which was {config.learning_rate:g}"
    advice = f"start again in another folder with a smaller --learning-rate{rate}, or with more --epochs or frames"
    return [f"{each.data.name}: {each.doubt}; {advice}" for each in tests.values() if each.doubt]


def summary_text(tests: Mapping[str, Evaluation], sets: int) -> str:
    """Return a table for each set with test frames."""
    if not tests:
        return "no test frames were held out"
    return "\n\n".join(_text(each, name if sets > 1 else "") for name, each in tests.items())


def _text(evaluation: Evaluation, name: str) -> str:
    of = f" of {name}" if name else ""
    frames = len(evaluation.data)
    return f"{frames} test frames{of}; baselines fitted to the training frames\n\n{errors_table(evaluation)}"
