"""The verb ``card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.frames import Data, Keys, Units, read_frames
from qffc.cli.output import say


def card(
    model: Annotated[Path, typer.Argument(help="a model file, the folder of its run, or trained:NAME")],
    data: Data,
    units: Units = None,
    keys: Keys = None,
    name: Annotated[str | None, typer.Option(help="title of the card [default: name of the file or folder]")] = None,
    out: Annotated[Path | None, typer.Option(help="write the card to this file")] = None,
) -> None:
    """Print the card of a model: data, split, settings, errors on its test frames, and how to make it again."""
    from qffc.atomic_files import write_text
    from qffc.models.model_file import load_model
    from qffc.reports.model_card import model_card
    from qffc.toolchain import evaluate

    trained, frames = load_model(model), read_frames(data, units, keys)
    text = model_card(name or model.stem, trained, evaluate(trained, frames, part="test"), units)
    if out is None:
        print(text, end="")
        return
    write_text(out, text)
    say(f"card written to {out}")
