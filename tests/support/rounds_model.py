"""A model with rounds of circuits as loops over atoms, neighbours and channels, with the dense reference simulator."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from qffc.ir.evaluate import Evaluator, Instance, radial_basis
from qffc.ir.reference import response
from qffc.ir.values import split_coefficient
from qffc.models.molecule_circuits import ATOM_ENERGY, ENERGY_SCALE, FEATURE_SCALE, FEATURE_SHIFT
from qffc.passes.circuit.written_out import WrittenOut


def silu(x):
    return x / (1 + np.exp(-x))


def energy_of(program, arrays, species, positions):
    """The energy (eV) of one molecule: species (atoms,), positions (atoms, 3) in Angstrom."""
    atoms, readout = len(species), program.readout
    rounds = readout.rounds
    numbers = vectors = None
    for k in range(program.round_count):
        features, turning = zip(
            *(_circuits(program, arrays, species, positions, i, k, numbers, vectors) for i in range(atoms)), strict=True
        )
        own = slice(k * program.feature_count, (k + 1) * program.feature_count)
        inputs = [
            (features[i] - arrays[FEATURE_SHIFT][z, own]) / arrays[FEATURE_SCALE][z, own] for i, z in enumerate(species)
        ]
        if k:
            heard = _heard(rounds, arrays, k, species, positions, numbers)
            inputs = [np.concatenate([inputs[i], numbers[i], heard[i]]) for i in range(atoms)]
        weight, bias = (f"head.update{k}", f"head.shift{k}") if k else ("head.weight0", "head.bias0")
        found = np.array([silu(inputs[i] @ arrays[weight][z] + arrays[bias][z]) for i, z in enumerate(species)])
        if k + 1 < program.round_count:
            now = found if numbers is None else numbers + found
            vectors = _vectors(rounds, arrays, k + 1, species, positions, turning, now)
        numbers = found if numbers is None else numbers + found
    total = 0.0
    for i, z in enumerate(species):
        value = numbers[i]
        for layer in range(1, len(readout.hidden)):
            value = silu(value @ arrays[f"head.weight{layer}"][z] + arrays[f"head.bias{layer}"][z])
        last = len(readout.hidden)
        total += float((value @ arrays[f"head.weight{last}"][z] + arrays[f"head.bias{last}"][z])[0])
    return float(np.sum(arrays[ATOM_ENERGY][species])) + float(arrays[ENERGY_SCALE]) * total


def _circuits(program, arrays, species, positions, centre, k, numbers, vectors):
    """Features of an atom, by channel and observable, and what turned the qubits of its circuits."""
    order = [centre, *(j for j in range(len(species)) if j != centre)]
    out = WrittenOut(program, len(order) - 1, round=k)
    plain, names = out.program, [site.name for site in out.program.sites]
    points = np.zeros((len(names), 3))
    for atom, name in zip(order, (program.centre.name, *out.neighbour_sites), strict=True):
        points[names.index(name)] = positions[atom]
        for tip, vector in zip(out.tips(name), () if vectors is None else vectors[atom], strict=False):
            if tip in names:
                points[names.index(tip)] = positions[atom] + vector
    kinds = np.zeros(len(names), dtype=int)
    kinds[: len(order)] = species[order]
    tables = {parameter.name: arrays.get(parameter.name) for parameter in plain.parameters}
    if out.has_table:
        tables[out.table] = numbers[order]
    responses, turning = [], []
    for channel in range(program.channels):
        instance = Instance(points, kinds, tables, channel)
        copies = [instance]
        if "inversion" in program.average:
            copies.append(replace(instance, positions=-points))
        responses.append(np.mean([response(plain, copy) for copy in copies], axis=0))
        evaluate = Evaluator(plain, instance)
        # A vector that turns one qubit, and another one backwards, is one vector.
        distinct = dict.fromkeys(split_coefficient(op.vector)[1] for op in program.ops if op.word == "rotate")
        turning.append([evaluate(out.value(vector)) for vector in distinct])
    return np.concatenate(responses), np.swapaxes(np.array(turning), 0, 1).reshape(-1, 3)


def _pairs(positions):
    for i, j in product(range(len(positions)), repeat=2):
        if i != j:
            way = positions[j] - positions[i]
            yield i, j, np.linalg.norm(way), way / np.linalg.norm(way)


def _heard(rounds, arrays, k, species, positions, numbers):
    heard = np.zeros_like(numbers)
    for i, j, distance, _ in _pairs(positions):
        filters = arrays[f"head.filter{k}"][species[i], species[j]] @ radial_basis(distance, rounds.basis)
        heard[i] += filters * (numbers[j] @ arrays[f"head.sent{k}"][species[j]])
    return heard


def _vectors(rounds, arrays, k, species, positions, turning, numbers):
    own = np.array([arrays[f"head.mix{k}"][z].T @ turning[i] for i, z in enumerate(species)])
    found = own.copy()
    for i, j, distance, unit in _pairs(positions):
        basis = radial_basis(distance, rounds.basis)
        same, along, out = (
            arrays[f"head.{name}{k}"][species[i], species[j]] @ basis for name in ("same", "along", "out")
        )
        told = numbers[j] @ arrays[f"head.told{k}"][species[j]]
        found[i] += same[:, None] * own[j] + (along * (own[j] @ unit) + out * told)[:, None] * unit
    return found
