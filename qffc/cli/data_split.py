"""The verb ``data split``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit, say, table
from qffc.data.file_names import DATA_FORMS


def split(
    file: Annotated[str, typer.Argument(help=DATA_FORMS)],
    out: Annotated[Path, typer.Option(help="a folder")],
    train: Annotated[int, typer.Option(help="frames to train on")],
    validation: Annotated[int, typer.Option(help="frames to choose by")] = 0,
    test: Annotated[int | None, typer.Option(help="frames to report on [default: all that are left]")] = None,
    seed: Annotated[int, typer.Option(help="of the draw")] = 0,
    published: Annotated[
        int | None, typer.Option(help="take a split that comes with the data, from 1, in the place of a draw")
    ] = None,
    indices_only: Annotated[bool, typer.Option("--indices-only", help="write numbers of frames, no frames")] = False,
    suffix: Annotated[str, typer.Option("--format", help="of frames: npz, xyz, extxyz, xyz.gz or db")] = "npz",
    units: Units = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Draw disjoint frames to train on, choose by and report on; write their numbers, and the frames."""
    from qffc.data.split_files import write_split
    from qffc.references.data import resolve_data

    data = resolve_data(file, units, None if keys is None else parse_keys(keys), energies_alone=True)
    if published is None:
        chosen = data.split(train=train, validation=validation, test=test, seed=seed)
    else:
        chosen = data.published_split(published, train=train, validation=validation, test=test, seed=seed)
    written = write_split(data, chosen, out, None if indices_only else f".{suffix.removeprefix('.')}")
    for (first, second), count in written.shared.items():
        say(f"note: {count} frames of {second} are the same geometry as one of {first}: errors there are no test")
    rows = [
        (part, str(len(getattr(chosen, part))), str(written.frames.get(part, file)), print_)
        for part, file, print_ in (
            (part, file, written.fingerprints[part][:16]) for part, file in written.indices.items()
        )
    ]
    entry = {
        "data_fingerprint": data.fingerprint,
        "seed": seed,
        "published": published,
        "parts": {
            part: {
                "frames": len(getattr(chosen, part)),
                "fingerprint": written.fingerprints[part],
                "indices": str(written.indices[part]),
                "file": str(written.frames[part]) if part in written.frames else None,
            }
            for part in written.indices
        },
        "shared": [{"parts": list(parts), "frames": count} for parts, count in written.shared.items()],
    }
    emit(table(("part", "frames", "file", "fingerprint"), rows), entry, as_json)
