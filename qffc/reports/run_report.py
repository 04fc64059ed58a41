"""The report of a trained model: one page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qffc.html_page import figure, page, table
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.reports.certificate_words import certificate_html
from qffc.reports.circuit_svg import circuit_svg
from qffc.reports.coverage import COVERAGE_HEADER, coverage_rows
from qffc.reports.learned_functions import learned_functions
from qffc.reports.model_card import CardSet, card_entries
from qffc.reports.svg_charts import Series, chart
from qffc.units import energy_from_ev, force_from_ev_per_angstrom

if TYPE_CHECKING:
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation

Rows = Sequence[Mapping[str, float]]
Floats = NDArray[np.float64]

_MOST_POINTS = 2500
_WORST = 5
_VERSIONS = ("qffc", "jax", "numpy")


@dataclass(frozen=True)
class ReportedSet:
    """Test frames of a data set.

    Args:
        card: the errors, and the name of the data.
        rows: the number of each frame in its data.
        own: whether the model was trained on other frames of this set.
    """

    card: CardSet
    rows: tuple[int, ...]
    own: bool


def report_page(
    title: str,
    model: ForceField,
    log: Rows = (),
    tests: Sequence[ReportedSet] = (),
    curve: Mapping[str, Any] | None = None,
    units: str | None = None,
    keys: Mapping[str, str] | None = None,
    told: Mapping[str, Any] | None = None,
) -> str:
    """Return a report as HTML: no script, no network, drawings inside.

    Args:
        title: of the page.
        model: a trained model.
        log: rows of its training, as :func:`qffc.training.log.read_log` gives them.
        tests: errors on frames.
        curve: the content of ``curve.json`` of a learning curve.
        units: of the data files, for the command that makes the model again.
        keys: of the data files, for the same.
        told: the content of ``summary.json``, for the errors where there are no tests.
    """
    entries = card_entries(model, [each.card for each in tests if each.own], units, keys)
    data = tests[0].card.evaluation.data if tests else None
    parts = [
        f"<h1>{escape(title)}</h1>",
        *_opening(model, tests),
        *_facts(model, entries),
        *_training(log),
        *(part for each in tests for part in _errors(each)),
        *(_told_errors(told) if not tests and told else []),
        *(_curve(curve) if curve else []),
        *_symmetry(model),
        "<h2>Circuit</h2>",
        "<p class=faint>Qubits in the colours of their atoms; a pointer on an operation shows what it turns about.</p>",
        figure(circuit_svg(model.program)),
        *_functions(model, data),
        *_device(tests),
        *_again(entries),
    ]
    return page(title, parts)


def _opening(model: ForceField, tests: Sequence[ReportedSet]) -> list[str]:
    lines = []
    for each in tests:
        evaluation = each.card.evaluation
        errors, new = evaluation.errors, "held out from training" if each.own else "of other data"
        forces = "" if isnan(errors.force_mae) else f" and <strong>{errors.force_mae:.3g} meV/Å</strong>"
        lines.append(
            f"<p>Mean absolute errors of <strong>{errors.energy_mae:.3g} meV</strong>{forces} on {errors.frames} "
            f"frames of {escape(evaluation.data.name)}, {new}.</p>"
        )
    return lines or ["<p class=faint>No frames to test on were given: name them with --data.</p>"]


def _facts(model: ForceField, entries: Mapping[str, Any]) -> list[str]:
    settings = entries["settings"] or {}
    names = ", ".join(f"{data['name']} ({data['fingerprint'][:12]})" for data in entries["data"])
    rows = [
        ("program", f"<code>{escape(str(entries['program']))}</code>"),
        ("digest", f"<code>{entries['digest'][:16]}</code>"),
        ("elements", escape(", ".join(model.program.species))),
        ("trained numbers", f"{entries['trained_numbers']:,}"),
        ("data", escape(names) or "not known"),
        ("training frames", escape(_words(settings.get("train"), "half of all"))),
        ("epochs", f"{escape(str(settings.get('epochs', 'not known')))}, the numbers of epoch "
                   f"{escape(model.metadata.get('epoch', 'not known'))} kept"),
        ("made with", ", ".join(f"{key} {escape(model.metadata[key])}" for key in _VERSIONS if key in model.metadata)),
    ]  # fmt: skip
    return [table(("", ""), rows, 2)]


def _words(value: object, otherwise: str) -> str:
    if value is None:
        return otherwise
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _training(log: Rows) -> list[str]:
    if not log:
        return ["<h2>Training</h2>", "<p class=faint>No log lies beside this model.</p>"]
    panels = []
    for column, label, tone in (
        ("training_loss", "training loss", 3),
        ("validation_energy_mae_meV", "energy MAE (meV)", 1),
        ("validation_force_mae_meV_per_Angstrom", "force MAE (meV/Å)", 2),
        ("validation_stress_mae_meV_per_Angstrom3", "stress MAE (meV/Å³)", 4),
    ):
        points = [(row["epoch"], row[column]) for row in log if row.get(column, 0) > 0]
        if points:
            x, y = zip(*points, strict=True)
            panels.append(
                figure(
                    chart([Series("", x, y, tone, dots=len(x) < 60)], "epoch", label, log_y=True, width=310, height=230)
                )
            )
    best = next((row["best_epoch"] for row in reversed(log) if "best_epoch" in row), None)
    kept = "" if best is None else f" The best evaluation was that after epoch {best:.0f}."
    caption = f"<p class=faint>The loss, and errors on the validation frames, by epoch.{kept}</p>"
    return ["<h2>Training</h2>", *(panels or ["<p class=faint>The log has no evaluations.</p>"]), caption]


def error_rows(evaluation: Evaluation) -> tuple[list[tuple[str, ...]], list[str], tuple[str, ...]]:
    """Return the table of errors: its rows, their classes, and its header."""
    atoms = len(evaluation.data.numbers)
    rows, classes = [], []
    for name, errors in evaluation.rows():
        figures: tuple[float, ...] = (
            errors.energy_mae, errors.energy_rmse, errors.energy_mae / atoms, errors.force_mae, errors.force_rmse,
        )  # fmt: skip
        if evaluation.errors.has_stress:
            figures = (*figures, errors.stress_mae, errors.stress_rmse)
        rows.append((escape(name), *("–" if isnan(value) else f"{value:.2f}" for value in figures)))
        classes.append("own" if errors is evaluation.errors else "")
    header = ("", "energy MAE, meV", "RMSE", "MAE per atom", "force MAE, meV/Å", "RMSE")
    more = ("stress MAE, meV/Å³", "RMSE") if evaluation.errors.has_stress else ()
    return rows, classes, (*header, *more)


def _errors(each: ReportedSet) -> list[str]:
    evaluation = each.card.evaluation
    rows, classes, header = error_rows(evaluation)
    parts = [
        f"<h2>Errors on {escape(evaluation.data.name)}</h2>",
        table(header, rows, classes=classes),
        f"<p class=faint>{evaluation.errors.frames} frames"
        f"{'; baselines are fitted to the training frames of the model' if evaluation.baselines else ''}.</p>",
        "<h3>Predicted against reference</h3>",
        *parity_panels(evaluation),
    ]
    if evaluation.elements:
        by_element = [(escape(name), f"{mae:.2f}", f"{rmse:.2f}") for name, (mae, rmse) in evaluation.elements.items()]
        parts += ["<h3>Forces by element</h3>", table(("forces on", "MAE, meV/Å", "RMSE"), by_element)]
    if evaluation.calibration is not None:
        parts += [
            "<h3>How sure the model is</h3>",
            table(COVERAGE_HEADER, coverage_rows(evaluation.calibration)),
            "<p class=faint>Shares of the errors that are within one and two of the standard deviations that the model "
            "gives with its predictions, beside those of normal errors.</p>",
        ]
    return [*parts, *_frames(each)]


def parity_panels(evaluation: Evaluation, width: int = 400) -> list[str]:
    """Return predicted against reference energies and forces, if any, as figures of a width in pixels: parity plots."""
    data, mean = evaluation.data, evaluation.data.energies.mean()
    energies = energy_from_ev(data.energies - mean, "meV"), energy_from_ev(evaluation.energies - mean, "meV")
    panels = [_against(*energies, "energy − mean (meV)", width)]
    if data.has_forces:
        panels.append(_against(data.forces.ravel(), evaluation.forces.ravel(), "force component (eV/Å)", width))
    if data.stresses is not None and evaluation.stresses is not None:
        pairs = 1000.0 * data.stresses.ravel(), 1000.0 * evaluation.stresses.ravel()
        panels.append(_against(*pairs, "stress component (meV/Å³)", width))
    return panels


def _against(reference: Floats, predicted: Floats, quantity: str, width: int) -> str:
    step = -(-len(reference) // _MOST_POINTS)
    some = f"{len(reference[::step]):,} of {len(reference):,} points" if step > 1 else f"{len(reference):,} points"
    points = Series("", reference[::step].tolist(), predicted[::step].tolist(), line=False, dots=True)
    drawn = chart(
        [points], f"reference {quantity}", f"predicted {quantity}", diagonal=True, width=width, height=width - 20
    )
    return figure(drawn, some)


def _frames(each: ReportedSet) -> list[str]:
    """Errors frame by frame, the worst by name."""
    evaluation, rows = each.card.evaluation, each.rows
    data = evaluation.data
    energy = energy_from_ev(evaluation.energies - data.energies, "meV")
    force = np.sqrt(np.mean(force_from_ev_per_angstrom(evaluation.forces - data.forces, "meV/Angstrom") ** 2, (1, 2)))
    height = energy_from_ev(data.energies - data.energies.min(), "meV")
    judged = force if data.has_forces else np.abs(energy)
    unit = "force RMSE (meV/Å)" if data.has_forces else "energy error (meV)"
    worst = np.argsort(-judged, kind="stable")[:_WORST]
    step = -(-len(judged) // _MOST_POINTS)
    shown = Series("frames", height[::step].tolist(), judged[::step].tolist(), line=False, dots=True)
    marked = Series("the worst", height[worst].tolist(), judged[worst].tolist(), 2, line=False, dots=True)
    drawn = chart(
        [shown, marked], "energy above the lowest frame (meV)", unit, log_y=bool(judged.min() > 0), height=280
    )
    lines = [
        (
            f"frame {rows[place]}",
            f"{height[place]:.0f}",
            f"{energy[place]:+.2f}",
            f"{force[place]:.2f}" if data.has_forces else "–",
            _worst_atom(evaluation, int(place)),
        )
        for place in worst.tolist()
    ]
    header = ("", "energy above the lowest, meV", "energy error, meV", "force RMSE, meV/Å", "largest force error")
    return ["<h3>Frame by frame</h3>", figure(drawn), table(header, lines)]


def _worst_atom(evaluation: Evaluation, place: int) -> str:
    if not evaluation.data.has_forces:
        return "–"
    sizes = np.linalg.norm(evaluation.forces[place] - evaluation.data.forces[place], axis=-1)
    atom = int(sizes.argmax())
    size = force_from_ev_per_angstrom(float(sizes[atom]), "meV/Angstrom")
    return f"{size:.1f} meV/Å on atom {atom} ({evaluation.data.symbols[atom]})"


def _told_errors(told: Mapping[str, Any]) -> list[str]:
    """The errors that the run wrote when it ended, of one set or of several by name."""
    test = told.get("test")
    if not test:
        return []
    sets = {str(told.get("data", "")): test} if "model" in test else test
    header = ("", "energy MAE, meV", "RMSE", "force MAE, meV/Å", "RMSE")
    names = ("energy_mae_meV", "energy_rmse_meV", "force_mae_meV_per_Angstrom", "force_rmse_meV_per_Angstrom")
    parts = []
    for name, rows in sets.items():
        lines = [
            (escape(row), *("–" if figures.get(key) is None else f"{figures[key]:.2f}" for key in names))
            for row, figures in rows.items()
        ]
        parts += [f"<h2>Errors on {escape(name)}</h2>", table(header, lines)]
    return [*parts, "<p class=faint>As the run wrote them when it ended.</p>"]


def _curve(curve: Mapping[str, Any]) -> list[str]:
    panels = []
    for name, key, label, tone in (
        ("energy_mae", "energy_mae_meV", "energy MAE (meV)", 1),
        ("force_mae", "force_mae_meV_per_Angstrom", "force MAE (meV/Å)", 2),
    ):
        points = sorted((size["labels"]["train"], size["mean"][key]) for size in curve["sizes"] if key in size["mean"])
        if not points:
            continue
        x, y = zip(*points, strict=True)
        law = curve.get("fits", {}).get(name) or {}
        note = "" if law.get("exponent") is None else f"falls as N^−b with b = {law['exponent']:.2f}"
        drawn = chart(
            [Series("", x, y, tone, dots=True)], "training frames", label, log_x=True, log_y=True, width=400, height=260
        )
        panels.append(figure(drawn, note))
    return ["<h2>Learning curve</h2>", *panels]


def _symmetry(model: ForceField) -> list[str]:
    if "certificate" not in model.metadata:
        return ["<h2>Symmetry</h2>", "<p class=bad>The program of this model was never checked.</p>"]
    certificate = Certificate.from_json(model.metadata["certificate"])
    return ["<h2>Symmetry</h2>", certificate_html(certificate)]


def _functions(model: ForceField, data: Any) -> list[str]:
    charts, more = learned_functions(model, data)
    if not charts:
        return []
    left = f"<p class=faint>{more} more are not shown.</p>" if more else ""
    begin = "They begin at the shortest distance in the data. " if data is not None else ""
    intro = f"<p class=faint>What sets the angles, by the distance of two atoms, up to the cutoff. {begin}</p>"
    return ["<h2>Learned functions</h2>", intro, *charts, left]


def _device(tests: Sequence[ReportedSet]) -> list[str]:
    needs = [(each.card.evaluation.data.name, each.card.evaluation.shots) for each in tests]
    rows = [
        (
            escape(name),
            str(need.circuits),
            f"{need.median:.3g}",
            "–" if isnan(need.price) else f"{need.price:.4g}",
            "–" if isnan(need.measured) else f"{need.measured:.0%}",
        )
        for name, need in needs
        if need is not None
    ]
    if not rows:
        return []
    first = next(need for _, need in needs if need is not None)
    where = f" on {escape(first.target)}" if first.target else ""
    return [
        "<h2>An energy on a device</h2>",
        f"<p>For a standard error of {1e3 * first.standard_error:g} meV, without noise, the median over "
        f"{len(first.shots)} frames{where}. Measured is the part of the variance of energies that goes with the "
        "circuits; the rest is classical.</p>",
        table(("", "circuits", "shots", "price, HQC", "measured"), rows),
    ]


def _again(entries: Mapping[str, Any]) -> list[str]:
    if not entries["command"]:
        return []
    return [
        "<h2>Make it again</h2>",
        f"<pre>{escape(str(entries['command']))}</pre>",
        "<p class=faint>The same data (by its fingerprint), versions and kind of machine give the same model.</p>",
    ]
