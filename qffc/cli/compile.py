"""The verb ``compile``: runs passes, counts native gates, and writes what was compiled."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.compile_emit import Emit, check_request, emitted, need_one, write
from qffc.cli.output import AsJson, emit, say, table
from qffc.compiling.compiled import Compiled
from qffc.compiling.levels import DEFAULT_LEVEL, LEVELS
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.pipeline import PassRecord, printer
from qffc.passes.pipeline_text import steps_of
from qffc.passes.registry import is_built_in
from qffc.references.programs import names_model
from qffc.toolchain import compile as compile_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qffc.compiling.circuit_check import CircuitCheck
    from qffc.passes.base import Pass
    from qffc.passes.counts import CircuitCounts, Counts
    from qffc.passes.equivariance.identities.identity import Identity
    from qffc.passes.target import Target

_ALL = "all"
_ROWS = (
    ("qubits", "qubits"),
    ("two-qubit gates", "two_qubit"),
    ("two-qubit depth", "two_qubit_depth"),
    ("cost in ZZPhase", "cost"),
    ("PhasedX", "phased_x"),
    ("Rz (virtual)", "rz"),
    ("depth", "depth"),
)


def compile_program(
    program: Annotated[str, typer.Argument(help="lib:NAME, FILE.qffc, FILE.py:NAME, or a trained model")],
    target: Annotated[str, typer.Option(help="see 'qffc targets'")] = "H2-1LE",
    level: Annotated[
        int, typer.Option("-O", "--level", min=0, max=len(LEVELS) - 1, help="optimization level")
    ] = DEFAULT_LEVEL,
    passes: Annotated[
        str | None, typer.Option(help="instead of the passes of the level; names of 'qffc passes', or FILE.py:CLASS")
    ] = None,
    print_after: Annotated[
        list[str] | None,
        typer.Option(help="print the program after this pass, or after 'all', on stderr; may be repeated"),
    ] = None,
    time_passes: Annotated[bool, typer.Option("--time-passes", help="print the time of each pass on stderr")] = False,
    shots: Annotated[int, typer.Option(min=1, help="shots of each measurement setting, for the price")] = 1000,
    emitting: Annotated[
        Emit | None, typer.Option("--emit", help="write the program, its circuits, a drawing or all that was compiled")
    ] = None,
    geometry: Annotated[
        str | None, typer.Option(help="circuits of a model at this geometry, not at fixed generic angles")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="circuits with measurements, one for each setting")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="write what --emit makes to this file, or folder")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="write the certificate of the compiled program to this file as JSON")
    ] = None,
    validate: Annotated[
        bool,
        typer.Option(
            "--validate",
            help="compare responses before and after the passes, exactly, and native circuits with the program, in "
            "numbers; exit 1 if they differ",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compile a program; prints counts of native gates beside those of pytket's default compilation."""
    check_request(emitting, out, geometry, measured)
    planned = LEVELS[level].passes if passes is None else passes
    steps = steps_of(planned)
    show = None if not print_after else printer(sys.stderr.write, _known(print_after, steps))
    # A file of the user runs once.
    pipeline = passes if all(map(is_built_in, steps)) else steps
    compiled = compile_to(program, target, level, pipeline, print_after=show)
    model = Path(program) if names_model(program) else None
    texts = [] if emitting is None else emitted(compiled, emitting, model, geometry, measured)
    text = need_one(texts) if emitting is not None and out is None else None
    if certificate is not None:
        from qffc.atomic_files import write_text

        write_text(certificate, compiled.certificate.to_json())
        say(f"certificate written to {certificate}")
    for record in compiled.records:
        if record.report:
            say(record.report)
    found = _validated(compiled) if validate else {}
    if time_passes:
        say(_times(compiled.records))
    if text is not None:
        emit(text, {"emitted": emitting.value if emitting else "", "text": text}, as_json)
        _need_no_difference(found)
        return
    summary, data = _summary(compiled, shots)
    if emitting is not None and out is not None:
        write(compiled, emitting, texts, out)
    emit(summary, data | {name: asdict(each) for name, each in found.items()}, as_json)
    _need_no_difference(found)


def _validated(compiled: Compiled) -> dict[str, Identity | CircuitCheck]:
    """What was compared, by its name in JSON; each is told."""
    tell("comparing responses exactly")
    found: dict[str, Identity | CircuitCheck] = {"validation": compiled.validate()}
    if compiled.target.native:
        found["circuits"] = compiled.validate_circuits()
    for each in found.values():
        say(each.render())
    return found


def _need_no_difference(found: Mapping[str, Identity | CircuitCheck]) -> None:
    if any(each.outcome in ("different", "differ") for each in found.values()):
        raise typer.Exit(1)


def _known(names: list[str], steps: Sequence[Pass[object]]) -> list[str]:
    from qffc.ir.diagnostics import quoted

    planned = [step.name for step in steps]
    if _ALL in names:
        return planned
    for name in names:
        if name not in planned:
            raise error(
                "pass that is not in the pipeline",
                found=f"'{name}'",
                expected=f"one of {quoted([*dict.fromkeys(planned), _ALL])}",
                help="correct --print-after, or add the pass with --passes",
            )
    return names


def _times(records: tuple[PassRecord, ...]) -> str:
    rows = [
        (
            record.name,
            f"{1e3 * record.seconds:.2f} ms",
            f"{_size(record.before)} -> {_size(record.after)}" if record.changed else "unchanged",
        )
        for record in records
    ]
    return table(("pass", "time", "operations"), rows)


def _size(counts: Counts) -> int:
    return counts.one_qubit + counts.two_qubit + counts.larger


def _proof(compiled: Compiled) -> list[str]:
    certificate = compiled.certificate
    proof = "holds" if certificate.holds else "is not proven; see 'qffc check'"
    lines = [f"{compiled.program.name} for {compiled.target.name}: the declared symmetry {proof}"]
    for verdict in certificate.verdicts:
        if verdict.carried is not None:
            lines.append(f"  {verdict.generator}: proven before {', '.join(verdict.carried.passes)}, and carried over")
        elif verdict.status != "proven":
            lines.append(f"  {verdict.generator}: {verdict.status}")
    return lines


def _summary(compiled: Compiled, shots: int) -> tuple[str, dict[str, object]]:
    lines = _proof(compiled)
    data: dict[str, object] = {
        "program": compiled.program.name,
        "digest": compiled.program.digest,
        "target": compiled.target.name,
        "level": compiled.level,
        "pipeline": compiled.passes,
        "holds": compiled.certificate.holds,
        "carried": [verdict.generator for verdict in compiled.certificate.verdicts if verdict.carried is not None],
        "passes": [asdict(record) for record in compiled.records],
    }
    if not compiled.target.native:
        after = compiled.records[-1].after if compiled.records else None
        lines += [f"{after}"] if after else []
        lines += [f"'{compiled.target.name}' has no native gates to count; gates run as written", _level(compiled)]
        return "\n".join(lines), data
    columns = _columns(compiled)
    price = compiled.price(shots)
    settings = len(compiled.measurements.settings)
    data |= {"counts": {name: asdict(counts) for name, counts in columns.items()}}
    data |= {"two_qubit_gate": compiled.target.two_qubit, "price_HQC": price, "shots": shots, "settings": settings}
    turns = " + ".join(gate for gate in compiled.target.one_qubit if gate != "Rz")
    named = [(turns if key == "phased_x" else label, key) for label, key in _ROWS]
    rows = [(label, *(_figure(getattr(counts, key)) for counts in columns.values())) for label, key in named]
    lines += ["", table(("one circuit", *columns), rows), "", _gate(compiled.target)]
    noun = "setting" if settings == 1 else "settings"
    if compiled.target.pricing is None:
        lines += [f"price: none, '{compiled.target.name}' names none; {settings} measurement {noun} of {shots} shots"]
    else:
        lines += [f"price: {price:.1f} HQC for {settings} measurement {noun} of {shots} shots"]
    lines += [f"{_level(compiled)}; counts and price are at fixed generic angles, where no gate is special"]
    lines += _blocks_line(compiled)
    routes = [compiled.kernel.measuring(setting).route for setting in compiled.measurements.settings]
    data |= {"routes": [None if route is None else str(route) for route in routes]}
    for route in dict.fromkeys(route for route in routes if route is not None):
        number = routes.count(route)
        lines += [f"{number} of {settings} {noun}: circuits of {route}, cheaper and compared with the program"]
    return "\n".join(lines), data


def _level(compiled: Compiled) -> str:
    """What it was compiled by."""
    chosen = LEVELS[compiled.level]
    own = "" if compiled.passes == chosen.passes else f", with the passes {compiled.passes} in the place of its own"
    return f"level: -O{chosen.number}{own}"


def _blocks_line(compiled: Compiled) -> list[str]:
    """How many settings are written in blocks, and what that saves."""
    kernels = [compiled.kernel.measuring(setting) for setting in compiled.measurements.settings]
    prices = [kernel.prices_in_blocks for kernel in kernels]
    taken = [price for price in prices if price is not None]
    if not taken:
        return []
    noun = "setting" if len(prices) == 1 else "settings"
    blocks, otherwise = (sum(price[side] for price in taken) for side in (0, 1))
    told = f"gates of a shot {blocks:.0f} instead of {otherwise:.0f} units of the price formula"
    return [f"{len(taken)} of {len(prices)} {noun}: what comes together on a pair is one gate; {told}"]


def _gate(target: Target) -> str:
    costs = target.exchange_costs()
    spelt = ", ".join(f"{gate} {cost:.3g}" for gate, cost in costs.items())
    if len(costs) == 1:
        why = "the only one that the target has"
    elif target.two_qubit == target.cheaper_exchange():
        why = "the cheaper one for an exchange"
    else:
        why = "as the target says, though it is dearer"
    return f"two-qubit gate: {target.two_qubit}, {why} (cost in ZZPhase: {spelt})"


def _columns(compiled: Compiled) -> dict[str, CircuitCounts]:
    from qffc.passes.lower_pytket.compare import compare_with_pytket

    if compiled.target.device is None or not compiled.target.emitted_as_is:
        return {"as written": compiled.counts_as_written, "qffc": compiled.counts}
    slots = generic_slots(compiled.split)
    tell("the same circuit, compiled by pytket")
    comparison = compare_with_pytket(compiled.program, slots, compiled.target)
    preferred = f"pytket {compiled.target.two_qubit}"
    return {
        "as written": compiled.counts_as_written,
        "qffc": compiled.counts,
        "pytket default": comparison.default,
        preferred: comparison.preferred,
    }


def _figure(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
