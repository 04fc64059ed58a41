"""What ``run --batches`` and ``run --difference`` do and print."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from qffc.cli.output import emit, say, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from qffc.execution.batches import BatchQuote
    from qffc.execution.differences import DifferenceEstimate
    from qffc.execution.energy import EnergyEstimate
    from qffc.execution.mitigation import Mitigation
    from qffc.models.force_field import ForceField
    from qffc.passes.target import Target


Found = TypeVar("Found")


class Limits(NamedTuple):
    """What a run may take.

    Args:
        shots: the mean over circuits; or
        standard_error: eV.
        pack: side by side, or not.
        max_price: in HQC.
        store: a folder for results.
        seed: of the shots.
        debias: take the bias off.
        mitigation: what is done against noise.
    """

    shots: int | None
    standard_error: float | None
    pack: bool | None
    max_price: float | None
    store: Path | None
    seed: int
    debias: bool
    mitigation: Mitigation


def run_in_batches(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.float64],
    place: Target,
    batches: int,
    difference: bool,
    limits: Limits,
    as_json: bool,
) -> None:
    """Run energies of geometries, or differences of them, in batches, and print them."""
    from qffc.execution.backend import check_price
    from qffc.execution.differences import estimate_differences, quote_differences
    from qffc.execution.energy import estimate_energies, quote_batches

    quoting = quote_differences if difference else quote_batches
    shots, error = limits.shots, limits.standard_error
    quoted = quoting(
        model,
        numbers,
        positions,
        place,
        batches=batches,
        shots=shots,
        standard_error=error,
        pack=limits.pack,
        mitigation=limits.mitigation,
    )
    _show(quoted, place, batches)
    check_price(quoted.price, limits.max_price)

    def measured(estimate: Callable[..., Found]) -> Found:
        return estimate(
            model,
            numbers,
            positions,
            place,
            shots=shots,
            standard_error=error,
            batches=batches,
            pack=quoted.packed,
            max_price=limits.max_price,
            store=limits.store,
            seed=limits.seed,
            mitigation=limits.mitigation,
            debias=limits.debias,
        )

    head = {"target": place.name, "seed": limits.seed, "batches": batches, "packed": quoted.packed}
    if difference:
        one = measured(estimate_differences)
        data = {"units": {"energy": "eV"}, "shots": one.shots, "price_HQC": one.price, **_difference_data(one)}
        emit(_difference_table(one), {**head, **data}, as_json)
        return
    found = measured(estimate_energies)
    total = {"shots": sum(each.shots for each in found), "price_HQC": sum(each.price for each in found)}
    listed = {"units": {"energy": "eV"}, "estimates": [asdict(each) for each in found]}
    emit(energy_table(found), {**head, **total, **listed}, as_json)


def _show(quote: BatchQuote, place: Target, batches: int) -> None:
    several = "1 batch" if batches == 1 else f"{batches} batches"
    say(f"{quote.circuits} circuits, settings counted; {quote.shots} shots in {several}, if as expected")
    say(f"standard error of {1e3 * quote.standard_errors.max():.3g} meV without noise")
    if not place.native:
        say("shots are drawn from exact states of the program; no gates, no price")
        return
    way = "packed" if quote.packed else "one by one"
    say(f"{way}: {quote.jobs} jobs, {quote.price:.1f} HQC")


def _difference_data(found: DifferenceEstimate) -> dict[str, object]:
    return {
        "circuits": found.circuits,
        "left_out": found.left_out,
        "differences": found.values.tolist(),
        "covariance": found.covariance.tolist(),
        "exact": found.exact.tolist(),
        "bias": found.bias.tolist(),
    }


def _difference_table(found: DifferenceEstimate) -> str:
    rows: list[tuple[str, ...]] = [
        (
            f"{frame + 1} - 0",
            f"{value:.6f}",
            f"± {error:.6f}",
            f"{exact:.6f}",
            f"{_deviation(value, error, exact):+.2f}",
        )
        for frame, (value, error, exact) in enumerate(
            zip(found.values, found.standard_errors, found.exact, strict=True)
        )
    ]
    header: tuple[str, ...] = (
        "frames",
        "difference (eV)",
        "standard error",
        "exact (eV)",
        "deviation (standard errors)",
    )
    if found.bias.any():
        header = (*header, "bias taken off (meV)")
        rows = [(*row, f"{1e3 * bias:+.2f}") for row, bias in zip(rows, found.bias, strict=True)]
    return f"{table(header, rows)}\n{found.left_out} circuits are not run: they are shared, or cancel"


def energy_table(estimates: tuple[EnergyEstimate, ...]) -> str:
    """Return a row for each geometry."""
    rows: list[tuple[str, ...]] = [
        (
            str(index),
            f"{estimate.energy:.6f}",
            f"± {estimate.standard_error:.6f}",
            f"{estimate.exact:.6f}",
            f"{_deviation(estimate.energy, estimate.standard_error, estimate.exact):+.2f}",
        )
        for index, estimate in enumerate(estimates)
    ]
    header: tuple[str, ...] = ("frame", "energy (eV)", "standard error", "exact (eV)", "deviation (standard errors)")
    if any(estimate.bias for estimate in estimates):
        header = (*header, "bias taken off (meV)")
        rows = [(*row, f"{1e3 * each.bias:+.2f}") for row, each in zip(rows, estimates, strict=True)]
    if any(estimate.kept != 1.0 for estimate in estimates):
        header = (*header, "shots kept")
        rows = [(*row, f"{each.kept:.1%}") for row, each in zip(rows, estimates, strict=True)]
    return table(header, rows)


def _deviation(value: float, error: float, exact: float) -> float:
    return (value - exact) / error if error else 0.0
