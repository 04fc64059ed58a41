"""The verb ``diagnose``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import Keys, Units, parse_keys
from qffc.cli.output import AsJson, emit, say, table
from qffc.cli.run_options import MaybeData
from qffc.ir.diagnostics import QffcError

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.ir.program import Program
    from qffc.models.force_field import ForceField
    from qffc.trainability.diagnosis import DataDiagnosis, FamilyDiagnosis
    from qffc.trainability.scaling import Options


class StartName(StrEnum):
    """What ``--start`` takes."""

    UNIFORM = "uniform"
    INITIAL = "initial"


def diagnose(
    program: Annotated[
        str, typer.Argument(help="a program, several (lib:ring:qubits=4..10..2,depth=2,4), or a trained model")
    ],
    data: MaybeData = None,
    units: Units = None,
    keys: Keys = None,
    draws: Annotated[int, typer.Option(min=2, help="parameters and geometries drawn for the variance")] = 100,
    start: Annotated[
        StartName, typer.Option(help="circuit parameters: between -pi and pi, or as a training starts")
    ] = StartName.UNIFORM,
    frames: Annotated[int, typer.Option(min=1, help="frames of the data for the Fisher information")] = 10,
    starts: Annotated[int, typer.Option(min=1, help="starting parameters, where the model is not trained")] = 4,
    learned_from: Annotated[
        int | None,
        typer.Option(
            min=1, help="frames in the effective dimension [default: what the model was trained on, else all]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 0,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="write a plot, .png or .svg")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a program can be trained: variance of gradients, norms for each layer, Fisher information."""
    from qffc.trainability.diagnosis import diagnose_family, diagnose_on_data

    members, model = _members(program)
    family = diagnose_family(members, draws=draws, seed=seed, start=start.value)
    dataset = _data(model, data, units, keys)
    on_data = None
    if dataset is not None and len(members) == 1:
        subject = members[0][1] if model is None else model
        count = learned_from or _trained_on(model, dataset)
        on_data = diagnose_on_data(subject, dataset, frames=frames, learned_from=count, starts=starts, seed=seed)
    elif dataset is not None:
        say("several programs: their circuits alone are compared, the data are not used")
    if plot is not None:
        from qffc.trainability.plots import plot_diagnosis

        plot_diagnosis(family, on_data, plot)
        say(f"plot written to {plot}")
    found = {"family": family.to_json(), "data": None if on_data is None else on_data.to_json()}
    words = [*family.words(), *([] if on_data is None else on_data.words())]
    parts = [_family_text(family, start.value), *([] if on_data is None else [_data_text(on_data)]), "\n".join(words)]
    emit("\n\n".join(parts), found | {"words": words}, as_json)


def _members(reference: str) -> tuple[list[tuple[Options, Program]], ForceField | None]:
    from qffc.references.programs import names_model, resolve_program
    from qffc.studies.program_options import members_of

    if names_model(reference):
        from qffc.models.files.model_file import load_model

        model = load_model(reference)
        return [((), model.program)], model
    members: list[tuple[Options, Program]] = []
    refusal: QffcError | None = None
    for member in members_of(reference):
        try:
            members.append((member.options, resolve_program(member.reference)))
        except QffcError as problem:
            # A range may name sizes that an ansatz does not have, such as odd ones.
            refusal = problem
            if member.options:
                left_out = ", ".join(f"{name}={value}" for name, value in member.options)
                say(f"left out: {left_out}, because of: {problem.diagnostic.title}, {problem.diagnostic.expected}")
    if not members and refusal is not None:
        raise refusal
    return members, None


def _data(model: ForceField | None, data: str | None, units: str | None, keys: str | None) -> Dataset | None:
    from qffc.data import EMBEDDED
    from qffc.models.files.data_sets import known_sets
    from qffc.references.data import resolve_data

    if data is not None:
        return resolve_data(data, units, None if keys is None else parse_keys(keys))
    known = () if model is None else known_sets(model.metadata)
    own = ((resolve_data(name), fingerprint) for name, fingerprint in known if name in EMBEDDED)
    return next((each for each, fingerprint in own if each.fingerprint == fingerprint), None)


def _trained_on(model: ForceField | None, data: Dataset) -> int:
    from qffc.models.files.data_sets import known_sets, number_of_set
    from qffc.training.config import stored_config
    from qffc.training.split import split_of

    number = None if model is None else number_of_set(model.metadata, data)
    config = None if model is None else stored_config(model.metadata)
    if model is None or number is None or config is None:
        return len(data)
    return len(split_of(data, config, number, len(known_sets(model.metadata))).train)


def _family_text(family: FamilyDiagnosis, start: str) -> str:
    options = list(dict.fromkeys(name for each in family.members for name, _ in each))
    rows = [
        (
            *(str(dict(each).get(name, "")) for name in options),
            str(found.qubits),
            str(found.parameters),
            f"{found.mean:.3g}",
            f"{found.largest:.3g}",
            ", ".join(f"{name} {value:.2g}" for name, value in found.tables.items()),
        )
        for each, found in family.members.items()
    ]
    shown = [name for name in options if name != "qubits"]
    if "qubits" in options:  # the column of the circuit says the same
        place = options.index("qubits")
        rows = [row[:place] + row[place + 1 :] for row in rows]
    draws = next(iter(family.members.values())).draws
    begin = "as a training starts" if start == "initial" else "between -pi and pi"
    head = f"variance of the derivative of a moment by a circuit parameter; {draws} draws, parameters {begin}"
    return f"{head}\n\n{table((*shown, 'qubits', 'parameters', 'mean', 'largest', 'mean of each table'), rows)}"


def _data_text(found: DataDiagnosis) -> str:
    rows = [
        (name if row is None else f"{name}[{row}]", f"{energy:.3g}", f"{force:.3g}")
        for (name, row), (energy, force) in found.norms.items()
    ]
    where = "the trained parameters" if found.trained else f"{len(found.spectra)} starting parameters"
    head = f"norms of the gradient at {where}, {found.frames} frames; energies and forces in units of their spread"
    values = found.spectra[0].eigenvalues
    shown = [index for index in (1, 2, 5, 10, 20, 50, 100, 200, 500) if index <= len(values)]
    spectrum = "  ".join(f"{index}: {values[index - 1]:.2g}" for index in shown)
    return f"{head}\n\n{table(('table', 'energy', 'forces'), rows)}\n\nFisher eigenvalues, by number  {spectrum}"
