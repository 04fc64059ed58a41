"""The verb ``data info``, and the commands beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli import data_convert, data_fetch, data_sample, data_split
from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit
from qffc.cli.stopped import StoppableCommand
from qffc.data.file_names import ALL, DATA_FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qffc.data import Dataset, Molecules
    from qffc.data.label_verdicts import Verdict
    from qffc.data.spreads import Parts, Spread

ASSUMED = "assumed periodic because the file has cells and no pbc; for a slab or a wire store pbc, such as [1, 1, 0]"

app = typer.Typer(help="Data files: what is in them, and making them.", rich_markup_mode=None)


@app.callback()
def _data() -> None:
    """Say what is in data files, convert, split, fetch and sample them."""


@app.command("info", cls=StoppableCommand)
def info(
    files: Annotated[list[str], typer.Argument(help=f"{DATA_FORMS}, or several")],
    units: Units = None,
    keys: Keys = None,
    histograms: Annotated[
        bool, typer.Option("--histograms", help="energies, forces and distances as bars, a line for each bin")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print what data hold, and whether energies and forces belong together; exit 1 when they do not."""
    given = None if keys is None else parse_keys(keys)
    told = [each for file in files for each in _file(file, units, given, histograms)]
    emit("\n\n".join(text for text, _ in told), {"files": [entry for _, entry in told]}, as_json)
    if any(entry.get("verdict") == "wrong" for _, entry in told):
        raise typer.Exit(1)


app.command("convert", cls=StoppableCommand)(data_convert.convert)
app.command("split", cls=StoppableCommand)(data_split.split)
app.command("fetch", cls=StoppableCommand)(data_fetch.fetch)
app.command("sample", cls=StoppableCommand)(data_sample.sample)


def _file(
    file: str, units: str | None, keys: Mapping[str, str] | None, histograms: bool
) -> list[tuple[str, dict[str, object]]]:
    """What there is to say of each molecule of a file, and of its free atoms."""
    from qffc.data.molecules import spelt_atoms

    found, how = _read(file, units, keys)
    several = len(found.sets) > 1 or bool(found.atoms and found.sets)
    path = file.removesuffix(f":{ALL}")
    told = [_told(data, how, f"{path}:{data.formula}" if several else file, histograms) for data in found.sets]
    if found.atoms:
        text = f"{path}, free atoms:\n  energies  --atom-energies {spelt_atoms(found.atoms)}"
        told.append((text, {"file": path, "atom_energies_eV": dict(found.atoms)}))
    return told


def _read(file: str, units: str | None, keys: Mapping[str, str] | None) -> tuple[Molecules, str]:
    """The frames, and how their units are known."""
    from qffc.data import EMBEDDED, Molecules
    from qffc.data.guessed_units import guessed_units
    from qffc.data.source import UNDECLARED
    from qffc.ir.diagnostics import QffcError
    from qffc.references.data import resolve_data, resolve_molecules

    if file in EMBEDDED:
        return Molecules((resolve_data(file, units, keys),), {}), "embedded"
    try:
        return resolve_molecules(file, units, keys), "as declared" if units else "declared in the file"
    except QffcError as problem:
        if problem.diagnostic.title != UNDECLARED:
            raise
        likely = guessed_units(file, keys)
        if not likely:
            found = "none in the file, none given, and the numbers look like no molecule in the usual ones"
            help = "say them with --units, and look at positions and forces: which bonds, which sizes?"
            raise QffcError(replace(problem.diagnostic, found=found, help=help)) from None
    options = " or ".join(f"--units {word if ',' not in word else repr(word)}" for word in likely)
    return resolve_molecules(file, likely[0], keys), f"NOT DECLARED; the numbers look like these: say {options}"


def _told(data: Dataset, how: str, file: str, histograms: bool) -> tuple[str, dict[str, object]]:
    """What there is to say of a set, for people and for machines."""
    from qffc.data.label_figures import label_figures
    from qffc.data.label_verdicts import label_verdicts, worst
    from qffc.data.same_frames import marks_of, repeated
    from qffc.data.spreads import parts_of, spreads_of

    figures = label_figures(data)
    verdicts = label_verdicts(data, figures)
    twice = repeated(marks_of(data))
    spreads, parts = {spread.what: spread for spread in spreads_of(data)}, parts_of(data)
    low, high, mean = (float(x) for x in (data.energies.min(), data.energies.max(), data.energies.mean()))
    splits = ", ".join(f"{len(each.train)} + {len(each.test)}" for each in data.published)
    rows = [
        ("atoms", f"{data.formula}, {len(data.numbers)} atoms"),
        ("frames", f"{len(data)}{_repeated(twice)}"),
        ("units", f"{data.source}, {how}"),
        ("energies", f"{low:.3f} to {high:.3f} eV, mean {mean:.3f}, deviation {data.energies.std():.3f}"),
        ("", spreads["energies"].line()),
        ("forces", _forces(data, figures.force)),
        *([("", spreads["forces"].line())] if data.has_forces else []),
        *_cell_rows(data, spreads),
        *((_pairs(name), _distances(each)) for name, each in spreads.items() if each.unit == "Å"),
        *([] if data.periodic else [("parts", _parts(parts))]),
        *([("published splits", f"{len(data.published)}: {splits} frames")] if data.published else []),
        *((each.what, _words(each)) for each in verdicts),
        ("verdict", str(worst(verdicts))),
    ]
    width = max(len(name) for name, _ in rows)
    entry = {
        "file": file,
        "name": data.name,
        "formula": data.formula,
        "atoms": len(data.numbers),
        "frames": len(data),
        "repeated_frames": [list(pair) for pair in twice],
        "units": str(data.source),
        "units_known": how,
        "energies_eV": {"least": low, "largest": high, "mean": mean, "deviation": float(data.energies.std())},
        "composition": {symbol: data.symbols.count(symbol) for symbol in dict.fromkeys(data.symbols)},
        "spreads": {name: spread.to_json() for name, spread in spreads.items()},
        "frames_in_parts": list(parts.frames),
        "cells": _cells(data),
        "fingerprint": data.fingerprint,
        "figures": figures.to_json(),
        "verdicts": {each.what: {"level": str(each.level), "words": each.words} for each in verdicts},
        "verdict": str(worst(verdicts)),
    }
    bars = [f"\n{spread.bars()}" for spread in spreads.values()] if histograms else []
    return "\n".join([f"{file}:", *(f"  {name:<{width}}  {text}" for name, text in rows), *bars]), entry


def _forces(data: Dataset, size: float) -> str:
    import numpy as np

    if not data.has_forces:
        return "none: can be evaluated, not trained on"
    return f"root mean square {size:.3f} eV/Å, largest {np.abs(data.forces).max():.3f}"


def _cells(data: Dataset) -> dict[str, object] | None:
    """Of the frames in cells, for machines; None where all are in a vacuum."""
    from qffc.data.cells import volumes_of

    if data.cells is None or data.pbc is None:
        return None
    inside = data.pbc.any(axis=1)
    volumes = volumes_of(data.cells[inside])
    return {
        "frames": int(inside.sum()),
        "periodic": sorted({"".join("T" if each else "F" for each in row) for row in data.pbc.tolist()}),
        "pbc_assumed": data.pbc_assumed,
        "least_volume_Angstrom3": float(volumes.min()),
        "largest_volume_Angstrom3": float(volumes.max()),
        "stresses": data.stresses is not None,
    }


def _cell_rows(data: Dataset, spreads: Mapping[str, Spread]) -> list[tuple[str, str]]:
    import numpy as np

    found = _cells(data)
    if found is None:
        return []
    low, high = found["least_volume_Angstrom3"], found["largest_volume_Angstrom3"]
    kinds = ", ".join(" ".join(kind) for kind in found["periodic"])  # type: ignore[attr-defined]  # a list of texts
    rows = [("cells", f"{found['frames']} frames, periodic {kinds}, volumes {low:.2f} to {high:.2f} Å³")]
    if data.pbc_assumed:
        rows.append(("pbc", ASSUMED))
    if data.stresses is None:
        return [*rows, ("stresses", "none")]
    size = 1000.0 * float(np.sqrt(np.mean(data.stresses**2)))
    return [*rows, ("stresses", f"root mean square {size:.3f} meV/Å³"), ("", spreads["stresses"].line())]


def _pairs(name: str) -> str:
    from qffc.data.spreads import APART

    return f"distances {name}" if APART in name else f"bonds {name}"


def _distances(spread: Spread) -> str:
    return f"{spread.least:.2f} to {spread.largest:.2f} Å, mean {spread.mean:.2f}  {spread.line()}"


def _parts(parts: Parts) -> str:
    if parts.lone is None:
        return "none: every frame hangs together"
    atom, distance = parts.lone
    return (
        f"{len(parts.frames)} of {parts.looked_at} frames do not hang together, such as frame {parts.frames[0]}: "
        f"atom {atom} is {distance:.2f} Å from its nearest one"
    )


def _repeated(pairs: tuple[tuple[int, int], ...]) -> str:
    if not pairs:
        return ", all different"
    frames, (first, second) = len({second for _, second in pairs}), pairs[0]
    return f", {frames} of them repeated, such as frame {second}, which is frame {first} again"


def _words(verdict: Verdict) -> str:
    from qffc.data.label_verdicts import Level

    level = "" if verdict.level is Level.GOOD else f"{str(verdict.level).upper()}: "
    return f"{verdict.figure}: {level}{verdict.words}"
