"""Symmetries that are declared by hand: relabellings with Pauli strings, proven like exchange.

What a generator says: the circuit with all that it names replaced is the circuit; the prepared state is kept up to a
phase; and **the readout gives one number for a state and for its image, whatever the state**. So an energy moment(m)^2
keeps a generator that changes the sign of m, and moment(m) does not. This is what the rule proves, what the numbers
compare (``internal_numbers.py``) and what the pages say.

The lemma is that of ``relabelling.py``. Where it fails, it is tried once more on what ``canonicalize`` makes of the
circuit, and then ``push-cliffords``, which prepares the same states on the same qubits and gives the same moments,
unless a SWAP became names. A
generator that moves sites and no table is kept by the average over exchange, whatever the circuit, when it is an
element of that group; any other one has to carry that group into itself, so that the mean is over the same responses
in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from qffc.ir.exchange_group import is_exchange, keeps_group
from qffc.ir.generators import Conserved, Generator, TableMoves
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.passes.circuit.wires import flatten
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.renaming.relabelling import relabelled
from qffc.passes.equivariance.renaming.words import Action, Species, Word, make_word, representatives
from qffc.passes.equivariance.rules.charge import check_conserved
from qffc.passes.equivariance.rules.exchange import AVERAGE, RELABELLING
from qffc.passes.equivariance.rules.reduced_circuit import ANY_TARGET, of_canonical, of_pushed, without_cliffords
from qffc.passes.equivariance.verdict import Failure, Transform, Witness
from qffc.passes.simplify.canonicalize import Canonicalize

CONJUGATION = Rule(
    "conjugation by a Pauli string",
    "with its names replaced and conjugated by the string, the program is itself, up to the order of commuting "
    "operations",
)


def check_generators(program: Program) -> tuple[Finding, ...]:
    """Return a finding for each symmetry that is declared by hand, in their order."""
    words = cache(partial(make_word, program))
    return tuple(
        check_conserved(program, item) if isinstance(item, Conserved) else check_generator(program, item, words)
        for item in program.generators
    )


def check_generator(program: Program, generator: Generator, words: Callable[[Species], Word]) -> Finding:
    """Prove a discrete symmetry by relabelling and conjugation."""
    rule, proof = _tried(program, generator, words)
    failure, witness = (None, proof) if isinstance(proof, Witness) else (proof, None)
    return Finding(generator.title, rule, transform_of(program, generator), failure, witness=witness)


def _tried(
    program: Program, generator: Generator, words: Callable[[Species], Word]
) -> tuple[Rule, Failure | Witness | None]:
    """The rule that proves a discrete symmetry, with its renaming; else the one that was tried, and where it stops."""
    if _is_averaged(program, generator):
        return AVERAGE, None
    rule = CONJUGATION if generator.paulis else RELABELLING
    mixed = _mixed_average(program, generator)
    proof = mixed or _relabelled(program, generator, words)
    if isinstance(proof, Witness) or mixed is not None:
        return rule, proof
    for shorter, of_shorter in (
        (Canonicalize().run(program, ANY_TARGET).program, of_canonical),
        (without_cliffords(program), of_pushed),
    ):
        # Where a SWAP became names, the qubits of the generator are others at the end.
        if shorter is not program and _read_on(shorter) == _read_on(program):
            again = _relabelled(shorter, generator, partial(make_word, shorter))
            if isinstance(again, Witness):
                return of_shorter(rule), again
    return rule, proof


def _read_on(program: Program) -> list[PauliSum]:
    """What is measured, on the qubits as they were prepared."""
    return [observable.paulis for _, observable in flatten(program).observables]


def _is_averaged(program: Program, generator: Generator) -> bool:
    """Whether the response is a mean over a group that the generator is an element of."""
    if generator.is_internal or generator.paulis or generator.entries or "exchange" not in program.average:
        return False
    return is_exchange(program.sites, dict(generator.sites))


def _mixed_average(program: Program, generator: Generator) -> Failure | None:
    """Where a mean over exchanges is not kept although each of its responses is: the sites that move mix the group."""
    if "exchange" not in program.average or keeps_group(program.sites, dict(generator.sites)):
        return None
    return Failure("the mean over exchanges is not kept: sites go where their exchanges are other ones")


def _relabelled(program: Program, generator: Generator, words: Callable[[Species], Word]) -> Failure | Witness:
    action = action_of(program, generator)
    return relabelled(words(representatives(program, action.sites)), action)


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
