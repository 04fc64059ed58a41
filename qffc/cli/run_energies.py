"""The verb ``run``: energies and forces of a model from circuits on a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say
from qffc.cli.run_batches import Limits, energy_table, run_in_batches
from qffc.cli.run_forces import force_data, force_tables
from qffc.compiling.levels import DEFAULT_LEVEL, LEVELS
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error
from qffc.passes.target import EXACT

if TYPE_CHECKING:
    from qffc.execution.energy import EnergyEstimate
    from qffc.execution.forces import ForceEstimate
    from qffc.execution.offer import Offer
    from qffc.execution.quote import Quote
    from qffc.passes.target import Target

_SHOTS = 1000


def run_model(
    model: Annotated[Path, typer.Argument(help="a model file, or the folder of its run")],
    geometry: Annotated[str, typer.Option(help=f"in Angstrom: {DATA_FORMS}")],
    target: Annotated[str, typer.Option(help="a target that runs circuits; see 'qffc targets'")] = "H2-1LE",
    shots: Annotated[
        int | None, typer.Option(min=2, help=f"mean over the circuits, settings counted; default: {_SHOTS}")
    ] = None,
    standard_error: Annotated[
        str | None,
        typer.Option(help="instead of shots: what each energy should reach, such as 5meV; with --forces, 20meV/A"),
    ] = None,
    forces: Annotated[bool, typer.Option("--forces", help="forces, too, from shifted circuits")] = False,
    pilot: Annotated[
        int | None, typer.Option(min=2, help="shots a circuit of a first run, which shows where shots are needed")
    ] = None,
    batches: Annotated[
        int | None,
        typer.Option(min=1, help="batches of shots in each round, each allocated by what the ones before have shown"),
    ] = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="energies of the frames minus that of the first; needs --frames")
    ] = False,
    debias: Annotated[
        bool, typer.Option("--debias", help="take off what shot noise adds in the mean, by exact states")
    ] = False,
    mitigate: Annotated[
        list[str] | None,
        typer.Option(help="against noise: readout, symmetry, extrapolate; several with commas, or once for each"),
    ] = None,
    own_settings: Annotated[
        bool, typer.Option("--own-settings", help="choose what is measured for each circuit by itself: fewer shots")
    ] = False,
    pack: Annotated[
        bool | None, typer.Option(help="run circuits side by side, or one by one; default: what costs less")
    ] = None,
    max_hqc: Annotated[float | None, typer.Option(min=0, help="refuse to run above this price")] = None,
    store: Annotated[Path | None, typer.Option(help="a folder for results, to go on after a kill")] = None,
    seed: Annotated[int, typer.Option(min=0, help="what reproduces the shots")] = 0,
    frames: Annotated[int, typer.Option(min=1, help="how many frames of the geometry, from the first on")] = 1,
    level: Annotated[
        int, typer.Option("-O", "--level", min=0, max=len(LEVELS) - 1, help="optimization level of the circuits")
    ] = DEFAULT_LEVEL,
    emulate: Annotated[
        bool, typer.Option("--emulate", help="without noise, too, let the emulator run every shot: much slower")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the circuits of a model; prints energies and forces with standard errors beside the exact values."""
    from qffc.cli.geometry import read_geometry
    from qffc.compiling.levels import at_level
    from qffc.execution.backend import check_price, need_runner
    from qffc.execution.energy import estimate_energies, quote_energies
    from qffc.execution.force_bias import need_one_round
    from qffc.execution.forces import prepare_forces
    from qffc.execution.mitigation import Mitigation
    from qffc.models.files.model_file import load_model
    from qffc.passes.circuit.split_program import split_program
    from qffc.targets.catalogue import target as find_target
    from qffc.units import energy_in_ev, force_in_ev_per_angstrom

    if forces and pilot is not None:
        raise error(
            "pilot run for forces",
            found=f"--pilot {pilot} and --forces",
            expected="one of the two",
            help="leave out --pilot: shots for forces are allocated by exact states",
        )
    _need_fitting(forces, batches, difference, pilot, frames)
    _need_energies(own_settings, forces, difference, batches)
    place = find_target(target).emulated() if emulate else find_target(target)
    need_runner(place)
    parse = force_in_ev_per_angstrom if forces else energy_in_ev
    wanted = None if standard_error is None else parse(standard_error)
    mean = _SHOTS if shots is None and wanted is None else shots
    trained = at_level(load_model(model), place, level)
    if forces and debias:
        need_one_round(split_program(trained.program))
    numbers, positions = read_geometry(geometry)
    chosen = positions[:frames]
    mitigation = Mitigation.of(mitigate)
    if batches is not None or difference:
        say(f"{len(chosen)} of {len(positions)} frames")
        limits = Limits(mean, wanted, pack, max_hqc, store, seed, debias, mitigation)
        run_in_batches(trained, numbers, chosen, place, batches or 1, difference, limits, as_json)
        return
    shifted = prepare_forces(trained, numbers, chosen) if forces else None
    if shifted:
        quote = shifted.quote(place, shots=mean, standard_error=wanted, pack=pack, mitigation=mitigation)
    else:
        quote = quote_energies(
            trained,
            numbers,
            chosen,
            place,
            shots=mean,
            standard_error=wanted,
            pack=pack,
            mitigation=mitigation,
            own_settings=own_settings,
        )
    say(f"{len(chosen)} of {len(positions)} frames")
    _show(quote, place, pilot, "meV/Angstrom" if forces else "meV")
    check_price(quote.price, max_hqc)
    if shifted:
        found = shifted.estimate(quote, place, max_price=max_hqc, store=store, seed=seed, debias=debias)
        emit(force_tables(found, numbers), {**_data(quote, place, seed, found), **force_data(found)}, as_json)
        return
    estimates = estimate_energies(
        trained,
        numbers,
        chosen,
        place,
        shots=mean,
        standard_error=wanted,
        pilot=pilot,
        pack=quote.packed,
        max_price=max_hqc,
        store=store,
        seed=seed,
        debias=debias,
        mitigation=mitigation,
        own_settings=own_settings,
    )
    data = {"units": {"energy": "eV"}, "estimates": [asdict(estimate) for estimate in estimates]}
    emit(energy_table(estimates), {**_data(quote, place, seed, estimates), **data}, as_json)


def _need_energies(own: bool, forces: bool, difference: bool, batches: int | None) -> None:
    """Refuse settings of each circuit where circuits are measured for more than an energy."""
    names = (("--forces", forces), ("--difference", difference), ("--batches", batches is not None))
    other = next((name for name, there in names if there), None)
    if own and other:
        raise error(
            "options that do not go together",
            found=f"--own-settings and {other}",
            expected="--own-settings with energies in one batch",
            help=f"leave --own-settings out, or {other}",
        )


def _need_fitting(forces: bool, batches: int | None, difference: bool, pilot: int | None, frames: int) -> None:
    """Refuse options that do not go together."""
    for one, given in (("--batches", batches is not None), ("--difference", difference)):
        others = [name for name, there in (("--forces", forces), ("--pilot", pilot is not None)) if there]
        if given and others:
            raise error(
                "options that do not go together",
                found=f"{one} and {others[0]}",
                expected="one of the two",
                help=f"leave {others[0]} out",
            )
    if difference and frames < 2:
        raise error(
            "difference of one geometry",
            found=f"--difference and --frames {frames}",
            expected="at least two frames: the first one, and those that it is taken from",
            help="add --frames 2",
        )


def _data(
    quote: Quote, place: Target, seed: int, estimates: Sequence[EnergyEstimate] | Sequence[ForceEstimate]
) -> dict[str, object]:
    return {
        "target": place.name,
        "shots": sum(estimate.shots for estimate in estimates),
        "seed": seed,
        "price_HQC": sum(estimate.price for estimate in estimates),
        "rounds": quote.rounds,
        "packed": quote.packed,
        "jobs": quote.offer.jobs,
        "settings": [
            {
                "letters": "".join(letter or "-" for letter in setting.letters),
                "pairs": setting.pairs,
                "folds": setting.folds,
            }
            for setting in quote.plan.settings
        ],
    }


def _show(quote: Quote, place: Target, pilot: int | None, unit: str) -> None:
    settings = quote.plan.settings
    again = sum(bool(setting.folds) for setting in settings)
    bell = sum(bool(setting.pairs) and not setting.folds for setting in settings)
    say(
        f"{len(settings) - again} measurement settings, {bell} with Bell pairs; {quote.circuits} circuits, settings "
        "counted"
    )
    if again:
        say("each setting twice: as it is, and with each two-qubit gate undone and done again, thrice its noise")
    if quote.rounds > 1:
        say(f"{quote.rounds} rounds, one after the other; later ones are priced with every gate that they may have")
    largest = f"{1e3 * quote.standard_errors.max():.3g} {unit}"
    say(f"{quote.shots.sum()} shots, for a standard error of {largest} without noise")
    if not place.native:
        say("shots are drawn from exact states of the program; no gates, no price")
        return
    say(f"{_way(quote.offer)}, {quote.price:.1f} HQC")
    say(f"{_way(quote.other)}, {quote.other.price:.1f} HQC{_compared(quote)}")
    more = "" if pilot is None else f", and a pilot run of {pilot} shots a circuit"
    price = f"price: {quote.price:.1f} HQC{more}"
    here = {EXACT: "drawn from exact states", "qnexus": None}.get(str(place.engine), "emulated")
    say(f"{price}; {here} on this machine for nothing, what the device would charge" if here else price)


def _compared(quote: Quote) -> str:
    here = float(quote.offer.variances.sum())
    return f" for {(quote.other.variances.sum() / here) ** 0.5:.2f} of the standard error" if here else ""


def _way(offer: Offer) -> str:
    jobs = f"{offer.jobs} job{'' if offer.jobs == 1 else 's'}"
    return f"{'packed' if offer.packed else 'one by one'}: {jobs}, {offer.depth} two-qubit layers deep"
