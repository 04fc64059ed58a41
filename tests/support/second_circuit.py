"""A second simulator: state vectors gate by gate in closed form, and what is read; it shares nothing with qffc."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, permutations, product

import numpy as np
from second_text import Declared, Site, Text
from second_values import LONG, Number, Point, Values

State = np.ndarray
_COMPLEX = {np.longdouble: np.clongdouble, np.float64: np.complex128}


def letter_on(state: State, qubit: int, letter: str) -> State:
    """Return one Pauli matrix applied to a state of shape (2, ..., 2)."""
    front = np.moveaxis(state, qubit, 0)
    if letter == "X":
        rows = [front[1], front[0]]
    elif letter == "Y":
        rows = [-1j * front[1], 1j * front[0]]
    else:
        rows = [front[0], -front[1]]
    return np.moveaxis(np.stack(rows).astype(state.dtype), 0, qubit)


def string_on(state: State, string: tuple[tuple[int, str], ...]) -> State:
    for qubit, letter in string:
        state = letter_on(state, qubit, letter)
    return state


def sum_on(state: State, weighted: list) -> State:
    """Return a weighted sum of Pauli strings applied to a state."""
    total = np.zeros_like(state)
    for weight, string in weighted:
        total = total + state.real.dtype.type(weight) * string_on(state, string)
    return total


def final_state(values: Values) -> tuple[State, list[int]]:
    """Return the state on wires, (2, ..., 2), and the wire that each qubit ends on."""
    program, count = values.program, len(values.program.qubits)
    state = np.zeros((2,) * count, dtype=_COMPLEX[values.real])
    state[(0,) * count] = 1
    wires = list(range(count))
    for word, on, value in program.operations:
        if word == "relabel":
            before = list(wires)
            for source, target in on:
                wires[target] = before[source]
        elif word == "pauli_rotation":
            string = tuple((wires[qubit], letter) for qubit, letter in on)
            state = _turned(state, values(value) / 2, lambda s, string=string: string_on(s, string))
        else:
            state = _applied(state, word, [wires[qubit] for qubit in on], None if value is None else values(value))
    return state, wires


def _applied(state: State, word: str, on: list[int], value: np.ndarray | None) -> State:
    if word == "zero":
        return state
    if word == "singlet":
        a, b = on
        return (letter_on(state, b, "X") - letter_on(state, a, "X")) / np.sqrt(state.real.dtype.type(2))
    assert value is not None
    if word == "rotate":
        length = np.sqrt((value**2).sum())
        if length == 0:
            return state
        axis = value / length
        return _turned(
            state, length / 2, lambda s: sum(axis[k] * letter_on(s, on[0], letter) for k, letter in enumerate("XYZ"))
        )
    if word == "exchange":  # XX + YY + ZZ is 2 SWAP - 1
        return _turned(state, 2 * value, lambda s: np.swapaxes(s, *on))
    if word == "four_spin":  # each inner product is -3 on a singlet and 1 elsewhere
        one, other = _in_singlet(state, *on[:2]), _in_singlet(state, *on[2:])
        both = _in_singlet(one, *on[2:])
        phases = [np.exp(-1j * factor * value) for factor in (1, -3, 9)]
        return phases[0] * (state - one - other + both) + phases[1] * (one + other - 2 * both) + phases[2] * both
    if word == "collective":  # sums of SWAPs: a polynomial that is right at the eigenvalue of each total spin
        count = len(on)
        spins = [count / 2 - k for k in range(count // 2 + 1)]
        levels = [2 * spin * (spin + 1) - 3 * count / 2 for spin in spins]
        return sum(
            np.exp(-1j * level * value) * _with_level(state, on, level, [e for e in levels if e != level])
            for level in levels
        )
    # The triple product K has K^3 = 12 K.
    root = np.sqrt(value.dtype.type(12))
    once = _triple(state, on)
    return state - 1j * np.sin(root * value) / root * once + (np.cos(root * value) - 1) / 12 * _triple(once, on)


def _turned(state: State, angle: Number, generator: object) -> State:
    """exp(-i angle G) for G with G^2 = 1."""
    assert callable(generator)
    return np.cos(angle) * state - 1j * np.sin(angle) * generator(state)


def _in_singlet(state: State, a: int, b: int) -> State:
    return (state - np.swapaxes(state, a, b)) / state.real.dtype.type(2)


def _with_level(state: State, on: list[int], level: float, others: list[float]) -> State:
    """The part of a state that the sum of all inner products of some qubits multiplies by a number."""
    for other in others:
        image = sum(2 * np.swapaxes(state, a, b) - state for a, b in combinations(on, 2))
        state = (image - other * state) / state.real.dtype.type(level - other)
    return state


def _triple(state: State, on: list[int]) -> State:
    total = np.zeros_like(state)
    for letters, sign in (("XYZ", 1), ("YZX", 1), ("ZXY", 1), ("XZY", -1), ("ZYX", -1), ("YXZ", -1)):
        total = total + sign * string_on(state, tuple(zip(on, letters, strict=True)))
    return total


def on_wires(weighted: list, wires: list[int]) -> list:
    return [(weight, tuple((wires[qubit], letter) for qubit, letter in string)) for weight, string in weighted]


def moments_of(program: Text, state: State, wires: list[int]) -> dict[str, Number]:
    """Return the expectation values of a normalized state."""
    return {
        name: np.vdot(state, sum_on(state, on_wires(weighted, wires))).real
        for name, weighted in program.observables.items()
    }


def read_out(program: Text, point: Point, moments: Mapping[str, Number], real: type = LONG) -> np.ndarray:
    """Return the energy or the value of a feature, (1,), or the weighted moments, (features,)."""
    number = Values(program, point, moments, real)(program.readout)
    return np.array([number * moments[name] for name in program.features] if program.features else [number])


def response(program: Text, point: Point, real: type = LONG) -> np.ndarray:
    """Return what one circuit gives, averaged as the program says."""
    found = []
    for copy in _copies(program, point):
        state, wires = final_state(Values(program, copy, {}, real))
        found.append(read_out(program, copy, moments_of(program, state, wires), real))
    return sum(found[1:], found[0]) / len(found)


# --------------------------------------------------------------------------- exchanges


def like(a: Site, b: Site) -> bool:
    return (a.molecule, a.role) == (b.molecule, b.role) and (None in (a.element, b.element) or a.element == b.element)


def exchange_orders(program: Text) -> list[tuple[int, ...]]:
    """Return all assignments that exchanges of like sites and of like molecules make, the first that of nothing."""
    sites = program.sites
    names = list(dict.fromkeys(site.molecule for site in sites))
    found = []
    for images in permutations(range(len(names))):
        fits = all(_kinds(program, names[k]) == _kinds(program, names[image]) for k, image in enumerate(images))
        found += list(_orders(program, names, images)) if fits else []
    return sorted(found)


def _kinds(program: Text, molecule: str | None) -> list:
    return sorted((str(site.element), site.role) for site in program.sites if site.molecule == molecule)


def _orders(program: Text, names: list, images: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    taken: list[list[tuple[tuple[int, int], ...]]] = []
    for k, image in enumerate(images):
        for kind in sorted(set(_kinds(program, names[k]))):
            targets, sources = (
                [
                    index
                    for index, site in enumerate(program.sites)
                    if site.molecule == names[number] and (str(site.element), site.role) == kind
                ]
                for number in (k, image)
            )
            taken.append([tuple(zip(targets, order, strict=True)) for order in permutations(sources)])
    for choice in product(*taken):
        moves = dict(pair for part in choice for pair in part)
        yield tuple(moves[index] for index in range(len(program.sites)))


def _copies(program: Text, point: Point) -> Iterator[Point]:
    orders = exchange_orders(program) if "exchange" in program.average else [tuple(range(len(program.sites)))]
    for sign in (1, -1) if "inversion" in program.average else (1,):
        for order in orders:
            yield replace(point, positions=sign * point.positions[list(order)])


# --------------------------------------------------------------------------- symmetries of the circuit itself


def image_of_state(state: State, declared: Declared) -> State:
    """Return a state under a generator: qubits moved, then the Pauli string."""
    order = [declared.qubits.get(qubit, qubit) for qubit in range(state.ndim)]
    moved = np.moveaxis(state, range(state.ndim), order)
    return string_on(moved, tuple(declared.paulis.items()))


def internal_distance(program: Text, point: Point, declared: Declared, random: np.random.Generator) -> np.ndarray:
    """Return how far the final state is from its image or from an eigenstate, and how far the readout tells them apart.

    The readout is held against the symmetry on random states, not only on the final one.
    """
    state, wires = final_state(Values(program, point))
    if declared.charge is not None:
        image = sum_on(state, list(declared.charge))
        mean = np.vdot(state, image).real
        return np.array([np.linalg.norm(image - mean * state), _commutators(program, point, declared, wires, random)])
    image = image_of_state(state, declared)
    overlap = np.vdot(image, state)
    phase = overlap / abs(overlap) if abs(overlap) > 1e-12 else 1
    told_apart = []
    for _ in range(3):
        probe = random_state(state.ndim, random)
        readings = [
            read_out(program, point, moments_of(program, each, wires))
            for each in (probe, image_of_state(probe, declared))
        ]
        told_apart.append(apart(*readings))
    return np.array([np.linalg.norm(phase * image - state), max(told_apart)])


def apart(one: np.ndarray, other: np.ndarray) -> Number:
    """Return how far two responses are from each other; infinite where one is a number and the other is none."""
    finite, other_finite = np.isfinite(one), np.isfinite(other)
    if (finite != other_finite).any():
        return LONG(np.inf)
    return np.abs(one[finite] - other[finite]).max(initial=LONG(0))


def _commutators(
    program: Text, point: Point, declared: Declared, wires: list[int], random: np.random.Generator
) -> Number:
    """How far what the readout sees is from commuting with a charge: the whole where it is linear in the moments."""
    probe = random_state(len(wires), random)
    charge = list(declared.charge or ())
    left = []
    for name in program.seen:
        operator = on_wires(program.observables[name], wires)
        left.append(sum_on(sum_on(probe, operator), charge) - sum_on(sum_on(probe, charge), operator))
    weights = None if program.features else _weights(program, point)
    if weights is not None:
        left = [sum((weight * part for weight, part in zip(weights, left, strict=True)), np.zeros_like(probe))]
    return max((np.linalg.norm(part) for part in left), default=LONG(0))


def _weights(program: Text, point: Point) -> list[Number] | None:
    """The factors of the moments in an energy that is linear in them; None for any other."""

    def energy(numbers: list[float]) -> Number:
        return read_out(program, point, dict(zip(program.seen, map(LONG, numbers), strict=True)))[0]

    count = len(program.seen)
    rows = np.eye(count)
    rest = energy([0.0] * count)
    weights = [energy(list(row)) - rest for row in rows]
    for probe in ([0.3 + 0.1 * k for k in range(count)], [-1.7 + 0.4 * k for k in range(count)]):
        wanted = sum((weight * number for weight, number in zip(weights, probe, strict=True)), rest)
        if not abs(energy(probe) - wanted) < 1e-12 * max(1, abs(wanted)):
            return None
    return weights


def random_state(count: int, random: np.random.Generator) -> State:
    parts = random.normal(size=(2, *(2,) * count)).astype(LONG)
    state = parts[0] + 1j * parts[1]
    return state / np.sqrt(np.vdot(state, state).real)
