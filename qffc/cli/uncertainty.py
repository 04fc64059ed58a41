"""The verb ``uncertainty``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit
from qffc.data.file_names import DATA_FORMS


def uncertainty(
    model: Annotated[Path, typer.Argument(help="a model file, the folder of its run, or trained:NAME")],
    data: Annotated[list[str], typer.Option(help=f"that it was trained on: {DATA_FORMS}; once for each set")],
    out: Annotated[Path, typer.Option(help="the model file to write")],
    units: Units = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Add to a model how uncertain it is: the posterior of its last layer, calibrated on validation frames."""
    from qffc.data import EMBEDDED
    from qffc.model_uncertainty import with_uncertainty
    from qffc.models.files.model_file import save_model
    from qffc.models.uncertainty.heads import FACTORS, HEADS
    from qffc.references.data import resolve_data

    given = None if keys is None else parse_keys(keys)
    # Embedded data have no units and names of their own.
    sets = [resolve_data(each, *((None, None) if each in EMBEDDED else (units, given))) for each in data]
    sure = with_uncertainty(model, sets)
    save_model(sure, out)
    heads, size = len(sure.arrays[HEADS]), sure.arrays[HEADS][0].size
    energy, force = (float(factor) for factor in sure.arrays[FACTORS])
    emit(
        f"{heads} heads of {size} numbers, deviations of energies times {energy:.2f} and of forces times {force:.2f}: "
        f"written to {out}\nqffc eval {out} shows how well they tell errors",
        {"file": str(out), "heads": heads, "numbers": size, "energy_factor": energy, "force_factor": force},
        as_json,
    )
