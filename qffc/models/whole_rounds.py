"""Programs whose rounds are one native function: those of the form of ``lib:gathered``, whatever their sizes.

Anything else, and derivatives that are not asked for here, go by the functions of :mod:`qffc.models.energy`, which say
what is meant; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout, Parameter
from qffc.ir.diagnostics import InternalError
from qffc.ir.elements import atomic_number
from qffc.ir.program import Program
from qffc.library.catalogue import load
from qffc.models.circuits.instances import Instances
from qffc.models.circuits.neighbours import reach
from qffc.models.molecule_circuits import ENERGY_SCALE, FEATURE_SCALE, FEATURE_SHIFT
from qffc.models.rounds import PREFIX
from qffc.models.validity.limits import (
    AXES,
    BINDING,
    FLOOR,
    MEAN,
    NEAREST,
    REST,
    SEEN,
    WIDTHS,
    environment_reach,
    has_limits,
)
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.lower_jax.native_dynamics import NativeDynamics
from qffc.passes.lower_jax.native_rounds import Bonds, Model, NativeRounds
from qffc.passes.lower_jax.program import JaxProgram

Arrays = Mapping[str, jax.Array]
AnyArrays = Mapping[str, Any]
"""Of JAX or of NumPy."""
Pair = tuple[jax.Array, jax.Array]


@dataclass(frozen=True, eq=False)
class WholeRounds:
    """The native function of a program.

    Args:
        program: of the form of ``lib:gathered``, with at least two rounds.
        call: the foreign call.
    """

    program: Program
    call: NativeRounds

    def weights(self, arrays: AnyArrays) -> tuple[Any, ...]:
        """Return the arrays that training changes, as the native function reads them: of rounds, then of layers.

        Args:
            arrays: parameters by name, all of JAX or all of NumPy.
        """
        xp: Any = np if isinstance(arrays["f"], np.ndarray) else jnp
        readout = _readout(self.program)
        f, u, angles = arrays["f"], arrays["u"], arrays["J"]
        species, channels, rounds = len(self.program.species), self.program.channels, self.program.round_count
        found: list[Any] = []
        for number in range(rounds):
            # (channel, layer, three kinds, partner, centre, neighbour, basis): plain, shape, along
            functions = f[:, number].reshape(channels, f.shape[2], 3, -1, *f.shape[4:])
            plain, shape, along = (_to_rows(functions[:, :, kind], xp) for kind in range(3))
            first = xp.concatenate([plain, shape], axis=2)
            if number:
                carried = u[:, number - 1].reshape(channels, u.shape[2], 2, -1, *u.shape[4:])
                more = [_to_rows(carried[:, :, kind], xp) for kind in range(2)]
                first = xp.concatenate([first, xp.concatenate(more, axis=2)], axis=1)
            names = (f"update{number}", f"shift{number}") if number else ("weight0", "bias0")
            own = [arrays[PREFIX + name] for name in names]
            found += [first, along, angles[:, number].reshape(channels, -1), *own]
            if number + 1 < rounds:
                told = {
                    name: arrays[f"{PREFIX}{name}{number + 1}"]
                    for name in ("mix", "sent", "told", "same", "along", "out", "filter")
                }
                tables = xp.concatenate([told[name] for name in ("same", "along", "out", "filter")], axis=2)
                mix = told["mix"].reshape(species, -1, channels, told["mix"].shape[2])
                found += [
                    xp.swapaxes(mix, 1, 2).reshape(told["mix"].shape),
                    xp.concatenate([told["sent"], told["told"]], axis=2),
                    xp.swapaxes(tables.reshape(-1, *tables.shape[2:]), 1, 2),
                ]
        for layer in range(1, len(readout.hidden) + 1):
            found += [arrays[f"{PREFIX}{name}{layer}"] for name in ("weight", "bias")]
        return tuple(found)

    def model(self, arrays: AnyArrays, weights: tuple[Any, ...], *, limits: bool) -> Model:
        """Return all arrays as the native function reads them.

        Args:
            arrays: parameters and constants by name.
            weights: of :meth:`weights`.
            limits: whether energies shall be in eV and fade where the data end, if the arrays know where.
        """
        known = has_limits(arrays)
        more: tuple[Any, ...] = ()
        if known and limits:
            names = (ENERGY_SCALE, BINDING, FLOOR, NEAREST, MEAN, AXES, WIDTHS, REST)
            charges = np.array([float(atomic_number(symbol)) for symbol in self.program.species])
            more = (*(arrays[name] for name in names), charges.astype(arrays[REST].dtype))
        seen = arrays[SEEN] if known else None
        return Model(arrays[FEATURE_SHIFT], arrays[FEATURE_SCALE], seen, more, weights)

    def step(
        self, arrays: Mapping[str, NDArray[np.float64]], instances: Instances, kind: np.dtype[np.floating]
    ) -> Callable[[NDArray[np.floating]], NDArray[np.float64]]:
        """Return what predicts one frame of chosen circuits, step by step, without JAX.

        Args:
            arrays: parameters and constants by name.
            instances: the atoms and which of them see each other.
            kind: of the numbers inside.

        Returns:
            A function of positions (1, places, 3), as :meth:`qffc.models.force_field.ForceField.listed` has it.
        """
        own = {name: np.asarray(array, kind) for name, array in arrays.items()}
        model = self.model(own, self.weights(own), limits=True)
        scale = 1.0 if model.limits else float(arrays[ENERGY_SCALE])
        predict = self.call.at_addresses(model, bonds_of(instances, 1), kind, instances.places)

        def step(positions: NDArray[np.floating]) -> NDArray[np.float64]:
            energies, grades, gradient = predict(positions[0])
            atoms = len(energies)
            found = np.empty(2 * atoms + gradient.size)
            found[:atoms] = grades
            np.multiply(energies, scale, out=found[atoms : 2 * atoms])
            np.multiply(gradient.reshape(-1), -scale, out=found[2 * atoms :])
            return found

        return step

    def at(
        self, arrays: Mapping[str, NDArray[np.float64]], bonds: Bonds, places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return energies of atoms (atoms,) in eV, and forces on places (places, 3) in eV/Angstrom, in 64 bits.

        Args:
            arrays: parameters and constants by name.
            bonds: the atoms, of as many molecules as one likes.
            places: (places, 3), Angstrom.
        """
        own = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
        model = self.model(own, self.weights(own), limits=True)
        scale = 1.0 if model.limits else float(own[ENERGY_SCALE])
        energies, _, gradient = self.call.at_addresses(model, bonds, np.dtype(np.float64), len(places))(places)
        return np.asarray(scale * energies, np.float64), np.asarray(-scale * gradient, np.float64)

    def dynamics(
        self,
        arrays: Mapping[str, NDArray[np.float64]],
        species: NDArray[np.int32],
        masses: NDArray[np.float64],
        *,
        group: int,
        skin: float,
        kind: np.dtype[np.floating],
    ) -> NativeDynamics:
        """Return the native loop over steps of dynamics of replicas of one molecule.

        Args:
            arrays: parameters and constants by name.
            species: (atoms,) indices into the species of the program.
            masses: (atoms,).
            group: replicas that one thread computes as one molecule.
            skin: of the lists of neighbours, Angstrom.
            kind: of the numbers inside.
        """
        own = {name: np.asarray(array, kind) for name, array in arrays.items()}
        model = self.model(own, self.weights(own), limits=True)
        scale = 1.0 if model.limits else float(arrays[ENERGY_SCALE])
        distance = reach(self.program)
        assert distance is not None
        call = self.call.dynamics(model, np.tile(np.asarray(species, np.int32), group), kind)
        return NativeDynamics(call, np.array(masses, np.float64), group, distance + skin, skin, scale)

    def raw_energies_and_forces(self, instances: Instances) -> Callable[[Arrays, jax.Array, None], Pair]:
        """Return a function of arrays, positions (batch, atoms, 3) and nothing to energies and forces, without limits.

        Energies (batch,) in eV are those of :meth:`qffc.models.energy.MoleculeEnergy.raw_energies` times the energy
        scale, forces (batch, atoms, 3). It is differentiable once, by positions and by all that training changes;
        constants of the model are held fixed.
        """

        @jax.custom_vjp
        def values(arrays: Arrays, positions: jax.Array, _: None) -> Pair:
            model = self.model(arrays, self.weights(arrays), limits=False)
            bonds = bonds_of(instances, len(positions))
            energies, _grades, gradient = self.call.energies(model, bonds, positions.reshape(-1, 3))
            scale = arrays[ENERGY_SCALE]
            return scale * jnp.sum(energies.reshape(len(positions), -1), axis=1), -scale * gradient.reshape(
                positions.shape
            )

        def forward(arrays: Arrays, positions: jax.Array, _: None) -> tuple[Pair, tuple[Arrays, jax.Array]]:
            return values(arrays, positions, None), (arrays, positions)

        def reverse(saved: tuple[Arrays, jax.Array], wanted: Pair) -> tuple[Arrays, jax.Array, None]:
            arrays, positions = saved
            by_energies, by_forces = wanted
            scale, batch, atoms = arrays[ENERGY_SCALE], len(positions), positions.shape[1]
            weights, back = jax.vjp(self.weights, arrays)
            by_positions, by_weights = self.call.along(
                self.model(arrays, weights, limits=False),
                bonds_of(instances, batch),
                positions.reshape(-1, 3),
                -by_forces.reshape(-1, 3),
                jnp.repeat(scale * by_energies, atoms),
                jnp.full((batch * atoms,), scale),
            )
            return back(by_weights)[0], by_positions.reshape(positions.shape), None

        values.defvjp(forward, reverse)
        return values


def whole_rounds(lowered: JaxProgram) -> WholeRounds | None:
    """Return the native function of a program; None where it is of another form, or there is no native kernel.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.lower_jax.program import lower_jax
        >>> whole_rounds(lower_jax(load("pair"))) is None
        True
    """
    if lowered.kernel.name != "native" or not lowered.kernel.native_layers:
        return None
    split = lowered.split
    program = split.program
    reference = _reference(program)
    if reference is None or not _same_form(split, split_program(reference)):
        return None
    readout = _readout(program)
    basis = _parameter(program, "f").basis
    assert basis is not None
    call = NativeRounds(split, program.round_count, float(basis.cutoff), environment_reach(program), readout.activation)
    return WholeRounds(program, call)


def bonds_of(instances: Instances, batch: int) -> Bonds:
    """Return the atoms of a batch of frames of one molecule, one frame behind the other."""
    species, present = instances.atom_species, instances.edges_present
    edges: Any = instances.edges  # traced, where atoms move
    if batch == 1:
        return Bonds(species, edges[:, 0], instances.atoms_at(edges[:, 1]), present, edges[:, 1])
    if instances.owners is not None:
        raise InternalError("several frames of atoms with images")
    xp = np if isinstance(edges, np.ndarray) else jnp
    starts = xp.arange(batch, dtype=np.int32)[:, None] * np.int32(len(species))
    receivers, senders = ((starts + edges[None, :, end]).reshape(-1) for end in (0, 1))
    return Bonds(xp.tile(species, batch), receivers, senders, None if present is None else xp.tile(present, batch))


def _to_rows(table: Any, xp: Any) -> Any:
    """Tables (channel, layer, partner, centre, ...) as (centre, all that is summed, channel x layer x partner)."""
    moved = xp.moveaxis(table, (0, 1, 2), (-3, -2, -1))
    turns = moved.shape[-3] * moved.shape[-2] * moved.shape[-1]
    return moved.reshape(moved.shape[0], -1, turns)


def _reference(program: Program) -> Program | None:
    """The library's program of these sizes; None where the program says nothing of them, or has one round."""
    readout = program.readout
    names = {parameter.name for parameter in program.parameters}
    if not isinstance(readout, AtomicReadout) or readout.rounds is None or names != {"f", "u", "J"}:
        return None
    f = _parameter(program, "f")
    if f.basis is None or len(f.axes) < 3 or not isinstance(f.axes[2], int) or readout.rounds.count < 2:
        return None
    return load(
        "gathered",
        species=program.species,
        channels=program.channels,
        rounds=readout.rounds.count,
        depth=f.axes[2],
        vectors=readout.rounds.vectors,
        hidden=readout.hidden,
        cutoff=float(f.basis.cutoff),
        basis_size=f.basis.size,
    )


def _same_form(split: Split, reference: Split) -> bool:
    """Whether all but the gates between the rotations, what is measured, and the activation is that of the library."""
    one, other = split.program, reference.program
    here, there = _readout(one), _readout(other)
    measured = tuple(name for name, _ in one.observables)
    return (
        (one.scope, one.average, one.parameters, one.feature_groups)
        == (other.scope, other.average, other.parameters, other.feature_groups)
        and [site.role for site in one.sites] == [site.role for site in other.sites]
        and here.features == measured
        and replace(here, features=(), activation="silu") == replace(there, features=(), activation="silu")
        and [value.text for value in split.vectors] == [value.text for value in reference.vectors]
        and [value.text for value in split.scalars] == [value.text for value in reference.scalars]
        and [value.text for value in one.turning] == [value.text for value in reference.vectors]
    )


def _readout(program: Program) -> AtomicReadout:
    assert isinstance(program.readout, AtomicReadout)
    return program.readout


def _parameter(program: Program, name: str) -> Parameter:
    return program.parameter(name)
