"""The verb ``energy``: energies and forces of any program at given parameters, or of a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, table
from qffc.data.file_names import FILE_FORMS
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import why_unread
from qffc.passes.strict_documents import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from qffc.ir.program import Program
    from qffc.models.force_field import ForceField


def energy(
    program: Annotated[str, typer.Argument(help="lib:NAME, FILE.qffc, FILE.py:NAME, or a trained model")],
    geometry: Annotated[
        Path,
        typer.Option(
            help=f"{FILE_FORMS} with positions (frames, sites, 3) of the sites of the program, "
            "Angstrom; in npz without the centre, relative to it"
        ),
    ],
    params: Annotated[
        Path | None, typer.Option(help="JSON file: name of each parameter to nested lists; not for a model")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="the readout as it is, without a unit")] = False,
    as_json: AsJson = False,
) -> None:
    """Print energies and forces, minus the gradient, for positions of the sites of a program."""
    from qffc.cli.geometry import read_positions
    from qffc.references.programs import names_model

    trained = names_model(program)
    if not trained and not raw:
        raise error(
            "energy without a unit",
            found=f"'{program}', a bare program",
            expected="a trained model, which knows its unit, or --raw",
            help="add --raw for the readout as it is, without a unit",
        )
    model = _model(program, params) if trained else None
    source, arrays = _bare(program, params) if model is None else (model.program, model.arrays)
    numbers, positions = read_positions(geometry)
    from qffc.models.beyond_data import warn_beyond_data
    from qffc.models.site_energy import place_sites, site_energies

    placed = place_sites(source, positions, numbers)
    energies, forces = site_energies(source, arrays, placed, raw=raw)
    if model is not None and not raw:
        warn_beyond_data(model, placed.numbers, placed.positions)
    units = {} if raw else {"units": {"energy": "eV", "forces": "eV/Angstrom"}}
    data = {"energies": energies.tolist(), "forces": forces.tolist(), **units}
    emit(_table(energies, forces, "" if raw else " (eV)", "" if raw else " (eV/Å)"), data, as_json)


def _model(program: str, params: Path | None) -> ForceField:
    from qffc.models.files.model_file import load_model

    if params is not None:
        raise error(
            "parameters for a trained model",
            found=f"--params {params}",
            expected="no parameters: the model has its own",
            help="leave --params out, or name the program instead of the model",
        )
    return load_model(program)


def _bare(program: str, params: Path | None) -> tuple[Program, Mapping[str, NDArray[np.float64]]]:
    from qffc.models.site_energy import parameter_arrays
    from qffc.references.programs import resolve_program

    source = resolve_program(program)
    values = {} if params is None else _read_parameters(params)
    return source, parameter_arrays(source, values)


def _read_parameters(file: Path) -> dict[str, object]:
    try:
        values = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise _unreadable(file, why_unread(problem)) from None
    if not isinstance(values, dict):
        raise _unreadable(file, f"a {type(values).__name__}")
    return values


def _unreadable(file: Path, found: str) -> QffcError:
    return error(
        "parameters that cannot be read",
        found=f"'{file}': {found}",
        expected='a JSON object, name to nested lists, such as {"w": [0.1, 0.2]}',
        help="correct the file",
    )


def _table(energies: NDArray[np.float64], forces: NDArray[np.float64], unit: str, force_unit: str) -> str:
    rows = [
        (str(frame), f"{value:.10g}", str(site), *(f"{x:.10g}" for x in force))
        for frame, value in enumerate(energies)
        for site, force in enumerate(forces[frame])
    ]
    return table(("frame", f"energy{unit}", "site", *(f"F{axis}{force_unit}" for axis in "xyz")), rows)
