"""Symmetries that are declared by hand: relabellings with Pauli strings, proven like exchange."""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.generators import Conserved, Generator, TableMoves
from qffc.ir.program import Program
from qffc.passes.equivariance.charge import check_conserved
from qffc.passes.equivariance.counterexample import judge
from qffc.passes.equivariance.exchange import RELABELLING
from qffc.passes.equivariance.relabelling import Action, make_word, relabelling_failure, representatives
from qffc.passes.equivariance.verdict import Transform, Verdict, proven

CONJUGATION = "conjugation by a Pauli string"


def check_generators(program: Program) -> tuple[Verdict, ...]:
    """Return one verdict for each symmetry that is declared by hand, in their order."""
    return tuple(
        check_conserved(program, item) if isinstance(item, Conserved) else check_generator(program, item)
        for item in program.generators
    )


def check_generator(program: Program, generator: Generator) -> Verdict:
    """Prove a discrete symmetry by relabelling and conjugation, else compare numbers."""
    rule = CONJUGATION if generator.paulis else RELABELLING
    action = action_of(program, generator)
    word = make_word(program, representatives(program, action.sites))
    failure = relabelling_failure(program, word, action)
    if failure is None:
        return proven(generator.title, rule)
    return judge(program, generator.title, rule, failure, transform_of(program, generator))


def action_of(program: Program, generator: Generator) -> Action:
    """Return what a generator replaces."""
    renaming = None
    if generator.qubits or generator.is_internal:
        moves = dict(generator.qubits)
        renaming = tuple(moves.get(qubit, qubit) for qubit in range(len(program.qubits)))
    tables = {
        moves.parameter: {axis: dict(moves.moves) for axis in moves.axes or ()}
        for moves in _with_axes(program, generator)
    }
    return Action(dict(generator.sites), tables, renaming, dict(generator.paulis))


def transform_of(program: Program, generator: Generator) -> Transform:
    """Return what should change nothing: the data permuted, or the state when no data move."""
    if generator.is_internal:
        words = f"how far the state and the readout are from what {generator.name} makes of them"
        return Transform(words, internal=generator.title)
    parts = []
    if generator.sites:
        parts.append("positions taken from " + ", ".join(f"{b} by {a}" for a, b in generator.sites))
    parts += [f"entries of {moves.parameter} moved" for moves in generator.entries]
    return Transform("; ".join(parts), sites=generator.sites, entries=_with_axes(program, generator))


def _with_axes(program: Program, generator: Generator) -> tuple[TableMoves, ...]:
    """The moves of tables with their axes spelled out."""
    return tuple(
        replace(
            moves,
            axes=tuple(k for k, axis in enumerate(program.parameter(moves.parameter).axes) if isinstance(axis, int)),
        )
        if moves.axes is None
        else moves
        for moves in generator.entries
    )
