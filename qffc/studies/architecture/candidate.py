"""One candidate: proven first, then trained from the numbers of its parent, then judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qffc.atomic_files import write_text
from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import InternalError, QffcError
from qffc.ir.text.parser import parse_program
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.studies.architecture.figures import Figures, figures_of, finite, zz_cost
from qffc.studies.architecture.genome import Genome, genome_of
from qffc.studies.architecture.inherit import inherited
from qffc.studies.architecture.records import Birth, Outcome
from qffc.studies.run import Run, load_data
from qffc.studies.tables import ArchitectureTable
from qffc.studies.trial import logged_objectives
from qffc.training.config import TrainingConfig, settled
from qffc.training.split import splits_of
from qffc.training.starting import Start
from qffc.training.stopping import objective_of
from qffc.training.talk import Progress
from qffc.units import energy_in_ev

PROGRAM_NAME, CERTIFICATE_NAME = "program.qffc", "certificate.json"
PEERS = 4
"""Candidates of earlier generations that one is compared with at least before it is stopped."""


@dataclass(frozen=True)
class Task:
    """What all candidates of a generation have in common: all that a worker needs.

    Args:
        folder: of the search; absolute.
        run: data and settings.
        table: the search.
        peers: of complete candidates of earlier generations, the cost in ZZ and the error when they were looked at.
    """

    folder: Path
    run: Run
    table: ArchitectureTable
    peers: tuple[tuple[float, float], ...] = ()


class _Stopped(Exception):
    """Raised inside a training to leave it; its checkpoint stays."""


def write_proof(folder: Path, genome: Genome) -> None:
    """Leave the program of a candidate and its certificate in its folder, before anything is trained."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / PROGRAM_NAME, genome.program.text)
    write_text(folder / CERTIFICATE_NAME, genome.certificate.to_json())


def do_candidate(task: Task, birth: Birth) -> Outcome:
    """Do what is left of a candidate. What is not proven is never trained.

    Args:
        task: data, settings and peers.
        birth: the candidate.
    """
    if birth.verdict != "proven":
        return Outcome(birth.verdict)
    folder = task.folder / birth.folder
    genome = genome_of(parse_program(birth.text))
    if not genome.proven or genome.program.digest != birth.digest:
        raise InternalError(f"{birth.folder} is not the program that was proven")
    zz = zz_cost(genome.program)
    watched: list[float] = []
    try:
        with lock_of(folder):
            model = _trained(task, birth, genome, folder, zz, watched)
            figures = _judged(task, model, folder, zz)
    except _Stopped:
        return Outcome("stopped", zz=zz, watched=watched[-1])
    except QffcError as problem:
        return Outcome("failed", zz=zz, failure=problem.diagnostic.title)
    if not finite(figures):
        return Outcome("failed", zz=zz, failure="figures that are not finite")
    return Outcome("complete", figures, zz, watched[-1] if watched else None)


def looked_at(config: TrainingConfig) -> int:
    """Return the epoch after which a candidate may be stopped: the first evaluation in the second third of its run."""
    step = config.evaluate_every
    return -(-config.epochs // (3 * step)) * step


def falls_behind(peers: Sequence[tuple[float, float]], zz: float, error: float) -> bool:
    """Whether a candidate is stopped: in the worse half of the peers that cost no more than it does.

    It is the rule of asynchronous successive halving (Li et al., arXiv:1810.05934) with one rung, among those that the
    candidate would have to beat: a cheap circuit is not compared with dear ones.

    Args:
        peers: the cost in ZZ and the error at the same epoch of earlier candidates.
        zz: cost of the candidate.
        error: of the candidate.

    Example:
        >>> peers = [(10, 1.0), (10, 2.0), (10, 3.0), (40, 0.1), (40, 0.2)]
        >>> falls_behind(peers, 10, 9.0), falls_behind(peers, 40, 2.5), falls_behind(peers, 40, 0.9)
        (False, True, False)
    """
    errors = sorted(other for cost, other in peers if cost <= zz)
    return len(errors) >= PEERS and error > errors[len(errors) // 2]


def _trained(task: Task, birth: Birth, genome: Genome, folder: Path, zz: float, watched: list[float]) -> ForceField:
    from qffc.training import trainer

    sets = load_data(task.run.data)
    config = task.run.config
    # A child has the rate of its parents: it has much to learn, unlike a model that is tuned.
    usual = settled(config, genome.program)
    config = config.model_copy(update={"learning_rate": usual.learning_rate, "warmup": usual.warmup})
    at, share = looked_at(config), task.table.energy_share

    def look(epoch: int, error: float) -> None:
        if epoch != at:
            return
        watched.append(error)
        if task.table.halve and not birth.control and epoch < config.epochs and falls_behind(task.peers, zz, error):
            raise _Stopped

    for epoch, error in logged_objectives(folder, share).items():
        look(epoch, error)

    def report(progress: Progress) -> None:
        if progress.validation is not None:
            found = progress.validation
            look(progress.epoch, objective_of(found.energy_mae, found.force_mae, share))

    start = Start(dict(task.run.atom_energies))
    if birth.origin is not None:
        frames = [each.subset(split.train) for each, split in zip(sets, splits_of(sets, config), strict=True)]
        parent = load_model(task.folder / birth.origin)
        start = Start(model=inherited(genome.program, parent, birth.sources, frames, config.seed))
    metadata = {"certificate": genome.certificate.to_json()}
    return trainer.train(genome.program, sets, config, folder, metadata=metadata, start=start, report=report)


def _judged(task: Task, model: ForceField, folder: Path, zz: float) -> Figures:
    table = task.table
    return figures_of(
        model,
        load_data(task.run.data),
        task.run.config,
        folder,
        zz=zz,
        share=table.energy_share,
        geometries=table.geometries,
        standard_error=energy_in_ev(table.standard_error),
    )
