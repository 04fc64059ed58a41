"""The verb ``compile``: runs passes and counts native gates."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say, table
from qffc.ir.diagnostics import error
from qffc.passes.pipeline import printer
from qffc.toolchain import DEFAULT_PIPELINE, Compiled, generic_slots
from qffc.toolchain import compile as compile_to

if TYPE_CHECKING:
    from qffc.passes.counts import CircuitCounts

_ROWS = (
    ("qubits", "qubits"),
    ("two-qubit gates", "two_qubit"),
    ("two-qubit depth", "two_qubit_depth"),
    ("cost in ZZPhase", "cost"),
    ("PhasedX", "phased_x"),
    ("Rz (virtual)", "rz"),
    ("depth", "depth"),
)


class Emit(StrEnum):
    """What ``--emit`` writes."""

    IR = "ir"
    PYTKET = "pytket"


def compile_program(
    program: Annotated[str, typer.Argument(help="lib:NAME, FILE.qffc, FILE.py:NAME, or a trained model")],
    target: Annotated[str, typer.Option(help="see 'qffc targets'")] = "H2-1LE",
    passes: Annotated[str, typer.Option(help="pipeline; see 'qffc passes'")] = DEFAULT_PIPELINE,
    print_after: Annotated[
        list[str] | None, typer.Option(help="print the program after this pass on stderr; may be repeated")
    ] = None,
    time_passes: Annotated[bool, typer.Option("--time-passes", help="print the time of each pass on stderr")] = False,
    shots: Annotated[int, typer.Option(min=1, help="shots of each measurement setting, for the price")] = 1000,
    emitted: Annotated[
        Emit | None,
        typer.Option("--emit", help="ir: the program as text; pytket: its circuit as JSON, at fixed generic angles"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="write what --emit makes to this file")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="write the certificate of the compiled program to this file as JSON")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compile a program; prints counts of native gates beside those of pytket's default compilation."""
    if out is not None and emitted is None:
        raise error(
            "nothing to write",
            found=f"--out {out} without --emit",
            expected="--emit ir or --emit pytket",
            help="say what to write",
        )
    show = None if not print_after else printer(sys.stderr.write, _known(print_after, passes))
    compiled = compile_to(program, target, passes, print_after=show)
    if certificate is not None:
        from qffc.atomic_files import write_text

        write_text(certificate, compiled.certificate.to_json())
        say(f"certificate written to {certificate}")
    for record in compiled.records:
        if record.report:
            say(record.report)
    if time_passes:
        say("\n".join(f"{record.name:<24} {1e3 * record.seconds:9.2f} ms" for record in compiled.records))
    text = None if emitted is None else _emitted(compiled, emitted)
    if text is not None and out is None:
        emit(text, {"emitted": emitted.value if emitted else "", "text": text}, as_json)
        return
    summary, data = _summary(compiled, shots)
    if text is not None and out is not None:
        from qffc.atomic_files import write_text

        write_text(out, text)
        say(f"written to {out}")
    emit(summary, data, as_json)


def _known(names: list[str], pipeline: str) -> list[str]:
    from qffc.ir.diagnostics import quoted
    from qffc.passes.pipeline_text import parse_pipeline

    planned = [step.name for step in parse_pipeline(pipeline)]
    for name in names:
        if name not in planned:
            raise error(
                "pass that is not in the pipeline",
                found=f"'{name}'",
                expected=f"one of {quoted(planned)}",
                help="correct --print-after, or add the pass with --passes",
            )
    return names


def _emitted(compiled: Compiled, kind: Emit) -> str:
    if kind is Emit.IR:
        return compiled.program.text
    import json

    return json.dumps(compiled.circuit().to_dict(), indent=1) + "\n"


def _summary(compiled: Compiled, shots: int) -> tuple[str, dict[str, object]]:
    certificate = compiled.certificate
    proof = "holds" if certificate.holds else "is not proven; see 'qffc check'"
    lines = [f"{compiled.program.name} for {compiled.target.name}: the declared symmetry {proof}"]
    data: dict[str, object] = {
        "program": compiled.program.name,
        "digest": compiled.program.digest,
        "target": compiled.target.name,
        "holds": certificate.holds,
        "passes": [asdict(record) for record in compiled.records],
    }
    if not compiled.target.native:
        after = compiled.records[-1].after if compiled.records else None
        lines += [f"{after}"] if after else []
        lines += [f"'{compiled.target.name}' has no native gates to count; gates run as written"]
        return "\n".join(lines), data
    columns = _columns(compiled)
    price = compiled.price(shots)
    settings = len(compiled.kernel.measurements.settings)
    data |= {"counts": {name: asdict(counts) for name, counts in columns.items()}}
    data |= {"price_HQC": price, "shots": shots, "settings": settings}
    rows = [(label, *(_figure(getattr(counts, key)) for counts in columns.values())) for label, key in _ROWS]
    lines += ["", table(("one circuit", *columns), rows), ""]
    lines += [f"price: {price:.1f} HQC for {settings} measurement settings of {shots} shots"]
    return "\n".join(lines), data


def _columns(compiled: Compiled) -> dict[str, CircuitCounts]:
    from qffc.passes.lower_pytket_compare import compare_with_pytket

    if compiled.target.device is None:
        return {"qffc": compiled.counts}
    slots = generic_slots(compiled.split.slot_count)
    comparison = compare_with_pytket(compiled.program, slots, compiled.target)
    preferred = f"pytket {compiled.target.two_qubit}"
    return {"qffc": comparison.native, "pytket default": comparison.default, preferred: comparison.preferred}


def _figure(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
