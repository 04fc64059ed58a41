"""A trained model as a model of TorchSim, which moves many systems at once; needs the extra ``torchsim``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qffc.data.extras import need_package
from qffc.data.images import whole_cell
from qffc.ir.given_values import not_a
from qffc.models.circuits.instances import species_of
from qffc.models.circuits.neighbours import reach
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.force_field import ForceField
from qffc.models.frames.array_sizes import size_of_series
from qffc.models.frames.frame_batch import join_frames, joined_places, needed_sizes
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.given.finite import check_predictions
from qffc.passes.lower_jax.double_precision import in_double_precision

Floats = NDArray[np.float64]
_EXTRA, _PURPOSE = "torchsim", "models of TorchSim"


def torch_sim_model(model: ModelLike, *, device: object = "cpu", dtype: object = None) -> Any:
    """Return a model as ``torch_sim.models.interface.ModelInterface``: energy, forces and stress of many systems.

    All systems of a state are computed in one call, whatever molecules or cells they are. Computing is done in 64 bits,
    on the CPU or wherever JAX is; positions come from the memory of PyTorch, and energies go back to it. PyTorch does
    not differentiate through it.

    Args:
        model: a trained model, its file, the folder of its run, or ``trained:NAME``.
        device: of PyTorch, for what is returned.
        dtype: of PyTorch, for the same; ``torch.float64`` when left out.

    Raises:
        QffcError: when TorchSim is not installed or the model is none; by the model, when a system does not fit it: an
            element that it does not know, periodic boundaries without a cutoff.

    Example:
        >>> torch_sim_model("trained:water")  # doctest: +SKIP
        TorchSimModel()
    """
    torch = need_package("torch", _EXTRA, _PURPOSE)
    interface = need_package("torch_sim.models.interface", _EXTRA, _PURPOSE)
    field = model_of(model)
    lists = CircuitLists(field.lowered, near=reach(field.program) is not None)

    class TorchSimModel(interface.ModelInterface):  # type: ignore[misc, name-defined]  # loaded when it is needed
        """Energy (systems,) in eV, forces (atoms, 3) in eV/Angstrom and stress (systems, 3, 3) in eV/Angstrom^3."""

        def __init__(self) -> None:
            super().__init__()
            self._device = torch.device(device)
            self._dtype = torch.float64 if dtype is None else dtype
            self._compute_forces = self._compute_stress = True

        def forward(self, state: Any, **_: object) -> dict[str, Any]:
            """Return energy, forces and stress of a state, or of a dictionary of its arrays."""
            energies, forces, stresses = computed(field, lists, list(systems_of(state)))
            found = {"energy": energies, "forces": forces, "stress": stresses}
            return {name: torch.tensor(each, dtype=self._dtype, device=self._device) for name, each in found.items()}

    return TorchSimModel()


System = tuple[NDArray[np.int64], Floats, Floats, NDArray[np.bool_]]
"""Atomic numbers (atoms,), positions (atoms, 3) and cell (3, 3), its vectors in rows, in Angstrom; boundaries (3,)."""


def systems_of(state: Any) -> Iterator[System]:
    """Yield the systems of a state of TorchSim, or of a dictionary of its arrays.

    Args:
        state: has ``positions``, ``atomic_numbers``, ``cell`` (systems, 3, 3) with vectors in columns, ``pbc``, and
            ``system_idx``, which may be missing where there is one system.

    Raises:
        QffcError: when it is none.
    """

    def entry(name: str, otherwise: object = None) -> NDArray[Any]:
        value = state.get(name) if isinstance(state, dict) else getattr(state, name, None)
        if value is None and otherwise is None:
            raise not_a("a state of TorchSim", state, f"one with {name}", "make it by torch_sim.io.atoms_to_state")
        held = otherwise if value is None else value
        return np.asarray(held.detach().cpu() if hasattr(held, "detach") else held)

    positions = entry("positions").astype(np.float64)
    numbers = entry("atomic_numbers").astype(np.int64)
    cells = entry("cell").reshape(-1, 3, 3).astype(np.float64)
    index = entry("system_idx", np.zeros(len(positions), dtype=np.int64))
    pbc = np.broadcast_to(entry("pbc", True), (3,)).astype(bool)
    for number, cell in enumerate(cells):
        own = index == number
        yield numbers[own], positions[own], cell.T, pbc


@in_double_precision
def computed(field: ForceField, lists: CircuitLists, systems: list[System]) -> tuple[Floats, Floats, Floats]:
    """Return energies (systems,), forces (atoms of all, 3) and stresses (systems, 3, 3), zero without boundaries.

    Args:
        field: the model.
        lists: of its program.
        systems: at least one, in the order of their atoms.

    Raises:
        QffcError: when a system does not fit the model, or an energy or a force is not finite.
    """
    frames = [lists.of(numbers, positions, cell, pbc) for numbers, positions, cell, pbc in systems]
    count, *needed = needed_sizes(lists.plan, frames)
    sizes = (count, *map(size_of_series, needed))
    placed = [frame.placed(system[1]) for frame, system in zip(frames, systems, strict=True)]
    batch = join_frames(lists.plan, frames, sizes)
    found = field.predict_joined(batch, joined_places(frames, placed, sizes[1], sizes[2]))
    energies, forces, virials = (np.asarray(each) for each in found)
    references = [field.reference_energy(species_of(field.program, numbers)) for numbers, *_ in systems]
    energies, forces = energies + references, forces[0, : sum(len(numbers) for numbers, *_ in systems)]
    ends = np.cumsum([len(numbers) for numbers, *_ in systems])
    for energy, own in zip(energies, np.split(forces, ends[:-1]), strict=True):
        check_predictions(energy[None], own[None])
    boxes = [whole_cell(cell, pbc) if pbc.any() else None for _, _, cell, pbc in systems]
    volumes = [np.inf if cell is None else abs(float(np.linalg.det(cell))) for cell in boxes]
    return energies, forces, virials / np.array(volumes)[:, None, None]
