"""Why `initial` and `revised` do not learn (2): an energy that depends on the order of the list of neighbours.

Like atoms in another order are the same molecule, and the same energy for a model whose exchange symmetry is exact.
Where parameters, or only the ring of couplings and the singlets, belong to places in the list, it is another energy:
what is learned of one order, as of one position of a turning methyl group, is not known of the others. `any slots` puts
the neighbours of every atom into other slots, whatever their elements. Last, what is in a slot of another molecule.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.forcefields.data import data_folder, load_molecule
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.subjects import add_subjects, subjects
from qffc.data import Dataset
from qffc.ir.elements import SYMBOLS
from qffc.ir.program import Program
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.passes.lower_jax.double_precision import in_double_precision

Floats = NDArray[np.float64]


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subjects(parser)
    parser.add_argument("--frames", type=int, default=50, help="of ethanol (default: %(default)d)")
    parser.add_argument("--orders", type=int, default=10, help="drawn for each frame (default: %(default)d)")


def run(options: argparse.Namespace) -> int:
    folder = data_folder(options.data)
    ethanol, methanol = load_molecule(folder, "ethanol"), load_molecule(folder, "methanol")
    models = subjects(options, ethanol)
    rows = np.random.default_rng([options.seed, 1]).permutation(len(ethanol))[: options.frames]
    frames = ethanol.subset(rows.tolist())
    header = ("model", "spread of E over frames", "like atoms", "force", "any slots")
    title = "rms change of energy (meV) and force (meV/Å) by another order of the neighbours"
    found = [(name, *_figures(model, frames, options.orders, options.seed)) for name, model in models.items()]
    show_table(header, found, title)
    for name, model in models.items():
        if model.program.scope == "atom":
            show_occupation(name, model.program, ethanol, methanol)
            break
    return 0


def _figures(model: ForceField, frames: Dataset, orders: int, seed: int) -> tuple[str, ...]:
    energies, _ = model.predict(frames.numbers, frames.positions)
    like, force = exchange_errors(model, frames, orders, seed)
    slots = "" if model.program.scope != "atom" else f"{1000 * slot_error(model, frames, orders, seed):.3g}"
    return f"{1000 * np.std(energies):.1f}", f"{1000 * like:.3g}", f"{1000 * force:.3g}", slots


def exchange_errors(model: ForceField, frames: Dataset, orders: int, seed: int) -> tuple[float, float]:
    """Return rms changes of energy (eV) and force components (eV/Å) when like atoms are numbered in another order."""
    generator = np.random.default_rng([seed, 2])
    energies, forces = model.predict(frames.numbers, frames.positions)
    changes, turns = [], []
    for _ in range(orders):
        order = like_order(frames.numbers, generator)
        other, other_forces = model.predict(frames.numbers, frames.positions[:, order])
        changes.append(other - energies)
        turns.append(other_forces - forces[:, order])
    return float(np.sqrt(np.mean(np.square(changes)))), float(np.sqrt(np.mean(np.square(turns))))


def like_order(numbers: NDArray[np.integer], generator: np.random.Generator) -> NDArray[np.intp]:
    """Return an order of the atoms in which every place keeps its element."""
    order = np.arange(len(numbers))
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        order[places] = generator.permutation(places)
    return order


@in_double_precision
def slot_error(model: ForceField, frames: Dataset, orders: int, seed: int) -> float:
    """Return the rms change of energy (eV) when the neighbours of all atoms sit in other slots, ghosts included."""
    generator = np.random.default_rng([seed, 3])
    instances = instances_of(model.program, frames.numbers)
    neighbours = [place for place, site in enumerate(model.program.sites) if site.role == "neighbour"]
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    positions = jnp.asarray(frames.positions)

    def energies(columns: list[int]) -> Floats:
        moved = replace(instances, atoms=instances.atoms[:, columns], species=instances.species[:, columns])
        molecule = MoleculeEnergy(model.lowered, moved)
        return np.asarray(jax.jit(molecule.energies)(arrays, positions))

    own = list(range(len(model.program.sites)))
    usual, changes = energies(own), []
    for _ in range(orders):
        columns = list(own)
        for place, other in zip(neighbours, generator.permutation(neighbours), strict=True):
            columns[place] = int(other)
        changes.append(energies(columns) - usual)
    return float(np.sqrt(np.mean(np.square(changes))))


def occupation(program: Program, data: Dataset) -> dict[str, list[str]]:
    """Return what sits in each slot of the circuits of each element, such as `C` or `C/H`; `-` is a ghost."""
    instances = instances_of(program, data.numbers)
    neighbours = [place for place, site in enumerate(program.sites) if site.role == "neighbour"]
    found: dict[str, list[str]] = {}
    for element in dict.fromkeys(data.numbers.tolist()):
        rows = instances.species[: len(data.numbers)][data.numbers == element][:, neighbours]
        cells = [Counter("-" if kind < 0 else program.species[kind] for kind in column) for column in rows.T]
        found[SYMBOLS[element - 1]] = ["/".join(sorted(cell)) for cell in cells]
    return found


def show_occupation(name: str, program: Program, first: Dataset, second: Dataset) -> None:
    """Print what is in the slots of both molecules."""
    here, there = occupation(program, first), occupation(program, second)
    rows = [
        (f"{element} in {data.name}", *slots)
        for element in here
        for data, found in ((first, here), (second, there))
        for slots in (found.get(element, ()),)
        if slots
    ]
    count = len(rows[0]) - 1
    show_table(("centre", *(f"slot {number}" for number in range(count))), rows, f"what is in the slots of {name}")
