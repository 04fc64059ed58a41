"""Model cards: what a trained model is, what it was trained on, how good it is and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from qffc.data import EMBEDDED
from qffc.ir.diagnostics import error
from qffc.models.files.data_sets import distinct_names, known_sets
from qffc.models.files.model_file import ATOM_ENERGIES, REFERENCE, STARTED_FROM
from qffc.models.files.trained import TRAINED_PREFIX
from qffc.models.force_field import trainable_names
from qffc.models.validity.limits import has_limits
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.reports.coverage import COVERAGE_HEADER, coverage_rows
from qffc.training.config import TrainingConfig, settled, stored_config

if TYPE_CHECKING:
    from qffc.models.errors import Errors
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation

_HEADER = "| | energy MAE, meV | RMSE | force MAE, meV/Å | RMSE |\n|---|---|---|---|---|"
_WITH_STRESS = (
    "| | energy MAE, meV | RMSE | force MAE, meV/Å | RMSE | stress MAE, meV/Å³ | RMSE |\n|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class CardSet:
    """Test frames of one of the data sets of a model.

    Args:
        number: which of its sets it is, from 0.
        evaluation: on the frames held out of it.
        source: the words that name the data for ``qffc train``: an embedded dataset, or a file.
    """

    number: int
    evaluation: Evaluation
    source: str = ""


def model_card(
    name: str,
    model: ForceField,
    tests: Sequence[CardSet],
    units: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> str:
    """Return the card of a model as Markdown.

    Args:
        name: of the model, the title of the card.
        model: as it was trained: the card tells its settings.
        tests: errors on frames held out of its training data, for some or all of its sets.
        units: of the data files, for the command that makes the model again.
        keys: of the data files, by role, for the same.

    Raises:
        QffcError: when the model does not say how it was trained, or a set is there twice or not at all.
    """
    metadata = model.metadata
    config = stored_config(metadata)
    if config is None:
        raise error(
            "model that does not say how it was trained",
            found=f"'{name}', with metadata {', '.join(metadata) or 'of no kind'}",
            expected="a model written by qffc train",
            help="write its card by hand",
        )
    names = distinct_names([data for data, _ in known_sets(metadata)]) or (metadata.get("data_name", "other data"),)
    numbers = [test.number for test in tests]
    if not tests or len(set(numbers)) < len(tests) or max(numbers) >= len(names):
        raise error(
            "data for a card",
            found=", ".join(f"set {number + 1}" for number in numbers) or "none",
            expected=f"each of the {len(names)} sets of the model at most once, and one at least",
            help="name each with --data once",
        )
    ordered = sorted(tests, key=lambda test: test.number)
    parts = [
        f"# {name}",
        _opening(names, ordered),
        _facts(model, config, metadata),
        "## Errors",
        *(_errors(names[test.number], test.evaluation) for test in ordered),
        *_sureness(names, ordered),
        *_device(names, ordered),
        f"## Make it again\n\n```sh\n{_command(model, config, ordered, units, keys)}\n```",
        _limits(model),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(names: Sequence[str], tests: Sequence[CardSet]) -> str:
    """What the model is of, and how good: in one sentence, or in one for each set that was tested."""
    lines = [
        f"{'' if len(names) == 1 else f'{names[test.number]}: '}MAE {own.energy_mae:.3g} meV and"
        f" {own.force_mae:.3g} meV/Å on {own.frames} frames held out"
        for test in tests
        for own in (test.evaluation.errors,)
    ]
    tested = {test.number for test in tests}
    left = [name for number, name in enumerate(names) if number not in tested]
    lines += [f"not tested here: {', '.join(left)}"] if left else []
    return f"Energies and forces of {', '.join(names)}{': ' if len(names) == 1 else '. '}{'; '.join(lines)}."


def _errors(name: str, evaluation: Evaluation) -> str:
    stress = evaluation.errors.has_stress
    rows = [_row(label, errors, stress) for label, errors in evaluation.rows()]
    frames, header = evaluation.errors.frames, _WITH_STRESS if stress else _HEADER
    return "\n".join(
        [f"On {frames} test frames of {name}; baselines fitted to the same training frames.", "", header, *rows]
    )


def _sureness(names: Sequence[str], tests: Sequence[CardSet]) -> list[str]:
    """How well the model knows its errors; nothing of one without uncertainty."""
    told = [(names[test.number], each) for test in tests if (each := test.evaluation.calibration) is not None]
    if not told:
        return []
    rows = [f"| {name} | {' | '.join(row)} |" for name, each in told for row in coverage_rows(each)]
    return [
        "## How sure it is",
        "Energies and forces come with standard deviations, calibrated on validation frames; of the errors on test"
        " frames so many are within one and two of them.\n\n"
        f"| | {' | '.join(COVERAGE_HEADER)} |\n|---|---|---|---|---|---|\n" + "\n".join(rows),
    ]


def _device(names: Sequence[str], tests: Sequence[CardSet]) -> list[str]:
    """What energies take on a device; nothing where that was not asked for."""
    counted = [(names[test.number], need) for test in tests if (need := test.evaluation.shots) is not None]
    if not counted:
        return []
    rows = [
        f"| {name} | {need.circuits} | {need.median:.3g} | {'-' if isnan(need.price) else f'{need.price:.4g}'} "
        f"| {'-' if isnan(need.measured) else f'{need.measured:.0%}'} |"
        for name, need in counted
    ]
    first = counted[0][1]
    return [
        "## On a device",
        f"For a standard error of {1e3 * first.standard_error:g} meV of an energy, without noise; the median over"
        f" {len(first.shots)} test frames. Measured is the part of the variance of energies that goes with the moments"
        " of circuits; the rest is there with the moments held at their mean: it is classical.\n\n"
        f"| | circuits | shots | HQC on {first.target or 'a device'} | measured |\n|---|---|---|---|---|\n"
        + "\n".join(rows),
    ]


def _limits(model: ForceField) -> str:
    told = (
        "## Limits\n\nTrust it where its training data are: their molecules, near the temperature that they were"
        " sampled at. It knows no other molecule, and nothing of bonds that break."
    )
    if not has_limits(model.arrays):
        return told
    free = "those of free atoms" if ATOM_ENERGIES in model.metadata else "free atoms, whose energies are a guess"
    return (
        f"{told} Where the surroundings of an atom are not in the data (extrapolation grade above 1), energies fade to"
        f" {free}, and atoms nearer than any in the data repel each other."
    )


def card_entries(
    model: ForceField,
    tests: Sequence[CardSet],
    units: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return what a card tells as plain data; arguments and errors are those of :func:`model_card`."""
    config = stored_config(model.metadata)
    sets = known_sets(model.metadata)
    names = distinct_names([name for name, _ in sets])
    return {
        "program": model.metadata.get(REFERENCE, model.program.name),
        "digest": model.program.digest,
        "trained_numbers": sum(model.arrays[name].size for name in trainable_names(model.program)),
        "data": [{"name": name, "fingerprint": digest} for name, digest in sets],
        "settings": None if config is None else config.model_dump(),
        "tests": {
            names[test.number]: {"frames": test.evaluation.errors.frames, "errors": test.evaluation.to_json()}
            for test in tests
        },
        "command": None if config is None else _command(model, config, tests, units, keys),
    }


def _facts(model: ForceField, config: TrainingConfig, metadata: Mapping[str, str]) -> str:
    program, trained = model.program, trainable_names(model.program)
    numbers = sum(model.arrays[name].size for name in trained)
    split = f"published split {config.published_split}" if config.published_split else f"seed {config.split_seed}"
    rows = {
        "program": f"`{metadata.get(REFERENCE, program.name)}`, digest `{program.digest[:12]}`",
        "symmetry": _symmetry(metadata),
        "trained numbers": f"{numbers:,}",
        "data": _sets(metadata),
        **({"started from": _origin(metadata[STARTED_FROM])} if STARTED_FROM in metadata else {}),
        "split": f"{split}: {_size(config.train) or 'half'} training frames, {_size(config.validation)} watched",
        "versions": ", ".join(f"{key} {metadata[key]}" for key in ("qffc", "jax", "numpy") if key in metadata),
    }
    return "| | |\n|---|---|\n" + "\n".join(f"| {key} | {value} |" for key, value in rows.items())


def _origin(before: str) -> str:
    return f"`{before}`" if before.startswith(TRAINED_PREFIX) else before


def _sets(metadata: Mapping[str, str]) -> str:
    sets = known_sets(metadata)
    names = distinct_names([name for name, _ in sets])
    return ", ".join(f"{name}, fingerprint `{digest[:12]}`" for name, (_, digest) in zip(names, sets, strict=True))


def _size(value: int | tuple[int, ...] | None) -> str:
    return "" if value is None else ", ".join(map(str, value if isinstance(value, tuple) else (value,)))


def _symmetry(metadata: Mapping[str, str]) -> str:
    if "certificate" not in metadata:
        return "not checked"
    certificate = Certificate.from_json(metadata["certificate"])
    generators = dict.fromkeys(verdict.generator.split()[0] for verdict in certificate.verdicts)
    return f"{', '.join(generators)}: {'proven' if certificate.holds else 'not proven'}"


def _row(label: str, errors: Errors, stress: bool) -> str:
    figures = (errors.energy_mae, errors.energy_rmse, errors.force_mae, errors.force_rmse)
    more = (errors.stress_mae, errors.stress_rmse) if stress else ()
    return f"| {label} | " + " | ".join("-" if isnan(each) else f"{each:.2f}" for each in (*figures, *more)) + " |"


def _command(
    model: ForceField,
    config: TrainingConfig,
    tests: Sequence[CardSet],
    units: str | None,
    keys: Mapping[str, str] | None,
) -> str:
    """The command line with every setting that is not at its default."""
    metadata = model.metadata
    words = ["qffc", "train", metadata.get(REFERENCE, "PROGRAM")]
    sources = {test.number: test.source for test in tests}
    for number, (name, _) in enumerate(known_sets(metadata)):
        words += ["--data", sources.get(number) or (name if name in EMBEDDED else "DATA")]
    words += [] if units is None else ["--units", units]
    words += ["--keys", ",".join(f"{role}={key}" for role, key in keys.items())] if keys else []
    usual = settled(TrainingConfig(), model.program, tuning=STARTED_FROM in metadata).model_dump()
    for key, value in config.model_dump(exclude_defaults=True).items():
        if value == usual[key]:
            continue
        sizes = value if isinstance(value, list | tuple) else [value]
        words += [f"--{key.replace('_', '-')}", ",".join(map(str, sizes))]
    if STARTED_FROM in metadata:
        before = metadata[STARTED_FROM]
        words += ["--start-from", before if before.startswith(TRAINED_PREFIX) else "MODEL"]
    elif ATOM_ENERGIES in metadata:
        words += ["--atom-energies", metadata[ATOM_ENERGIES]]
    return shlex.join(words)
