"""A program as blocks: orbits of gates under the exchange of like sites, which come and go together.

The exchange of like sites holds when the renamed program is the program, up to the order of gates that commute. A block
is an orbit of one gate: the gate and all its images. A program of blocks whose gates commute with each other keeps the
exchange for every order of the blocks, so blocks may be added, dropped and moved, and the symmetry stays by
construction. The renaming of the qubits that goes with an exchange is the witness of a certificate. Nothing here is a
proof: what comes out is checked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from qffc.ir.exchange_group import exchanges
from qffc.ir.observables import Observable
from qffc.ir.operation import Coupling, Op
from qffc.ir.program import Program
from qffc.ir.values import ParameterEntry, Radial, Value, rebuild, substitute_sites, walk
from qffc.ir.values.gathered import CarriedValue
from qffc.passes.circuit.trace import Letter, independent, letter_of
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.renaming.words import representatives


@dataclass(frozen=True)
class Exchange:
    """What an exchange of like sites replaces.

    Args:
        sites: every site that moves, and the site that takes its place.
        qubits: every qubit that moves, by number, and the one that takes its place.
        species: one site for all that hold atoms of one species then; for comparing values.
    """

    sites: Mapping[str, str]
    qubits: Mapping[int, int]
    species: Mapping[str, str]

    def of(self, op: Op) -> Op:
        """Return the gate that takes the place of another."""
        moved = op.relabelled(self.qubits)
        return moved if op.value is None else moved.with_value(substitute_sites(op.value, dict(self.sites)))

    def of_observable(self, observable: Observable) -> Observable:
        """Return the observable that takes the place of another."""
        return observable.relabelled(self.qubits)


def exchanges_of(program: Program, certificate: Certificate) -> tuple[Exchange, ...]:
    """Return the exchanges of like sites that a certificate proves, with the renaming of the qubits as its witness."""
    place = {qubit.name: index for index, qubit in enumerate(program.qubits)}
    moves = {str(each): dict(each.moves) for each in exchanges(program.sites)}
    found = []
    for verdict in certificate.verdicts:
        if verdict.witness is None or verdict.generator not in moves:
            continue
        sites = moves[verdict.generator]
        qubits = {place[a]: place[b] for a, b in verdict.witness.qubits}
        found.append(Exchange(sites, qubits, dict(representatives(program, sites))))
    return tuple(found)


@dataclass(frozen=True)
class Block:
    """Gates that come and go together.

    Args:
        ops: at least one, in the order of the program.
        whole: whether the images of each gate are in it and all its gates commute. Others stay as they are.
    """

    ops: tuple[Op, ...]
    whole: bool

    @property
    def word(self) -> str:
        """The word of its gates."""
        return self.ops[0].word

    @property
    def is_coupling(self) -> bool:
        """Whether its gates have an angle."""
        return isinstance(self.ops[0], Coupling)

    @property
    def first(self) -> Op:
        """The gate that the others are images of."""
        return self.ops[0]

    def mapped(self, change: Callable[[Value], Value]) -> Block:
        """Return the block with other values."""
        return replace(self, ops=tuple(op if op.value is None else op.with_value(change(op.value)) for op in self.ops))

    def text(self, program: Program) -> str:
        """Return its first line, for people."""
        more = f" and {len(self.ops) - 1} like it" if len(self.ops) > 1 else ""
        return self.first.text([qubit.name for qubit in program.qubits]) + more


def orbit(op: Op, symmetry: Sequence[Exchange]) -> Block:
    """Return the block of a gate: the gate, and what exchanges make of it, in the order in which they are met."""
    found = {_key(op, symmetry): op}
    waiting = [op]
    while waiting:
        here = waiting.pop(0)
        for exchange in symmetry:
            image = exchange.of(here).ordered()
            key = _key(image, symmetry)
            if key not in found:
                found[key] = image
                waiting.append(image)
    return Block(tuple(found.values()), _commute([*found]))


def blocks_of(program: Program, symmetry: Sequence[Exchange]) -> tuple[tuple[Op, ...], tuple[Block, ...]]:
    """Return the preparations of a program, and all else as blocks, in an order that is the same program.

    Args:
        program: the program.
        symmetry: its exchanges of like sites.

    Example:
        >>> from qffc.toolchain import check
        >>> from qffc.library import load
        >>> program = load("pair", depth=1)
        >>> _, blocks = blocks_of(program, exchanges_of(program, check(program)))
        >>> [f"{block.word} x {len(block.ops)}" for block in blocks]
        ['rotate x 2', 'rotate x 2', 'exchange x 2', 'exchange x 1', 'exchange x 1', 'exchange x 2']
    """
    gates = [op for op in program.ops if not op.prepares]
    left: list[tuple[Op, Letter | None]] = [(op, _key(op, symmetry)) for op in gates]
    blocks = []
    while left:
        (op, key), *_ = left
        places = _places_of_orbit(op, key, left, symmetry)
        chosen = [0] if places is None else places
        letters = [letter for place in chosen if (letter := left[place][1]) is not None]
        whole = places is not None and _commute(letters)
        blocks.append(Block(tuple(left[place][0] for place in chosen), whole))
        left = [each for place, each in enumerate(left) if place not in chosen]
    return tuple(op for op in program.ops if op.prepares), tuple(blocks)


def _places_of_orbit(
    op: Op, key: Letter | None, left: Sequence[tuple[Op, Letter | None]], symmetry: Sequence[Exchange]
) -> list[int] | None:
    """Where the images of the first gate are, when they can be moved to it; None when one is missing or held up."""
    if key is None:
        return None
    places = []
    for image in orbit(op, symmetry).ops:
        wanted = _key(image, symmetry)
        place = next((k for k, (_, letter) in enumerate(left) if k not in places and letter == wanted), None)
        if place is None or wanted is None:
            return None
        places.append(place)
    places.sort()
    for place in places:
        letter = left[place][1]
        between = [left[k][1] for k in range(place) if k not in places]
        if letter is None or any(other is None or not independent(letter.shape, other.shape) for other in between):
            return None
    return places


def _key(op: Op, symmetry: Sequence[Exchange]) -> Letter | None:
    """What equal gates have in common; a relabelling has none."""
    if op.moved:
        return None
    if op.value is None:
        return letter_of(op, None)
    species: dict[str, str] = {}
    for exchange in symmetry:
        for site, other in exchange.species.items():
            species.setdefault(site, other)
    return letter_of(op, substitute_sites(op.value, {}, species))


def _commute(letters: Sequence[Letter | None]) -> bool:
    return all(a is not None and b is not None and independent(a.shape, b.shape) for a, b in combinations(letters, 2))


def entries_of(value: Value) -> tuple[ParameterEntry, ...]:
    """Return the table entries in a value, each once, in order."""
    return tuple(dict.fromkeys(node for node in walk(value) if isinstance(node, ParameterEntry)))


def with_entries(value: Value, change: Callable[[ParameterEntry], ParameterEntry]) -> Value:
    """Return a value with other table entries in the place of its own.

    Example:
        >>> J = ParameterEntry("J", (0,))
        >>> with_entries(2 * J, lambda entry: ParameterEntry("K", entry.indices))
        <Mul 2*K[0]>
    """
    match value:
        case ParameterEntry():
            return change(value)
        case Radial(table, argument):
            return Radial(change(table), with_entries(argument, change))
        case CarriedValue(table, site):
            return type(value)(change(table), site)
        case _:
            return rebuild(value, tuple(with_entries(child, change) for child in value.children))


def values_in(program: Program) -> Iterator[Value]:
    """Yield every value of a program."""
    from qffc.ir.declarations import readout_value

    yield from (op.value for op in program.ops if op.value is not None)
    yield readout_value(program.readout)


def assembled(program: Program, preparations: Sequence[Op], blocks: Sequence[Block]) -> Program:
    """Return a program with these blocks for its gates, and without the tables that nothing uses then.

    Raises:
        QffcError: when that is no program.
    """
    ops = (*preparations, *(op for block in blocks for op in block.ops))
    changed = replace(program, ops=ops)
    used = {entry.name for value in values_in(changed) for entry in entries_of(value)}
    return replace(changed, parameters=tuple(each for each in changed.parameters if each.name in used))
