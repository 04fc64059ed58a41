"""A program with many gates, each with a weight between 0 and 1 that is trained: a differentiable choice of gates.

The angle of every gate is multiplied by the weight of its block, the sigmoid of a number in a table of its own; all
gates of an orbit share it, so that the declared symmetries hold for whatever it is. Training makes two things small
besides the loss: the sizes of the angles, a group lasso (Yuan and Lin, J. R. Stat. Soc. B 68, 49 (2006)) weighted by
what a gate costs, and the entropy of the weights, which draws them to 0 and 1. A gate of angle 0 is the identity: gates
whose angles are small are left out, and the rest is trained on. Architectures by gradients are known as differentiable
quantum architecture search (Zhang, Hsieh, Zhang and Yao, Quantum Sci. Technol. 7 (2022), arXiv:2010.08561), which draws
circuits from a distribution that is trained; here, one circuit has all gates at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations
from math import pi

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Parameter
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import make_op, operation
from qffc.ir.program import Program
from qffc.ir.values import Number, ParameterEntry, Value, add, function, mul
from qffc.models.force_field import ForceField
from qffc.models.validity_fit import without_limits
from qffc.studies.architecture.blocks import Block, assembled, orbit
from qffc.studies.architecture.genome import Genome
from qffc.studies.architecture.tables_of_gates import has_entries, own_tables, plain_entry
from qffc.training.penalty import Penalty

HALF = Fraction(1, 2)
_OPEN = Fraction(0)
"""Where the numbers behind the weights start: gates are half open, where the entropy has no slope yet."""


@dataclass(frozen=True)
class Gate:
    """A block of couplings with a weight.

    Args:
        block: without its weight.
        weight: the table behind its weight, one number.
        tables: of its angles; they are of no other block.
        cost: Pauli strings in the generators of all its gates: a ZZ gate each, where these are made one by one.
    """

    block: Block
    weight: str
    tables: tuple[str, ...]
    cost: int


@dataclass(frozen=True)
class Relaxed:
    """All gates at once.

    Args:
        program: with weights.
        plain: without; both are the same function where the angles of the one are those of the other times its weights.
        gates: those that may be left out.
        preparations: of both.
        blocks: of the plain one, each with the number of its gate, or None for what stays.
    """

    program: Program
    plain: Program
    gates: tuple[Gate, ...]
    preparations: tuple[Op, ...]
    blocks: tuple[tuple[Block, int | None], ...]


def relaxed(genome: Genome, words: Sequence[str]) -> Relaxed:
    """Return a program with every coupling that may be, in every layer, by weights.

    Args:
        genome: a proven program; its rotations stay, its couplings get tables of their own.
        words: of the couplings that are added wherever an orbit of them commutes and is not there yet.

    Example:
        >>> from qffc.library import load
        >>> from qffc.studies.architecture.genome import genome_of
        >>> super_program = relaxed(genome_of(load("sivqlm-h2o", depth=1)), ("exchange", "four_spin"))
        >>> len(super_program.gates), genome_of(super_program.program).verdict
        (7, 'proven')
    """
    candidates = _with_candidates(genome, words)
    plain: list[tuple[Block, int | None]] = []
    weighted: list[Block] = []
    tables: list[Parameter] = []
    gates: list[Gate] = []
    for number, block in enumerate(candidates):
        if not (block.is_coupling and block.whole and block.first.value is not None):
            plain.append((block, None))
            weighted.append(block)
            continue
        own, new = _own(genome.program, block, f"w{number}")
        weight = f"w{number}_open"
        share = add(Number(HALF), mul(Number(HALF), function("tanh", mul(Number(HALF), ParameterEntry(weight)))))
        plain.append((own, len(gates)))
        weighted.append(own.mapped(lambda value, share=share: mul(share, value)))  # type: ignore[misc]  # a default
        tables += [*new, Parameter(weight, (), _OPEN)]
        gates.append(Gate(own, weight, tuple(table.name for table in new), len(own.ops) * _cost(own)))
    whole = replace(genome.program, parameters=(*genome.program.parameters, *tables))
    with_weights = assembled(whole, genome.preparations, weighted)
    without = assembled(whole, genome.preparations, [block for block, _ in plain])
    return Relaxed(with_weights, without, tuple(gates), genome.preparations, tuple(plain))


def _own(program: Program, block: Block, stem: str) -> tuple[Block, tuple[Parameter, ...]]:
    value = block.first.value
    assert value is not None
    if has_entries(value):
        own, tables, _ = own_tables(program, block, stem, None)
        return own, tables
    entry, table = plain_entry(program, stem, None)
    return block.mapped(lambda old: mul(entry, old)), (table,)


def _with_candidates(genome: Genome, words: Sequence[str]) -> list[Block]:
    """The blocks of a program, and behind the couplings of each layer those that it lacks."""
    blocks = list(genome.blocks)
    found: list[Block] = []
    layer: list[Block] = []
    for number, block in enumerate(blocks):
        found.append(block)
        if not block.is_coupling:
            continue
        layer.append(block)
        if number + 1 == len(blocks) or not blocks[number + 1].is_coupling:
            found += _lacking(genome, layer, words)
            layer = []
    return found


def _lacking(genome: Genome, layer: Sequence[Block], words: Sequence[str]) -> list[Block]:
    angle = next((block.first.value for block in layer if block.whole), None)
    if angle is None:
        return []
    seen = {_places(block) for block in layer}
    found = []
    for word in words:
        kind = operation(word)
        for size in kind.declaration.counts:
            for qubits in _orders(len(genome.program.qubits), size, kind.declaration.members is not None):
                block = orbit(make_op(word, qubits, angle).ordered(), genome.symmetry)
                if block.whole and _places(block) not in seen:
                    seen.add(_places(block))
                    found.append(block)
    return found


def _orders(qubits: int, size: int, is_set: bool) -> list[tuple[int, ...]]:
    return list(combinations(range(qubits), size) if is_set else permutations(range(qubits), size))


def _places(block: Block) -> tuple[str, frozenset[tuple[int, ...]]]:
    return block.word, frozenset(op.ordered().qubits for op in block.ops)


def _cost(block: Block) -> int:
    """Pauli strings in the generator of one gate of a block."""
    gate = block.first
    assert isinstance(gate, Coupling)
    return len(type(gate).unit_generator(gate.qubits).terms)


# --------------------------------------------------------------------------- training, and leaving out


def penalty_of(relaxed: Relaxed, sparsity: float, sharpness: float) -> Penalty:
    """Return what is made small besides errors: sizes of angles by cost, and the entropy of the weights.

    Args:
        relaxed: the gates.
        sparsity: weight of the sum over the gates of cost x size, costs by their mean, sizes in radians.
        sharpness: weight of the sum of the entropies, in bits.
    """
    costs = np.array([gate.cost for gate in relaxed.gates], float)
    shares = costs / costs.mean() if len(costs) else costs

    def of(parameters: Mapping[str, jax.Array]) -> jax.Array:
        total = jnp.zeros(())
        for gate, share in zip(relaxed.gates, shares, strict=True):
            weight = jax.nn.sigmoid(parameters[gate.weight])
            squares = [jnp.mean(parameters[table] ** 2) for table in gate.tables]
            size = weight * jnp.sqrt(sum(squares, start=jnp.full((), 1e-12)))
            here = jnp.clip(weight, 1e-9, 1 - 1e-9)
            entropy = -(here * jnp.log2(here) + (1 - here) * jnp.log2(1 - here))
            total = total + sparsity * float(share) * size + sharpness * entropy
        return total

    return Penalty(f"gates, sparsity {sparsity!r}, sharpness {sharpness!r}", of)


def folded(relaxed: Relaxed, model: ForceField) -> ForceField:
    """Return the same function without weights: angles times weights in the place of angles.

    Args:
        relaxed: the gates.
        model: of its program.
    """
    arrays = {name: np.array(value) for name, value in without_limits(model.arrays).items()}
    for gate in relaxed.gates:
        # The program has tanh: what is folded must be what was trained.
        weight = 0.5 + 0.5 * np.tanh(0.5 * float(arrays.pop(gate.weight)))
        for table in gate.tables:
            arrays[table] = weight * arrays[table]
    return ForceField(relaxed.plain, arrays)


def sizes(relaxed: Relaxed, model: ForceField) -> NDArray[np.float64]:
    """Return how far each gate is from the identity, (gates,), radians: root mean square over channels and species.

    An angle that is a multiple of the period of the gate is a phase, hence no gate.

    Args:
        relaxed: the gates.
        model: folded.
    """
    found = []
    for gate in relaxed.gates:
        values = np.concatenate([model.arrays[table].ravel() for table in gate.tables])
        period = gate.block.first.period
        if period is not None and _is_entry(gate.block.first.value):
            width = float(period) * pi
            values = values - width * np.round(values / width)
        found.append(float(np.sqrt(np.mean(values**2))))
    return np.array(found)


def _is_entry(value: Value | None) -> bool:
    return isinstance(value, ParameterEntry)


def pruned(relaxed: Relaxed, kept: Collection[int]) -> Program:
    """Return the plain program with some of the gates, and all that has no weight.

    Args:
        relaxed: the gates.
        kept: numbers of the gates.
    """
    blocks = [block for block, gate in relaxed.blocks if gate is None or gate in kept]
    return assembled(relaxed.plain, relaxed.preparations, blocks)
