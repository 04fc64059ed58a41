"""The verb ``card``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit, say
from qffc.data.file_names import DATA_FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qffc.models.force_field import ForceField
    from qffc.reports.model_card import CardSet


def _tested(
    trained: ForceField, source: str, units: str | None, keys: Mapping[str, str] | None, shots: bool
) -> CardSet:
    """The errors on the test frames of one of the model's sets."""
    from qffc.data import EMBEDDED
    from qffc.models.files.data_sets import number_of_set
    from qffc.references.data import resolve_data
    from qffc.reports.model_card import CardSet
    from qffc.toolchain import evaluate

    declared = (None, None) if source in EMBEDDED else (units, keys)  # embedded data have none
    frames = resolve_data(source, *declared)
    evaluation = evaluate(trained, frames, part="test", shots=shots)
    return CardSet(number_of_set(trained.metadata, frames) or 0, evaluation, source)


def card(
    model: Annotated[Path, typer.Argument(help="a model file, the folder of its run, or trained:NAME")],
    data: Annotated[list[str], typer.Option(help=f"that it was trained on: {DATA_FORMS}; once for each set")],
    units: Units = None,
    keys: Keys = None,
    name: Annotated[str | None, typer.Option(help="title of the card [default: name of the file or folder]")] = None,
    out: Annotated[Path | None, typer.Option(help="write the card to this file")] = None,
    shots: Annotated[
        bool, typer.Option("--shots", help="say how many shots energies take for a standard error of 1 meV")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the card of a model: data, split, settings, errors on its test frames, and how to make it again."""
    from qffc.atomic_files import write_text
    from qffc.models.files.model_file import load_model
    from qffc.models.files.trained import TRAINED_PREFIX
    from qffc.reports.model_card import card_entries, model_card

    trained, title = load_model(model), name or model.stem.removeprefix(TRAINED_PREFIX)
    given = None if keys is None else parse_keys(keys)
    tests = [_tested(trained, source, units, given, shots) for source in data]
    text = model_card(title, trained, tests, units, given)
    if out is not None:
        write_text(out, text)
        say(f"card written to {out}")
    if out is None or as_json:
        emit(text, {"name": title, **card_entries(trained, tests, units, given), "card": text}, as_json)
