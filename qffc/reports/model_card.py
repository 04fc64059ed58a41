"""Model cards: what a trained model is, what it was trained on, how good it is and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from qffc.ir.diagnostics import error
from qffc.models.data_sets import known_sets
from qffc.models.force_field import trainable_names
from qffc.models.model_file import ATOM_ENERGIES, REFERENCE, STARTED_FROM
from qffc.passes.equivariance.certificate import Certificate
from qffc.training.config import TrainingConfig, stored_config

if TYPE_CHECKING:
    from qffc.models.errors import Errors
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation

_HEADER = "| | energy MAE, meV | RMSE | force MAE, meV/Å | RMSE |\n|---|---|---|---|---|"


def model_card(name: str, model: ForceField, evaluation: Evaluation, units: str | None = None) -> str:
    """Return the card of a model as Markdown.

    Args:
        name: of the model, the title of the card.
        model: as it was trained: the card tells its settings.
        evaluation: on frames held out of its training data.
        units: of the data file, for the command that makes the model again.

    Raises:
        QffcError: when the model does not say how it was trained.
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
    own, data = evaluation.errors, metadata.get("data_name", "other data")
    parts = [
        f"# {name}",
        f"Energies and forces of {data}: MAE {own.energy_mae:.3g} meV and {own.force_mae:.3g} meV/Å"
        f" on {own.frames} frames held out.",
        _facts(model, config, metadata),
        f"## Errors\n\nOn {own.frames} test frames of {data}; baselines fitted to the same training frames.",
        "\n".join([_HEADER, *(_row(label, errors) for label, errors in evaluation.rows())]),
        f"## Make it again\n\n```sh\n{_command(metadata, config, units)}\n```",
        "## Limits\n\nTrust it where its training data are: their molecules, near the temperature that they were"
        " sampled at. It knows no other molecule, and nothing of bonds that break.",
    ]
    return "\n\n".join(parts) + "\n"


def _facts(model: ForceField, config: TrainingConfig, metadata: Mapping[str, str]) -> str:
    program, trained = model.program, trainable_names(model.program)
    numbers = sum(model.arrays[name].size for name in trained)
    split = f"published split {config.published_split}" if config.published_split else f"seed {config.split_seed}"
    rows = {
        "program": f"`{metadata.get(REFERENCE, program.name)}`, digest `{program.digest[:12]}`",
        "symmetry": _symmetry(metadata),
        "trained numbers": f"{numbers:,}",
        "data": ", ".join(f"{name}, fingerprint `{digest[:12]}`" for name, digest in known_sets(metadata)),
        **({"started from": metadata[STARTED_FROM]} if STARTED_FROM in metadata else {}),
        "split": f"{split}: {_size(config.train) or 'half'} training frames, {_size(config.validation)} watched",
        "versions": ", ".join(f"{key} {metadata[key]}" for key in ("qffc", "jax", "numpy") if key in metadata),
    }
    return "| | |\n|---|---|\n" + "\n".join(f"| {key} | {value} |" for key, value in rows.items())


def _size(value: int | tuple[int, ...] | None) -> str:
    return "" if value is None else ", ".join(map(str, value if isinstance(value, tuple) else (value,)))


def _symmetry(metadata: Mapping[str, str]) -> str:
    if "certificate" not in metadata:
        return "not checked"
    certificate = Certificate.from_json(metadata["certificate"])
    generators = dict.fromkeys(verdict.generator.split()[0] for verdict in certificate.verdicts)
    return f"{', '.join(generators)}: {'proven' if certificate.holds else 'not proven'}"


def _row(label: str, errors: Errors) -> str:
    figures = (errors.energy_mae, errors.energy_rmse, errors.force_mae, errors.force_rmse)
    return f"| {label} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |"


def _command(metadata: Mapping[str, str], config: TrainingConfig, units: str | None) -> str:
    """The command line with every setting that is not at its default."""
    words = ["qffc", "train", metadata.get(REFERENCE, "PROGRAM")]
    for name, _ in known_sets(metadata):
        words += ["--data", name if units is None else f"{name}.npz"]
    words += [] if units is None else ["--units", units]
    for key, value in config.model_dump(exclude_defaults=True).items():
        sizes = value if isinstance(value, list | tuple) else [value]
        words += [f"--{key.replace('_', '-')}", ",".join(map(str, sizes))]
    if ATOM_ENERGIES in metadata:
        words += ["--atom-energies", metadata[ATOM_ENERGIES]]
    if STARTED_FROM in metadata:
        words += ["--start-from", "MODEL"]
    return shlex.join(words)
