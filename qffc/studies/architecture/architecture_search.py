"""A search over programs (quantum architecture search): generations, a journal, and the Pareto front that is left.

Nothing that is drawn depends on time or on the number of workers: a generation is made from those before it, its
candidates are trained side by side or one after another, and the journal lists them in their order. So a search that
was killed goes on with the same candidates, and those that were being trained go on from their checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from qffc.atomic_files import write_text
from qffc.data.surroundings import refuse_cells
from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import error, quoted
from qffc.studies.architecture.candidate import Task, do_candidate, write_proof
from qffc.studies.architecture.changes import COUPLINGS
from qffc.studies.architecture.evolve import first_generation, next_generation
from qffc.studies.architecture.genome import Genome
from qffc.studies.architecture.records import Birth, Entry, Journal, Outcome
from qffc.studies.architecture.relax import pruned_generation
from qffc.studies.grid import base_run
from qffc.studies.in_parallel import as_done
from qffc.studies.program_options import with_options
from qffc.studies.run import Run, beginning_of, errors_held_out, fingerprint_of, load_data, need_same, read_saved
from qffc.studies.run_file import RunFile
from qffc.studies.study import COLUMNS
from qffc.studies.tables import ArchitectureTable, ClusterTable
from qffc.training.data_checks import need_sound_data
from qffc.units import energy_in_ev

Way = Literal["evolve", "relax"]
SUMMARY_NAME, SPACE_NAME = "architectures.json", "space.json"


@dataclass(frozen=True)
class Architectures:
    """What a search came to.

    Args:
        entries: every candidate, in order.
        front: numbers of those that no other one dominates.
        tests: errors on test frames, which no choice has seen, of the front and of the last controls, by number; empty
            without test frames.
    """

    entries: tuple[Entry, ...]
    front: tuple[int, ...]
    tests: dict[int, dict[str, float]]

    @property
    def controls(self) -> tuple[Entry, ...]:
        """The programs that the search began with, after their last training."""
        latest = {entry.birth.digest: entry for entry in self.entries if entry.birth.control and entry.complete}
        return tuple(latest.values())

    @property
    def counts(self) -> dict[str, int]:
        """How many candidates there are of each state."""
        states = [entry.outcome.state for entry in self.entries]
        return {state: states.count(state) for state in sorted(set(states))}

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        rows = []
        for entry in self.entries:
            birth = {name: value for name, value in asdict(entry.birth).items() if name not in ("text", "sources")}
            rows.append({**birth, "folder": entry.birth.folder, **asdict(entry.outcome)})
        tests = {str(number): errors for number, errors in self.tests.items()}
        return {"front": list(self.front), "counts": self.counts, "test": tests, "candidates": rows}


def search_architectures(
    given: RunFile,
    table: ArchitectureTable,
    way: Way,
    folder: Path,
    place: ClusterTable | None = None,
    report: Callable[[Entry], None] | None = None,
) -> Architectures:
    """Do what is left of a search over programs, and test its front.

    Args:
        given: program, data and settings; the program may be a family, such as ``lib:pair:depth=1..3``.
        table: how long, what is judged, what may be changed.
        way: ``evolve``: changes of programs, generation after generation; ``relax``: gates with weights that are
            trained, and left out where they are small, in one generation.
        folder: of the search; every candidate has one in it, with its program, its certificate and its model.
        place: where candidates are trained; in this process by default.
        report: called with each candidate.

    Raises:
        QffcError: when optuna is not installed, a program to begin with is not proven, there are no validation frames,
            or the folder holds another search.
    """
    run = base_run(given)
    _need_fit(run, table, way)
    sets = load_data(run.data)
    need_sound_data(sets, run.config)
    for data in sets:
        refuse_cells(data, "a search that counts shots", "search on molecules: atoms in cells go to no device")
    folder = folder.absolute()
    generations = table.generations if way == "evolve" else 1
    with lock_of(folder):
        _need_same_search(run, table, way, folder)
        journal = Journal(folder)
        for generation in range(generations + 1):
            entries = journal.entries()
            before = [entry for entry in entries if entry.birth.generation < generation]
            if len([entry for entry in entries if entry.birth.generation > generation]):
                continue
            made = _made(generation, before, run, table, way, folder)
            done = len(entries) - len(before)
            _need_same_history(made, entries[len(before) :], folder)
            _do(made[done:], before, Task(folder, run, table), journal, place or ClusterTable(), report)
        found = _found(journal, run, folder)
        write_text(folder / SUMMARY_NAME, json.dumps(found.to_json(), indent=2, allow_nan=False) + "\n")
    return found


def _made(
    generation: int, before: Sequence[Entry], run: Run, table: ArchitectureTable, way: Way, folder: Path
) -> list[tuple[Birth, Genome]]:
    if generation == 0:
        return first_generation(run.program, run.config.epochs)
    if way == "relax":
        return pruned_generation(before, table, run, folder)
    return next_generation(generation, before, table, run.config.epochs)


def _do(
    made: Sequence[tuple[Birth, Genome]],
    before: Sequence[Entry],
    task: Task,
    journal: Journal,
    place: ClusterTable,
    report: Callable[[Entry], None] | None,
) -> None:
    """Prove all, train what is proven, and keep each in its turn."""
    for birth, genome in made:
        write_proof(task.folder / birth.folder, genome)
    peers = tuple(
        (entry.outcome.zz, entry.outcome.watched)
        for entry in before
        if entry.outcome.zz is not None and entry.outcome.watched is not None
    )
    births = [birth for birth, _ in made]
    waiting: dict[int, Outcome] = {}
    told = 0
    for index, outcome in as_done(partial(do_candidate, Task(task.folder, task.run, task.table, peers)), births, place):
        waiting[index] = outcome
        while told in waiting:
            entry = Entry(births[told], waiting.pop(told))
            journal.append(entry)
            told += 1
            if report is not None:
                report(entry)


def _need_same_history(made: Sequence[tuple[Birth, Genome]], known: Sequence[Entry], folder: Path) -> None:
    """Equal histories give equal candidates, unless they were made by another version."""
    for (birth, _), entry in zip(made, known, strict=False):
        if birth.digest != entry.birth.digest:
            raise error(
                "search that was begun by another version",
                found=f"another program than that of {entry.birth.folder} in '{folder}'",
                expected="the candidates that were made there",
                help="choose another folder with --out, or go on with the version of qffc that began the search",
            )


def _found(journal: Journal, run: Run, folder: Path) -> Architectures:
    from qffc.models.files.model_file import load_model

    entries, front = journal.entries(), journal.front()
    sets, tests = load_data(run.data), {}
    bare = Architectures(entries, front, {})
    for number in sorted({*front, *(entry.birth.number for entry in bare.controls)}):
        errors, part = errors_held_out(load_model(folder / entries[number].birth.folder), sets, run.config)
        if errors is not None and part == "test":
            tests[number] = {COLUMNS[key]: value for key, value in errors.figures().items()}
    return Architectures(entries, front, tests)


def _need_fit(run: Run, table: ArchitectureTable, way: Way) -> None:
    if way not in get_args(Way):
        raise error("unknown way to search", found=f"'{way}'", expected=quoted(get_args(Way)), help="choose one")
    if not run.config.validation:
        raise error(
            "search without validation frames",
            found="validation = 0",
            expected="the same frames to compare all candidates on, which are not trained on",
            help="set validation to some tens of frames",
        )
    if run.config.max_minutes is not None or run.start_from is not None or run.unproven:
        name = "max_minutes" if run.config.max_minutes is not None else "start_from" if run.start_from else "unproven"
        raise error(
            "setting that a search over programs has no use for",
            found=name,
            expected="programs that are proven, and trained to their end from the numbers of their parents",
            help=f"leave {name} out",
        )
    unknown = [word for word in table.gates or () if word not in COUPLINGS]
    if unknown:
        raise error(
            "gate that a search does not add",
            found=f"'{unknown[0]}'",
            expected=quoted(COUPLINGS),
            help="name couplings that commute with every turn of all spins",
        )
    energy_in_ev(table.standard_error)


def _need_same_search(run: Run, table: ArchitectureTable, way: Way, folder: Path) -> None:
    """A journal belongs to one program, data and settings; how many generations there are may change."""
    entry = {
        "program": with_options(run.program, {}),
        "way": way,
        "data": fingerprint_of(load_data(run.data)),
        **beginning_of(run),
        "settings": run.config.model_dump(),
        "search": table.model_dump(exclude={"generations"}),
    }
    file = folder / SPACE_NAME
    wanted = json.loads(json.dumps(entry))
    if file.exists():
        need_same(read_saved(file), wanted, file)
    else:
        write_text(file, json.dumps(entry, indent=2) + "\n")
