"""Changes of a proven program that keep its exchanges of like sites, where gates come and go by orbits.

Rotations stay covariant, since their vectors are those that the program has, with other tables; couplings are those
that commute with every turn of all spins. So most children have the symmetries that they declare. Whether one does is
for the check to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random

from qffc.ir.declarations import Parameter, has_features
from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, Observable, ProductObservable, SumObservable
from qffc.ir.operation import Coupling
from qffc.ir.ops import OPERATIONS, PauliRotation, Rotate, make_op, operation
from qffc.ir.values import Value, as_value
from qffc.studies.architecture.blocks import Block, assembled, entries_of, orbit
from qffc.studies.architecture.genome import Child, Genome
from qffc.studies.architecture.tables_of_gates import (
    ZERO,
    has_entries,
    own_tables,
    with_factor,
)

COUPLINGS: tuple[str, ...] = tuple(
    kind.declaration.word for kind in OPERATIONS if issubclass(kind, Coupling) and kind is not PauliRotation
)
"""Gates with an angle that commute with every turn of all spins: all but Pauli rotations."""

_Rule = Callable[["_Draw"], Child | None]


class _Draw:
    """What a rule chooses from: the parent, a source of choices, the names of new tables and the gates it may use."""

    def __init__(self, genome: Genome, random: Random, stem: str, gates: Sequence[str]) -> None:
        self.genome, self.random, self.stem = genome, random, stem
        self.program, self.blocks = genome.program, list(genome.blocks)
        self.gates = gates

    def places(self, fits: Callable[[Block], bool]) -> list[int]:
        """Where blocks are that may be changed, in a random order."""
        places = [k for k, block in enumerate(self.blocks) if block.whole and fits(block)]
        self.random.shuffle(places)
        return places

    def child(
        self,
        blocks: Sequence[Block],
        words: str,
        tables: Sequence[Parameter] = (),
        *,
        grows: bool = False,
        **more: object,
    ) -> Child:
        program = replace(self.program, parameters=(*self.program.parameters, *tables))
        sources = more.get("sources", {})
        assert isinstance(sources, dict)
        return Child(assembled(program, self.genome.preparations, blocks), words, sources, grows)


def changed(genome: Genome, random: Random, stem: str, gates: Sequence[str] = COUPLINGS) -> Child | None:
    """Return a child by one change, or None when what was drawn cannot be done.

    Args:
        genome: the parent.
        random: of all choices; equal states give equal children.
        stem: what the names of new tables begin with; no other child may have it.
        gates: words of the couplings that may be added, of :data:`COUPLINGS`.

    Example:
        >>> from qffc.library import load
        >>> from qffc.studies.architecture.genome import genome_of
        >>> genome = genome_of(load("pair", depth=1))
        >>> child = next(filter(None, (changed(genome, Random(k), "g1") for k in range(9))))
        >>> genome_of(child.program).verdict
        'proven'
    """
    kinds = list(RULES)
    kind = random.choices(kinds, [RULES[kind][1] for kind in kinds])[0]
    try:
        child = RULES[kind][0](_Draw(genome, random, stem, gates))
    except QffcError:
        return None  # what comes out is no valid program
    return None if child is None or child.program == genome.program else child


def _coupling_added(draw: _Draw) -> Child | None:
    block = _new_coupling(draw)
    if block is None:
        return None
    block, tables = _started_at_zero(draw, block)
    at = draw.random.randint(0, len(draw.blocks))
    words = f"added {block.text(draw.program)}"
    return draw.child([*draw.blocks[:at], block, *draw.blocks[at:]], words, tables, grows=True)


def _new_coupling(draw: _Draw) -> Block | None:
    """A coupling on random qubits, by the angle of another one, or by none that has a parameter."""
    kind = operation(draw.random.choice(draw.gates))
    sizes = [size for size in kind.declaration.counts if size <= len(draw.program.qubits)]
    if not sizes:
        return None
    qubits = draw.random.sample(range(len(draw.program.qubits)), draw.random.choice(sizes))
    angles = [block.first.value for block in draw.blocks if block.is_coupling and block.whole]
    values = [value for value in angles if value is not None]
    angle: Value = draw.random.choice(values) if values else as_value(1)
    return orbit(make_op(kind.declaration.word, qubits, angle).ordered(), draw.genome.symmetry)


def _started_at_zero(draw: _Draw, block: Block) -> tuple[Block, tuple[Parameter, ...]]:
    """The same gates by tables of their own that start at zero: the child begins as its parent."""
    value = block.first.value
    assert value is not None
    if not has_entries(value):
        block, table = with_factor(draw.program, block, f"{draw.stem}_0", ZERO)
        return block, (table,)
    block, tables, _ = own_tables(draw.program, block, draw.stem, ZERO)
    return block, tables


def _rotation_added(draw: _Draw) -> Child | None:
    places = draw.places(lambda block: isinstance(block.first, Rotate))
    if not places:
        return None
    gate = draw.blocks[places[0]].first
    site = draw.program.qubits[gate.qubits[0]].site
    qubits = [k for k, qubit in enumerate(draw.program.qubits) if qubit.site == site]
    moved = gate.relabelled({gate.qubits[0]: draw.random.choice(qubits)})
    block, tables = _started_at_zero(draw, orbit(moved, draw.genome.symmetry))
    at = draw.random.randint(0, len(draw.blocks))
    words = f"added {block.text(draw.program)}"
    return draw.child([*draw.blocks[:at], block, *draw.blocks[at:]], words, tables, grows=True)


def _gate_dropped(draw: _Draw) -> Child | None:
    places = draw.places(lambda _: True)
    if len(draw.blocks) < 2 or not places:
        return None
    at = places[0]
    return draw.child(_without(draw, {at}), f"dropped {draw.blocks[at].text(draw.program)}")


def _gate_moved(draw: _Draw) -> Child | None:
    places = draw.places(lambda _: True)
    if len(draw.blocks) < 2 or not places:
        return None
    at = places[0]
    rest = _without(draw, {at})
    to = draw.random.randint(0, len(rest))
    words = f"moved {draw.blocks[at].text(draw.program)} from place {at} to {to}"
    return draw.child([*rest[:to], draw.blocks[at], *rest[to:]], words)


def _pair_changed(draw: _Draw) -> Child | None:
    places = draw.places(lambda block: block.is_coupling)
    if not places:
        return None
    at = places[0]
    gate = draw.blocks[at].first
    qubits = draw.random.sample(range(len(draw.program.qubits)), len(gate.qubits))
    moved = make_op(gate.word, qubits, gate.value).ordered()
    block = orbit(moved, draw.genome.symmetry)
    words = f"{draw.blocks[at].text(draw.program)} became {block.text(draw.program)}"
    return draw.child([*draw.blocks[:at], block, *draw.blocks[at + 1 :]], words)


def _parameter_untied(draw: _Draw) -> Child | None:
    uses: dict[object, int] = {}
    for block in draw.blocks:
        for entry in entries_of(block.first.value) if block.first.value is not None else ():
            uses[entry] = uses.get(entry, 0) + 1
    for at in draw.places(lambda block: block.first.value is not None):
        value = draw.blocks[at].first.value
        if value is None or not any(uses[entry] > 1 for entry in entries_of(value)):
            continue
        block, tables, sources = own_tables(draw.program, draw.blocks[at], draw.stem, None)
        words = f"untied {draw.blocks[at].text(draw.program)}"
        return draw.child([*draw.blocks[:at], block, *draw.blocks[at + 1 :]], words, tables, sources=sources)
    return None


def _parameter_tied(draw: _Draw) -> Child | None:
    for at in draw.places(lambda block: block.first.value is not None):
        gate = draw.blocks[at].first
        others = [
            other
            for other in draw.places(lambda _: True)
            if draw.blocks[other].word == gate.word
            and draw.blocks[other].first.value != gate.value
            and _same_site(draw, draw.blocks[other], draw.blocks[at])
        ]
        if not others:
            continue
        value = draw.blocks[others[0]].first.value
        assert value is not None
        block = orbit(gate.with_value(value), draw.genome.symmetry)
        words = f"tied {draw.blocks[at].text(draw.program)} to {draw.blocks[others[0]].text(draw.program)}"
        return draw.child([*draw.blocks[:at], block, *draw.blocks[at + 1 :]], words)
    return None


def _same_site(draw: _Draw, a: Block, b: Block) -> bool:
    """Whether the value of one fits the other: a rotation turns a qubit about the direction of its site."""
    sites = [[draw.program.qubits[qubit].site for qubit in block.first.qubits] for block in (a, b)]
    return a.is_coupling or sites[0] == sites[1]


def _layers(blocks: Sequence[Block]) -> list[range]:
    """Rotations and the couplings after them, as stretches of blocks."""
    starts = [k for k, block in enumerate(blocks) if k == 0 or (not block.is_coupling and blocks[k - 1].is_coupling)]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(blocks)], strict=True)]


def _layer_added(draw: _Draw) -> Child | None:
    layers = _layers(draw.blocks)
    if not layers:
        return None
    layer = draw.random.choice(layers)
    if not all(draw.blocks[k].whole and draw.blocks[k].first.value is not None for k in layer):
        return None
    copies: list[Block] = []
    tables: list[Parameter] = []
    for number, k in enumerate(layer):
        inner = _Draw(draw.genome, draw.random, f"{draw.stem}_{number}", draw.gates)
        block, new = _started_at_zero(inner, draw.blocks[k])
        copies.append(block)
        tables += new
    at = draw.random.choice(layers).stop
    words = f"added a layer of {len(copies)} kinds of gates at place {at}"
    return draw.child([*draw.blocks[:at], *copies, *draw.blocks[at:]], words, tables, grows=True)


def _layer_dropped(draw: _Draw) -> Child | None:
    layers = _layers(draw.blocks)
    if len(layers) < 2:
        return None
    layer = draw.random.choice(layers)
    if not all(draw.blocks[k].whole for k in layer):
        return None
    return draw.child(_without(draw, set(layer)), f"dropped the layer of {len(layer)} kinds of gates at {layer.start}")


def _without(draw: _Draw, places: set[int]) -> list[Block]:
    return [block for k, block in enumerate(draw.blocks) if k not in places]


# --------------------------------------------------------------------------- what is measured


def _observable_added(draw: _Draw) -> Child | None:
    if not has_features(draw.program.readout):
        return None
    known = {observable.paulis for _, observable in draw.program.observables}
    fresh = [each for each in _observables(draw.genome) if each.paulis not in known]
    if not fresh:
        return None
    observable = draw.random.choice(fresh)
    name = f"{draw.stem}_m"
    readout = replace(draw.program.readout, features=(*draw.program.readout.features, name))
    program = replace(draw.program, observables=(*draw.program.observables, (name, observable)), readout=readout)
    return Child(program, f"added observable {observable.text([qubit.name for qubit in program.qubits])}")


def _observable_dropped(draw: _Draw) -> Child | None:
    readout = draw.program.readout
    if not has_features(readout) or len(readout.features) < 2:
        return None
    name = draw.random.choice(readout.features)
    kept = tuple(each for each in readout.features if each != name)
    observables = tuple(each for each in draw.program.observables if each[0] != name)
    program = replace(draw.program, observables=observables, readout=replace(readout, features=kept))
    return Child(program, f"dropped observable {name}")


def _observables(genome: Genome) -> Iterator[Observable]:
    """Inner products on pairs of qubits, and their products on two pairs, added up over what exchanges make of them."""
    qubits = range(len(genome.program.qubits))
    dots = [DotObservable(a, b) for a, b in combinations(qubits, 2)]
    products = [
        ProductObservable((left, right))
        for left, right in combinations(dots, 2)
        if not {*left.qubits} & {*right.qubits}
    ]
    seen = set()
    for each in (*dots, *products):
        terms = list(_images(each, genome))
        whole = terms[0] if len(terms) == 1 else SumObservable(tuple((Fraction(1), term) for term in terms))
        if whole.paulis not in seen:
            seen.add(whole.paulis)
            yield whole


def _images(observable: Observable, genome: Genome) -> Iterator[Observable]:
    found = [observable]
    for each in found:  # grows
        for exchange in genome.symmetry:
            image = exchange.of_observable(each)
            if all(image.paulis != other.paulis for other in found):
                found.append(image)
    yield from found


RULES: dict[str, tuple[_Rule, float]] = {
    "coupling added": (_coupling_added, 2.0),
    "rotation added": (_rotation_added, 1.0),
    "gate dropped": (_gate_dropped, 4.0),
    "gate moved": (_gate_moved, 1.0),
    "pair changed": (_pair_changed, 1.0),
    "parameter untied": (_parameter_untied, 1.0),
    "parameter tied": (_parameter_tied, 1.0),
    "layer added": (_layer_added, 1.0),
    "layer dropped": (_layer_dropped, 1.0),
    "observable added": (_observable_added, 1.0),
    "observable dropped": (_observable_dropped, 1.0),
}
"""The kinds of changes, and how often each is tried beside the others."""
