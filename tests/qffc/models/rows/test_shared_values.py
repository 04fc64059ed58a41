from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir import parse_program
from qffc.ir.declarations import readout_value
from qffc.ir.elements import atomic_number
from qffc.ir.evaluate import GHOST, Evaluator, Instance
from qffc.library import load
from qffc.library import programs as library
from qffc.models.circuits.instances import Instances, instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import untrained
from qffc.models.initialization.fresh_parameters import initial_parameters
from qffc.models.rows.row_evaluator import RowEvaluator
from qffc.models.rows.shared_values import plan_sharing
from qffc.models.rows.slot_tables import slot_tables
from qffc.models.rows.value_rows import rows_of
from qffc.passes.circuit.split_program import split_program
from qffc.passes.circuit.written_out import WrittenOut
from qffc.passes.lower_jax.program import lower_jax
from qffc.testing import programs


def molecule_of(name, **options):
    program = load(name, **options)
    slots = sum(site.role == "neighbour" for site in program.sites)
    atoms = {"pair": [8, 1, 1, 8], "atom": [1, 8, 1, 1, 8][: slots or 4]}.get(program.scope)
    numbers = np.array(atoms or [atomic_number(site.species) for site in program.sites])
    arrays = {name: jnp.asarray(value) for name, value in untrained(program, 1).arrays.items()}
    positions = np.random.default_rng(0).normal(size=(2, len(numbers), 3))
    return MoleculeEnergy(lower_jax(program), instances_of(program, numbers)), arrays, jnp.asarray(positions)


def by_circuit(molecule, arrays, positions):
    """The slots circuit by circuit, with the angle program of the lowering."""
    instances = molecule.instances
    frames = positions[:, instances.atoms % positions.shape[1]] * instances.mirror[None, :, None, None]
    one = jax.vmap(lambda r, z, c: molecule.lowered.angles(arrays, r, z, c), (None, None, 0))
    every = jax.vmap(jax.vmap(one, (0, 0, None)), (0, None, None))
    return every(frames, jnp.asarray(instances.species), jnp.arange(molecule.lowered.program.channels))


@pytest.mark.parametrize("name", [name for name in library() if name != "gathered"])
def test_library_programs_have_the_slots_of_each_circuit_alone(name):
    molecule, arrays, positions = molecule_of(name)
    shared, alone = jax.jit(lambda a, r: (molecule.slots(a, r), by_circuit(molecule, a, r)))(arrays, positions)
    np.testing.assert_allclose(shared, alone, rtol=1e-12, atol=1e-13)


def test_sums_over_neighbours_are_those_of_the_program_written_out():
    molecule, arrays, positions = molecule_of("gathered", rounds=1, channels=3, depth=2)
    atoms = len(molecule.instances.atom_species)
    alone = lower_jax(WrittenOut(molecule.lowered.program, atoms - 1).program)
    shared = jax.jit(molecule.slots)(arrays, positions)
    angles = jax.jit(alone.angles)
    for centre in range(atoms):
        order = np.array([centre, *(k for k in range(atoms) if k != centre)])
        species = jnp.asarray(molecule.instances.atom_species[order])
        for channel in range(3):
            found = angles(arrays, positions[1][order], species, channel)
            np.testing.assert_allclose(shared[1, centre, channel], found, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["ring", "pair", "water-demo"])
def test_tables_of_a_deep_program_take_no_more_operations(name):
    def operations(depth):
        molecule, arrays, positions = molecule_of(name, depth=depth)
        rows = rows_of(plan := plan_sharing(molecule.lowered.split), molecule.instances)
        traced = jax.make_jaxpr(lambda a, r: slot_tables(RowEvaluator(plan, rows, a, r), plan)[1][0])(arrays, positions)
        return len(traced.eqns)

    assert operations(9) == operations(3)


def test_values_that_look_alike_keep_their_own_distances_and_parts():
    program = parse_program("""qffc 1
program alike
scope molecule
species H
site A: H free
site B: H free
site C: H free
parameter f: 2 radial bessel 4 cutoff 5
parameter K: 3
qubit a
qubit b
singlet a, b
rotate a, radial(f[0], K[0]*norm(r(A, B)))*r(A, B) + radial(f[1], K[1]*norm(r(A, B)))*r(A, C)
rotate b, dot(tanh(K[0])*r(A, B) + r(A, C), tanh(K[0])*r(A, B) + r(A, C))*r(B, C)
exchange a, b, dot(tanh(K[0])*r(A, B) + r(A, C), tanh(K[1])*r(A, B) + r(A, C))
rotate a, vector(K[0], K[0], K[1]) + vector(K[0], K[1], K[1])
exchange a, b, dot(tanh(K[1])*r(A, B) + r(A, C), tanh(K[1])*r(A, B) + r(A, C))
observable m = dot(a, b)
energy moment(m)
""")
    arrays = {name: jnp.asarray(value) for name, value in untrained(program, 1).arrays.items()}
    molecule = MoleculeEnergy(lower_jax(program), instances_of(program, np.array([1, 1, 1])))
    positions = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3, 3)))
    shared, alone = jax.jit(lambda a, r: (molecule.slots(a, r), by_circuit(molecule, a, r)))(arrays, positions)
    np.testing.assert_allclose(shared, alone, rtol=1e-12, atol=1e-13)


# Every example compiles anew: half of what other tests take.
@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(program=programs(), seed=st.integers(0, 2**16))
def test_random_programs_have_the_values_of_each_circuit_alone(program, seed):
    generator = np.random.default_rng(seed)
    sites, species = len(program.sites), len(program.species)
    atoms = np.array([generator.permutation(sites + 2)[:sites] for _ in range(5)], dtype=np.int32)
    atom_species = generator.integers(species, size=sites + 2).astype(np.int32)
    if program.scope == "atom":
        roles = [site.role for site in program.sites]
        ghosts = np.array([role == "neighbour" for role in roles]) & (generator.random(atoms.shape) < 0.4)
        atoms = np.where(ghosts, sites + 2 + atoms[:, [roles.index("centre")]], atoms)
    every = np.concatenate([atom_species, np.full(sites + 2, GHOST)])
    averaged = "inversion" in program.average
    mirror = generator.choice([1.0, -1.0], size=5) if averaged else np.ones(5)
    instances = Instances(atoms, every[atoms], mirror, 1.0, atom_species, np.zeros((0, 2), dtype=np.int32))
    arrays = initial_parameters(program, seed=1)
    frames = generator.normal(size=(2, sites + 2, 3)) + 0.3
    moments = generator.normal(size=(2, 5, program.channels, len(program.observables)))
    split = split_program(program)
    plan = plan_sharing(split)
    rows, shape = rows_of(plan, instances), moments.shape[:-1]

    @jax.jit
    def of_rows(numbers, frames, moments):
        evaluate = RowEvaluator(plan, rows, numbers, frames, moments)
        tables, inputs = slot_tables(evaluate, plan)
        return tables.slots(inputs, shape), jnp.broadcast_to(evaluate(plan.readout), shape)

    slots, last = of_rows({name: jnp.asarray(array) for name, array in arrays.items()}, frames, moments)
    value = readout_value(program.readout)
    for frame, circuit, channel in product(range(2), range(5), range(program.channels)):
        place = frame, circuit, channel
        names = dict(zip([name for name, _ in program.observables], moments[place], strict=True))
        r = frames[frame, atoms[circuit] % (sites + 2)] * mirror[circuit]
        alone = Evaluator(program, Instance(r, every[atoms[circuit]], arrays, channel, names))
        wanted = [np.atleast_1d(alone(item)) for item in (*split.scalars, *split.vectors)]
        np.testing.assert_allclose(slots[place], np.concatenate([[], *wanted]), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(last[place], alone(value), rtol=1e-10, atol=1e-10)


def test_first_and_second_derivatives_are_those_of_each_circuit_alone():
    # Damped exchange angles depend on parameters and on positions, as the vectors do.
    molecule, arrays, positions = molecule_of("pair", channels=2, depth=2, damped=True)
    names = ("f_upper", "f_lower", "J")
    weights = jnp.asarray(np.random.default_rng(3).normal(size=jax.eval_shape(molecule.slots, arrays, positions).shape))

    def second(slots):
        def force_norm(tables, r):
            def total(x):
                return jnp.sum(jnp.sin(slots({**arrays, **tables}, x)) * weights)

            return jnp.sum(jax.grad(total)(r) ** 2)

        return jax.jit(jax.grad(force_norm, (0, 1)))({name: arrays[name] for name in names}, positions)

    shared = second(molecule.slots)
    alone = second(lambda a, r: by_circuit(molecule, a, r))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9), shared, alone)


def test_values_of_like_neighbours_are_one_value():
    plan = plan_sharing(split_program(load("pair", depth=3)))
    radial = plan.nodes[plan.vectors[0].key]
    assert len({root.key for root in plan.vectors}) == len(plan.vectors) / 2
    assert radial.domain.tuples == (("c", "a"), ("c", "b"))
    ethanol = instances_of(load("pair", species=("C", "H", "O")), np.array([6, 6, 8, 1, 1, 1, 1, 1, 1]))
    sizes = [len(atoms) for atoms in rows_of(plan, ethanol).atoms]
    assert sizes[plan.domains.index(radial.domain)] == 9 * 8
    assert len(ethanol) == 252
