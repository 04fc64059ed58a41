"""The candidates of a search by gradients: one training with all gates at once, then what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import InternalError
from qffc.ir.text.parser import parse_program
from qffc.models.files.model_file import save_model
from qffc.models.force_field import ForceField
from qffc.passes.equivariance.check import check_equivariance
from qffc.studies.architecture.candidate import write_proof
from qffc.studies.architecture.evolve import controls
from qffc.studies.architecture.genome import Genome, genome_of
from qffc.studies.architecture.records import Birth, Entry
from qffc.studies.architecture.relaxed import Relaxed, folded, penalty_of, pruned, relaxed, sizes
from qffc.studies.run import Run, load_data
from qffc.studies.tables import ArchitectureTable
from qffc.training.starting import Start

GATES = ("exchange",)
"""The couplings that are added when nothing else is asked for."""
FOLDED_NAME = "folded.safetensors"


def pruned_generation(
    before: Sequence[Entry], table: ArchitectureTable, run: Run, folder: Path
) -> list[tuple[Birth, Genome]]:
    """Return the controls, trained on, and what is left of the relaxed programs at several numbers of gates.

    Trains the relaxed program of each program that the search began with, or goes on with it, in a folder of its own.

    Args:
        before: the first generation.
        table: the search.
        run: data and settings.
        folder: of the search.
    """
    epochs = run.config.epochs
    made = controls(1, before, epochs)
    known = {entry.birth.digest for entry in before}
    for entry in before:
        if not entry.birth.control:
            continue
        whole = relaxed(genome_of(parse_program(entry.birth.text)), table.gates or GATES)
        if not whole.gates:
            continue
        place = folder / f"relaxed-{entry.birth.number:04d}"
        model = _trained(whole, table, run, place)
        plain = folded(whole, model)
        certificate = check_equivariance(plain.program).to_json()
        save_model(
            ForceField(plain.program, plain.arrays, {**model.metadata, "certificate": certificate}), place / FOLDED_NAME
        )
        found = sizes(whole, plain)
        order = [int(k) for k in (-found).argsort(kind="stable")]
        for part in range(table.population, 0, -1):
            kept = order[: -(-len(order) * part // table.population)]
            genome = genome_of(pruned(whole, kept))
            if genome.program.digest in known:
                continue
            known.add(genome.program.digest)
            least = f", angles of {found[kept[-1]]:.2g} rad and more"
            words = f"{len(kept)} of {len(order)} kinds of couplings of {entry.birth.words}{least}"
            birth = Birth(
                len(before) + len(made),
                1,
                words,
                genome.program.digest,
                genome.verdict,
                genome.program.text,
                parent=entry.birth.number,
                origin=f"{place.name}/{FOLDED_NAME}",
                epochs=2 * epochs,
            )
            made.append((birth, genome))
    return made


def _trained(whole: Relaxed, table: ArchitectureTable, run: Run, place: Path) -> ForceField:
    from qffc.training import trainer

    genome = genome_of(whole.program)
    if not genome.proven:
        raise InternalError("weights that all gates of an orbit share broke a symmetry")
    write_proof(place, genome)
    metadata = {"certificate": genome.certificate.to_json()}
    with lock_of(place):
        return trainer.train(
            genome.program,
            load_data(run.data),
            run.config,
            place,
            metadata=metadata,
            start=Start(dict(run.atom_energies)),
            penalty=penalty_of(whole, table.sparsity, table.sharpness),
        )
