"""The variance of the gradient of moments over random parameters: whether a circuit has a barren plateau.

McClean, Boixo, Smelyanskiy, Babbush and Neven, Nature Communications 9, 4812 (2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.ir.telling import told
from qffc.ir.values.arithmetic import walk
from qffc.ir.values.leaves import ParameterEntry
from qffc.models.initialization.fresh_parameters import usual_parameters
from qffc.passes.circuit.written_out import written_out
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import JaxProgram, lower_jax

Start = Literal["uniform", "initial"]
Floats = NDArray[np.float64]

NEAREST, FARTHEST = 0.8, 1.6
"""Distances of random neighbours from the centre, Angstrom: those of bonds."""


@dataclass(frozen=True)
class GradientVariance:
    """Variances of derivatives of moments with respect to circuit parameters.

    Args:
        qubits: of the circuit.
        parameters: entries of tables that move a moment, for the one channel that was looked at.
        still: entries of the same tables that move none in any draw, such as those of other species and channels.
        mean: mean over entries and observables of the variance, rad^-2.
        largest: of all of them.
        tables: mean for each table.
        draws: how many parameters and geometries were drawn.
    """

    qubits: int
    parameters: int
    still: int
    mean: float
    largest: float
    tables: Mapping[str, float]
    draws: int


@in_double_precision
def gradient_variance(program: Program, *, draws: int, seed: int, start: Start = "uniform") -> GradientVariance:
    """Return variances of the derivatives of each observable, over random parameters and geometries.

    Every draw has parameters of its own, and a geometry: other sites at 0.8 to 1.6 Angstrom from the first in random
    directions, sites of any species with a random one. Readout and head take no part: what is looked at is the circuit.
    Sums over neighbours are those over three; of several rounds the last one is looked at, into which atoms carry two
    numbers and two vectors, which are drawn.

    Args:
        program: any program with parameters in its circuit.
        draws: how many, at least 2.
        seed: of the draws.
        start: ``uniform`` for every entry between -pi and pi, or ``initial`` as a training starts.

    Raises:
        QffcError: when the circuit has no parameter.

    Example:
        >>> from qffc.library import load
        >>> found = gradient_variance(load("ring", qubits=4, depth=1), draws=50, seed=0)
        >>> found.qubits, found.parameters, sorted(found.tables)
        (4, 8, ['alpha', 'w'])
    """
    known = {table.name for table in program.parameters}
    out = written_out(program)
    program = program if out is None else out.program
    lowered = lower_jax(program)
    names = tuple(name for name in circuit_tables(lowered) if name in known)
    if not names:
        raise error(
            "circuit without parameters",
            found=f"'{program.name}', whose operations take no parameter",
            expected="at least one parameter to differentiate by",
            help="name another program",
        )
    generator = np.random.default_rng([seed, 2])
    parameters = _draw(program, names, draws, seed, start, generator)
    positions, species = _geometries(program, draws, generator)
    fixed = {name: jnp.asarray(value) for name, value in parameters.items() if name not in names}

    def total(moving: Mapping[str, jax.Array], observable: jax.Array) -> jax.Array:
        everything = {**fixed, **moving}
        slots = jax.vmap(lambda p, r, z: lowered.angles(p, r, z))(everything, positions, species)
        # Draws do not mix, so the gradient of the sum holds that of each.
        return jnp.sum(lowered.moments(slots)[:, observable])

    gradient = jax.jit(jax.grad(total))
    moving = {name: jnp.asarray(parameters[name]) for name in names}
    observables = range(len(program.observables))
    each = [
        gradient(moving, jnp.asarray(observable))
        for observable in told(f"{len(program.qubits)} qubits, observables:", observables)
    ]
    derivatives = {name: np.stack([np.asarray(one[name]) for one in each], axis=1) for name in names}
    return _summary(program, derivatives)


def circuit_tables(lowered: JaxProgram) -> tuple[str, ...]:
    """Return the names of the trained tables that angles of the circuit depend on, in their order."""
    values = (*lowered.split.scalars, *lowered.split.vectors)
    used = {node.name for value in values for node in walk(value) if isinstance(node, ParameterEntry)}
    return tuple(table.name for table in lowered.program.parameters if table.name in used and not table.frozen)


def _draw(
    program: Program, names: tuple[str, ...], draws: int, seed: int, start: Start, generator: np.random.Generator
) -> dict[str, Floats]:
    each = [usual_parameters(program, seed + number) for number in range(draws)]
    drawn = {table.name: np.stack([one[table.name] for one in each]) for table in program.parameters}
    if start == "uniform":
        drawn |= {name: generator.uniform(-np.pi, np.pi, size=drawn[name].shape) for name in names}
    return drawn


def _geometries(program: Program, draws: int, generator: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    sites = len(program.sites)
    directions = generator.normal(size=(draws, sites, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    positions = generator.uniform(NEAREST, FARTHEST, size=(draws, sites, 1)) * directions
    centre = program.centre
    if sites:
        positions[:, 0 if centre is None else program.sites.index(centre)] = 0.0
    kinds = generator.integers(len(program.species), size=(draws, sites))
    for index, site in enumerate(program.sites):
        if site.species is not None:
            kinds[:, index] = program.species.index(site.species)
    return positions, kinds


def _summary(program: Program, derivatives: Mapping[str, Floats]) -> GradientVariance:
    """Reduce derivatives (draws, observables, entries) by name."""
    tables, kept, still = {}, [], 0
    for name, values in derivatives.items():
        flat = values.reshape(*values.shape[:2], -1)
        moved = np.any(flat != 0.0, axis=(0, 1))
        still += int(np.count_nonzero(~moved))
        if moved.any():
            variances = flat[:, :, moved].var(axis=0, ddof=1)
            kept.append(variances)
            tables[name] = float(variances.mean())
    everything = np.concatenate(kept, axis=1) if kept else np.zeros((1, 1))
    return GradientVariance(
        qubits=len(program.qubits),
        parameters=sum(values.shape[1] for values in kept),
        still=still,
        mean=float(everything.mean()),
        largest=float(everything.max()),
        tables=tables,
        draws=next(iter(derivatives.values())).shape[0],
    )
