"""The candidates of a generation, by evolution: changes of those that no other one beats in everything.

Selection is that of NSGA-II (``front.py``); a candidate has one parent, and begins with its numbers (``inherit.py``).
Evolutionary searches with several objectives for circuits are known from Ding and Spector, Entropy 25, 93 (2023);
here, every candidate is a program whose symmetries are proven before it is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from qffc.ir.diagnostics import error
from qffc.ir.text.parser import parse_program
from qffc.models.files.model_file import MODEL_NAME
from qffc.references.programs import resolve_program
from qffc.studies.architecture.changes import COUPLINGS, changed
from qffc.studies.architecture.front import survivors
from qffc.studies.architecture.genome import Child, Genome, genome_of, likeness
from qffc.studies.architecture.records import Birth, Entry
from qffc.studies.program_options import members_of
from qffc.studies.tables import ArchitectureTable

_TRIES = 30
"""Draws for each candidate that is wanted; most come to something."""
_SECOND = 0.5
"""How often a child is changed twice."""


def first_generation(reference: str, epochs: int) -> list[tuple[Birth, Genome]]:
    """Return the programs that a search begins with: one, or each of a family such as ``lib:pair:depth=1..3``.

    Raises:
        QffcError: when a declared symmetry of one is not proven.
    """
    made = []
    for number, member in enumerate(members_of(reference)):
        genome = genome_of(resolve_program(member.reference))
        if not genome.proven:
            raise error(
                "search from a program that is not proven",
                found=f"'{member.reference}': {genome.certificate!r}",
                expected="a proof of every declared symmetry: nothing else is trained",
                help="correct the program, or declare less; 'qffc check' says where the proof stops",
            )
        text, digest = genome.program.text, genome.program.digest
        birth = Birth(number, 0, member.reference, digest, genome.verdict, text, control=True, epochs=epochs)
        made.append((birth, genome))
    return made


def controls(generation: int, before: Sequence[Entry], epochs: int) -> list[tuple[Birth, Genome]]:
    """Return the programs that the search began with, unchanged, each trained on from where it was.

    They have as many epochs behind them as any candidate of their generation, by the same schedule.
    """
    latest: dict[str, Entry] = {}
    for entry in before:
        if entry.birth.control and entry.complete:
            latest[entry.birth.digest] = entry
    made: list[tuple[Birth, Genome]] = []
    for entry in latest.values():
        parent = entry.birth
        birth = replace(
            parent,
            number=len(before) + len(made),
            generation=generation,
            words=f"{_plain(parent.words)}, trained on",
            parent=parent.number,
            origin=f"{parent.folder}/{MODEL_NAME}",
            epochs=parent.epochs + epochs,
        )
        made.append((birth, genome_of(parse_program(parent.text))))
    return made


def _plain(words: str) -> str:
    return words.removesuffix(", trained on")


def next_generation(
    generation: int, before: Sequence[Entry], table: ArchitectureTable, epochs: int
) -> list[tuple[Birth, Genome]]:
    """Return the candidates of a generation: controls, then children, those among them that are refused.

    Equal histories give equal candidates.

    Args:
        generation: from 1.
        before: all candidates of earlier generations.
        table: the search.
        epochs: of a training.
    """
    made = controls(generation, before, epochs)
    whole = [entry for entry in before if entry.complete]
    chosen = survivors([entry.objectives for entry in whole], table.population)
    parents = [whole[k].birth for k in chosen]
    genomes = {parent.number: genome_of(parse_program(parent.text)) for parent in parents}
    random = Random(f"{table.search_seed} {generation}")
    known = {likeness(parse_program(entry.birth.text)) for entry in before}
    gates = table.gates or COUPLINGS
    trained = 0
    for _ in range(_TRIES * table.population):
        if trained == table.population or not parents:
            break
        parent = random.choice(parents)
        number = len(before) + len(made)
        child = _drawn(genomes[parent.number], random, f"g{number}", gates)
        if child is None:
            continue
        genome = genome_of(child.program)
        alike = likeness(genome.program)
        if alike in known:
            continue
        if child.grows and len(genome.program.ops) <= len(genomes[parent.number].program.ops):
            continue  # became one with what was there
        known.add(alike)
        trained += genome.proven
        birth = Birth(
            number,
            generation,
            child.words,
            genome.program.digest,
            genome.verdict,
            genome.program.text,
            parent=parent.number,
            origin=f"{parent.folder}/{MODEL_NAME}",
            sources=child.sources,
            epochs=parent.epochs + epochs,
        )
        made.append((birth, genome))
    return made


def _drawn(genome: Genome, random: Random, stem: str, gates: Sequence[str]) -> Child | None:
    """A child by one change, or by two."""
    first = changed(genome, random, stem, gates)
    if random.random() >= _SECOND or first is None:
        return first
    between = genome_of(first.program)
    second = changed(between, random, f"{stem}b", gates) if between.proven else None
    if second is None:
        return first
    tables = {parameter.name for parameter in genome.program.parameters}
    if any(source.table not in tables for source in second.sources.values()):
        return first  # the parent has no numbers for it
    sources = {**first.sources, **second.sources}
    names = {parameter.name for parameter in second.program.parameters}
    kept = {name: source for name, source in sources.items() if name in names}
    return Child(second.program, f"{first.words}; {second.words}", kept, first.grows and second.grows)
