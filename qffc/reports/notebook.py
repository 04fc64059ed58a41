"""What notebooks show of programs, certificates, compiled circuits, data, models, evaluations and audits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import isnan
from typing import TYPE_CHECKING, Any

from qffc.html_page import COLOUR_STYLE, table

if TYPE_CHECKING:
    from qffc.auditing.audit import Audit
    from qffc.compiling.compiled import Compiled
    from qffc.data import Dataset
    from qffc.ir.program import Program
    from qffc.models.ensemble import Ensemble
    from qffc.models.force_field import ForceField
    from qffc.passes.equivariance.certificates.certificate import Certificate
    from qffc.reports.evaluation import Evaluation

_STYLE = COLOUR_STYLE + (
    ".qffc{color:var(--q-ink);background:var(--q-paper);padding:.5em .7em;overflow-x:auto;"
    "font-family:system-ui,sans-serif}.qffc td{white-space:pre-line}"
    ".qffc table{border-collapse:collapse;margin:.4em 0;font-size:13px}"
    ".qffc td,.qffc th{padding:.2em .6em;text-align:left;color:var(--q-ink);background:var(--q-paper)}"
    ".qffc td.n,.qffc th.n{text-align:right}.qffc .faint{color:var(--q-faint)}"
    ".qffc .good{color:var(--q-good);font-weight:600}.qffc .bad{color:var(--q-bad);font-weight:600}"
    ".qffc tr.own td{font-weight:600}.qffc tr.bad td:last-child{color:var(--q-bad);font-weight:600}"
)


def html_of(thing: object) -> str | None:
    """Return an object as HTML with its own style, or None where nothing is known of its class.

    Example:
        >>> from qffc.data import load_embedded
        >>> "1,000 frames" in html_of(load_embedded("water"))
        True
    """
    for kind in type(thing).__mro__:
        if kind.__name__ in _SHOWN and kind.__module__.startswith("qffc."):
            parts = "".join(_SHOWN[kind.__name__](thing))
            return f'<div class="qffc"><style>{_STYLE}</style>{parts}</div>'
    return None


def _program(program: Program) -> Sequence[str]:
    from qffc.reports.circuit_svg import circuit_svg

    facts = [
        ("symmetry", ", ".join(program.symmetry) or "none declared"),
        ("scope", program.scope),
        ("elements", ", ".join(program.species)),
        ("digest", program.digest[:12]),
    ]
    text = f"<details><summary>text</summary><pre>{escape(program.text)}</pre></details>"
    return [_facts(program.name, facts), circuit_svg(program), text]


def _certificate(certificate: Certificate) -> Sequence[str]:
    from qffc.reports.certificate_words import certificate_html

    return [certificate_html(certificate)]


def _compiled(compiled: Compiled) -> Sequence[str]:
    from qffc.reports.circuit_svg import circuit_svg

    before, after = len(compiled.source.ops), len(compiled.program.ops)
    facts = [
        ("for", f"{compiled.target.name}, level {compiled.level}"),
        ("operations", f"{after}, {before} before the passes"),
        ("passes", compiled.passes.replace(",", ", ")),
        ("symmetry", "proven" if compiled.certificate.holds else "not proven"),
        ("digest", compiled.program.digest[:12]),
    ]
    return [_facts(compiled.program.name, facts), circuit_svg(compiled.program)]


def _dataset(data: Dataset) -> Sequence[str]:
    from qffc.data.spreads import spreads_of

    facts = [
        ("atoms", f"{data.formula}, {len(data.numbers)} atoms"),
        ("size", f"{len(data):,} frames" + ("" if data.has_forces else ", energies alone")),
        ("units", f"eV, Å; converted from {data.source}"),
        ("fingerprint", data.fingerprint[:16]),
    ]
    rows = [
        (
            escape(each.what),
            f"{each.least:.3f} to {each.largest:.3f} {escape(each.unit)}",
            f"<code>{each.line()}</code>",
        )
        for each in spreads_of(data)
    ]
    return [_facts(data.name, facts), table(("", "range", ""), rows, 3)]


def _model(model: ForceField) -> Sequence[str]:
    return [_facts(model.program.name, _of_model(model))]


def _of_model(model: ForceField) -> list[tuple[str, str]]:
    from qffc.models.files.data_sets import known_sets
    from qffc.models.force_field import trainable_names

    numbers = sum(model.arrays[name].size for name in trainable_names(model.program))
    names = ", ".join(name for name, _ in known_sets(model.metadata))
    return [
        ("elements", ", ".join(model.program.species)),
        ("trained numbers", f"{numbers:,}"),
        ("data", names or "not trained"),
        ("digest", model.program.digest[:12]),
    ]


def _ensemble(ensemble: Ensemble) -> Sequence[str]:
    members = [_of_model(member) for member in ensemble.members]
    rows = [
        (str(number), escape(model.program.name), *(escape(text) for _, text in facts))
        for number, (model, facts) in enumerate(zip(ensemble.members, members, strict=True), 1)
    ]
    header = ("", "program", *(name for name, _ in members[0]))
    return [f"<strong>{len(members)} models, whose mean is taken</strong>", table(header, rows, len(header))]


def _evaluation(evaluation: Evaluation) -> Sequence[str]:
    from qffc.reports.run_report import error_rows, parity_panels

    rows, classes, header = error_rows(evaluation)
    found = evaluation.errors
    forces = "" if isnan(found.force_mae) else f", {found.force_mae:.3g} meV/Å"
    title = f"{evaluation.data.name}: {found.frames} frames, MAE {found.energy_mae:.3g} meV{forces}"
    return [f"<strong>{escape(title)}</strong>", table(header, rows, classes=classes), *parity_panels(evaluation, 300)]


def _audit(audit: Audit) -> Sequence[str]:
    from qffc.auditing.report import audit_parts

    return [f"<strong>{escape(f'{audit.calculator}, {audit.formula}')}</strong>", *audit_parts(audit)]


def _facts(title: str, facts: Sequence[tuple[str, str]]) -> str:
    rows = [(escape(name), escape(text)) for name, text in facts]
    return f"<strong>{escape(title)}</strong>{table(('', ''), rows, 2)}"


_SHOWN: dict[str, Callable[[Any], Sequence[str]]] = {
    "Program": _program,
    "Certificate": _certificate,
    "Compiled": _compiled,
    "Dataset": _dataset,
    "ForceField": _model,
    "Ensemble": _ensemble,
    "Evaluation": _evaluation,
    "Audit": _audit,
}
"""By the name of the class, so that none is loaded before it is there."""
