"""The verb ``demo``: the whole way once, for water: prove, compile, train, evaluate, run with shots."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import table, write_line
from qffc.ir.telling import tell

if TYPE_CHECKING:
    from qffc.compiling.compiled import Compiled
    from qffc.data import Dataset
    from qffc.execution.energy import EnergyEstimate
    from qffc.models.force_field import ForceField
    from qffc.reports.evaluation import Evaluation
    from qffc.training.config import TrainingConfig

PROGRAM, DATA, TARGET = "lib:pair", "water", "H2-1LE"
SHOTS, FRAMES, SEED = 1000, 3, 0

SETTINGS: dict[str, object] = {"train": 500, "validation": 50, "epochs": 100}
QUICK: dict[str, object] = {"train": 100, "validation": 20, "test": 100, "epochs": 6}

_NEXT = """\
What to try next:
  qffc check lib:water-demo            PennyLane's water circuit: which symmetry it lacks, with a geometry that shows it
  qffc compile lib:pair --emit ir      the program as text
  qffc eval {out} --data water    the table above again
  qffc train lib:sivqlm-nh3 --data ammonia --epochs 20
  docs/howto-author.md                 write an ansatz of your own"""


def demo(
    out: Annotated[Path, typer.Option(help="folder for what the demonstration writes")] = Path("runs/demo"),
    quick: Annotated[bool, typer.Option("--quick", help="a shorter training, for a first look")] = False,
) -> None:
    """Show the way from an ansatz to a trained potential and energies from shots."""
    run_demo(out, quick)


@dataclass(frozen=True)
class _Story:
    """What the steps share: where to write, and how to speak."""

    out: Path
    write: Callable[[str], None]

    def title(self, number: int, text: str) -> None:
        self.write(f"\n[{number}/5] {text}\n")
        tell(f"step {number} of 5")


def run_demo(out: Path, quick: bool, write: Callable[[str], None] = write_line) -> None:
    """Run every step and write what it makes into a folder.

    Args:
        out: the folder; a run that was interrupted goes on where it was.
        quick: train for a moment only.
        write: takes lines for the person who watches.
    """
    from qffc.execution.backend import need_runner
    from qffc.reports.circuit_drawing import draw_circuit
    from qffc.targets.catalogue import target
    from qffc.toolchain import compile as compile_program

    need_runner(target(TARGET))  # before a minute of training
    begin = perf_counter()
    story = _Story(out, write)
    write(f"qffc demo: a force field for {DATA} from the program {PROGRAM}; files go to {out}")
    story.title(1, "prove: is the circuit as symmetric as a molecule?")
    compiled = compile_program(PROGRAM, TARGET)
    write(compiled.certificate.render())
    story.title(2, f"compile: native gates of {TARGET} for one circuit, beside pytket on the same circuit")
    counts = _count(compiled, story)
    draw_circuit(compiled.program, out / "circuit.svg")
    story.title(3, "train: energies and forces, in JAX")
    model, data, config = _train(story, QUICK if quick else SETTINGS)
    story.title(4, "evaluate: frames that the model has not seen")
    evaluation = _evaluate(model, data, story)
    story.title(5, f"run: the trained circuits with {SHOTS} shots a setting on {TARGET}")
    estimates = _run(model, data, config, story)
    summary = {
        "program": PROGRAM,
        "digest": model.program.digest,
        "symmetry_proven": compiled.certificate.holds,
        "native_gates": counts,
        "settings": config.model_dump(),
        "test": evaluation.to_json(),
        "energies_with_shots": [asdict(estimate) for estimate in estimates],
        "seconds": round(perf_counter() - begin, 1),
    }
    _write_files(story, compiled, summary)


def _count(compiled: Compiled, story: _Story) -> dict[str, object]:
    from qffc.passes.equivariance.numbers.generic_point import generic_slots
    from qffc.passes.lower_pytket.compare import compare_with_pytket

    comparison = compare_with_pytket(compiled.program, generic_slots(compiled.split), compiled.target)
    columns = {
        "qffc": comparison.native,
        "pytket default": comparison.default,
        f"pytket, {compiled.target.two_qubit}": comparison.preferred,
    }
    rows = [
        (name, str(c.two_qubit), str(c.two_qubit_depth), str(c.phased_x), f"{c.cost:.1f}")
        for name, c in columns.items()
    ]
    story.write(table(("", "two-qubit gates", "two-qubit depth", "PhasedX", "cost (ZZPhase = 1)"), rows))
    same = "the same state, checked" if comparison.equal else "NOT the same state: please report this"
    story.write(f"all three prepare {same}")
    return {name: asdict(c) for name, c in columns.items()}


def _train(story: _Story, settings: dict[str, object]) -> tuple[ForceField, Dataset, TrainingConfig]:
    from qffc.data import load_embedded
    from qffc.toolchain import train
    from qffc.training.config import training_config
    from qffc.training.progress import TrainingProgress
    from qffc.training.split import split_of

    data, config = load_embedded(DATA), training_config(settings)
    story.write(
        f"{len(split_of(data, config).train)} frames of PBE/def2-SVP {DATA}, {config.epochs} epochs; "
        "the first step waits some seconds for XLA"
    )
    begin = perf_counter()
    with TrainingProgress(config.epochs) as shown:
        model = train(PROGRAM, data, story.out, config=config, report=shown, stepped=shown.stepped)
    trained = sum(value.size for name, value in model.arrays.items() if not name.startswith("constant."))
    story.write(f"{trained} parameters trained in {perf_counter() - begin:.0f} s")
    return model, data, config


def _evaluate(model: ForceField, data: Dataset, story: _Story) -> Evaluation:
    from qffc.cli.errors_table import errors_table
    from qffc.reports.plots import parity_plot, training_curve
    from qffc.toolchain import evaluate
    from qffc.training.log import LOG_NAME, read_log

    evaluation = evaluate(model, data)
    story.write(f"{len(evaluation.data)} frames; the baselines are fitted to the same training frames\n")
    story.write(errors_table(evaluation))
    parity_plot(evaluation, story.out / "parity.png")
    training_curve(read_log(story.out / LOG_NAME), story.out / "training.png")
    return evaluation


def _run(model: ForceField, data: Dataset, config: TrainingConfig, story: _Story) -> tuple[EnergyEstimate, ...]:
    from qffc.execution.energy import estimate_energies
    from qffc.targets.catalogue import target
    from qffc.training.split import split_of

    frames = data.subset(split_of(data, config).test[:FRAMES])
    place = target(TARGET)
    estimates = estimate_energies(model, data.numbers, frames.positions, place, shots=SHOTS, seed=SEED)
    rows = [
        (
            str(index),
            f"{1e3 * (estimate.energy - data.energies.mean()):.0f} ± {1e3 * estimate.standard_error:.0f}",
            f"{1e3 * (estimate.exact - data.energies.mean()):.1f}",
            f"{1e3 * (truth - data.energies.mean()):.1f}",
        )
        for index, (estimate, truth) in enumerate(zip(estimates, frames.energies, strict=True))
    ]
    story.write(table(("test frame", "with shots (meV)", "exact circuit (meV)", "PBE (meV)"), rows))
    first = estimates[0]
    story.write(
        f"energies minus their mean; {first.circuits} circuits a frame; drawn from exact states here for nothing, "
        f"the device would charge {sum(estimate.price for estimate in estimates):.0f} HQC"
    )
    return estimates


def _write_files(story: _Story, compiled: Compiled, summary: dict[str, object]) -> None:
    from qffc.atomic_files import write_text

    write_text(story.out / "program.qffc", compiled.program.text)
    write_text(story.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    story.write(f"\ndone in {summary['seconds']:.0f} s. In {story.out}:")
    notes = {
        "model.safetensors": "the model: program, parameters, units, fingerprint of the data",
        "certificate.json": "the proof, bound to the program",
        "program.qffc": "the program as text",
        "circuit.svg": "the circuit",
        "parity.png": "predicted against reference",
        "training.png": "errors against epochs",
        "log.csv": "the same as numbers",
        "summary.json": "every figure above",
        "checkpoint.safetensors": "the state of the training, to go on from",
    }
    for name, note in notes.items():
        story.write(f"  {name:<24} {note}")
    story.write("\n" + _NEXT.format(out=story.out))
