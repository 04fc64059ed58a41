"""A force field: a program with numbers, ready to predict."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.data.cells import checked_cells
from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import counted, short_repr
from qffc.ir.telling import tell
from qffc.models.array_check import check_arrays
from qffc.models.cell_energy import CellEnergy, cell_energy
from qffc.models.circuits.instances import Instances, instances_of, species_of
from qffc.models.circuits.neighbours import reach_in_cells
from qffc.models.curvature import hessians
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.energy_function import EnergyFunction, energy_function
from qffc.models.frames.frame_batch import FrameBatch, forces_and_virials, frame_energies
from qffc.models.frames.frame_chunks import CHUNK_CIRCUITS, joined_chunks
from qffc.models.frames.frame_circuits import CircuitLists, lists_pay
from qffc.models.function_cache import kept_function, surroundings
from qffc.models.given.atoms_given import Elements, elements_of, frames_of
from qffc.models.given.forked import refuse_forked
from qffc.models.head import head_shapes
from qffc.models.initialization.fresh_parameters import initial_parameters, neutral_constants
from qffc.models.molecule_circuits import ATOM_ENERGY, CONSTANT_PREFIX
from qffc.models.rows.value_rows import ValueRows
from qffc.models.shared_functions import shared_function
from qffc.models.uncertainty.apart import frame_deviations
from qffc.models.validity.limits import has_limits
from qffc.models.whole_frames import predict_whole, whole_chunks
from qffc.models.whole_rounds import WholeRounds, whole_rounds
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.kernel import KernelName
from qffc.passes.lower_jax.program import JaxProgram, Lowering, lower_jax

_Predictions = tuple[NDArray[np.float64], NDArray[np.float64]]
_Predict = Callable[..., tuple[jax.Array, ...]]


@dataclass(frozen=True, eq=False)
class ForceField:
    """A trained model: energies in eV, forces in eV/Angstrom.

    Copies and pickles hold what is given here and no compiled function. Models of one program share what is compiled in
    a process; elsewhere a copy compiles anew, or reads what is kept on disk, and predicts the same numbers.

    Args:
        program: the compiled program.
        arrays: parameters of the program, arrays of the head and constants, by name; copied, and not to be written to.
        metadata: what a person wants to know of the model: data fingerprint, split, figures, versions.
        lower: makes the JAX functions of the program.

    Raises:
        QffcError: when an array is missing, superfluous or of another shape.
    """

    program: Program
    arrays: Mapping[str, NDArray[np.float64]]
    metadata: Mapping[str, str] = field(default_factory=dict)
    lower: Lowering = lower_jax

    _repr_html_ = html_of

    def __post_init__(self) -> None:
        check_arrays(self.program, self.arrays)
        object.__setattr__(self, "arrays", {name: _unwritable(value) for name, value in self.arrays.items()})

    def __repr__(self) -> str:
        numbers = sum(self.arrays[name].size for name in trainable_names(self.program))
        data = self.metadata.get("data_name")
        return short_repr(
            self,
            f"'{self.program.name}'",
            f"species {' '.join(self.program.species)}",
            counted(numbers, "trained number"),
            "" if data is None else f"data {data}",
            f"digest {self.program.digest[:12]}",
        )

    def __reduce__(self) -> tuple[type[ForceField], tuple[object, ...]]:
        return type(self), (self.program, self.arrays, self.metadata, self.lower)

    @cached_property
    def lowered(self) -> JaxProgram:
        """The program as JAX functions."""
        return self.lower(self.program)

    def molecule(self, numbers: Elements) -> MoleculeEnergy:
        """Return the energy function of a molecule.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
        """
        return _molecule(self.lowered, elements_of(numbers))

    @in_double_precision
    def predict(self, numbers: Elements, positions: ArrayLike, *, lists: bool = True) -> _Predictions:
        """Return energies and forces of geometries of one molecule.

        Where lists of near neighbours save circuits enough (:func:`qffc.models.frames.frame_circuits.lists_pay`),
        circuits with an atom beyond the cutoff are left out; they would add nothing.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.
            lists: whether to list near neighbours where that pays. Without, all calls with as many frames are compiled
                once, however far apart atoms are.

        Returns:
            Energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom.

        Raises:
            QffcError: when the molecule does not fit the program, or a position is not finite.

        Example:
            >>> from qffc.library import load
            >>> model = untrained(load("pair"), seed=1)
            >>> water = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
            >>> energies, forces = model.predict(np.array([8, 1, 1]), water)
            >>> forces.shape
            (1, 3, 3)
        """
        numbers, frames = frames_of(numbers, positions)
        if self.whole is not None:
            return self._predict_whole(self.whole, numbers, frames)[:2]
        if lists and lists_pay(self.program, [frames]):
            return self._predict_listed(numbers, frames)[:2]
        atoms, lowered = str([int(number) for number in numbers]), self.lowered

        def predict(arrays: Mapping[str, jax.Array], r: jax.Array) -> tuple[jax.Array, jax.Array]:
            molecule = _molecule(lowered, numbers)
            return energies_and_forces(lambda x: molecule.energies(arrays, x), r)

        chunk = max(1, min(len(frames), CHUNK_CIRCUITS // self.molecule(numbers).circuits))
        energies, forces = [], []
        for start in range(0, len(frames), chunk):
            tell("frames:", start, len(frames))
            batch = frames[start : start + chunk]
            padding = chunk - len(batch)
            e, f = self._run(predict, atoms, np.concatenate([batch, frames[:padding]]))
            energies.append(np.asarray(e)[: len(batch)])
            forces.append(np.asarray(f)[: len(batch)])
        return np.concatenate(energies), np.concatenate(forces)

    @in_double_precision
    def predict_in_cells(
        self, numbers: Elements, positions: ArrayLike, cells: ArrayLike, pbc: ArrayLike = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return energies, forces and virials of frames of the same atoms in cells.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom; in the cells or outside.
            cells: (frames, 3, 3), or (3, 3) of all, vectors in rows, Angstrom; of any size.
            pbc: (frames, 3), or (3,) of all, along which vectors atoms repeat.

        Returns:
            Energies (frames,) in eV, forces (frames, atoms, 3) in eV/Angstrom, and the derivatives of the energies by
            strain (frames, 3, 3) in eV: the stress times the volume, with the sign of ASE.

        Raises:
            QffcError: when the atoms do not fit the program, the program has no cutoff, a position is not finite, or a
                cell is none.

        Example:
            >>> from qffc.library import load
            >>> model = untrained(load("gathered", species=("Cu",)), seed=1)
            >>> energies, forces, virials = model.predict_in_cells(["Cu"], [[[0, 0, 0]]], 2.6 * np.eye(3))
            >>> bool(np.allclose(forces, 0)), virials.shape
            (True, (1, 3, 3))
        """
        reach_in_cells(self.program)
        numbers, frames = frames_of(numbers, positions)
        boxes = checked_cells(cells, pbc, len(frames))
        if boxes is None:
            boxes = np.zeros((len(frames), 3, 3)), np.zeros((len(frames), 3), dtype=bool)
        if self.whole is not None:
            return self._predict_whole(self.whole, numbers, frames, *boxes)
        return self._predict_listed(numbers, frames, *boxes)

    def parameters(self) -> dict[str, jax.Array]:
        """Return what training changes, by name: a pytree of JAX, in the precision that JAX is set to."""
        return {name: jnp.asarray(self.arrays[name]) for name in trainable_names(self.program)}

    def energy_fn(self, numbers: Elements, *, kernel: KernelName = "auto", reference: bool = True) -> EnergyFunction:
        """Return the energy of a molecule as a pure function for JAX.

        Under ``jit``, ``grad``, ``vmap``, ``jvp``, ``jacfwd``, ``hessian``, ``scan``, ``shard_map`` and ``jax.export``
        it is what any function of JAX is, with either kernel, and exact. The native kernel has sweeps of its own for
        values, for first derivatives in either mode and for the derivative of a gradient (forward or reverse over
        reverse, reverse over forward). Forward over forward and third order are taken through the portable kernel, and
        states are made once more where circuits are mapped: prefer a leading axis of the positions to ``vmap``.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            kernel: ``native`` for CPUs, ``portable`` for any device, or the one of the model.
            reference: whether energies hold the reference energies of the atoms: thousands of eV, of which 32 bits
                keep three decimals. Forces are the same without.

        Returns:
            A function of parameters and positions. Parameters are arrays by name, as :meth:`parameters` gives them or
            some of them: those of the model take the place of the others. Positions are (..., atoms, 3) in Angstrom;
            energies are (...,) in eV, in the precision of the positions.

        Raises:
            QffcError: when the molecule does not fit the program, there is no such kernel; and by the function, for
                positions or parameters of other shapes.

        Example:
            >>> from qffc.models.files.model_file import load_model
            >>> model = load_model("trained:water")
            >>> energy = model.energy_fn(["O", "H", "H"])
            >>> water = jnp.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
            >>> forces = -jax.jit(jax.grad(energy, argnums=1))(model.parameters(), water)
            >>> forces.shape, energy({}, jnp.stack([water, water])).shape
            ((3, 3), (2,))
        """
        instances = instances_of(self.program, elements_of(numbers))
        return energy_function(self._lowered_by(kernel), instances, self.arrays, reference=reference)

    def _lowered_by(self, kernel: KernelName) -> JaxProgram:
        """The functions of the program with a kernel; noise stays, and what has other functions keeps them."""
        from qffc.passes.noisy.make import NoisyLowering  # heavy, and few models have noise

        if kernel == "auto" or kernel == self.lowered.kernel.name:
            return self.lowered
        if isinstance(self.lower, NoisyLowering):
            return replace(self.lower, kernel=kernel)(self.program)
        return lower_jax(self.program, kernel) if self.lower is lower_jax else self.lowered

    def cell_energy_fn(
        self,
        positions: ArrayLike,
        species: Elements,
        cell: ArrayLike | None = None,
        pbc: ArrayLike = True,
        *,
        room: float = 1.25,
        kernel: KernelName = "auto",
        reference: bool = True,
    ) -> CellEnergy:
        """Return the energy of atoms in a cell as a pure function for JAX, in the manner of JAX MD.

        ``jit``, ``grad`` by positions, cell and parameters, ``vmap`` and loops of JAX take it. It lists neighbours at
        every call, on the host, into arrays of fixed sizes; where these have no room energy and derivatives are NaN,
        and so they are where the cell is none or an element unknown.

        Args:
            positions: (atoms, 3), Angstrom, of atoms as dense as they will be: how many neighbours they have says how
                large arrays are.
            species: (atoms,) atomic numbers, or symbols of the elements.
            cell: (3, 3), vectors in rows, Angstrom; None in a vacuum.
            pbc: (3,) along which of them atoms repeat.
            room: for how many times as many neighbours there is room.
            kernel: ``native`` for CPUs, ``portable`` for any device, or the one of the model.
            reference: whether energies hold the reference energies of the atoms.

        Returns:
            A function of positions (atoms, 3), and of species (atoms,) and a cell (3, 3), which are those given here
            where they are left out, to the energy in eV.

        Raises:
            QffcError: when the atoms do not fit the program, the program has no cutoff or the cell is none.

        Example:
            >>> from qffc.library import load
            >>> model = untrained(load("gathered", species=("Cu",)), seed=1)
            >>> cell = 2.6 * np.eye(3)
            >>> energy = model.cell_energy_fn(np.zeros((1, 3)), ["Cu"], cell)
            >>> jax.grad(energy, argnums=2)(jnp.zeros((1, 3)), jnp.array([29]), jnp.asarray(cell)).shape
            (3, 3)
        """
        return cell_energy(self._lowered_by(kernel), self.arrays, positions, species, cell, pbc, room, reference)

    @in_double_precision
    def hessian(self, numbers: Elements, positions: ArrayLike) -> NDArray[np.float64]:
        """Return the second derivatives of the energy by the positions: exact, no differences of forces.

        Coordinates go by atom, then x, y and z. All circuits of the molecule are run, once for each
        coordinate.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (atoms, 3) or (frames, atoms, 3), Angstrom.

        Returns:
            (3 atoms, 3 atoms), or of each frame (frames, 3 atoms, 3 atoms), in eV/Angstrom^2.

        Raises:
            QffcError: when the molecule does not fit the program, or a position is not finite.

        Example:
            >>> from qffc.models.files.model_file import load_model
            >>> water = np.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
            >>> hessian = load_model("trained:water").hessian(["O", "H", "H"], water)
            >>> hessian.shape, bool(np.allclose(hessian, hessian.T))
            ((9, 9), True)
        """
        return hessians(self.lowered, numbers, positions, self._run)

    @in_double_precision
    def extrapolation_grade(self, numbers: Elements, positions: ArrayLike) -> NDArray[np.float64]:
        """Return how far the environment of each atom is from those of the training data.

        Up to 1 it is as they are; above, the energy fades to that of a free atom; see
        :mod:`qffc.models.validity.limits`.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.

        Returns:
            (frames, atoms).

        Raises:
            QffcError: when the model does not know where its training data end, the molecule does not fit the program,
                or a position is not finite.

        Example:
            >>> from qffc.models.files.model_file import load_model
            >>> water = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
            >>> model = load_model("trained:water")
            >>> near, far = (model.extrapolation_grade(np.array([8, 1, 1]), s * water).max() for s in (1.0, 1.5))
            >>> bool(near < 1 < far)
            True
        """
        if not has_limits(self.arrays):
            raise error(
                "model without limits",
                found="a model that does not know where its training data end",
                expected="one that was trained with limits = on",
                help="qf.with_limits(model, data) adds them to a model that was trained without",
            )
        numbers, frames = frames_of(numbers, positions)
        lowered = self.lowered

        def grades(arrays: Mapping[str, jax.Array], r: jax.Array) -> tuple[jax.Array, ...]:
            return (_molecule(lowered, numbers).grades(arrays, r),)

        (found,) = self._run(grades, f"grades {[int(number) for number in numbers]}", frames)
        return np.asarray(found)

    @in_double_precision
    def deviations(self, numbers: Elements, positions: ArrayLike) -> _Predictions:
        """Return how uncertain energies and forces are: standard deviations by the posterior of the last layer.

        They mean what those of an ensemble mean (:class:`qffc.models.ensemble.Consensus`), of a single model; a frame
        costs three to five times its prediction.

        Args:
            numbers: (atoms,) atomic numbers, or symbols of the elements.
            positions: (frames, atoms, 3), Angstrom.

        Returns:
            Of energies (frames,) in eV, and of the force on each atom, by its length, (frames, atoms) in eV/Angstrom.

        Raises:
            QffcError: when the model has no uncertainty (``qf.with_uncertainty`` adds it), or the molecule does not
                fit.
        """
        return frame_deviations(self.lowered, self.arrays, numbers, positions, self._run)

    @in_double_precision
    def listed(
        self, instances: Instances, rows: ValueRows, positions: NDArray[np.floating]
    ) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
        """Return what predicts one frame with chosen circuits, step by step; to be called in double precision.

        Args:
            instances: the circuits.
            rows: where their values are computed.
            positions: (1, places, 3), Angstrom, of a first step; everything is computed in their precision, 32 or 64
                bits.

        Returns:
            A function of positions of the same shape and type. It returns one array, since fetching several takes
            a tenth of the time of a small molecule: the extrapolation grades of the atoms, their energies in eV,
            without references, and the forces (3 atoms,) in eV/Angstrom; one energy, where that is not a sum over
            atoms. With images positions and forces are those of places. References are thousands of eV: added in 32
            bits they would leave little of the rest.
        """
        if self.whole is not None:
            return self.whole.step(self.arrays, jax.device_get(instances), positions.dtype)
        lowered = self.lowered

        def predict(
            arrays: Mapping[str, jax.Array], instances: Instances, rows: ValueRows, positions: jax.Array
        ) -> jax.Array:
            molecule = MoleculeEnergy(lowered, instances, rows)

            def total(r: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
                energies, grades = molecule.parts_and_grades(arrays, r)
                return jnp.sum(energies), (energies, grades)

            gradient, (energies, grades) = jax.grad(total, has_aux=True)(positions)
            return jnp.concatenate([grades[0], energies[0], -jnp.ravel(gradient)])

        function, leaves = self._compiled(predict, "listed", instances, rows, positions)
        fixed = leaves[:-1]
        return lambda here: np.asarray(function(*fixed, here))

    def predict_joined(self, batch: FrameBatch, places: NDArray[np.floating]) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return energies, forces and virials of joined frames.

        Args:
            batch: the frames.
            places: (1, places, 3), Angstrom; see :func:`qffc.models.frames.frame_batch.joined_places`.

        Returns:
            Energies (frames,) in eV, without the reference energies of the atoms, forces (1, atoms, 3) in eV/Angstrom,
            and the derivatives of the energies by strain (frames, 3, 3) in eV.
        """
        lowered = self.lowered

        def predict(
            arrays: Mapping[str, jax.Array], batch: FrameBatch, places: jax.Array
        ) -> tuple[jax.Array, jax.Array, jax.Array]:
            energies, forces = energies_and_forces(lambda r: frame_energies(lowered, batch, arrays, r), places)
            return energies, *forces_and_virials(batch, forces, places)

        energies, forces, virials = self._run(predict, "joined", batch, places)
        return energies, forces, virials

    def _predict_whole(
        self,
        whole: WholeRounds,
        numbers: NDArray[np.integer],
        frames: NDArray[np.float64],
        cells: NDArray[np.float64] | None = None,
        pbc: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Predictions by the native function of the whole model, for which nothing is compiled."""
        refuse_forked()
        reference, found, done = self.reference_energy(species_of(self.program, numbers)), [], 0
        for chunk in whole_chunks(whole, numbers, frames, cells, pbc):
            tell("frames:", done, len(frames))
            found.append(predict_whole(whole, self.arrays, chunk))
            done += chunk.frames
        energies, forces, virials = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return reference + energies, forces, virials

    def _predict_listed(
        self,
        numbers: NDArray[np.integer],
        frames: NDArray[np.float64],
        cells: NDArray[np.float64] | None = None,
        pbc: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Predictions with near neighbours only, as many frames at once as their circuits allow."""
        reference = self.reference_energy(species_of(self.program, numbers))
        energies, forces, virials, done = [], [], [], 0
        for batch, places in joined_chunks(CircuitLists(self.lowered), numbers, frames, cells, pbc):
            tell("frames:", done, len(frames))
            e, f, w = self.predict_joined(batch, places)
            energies.append(reference + np.asarray(e))
            done += len(energies[-1])
            forces.append(np.asarray(f)[0, : int(np.sum(batch.atoms))])
            virials.append(np.asarray(w))
        count = len(frames)
        folded = np.concatenate(forces).reshape(frames.shape)
        return np.concatenate(energies)[:count], folded, np.concatenate(virials)[:count]

    def reference_energy(self, species: NDArray[np.integer]) -> float:
        """Return the sum of the reference energies (eV) of atoms of these species, indices (atoms,)."""
        return float(np.sum(self.arrays[ATOM_ENERGY][species]))

    @cached_property
    def _device_arrays(self) -> dict[np.dtype[np.floating], dict[str, jax.Array]]:
        kinds = (np.dtype(np.float32), np.dtype(np.float64))
        return {kind: {name: jnp.asarray(value, kind) for name, value in self.arrays.items()} for kind in kinds}

    @cached_property
    def whole(self) -> WholeRounds | None:
        """The native function of the whole model, where there is one."""
        return whole_rounds(self.lowered) if self.lower is lower_jax else None

    @cached_property
    def _functions(self) -> dict[Hashable, Callable[..., Any]]:
        return {}

    @in_double_precision
    def _run(
        self, predict: _Predict, name: str, *arguments: Instances | ValueRows | FrameBatch | NDArray[np.floating]
    ) -> tuple[jax.Array, ...]:
        """Run a function of the arrays and these arguments, positions last; compiled once and kept on disk."""
        function, leaves = self._compiled(predict, name, *arguments)
        found: tuple[jax.Array, ...] = function(*leaves)
        return found

    def _compiled(
        self,
        predict: Callable[..., object],
        name: str,
        *arguments: Instances | ValueRows | FrameBatch | NDArray[np.floating],
    ) -> tuple[Callable[..., Any], list[Any]]:
        """Return a function of the leaves of the arrays and these arguments, and the leaves.

        It may close over the lowered program alone, for all models of one program share it.
        """
        refuse_forked()
        kind = jax.tree.leaves(arguments)[-1].dtype
        everything = (self._device_arrays[kind], *arguments)
        leaves, tree = jax.tree.flatten(everything)
        identity = (self.program.digest, self.lowered.kernel.name, name)
        key = (identity, surroundings(), tree, tuple((np.shape(leaf), leaf.dtype) for leaf in leaves))
        if key not in self._functions:

            def make() -> Callable[..., Any]:
                tell("compiling what predicts")  # a count at 0 would look as if nothing went on
                return kept_function(predict, everything, identity)

            # Another lowering is a function of the caller, of which nothing is known.
            self._functions[key] = shared_function(key, make) if self.lower is lower_jax else make()
        return self._functions[key], leaves


def _molecule(lowered: JaxProgram, numbers: NDArray[np.integer]) -> MoleculeEnergy:
    return MoleculeEnergy(lowered, instances_of(lowered.split.program, numbers))


def untrained(program: Program, seed: int) -> ForceField:
    """Return a model with fresh parameters and neutral constants.

    Args:
        program: any program.
        seed: of the starting parameters.
    """
    return ForceField(program, initial_parameters(program, seed) | neutral_constants(program))


def _unwritable(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """A copy that cannot be changed below the functions that were made for it."""
    array = np.array(value)
    array.setflags(write=False)
    return array


def trainable_names(program: Program) -> tuple[str, ...]:
    """Return the names of the arrays that training changes, in order: no constants, no frozen parameters."""
    names = [parameter.name for parameter in program.parameters if not parameter.frozen]
    return tuple(name for name in (*names, *head_shapes(program)) if not name.startswith(CONSTANT_PREFIX))
