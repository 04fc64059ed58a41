"""The pass ``synthesize-gadgets``: rotations by long Pauli strings become rotations of pairs, with symbolic angles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.push_cliffords import leaves_alone
from qffc.passes.gadgets.sequence import Gadgets, Run
from qffc.passes.gadgets.spellings import Place, Spelling, Written, shortest_spelling
from qffc.passes.gadgets.synthesis import Synthesized, all_synthesized, searches
from qffc.passes.target import Target

Known = dict[tuple[Gadgets, tuple[int, ...]], tuple[Synthesized, ...]]
"""What was found for rotations behind gates of pairs: what comes out of a second look is the same."""

_WORSE = 2
"""Gates more than the best search, or than there are, from which on another one is given up."""
_LETTERS_UNDONE = 4
"""Letters of a frame that one gate takes off, about."""
_ENDED = 160
"""Rotations times searches whose frames are undone."""


@dataclass(frozen=True)
class SynthesizeGadgets(Pass[None]):
    r"""Writes runs of Pauli rotations, four_spins among them, with rotations of at most two letters.

    - Clifford gates are moved behind the rotations, as ``push-cliffords`` does.
    - Rotations are shortened by strings that the state is an eigenstate of: the eight rotations of a double excitation
      of a reference state become one.
    - A search looks for Clifford gates of pairs that make all strings short together: see ``synthesis.py``.
    - What is left of them at the end is absorbed by the observables, or undone, whichever is shorter.

    All this is kept where the circuit takes fewer two-qubit gates, with operations that can be brought together on a
    pair as one; else the run stays as it is. Programs that declare generators stay. Preserves the moments. Cost: some
    searches of about a millisecond for each rotation, fewer the more rotations there are.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program gadget
        ... scope molecule
        ... species H
        ... site A: H free
        ... parameter J
        ... parameter K
        ... qubit a: A
        ... qubit b
        ... qubit c
        ... zero a
        ... zero b
        ... zero c
        ... pauli_rotation X(a) Y(b) Z(c), J
        ... pauli_rotation Z(a) X(c), K
        ... observable m = Z(a)
        ... energy moment(m)
        ... ''')
        >>> [len(op.qubits) for op in SynthesizeGadgets().run(program, target("ideal")).program.ops[3:]]
        [2, 2]
    """

    name: ClassVar[str] = "synthesize-gadgets"
    preserves: ClassVar[Preserves] = "moments"

    def run(self, program: Program, target: Target) -> PassResult[None]:
        """Return the program with its long rotations written out."""
        if leaves_alone(program) or program.generators:
            return PassResult(program, None)
        now, before, known = program, None, Known()
        while now is not before:
            before, now = now, shortest_spelling(now, partial(_spellings, known))
        return PassResult(now, None, changed=now is not program)


def _spellings(known: Known, run: Run, place: Place) -> Iterator[Spelling]:
    given, _ = run.pushed(place.qubits, place.state)
    yield from _ended(Spelling(given, given.frame), place)
    # Behind the last run the frame is nothing that gates are chosen by, so that the same ones are found another time.
    sought = replace(given, frame=Frame.identity(place.qubits)) if place.is_last else given
    found = known.get((sought, place.gates))
    if found is None:
        found = known[sought, place.gates] = _searched(sought, place, Written(run.ops, place.qubits).gates)
    for each in found:
        frame = given.frame.with_rows_turned(each.frame) if place.is_last else each.frame
        yield from _ended(Spelling(each, frame), place)


def _searched(given: Gadgets, place: Place, most: int) -> tuple[Synthesized, ...]:
    """What searches find, without those that are worse than others already before their frame is undone.

    Args:
        given: the rotations.
        place: where they stand.
        most: two-qubit gates that they take now.
    """
    count = len(given.rotations)
    found = [
        each
        for each in all_synthesized(given, searches(count, place.runs), place.gates, most, _WORSE)
        if each is not None
    ]
    most = min([most, *(each.attempt.gates for each in found)])
    # Not what was found before there was anything better, so that another run is not told more than this one.
    near = [each for each in found if each.attempt.gates <= most + _WORSE]
    near.sort(key=lambda each: each.attempt.gates + each.attempt.letters / _LETTERS_UNDONE)
    kept = near[: max(4, _ENDED // max(1, count * place.runs))]
    return tuple(dict.fromkeys(kept))  # many searches find the same


def _ended(spelling: Spelling, place: Place) -> Iterator[Spelling]:
    """What to do about the frame: leave it to the observables, or undo it."""
    frame = spelling.frame
    if frame is None or place.is_last or frame.sources is not None:
        yield spelling
    if frame is not None and frame.sources is None:
        yield replace(spelling, undone=True)
