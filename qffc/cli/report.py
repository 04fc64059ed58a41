"""The verb ``report``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit, say
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qffc.models.force_field import ForceField
    from qffc.reports.run_report import ReportedSet

_LOG, _SUMMARY, _CURVE = "log.csv", "summary.json", "curve.json"


def report(
    model: Annotated[Path, typer.Argument(help="the folder of a run, a model file, or trained:NAME")],
    out: Annotated[Path, typer.Option(help="a file .html")],
    data: Annotated[
        list[str] | None,
        typer.Option(help=f"to test on: {DATA_FORMS}; once for each set [default: its own, where it is embedded]"),
    ] = None,
    units: Units = None,
    keys: Keys = None,
    curve: Annotated[Path | None, typer.Option(help="the folder of a 'qffc curve', to be shown too")] = None,
    name: Annotated[str | None, typer.Option(help="title [default: name of the file or folder]")] = None,
    shots: Annotated[bool, typer.Option("--shots/--no-shots", help="say what an energy takes on a device")] = True,
    as_json: AsJson = False,
) -> None:
    """Write one page about a trained model: training, errors, proof, circuit, what it learned, price, command."""
    from qffc.atomic_files import write_text
    from qffc.models.files.model_file import load_model
    from qffc.models.files.trained import TRAINED_PREFIX
    from qffc.reports.run_report import report_page
    from qffc.training.log import read_log

    if out.suffix not in (".html", ".htm"):
        raise error(
            "report of no known kind",
            found=f"--out {out}",
            expected="a file .html",
            help="end the name in .html; a browser prints it as PDF",
        )
    trained, title = load_model(model), name or model.stem.removeprefix(TRAINED_PREFIX)
    given = None if keys is None else parse_keys(keys)
    log = read_log(model / _LOG) if (model / _LOG).is_file() else []
    told = _json(model / _SUMMARY) if (model / _SUMMARY).is_file() else None
    points = None if curve is None else _json(curve / _CURVE)
    tests = [_tested(trained, source, units, given, shots) for source in data or _own(trained)]
    text = report_page(title, trained, log, tests, points, units, given, told)
    write_text(out, text)
    size = out.stat().st_size
    entry = {
        "file": str(out),
        "bytes": size,
        "tests": {each.card.source: each.card.evaluation.to_json() for each in tests},
    }
    emit(f"report written to {out}, {size / 1e3:.0f} kB, which needs no other file", entry, as_json)


def _own(model: ForceField) -> list[str]:
    """The embedded sets among those that the model was trained on."""
    from qffc.data import EMBEDDED, load_embedded
    from qffc.models.files.data_sets import known_sets

    return [
        name
        for name, digest in known_sets(model.metadata)
        if name in EMBEDDED and load_embedded(name).fingerprint == digest
    ]


def _tested(
    model: ForceField, source: str, units: str | None, keys: Mapping[str, str] | None, shots: bool
) -> ReportedSet:
    from qffc.data import EMBEDDED
    from qffc.models.files.data_sets import number_of_set
    from qffc.references.data import resolve_data
    from qffc.reports.model_card import CardSet
    from qffc.reports.run_report import ReportedSet
    from qffc.toolchain import evaluate
    from qffc.training.held_out import held_out_by_all

    declared = (None, None) if source in EMBEDDED else (units, keys)  # embedded data have none
    frames = resolve_data(source, *declared, energies_alone=True)
    number = number_of_set(model.metadata, frames)
    rows = held_out_by_all((model,), frames).rows
    if shots and frames.periodic:
        say("note: circuits of atoms in cells go to no device, so nothing is said of shots")
    return ReportedSet(
        CardSet(number or 0, evaluate(model, frames, shots=shots and not frames.periodic), source),
        tuple(map(int, rows)),
        number is not None,
    )


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise error(
            "file that cannot be read",
            where=str(file),
            found=f"{type(problem).__name__}: {problem}",
            expected=f"{file.name} as qffc writes it",
            help="name the folder of a finished 'qffc curve' with --curve" if file.name == _CURVE else "train again",
        ) from None
    if not isinstance(found, dict):
        raise error(
            "file that cannot be read", where=str(file), found="no JSON object", expected="one", help="make it again"
        )
    return found
