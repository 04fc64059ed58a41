"""The verb ``targets``: where programs can be compiled for and run, and at what price."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, table
from qffc.ir.short_repr import counted

if TYPE_CHECKING:
    from qffc.passes.target import Target

EXCHANGES, QUBITS, SHOTS = 8, 4, 1000
"""The circuit of the example of a price."""
_EDGES = 12
"""Edges that are shown."""


def show_targets(
    name: Annotated[
        str | None, typer.Argument(help="a target, or the file of one, to see all that is known of it")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the targets that programs can be compiled for and run on, or show one of them."""
    from qffc.execution.engines import engines
    from qffc.passes.native_library import native_state
    from qffc.targets.catalogue import target, targets

    chosen = targets() if name is None else (target(name),)
    ready, native = engines(), native_state()
    kernel = {"name": "native" if native.available else "portable", "native": native.available, "reason": native.reason}
    data = {
        "targets": [
            asdict(each) | {"cheaper_exchange": each.cheaper_exchange(), "engine": each.engine} for each in chosen
        ],
        "engines": [asdict(engine) for engine in ready.values()],
        "kernel": kernel,
    }
    text = _list(chosen) if name is None else _details(chosen[0])
    runs = [f"{engine.name}: {engine.state}" for engine in ready.values()]
    simulates = (
        f"jax: native kernel ({native.reason})" if native.available else f"jax: portable kernel; {native.reason}"
    )
    emit("\n".join([text, "", simulates, *runs]), data, as_json)


def _list(chosen: tuple[Target, ...]) -> str:
    rows = [
        (
            each.name,
            "any" if each.qubits is None else str(each.qubits),
            each.two_qubit if each.native else "-",
            "-" if each.noise is None else f"{each.noise.two_qubit:.2e}",
            _runs(each),
            _example(each),
            each.title,
        )
        for each in chosen
    ]
    header = ("target", "qubits", "gate", "noise", "runs", "price")
    text = table(header, [row[:6] for row in rows]).split("\n")
    lines = [text[0], *(f"{line}  {row[6]}" for line, row in zip(text[1:], rows, strict=True)), ""]
    lines += [
        "gate: what an exchange is made of; noise: average infidelity of a ZZPhase",
        f"price: HQC for one circuit of {EXCHANGES} exchanges on {QUBITS} qubits, {SHOTS} shots",
    ]
    return "\n".join(lines)


def _details(each: Target) -> str:
    rows = [
        ("qubits", "any" if each.qubits is None else str(each.qubits)),
        ("two-qubit gates", ", ".join(each.gates) or "-"),
        ("one-qubit gates", ", ".join(each.one_qubit) if each.native else "-"),
        ("connectivity", _meetings(each)),
        ("exchange", _costs(each)),
        ("runs", _runs(each)),
        ("compiled by pytket as", each.device or "-"),
    ]
    if each.machine is not None:
        names = (("machine", each.machine), ("syntax checker", each.checker), ("region", each.region))
        rows += [(key, value) for key, value in names if value is not None]
    for title, part in (
        ("minimum angles (radians)", each.minimum),
        ("weights (in ZZPhase)", each.weights),
        ("limits", each.limits),
        ("noise", each.noise),
    ):
        shown = [] if part is None else [(field.name, getattr(part, field.name)) for field in fields(part)]
        shown += [] if part is None else list(getattr(part, "by_gate", ()))
        words = [f"{key} {value:g}" for key, value in shown if isinstance(value, int | float)]
        rows.append((title, ", ".join(words).replace("_", " ") or "none"))
    if each.noise is not None and each.noise.source:
        rows.append(("source of the noise", each.noise.source))
    if each.pricing is not None:
        price = each.pricing
        formula = (
            f"{price.base:g} + shots ({price.one_qubit:g} N1 + {price.two_qubit:g} N2 + {price.spam:g} Nm)"
            f" / {price.shot_scale:g}"
        )
        named = [f"{gate} {number:g}" for gate, number in price.by_gate]
        rows.append(("price (HQC)", formula + (f", of which {', '.join(named)}" if named else "")))
        rows.append(("example", f"{_example(each)} HQC: {EXCHANGES} exchanges, {QUBITS} qubits, {SHOTS} shots"))
    width = max(len(key) for key, _ in rows)
    lines = [f"{each.name}: {each.title}", *(f"  {key:<{width}}  {value}" for key, value in rows)]
    return "\n".join([*lines, *(f"  note: {note}" for note in each.notes)])


def _runs(each: Target) -> str:
    return each.engine or "no"


def _meetings(each: Target) -> str:
    """Which qubits can meet; long lists are cut."""
    if each.connectivity is None:
        return "any two qubits"
    edges = each.connectivity.edges
    shown = ", ".join(f"{a}-{b}" for a, b in edges[:_EDGES])
    return f"{counted(len(edges), 'edge')}: {shown}{', ...' if len(edges) > _EDGES else ''}"


def _costs(each: Target) -> str:
    costs = each.exchange_costs().items()
    parts = [f"{gate} {cost:g}" for gate, cost in costs]
    return f"{each.two_qubit} is preferred; cost in ZZPhase: {', '.join(parts)}" if parts else "-"


def _example(each: Target) -> str:
    """What one circuit of some exchanges, each between two turned qubits, costs."""
    from qffc.passes.counts import CircuitCounts
    from qffc.passes.target_gates import EXCHANGE

    if each.pricing is None:
        return "-"
    gates = EXCHANGES * EXCHANGE[each.two_qubit]
    named = ((each.two_qubit, gates),)
    counts = CircuitCounts(QUBITS, 2 * EXCHANGES, 0, gates, gates, gates, 0.0, measured=QUBITS, gates=named)
    return f"{each.price(counts, SHOTS):.1f}"
