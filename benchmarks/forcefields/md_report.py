"""What a trajectory came to: temperature, drift, bonds and dihedral angles beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io.trajectory import Trajectory

from benchmarks.forcefields.dynamics import Plan
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.topology import Floats, Topology, bond_lengths, dihedral_angles
from qffc.data import Dataset
from qffc.reports.plots import ACCENT, FAINT, INK, SECOND, new_figure, save_figure
from qffc.units import energy_from_ev

_BINS = 36


@dataclass(frozen=True)
class Trajectories:
    """Both parts of a run.

    Args:
        positions: (frames, atoms, 3) with the thermostat, equilibration left out, Angstrom.
        temperatures: of the same frames, K, from the velocities.
        times: (frames,) of the part without the thermostat, ps.
        energies: (frames,) total energy there, eV.
        atoms: how many.
        length: of the part with the thermostat, ps, equilibration included.
    """

    positions: Floats
    temperatures: Floats
    times: Floats
    energies: Floats
    atoms: int
    length: float

    @staticmethod
    def last(path: Path) -> Atoms:
        """Return the last frame of a trajectory."""
        with Trajectory(path) as trajectory:
            return trajectory[-1]

    def drift(self) -> tuple[float, float]:
        """Return slope (meV/atom/ps) and spread about it (meV/atom) of the total energy; NaN below three frames."""
        if len(self.times) < 3:
            return float("nan"), float("nan")
        scaled = energy_from_ev(self.energies - self.energies[0], "meV") / self.atoms
        slope, offset = np.polyfit(self.times, scaled, 1)
        return float(slope), float(np.std(scaled - slope * self.times - offset))


def read_trajectories(thermostat: Path, energy: Path, plans: tuple[Plan, Plan], equilibration: float) -> Trajectories:
    """Return the frames of both parts; the second need not be there."""
    with Trajectory(thermostat) as frames:
        skipped = [atoms for number, atoms in enumerate(frames) if plans[0].time(number) >= equilibration]
        kept = skipped or [frames[-1]]
        length = plans[0].time(len(frames) - 1)
    totals: list[float] = []
    if energy.exists():
        with Trajectory(energy) as frames:
            totals = [atoms.get_total_energy() for atoms in frames]
    return Trajectories(
        np.array([atoms.positions for atoms in kept]),
        np.array([atoms.get_temperature() for atoms in kept]),
        np.array([plans[1].time(number) for number in range(len(totals))]),
        np.array(totals),
        len(kept[0]),
        length,
    )


def show(found: Trajectories, topology: Topology, data: Dataset, temperature: float, wrong: str | None) -> None:
    """Print the tables."""
    slope, spread = ("none yet" if np.isnan(figure) else f"{figure:.4f}" for figure in found.drift())
    rows = [
        ("stable", "yes" if wrong is None else f"NO: {wrong}"),
        ("with thermostat", f"{found.length:g} ps, {len(found.positions)} frames counted"),
        ("temperature", f"{found.temperatures.mean():.0f} K, asked for {temperature:g}"),
        ("without thermostat", f"{found.times[-1] if len(found.times) else 0:g} ps"),
        ("drift of the total energy (meV/atom/ps)", slope),
        ("spread about it (meV/atom)", spread),
    ]
    show_table(("", f"model of {data.name}"), rows)
    show_table(
        ("bond", "number", f"mean, {temperature:g} K (Å)", "spread", "mean, data (Å)", "spread"),
        [
            (kind, str(len(bonds)), *_spread(found, bonds), *_spread(data, bonds))
            for kind, bonds in topology.bonds.items()
        ],
    )
    show_table(
        ("dihedral angle", "number", "0-60°", "60-120°", "120-180°", "data: 0-60°", "60-120°", "120-180°", "overlap"),
        [_dihedral_row(kind, chains, found, data) for kind, chains in topology.dihedrals.items()],
    )


def overlap(first: Floats, second: Floats) -> float:
    """Return the area that two distributions of angles (degrees, 0 to 180) have in common, 0 to 1."""
    return float(np.minimum(_shares(first, _BINS), _shares(second, _BINS)).sum())


def plot(found: Trajectories, topology: Topology, data: Dataset, temperature: float, path: Path) -> None:
    """Draw distributions of each kind of bond and dihedral angle, and the total energy."""
    kinds = [(kind, bond_lengths, pairs, "Å") for kind, pairs in topology.bonds.items()]
    kinds += [(kind, dihedral_angles, chains, "degrees") for kind, chains in topology.dihedrals.items()]
    columns = 4
    rows = -(-(len(kinds) + 1) // columns)
    figure = new_figure(3.2 * columns, 2.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (kind, measure, which, unit) in zip(panels, kinds, strict=False):
        here, there = measure(found.positions, which).ravel(), measure(data.positions, which).ravel()
        low, high = min(here.min(), there.min()), max(here.max(), there.max())
        edges = np.linspace(0.0, 180.0, _BINS + 1) if unit == "degrees" else np.linspace(low, high, 61)
        panel.hist(there, edges, density=True, color=FAINT, label=f"data: {data.name}")
        panel.hist(here, edges, density=True, histtype="step", color=ACCENT, label=f"model, {temperature:g} K")
        panel.set_title(kind, color=INK)
        panel.set_xlabel(unit)
        panel.set_yticks([])
    panels[0].legend(frameon=False, fontsize=7)
    last = panels[len(kinds)]
    if len(found.times):
        last.plot(found.times, energy_from_ev(found.energies - found.energies[0], "meV") / found.atoms, color=SECOND)
    last.set_title("total energy", color=INK)
    last.set_xlabel("ps without thermostat")
    last.set_ylabel("meV/atom")
    for panel in panels[len(kinds) + 1 :]:
        panel.set_axis_off()
    save_figure(figure, path)


def _spread(frames: Trajectories | Dataset, bonds: tuple[tuple[int, int], ...]) -> tuple[str, str]:
    lengths = bond_lengths(frames.positions, bonds)
    return f"{lengths.mean():.4f}", f"{lengths.std():.4f}"


def _dihedral_row(
    kind: str, chains: tuple[tuple[int, int, int, int], ...], found: Trajectories, data: Dataset
) -> tuple[str, ...]:
    here, there = dihedral_angles(found.positions, chains), dihedral_angles(data.positions, chains)
    thirds = [f"{share:.3f}" for angles in (here, there) for share in _shares(angles, 3)]
    return (kind, str(len(chains)), *thirds, f"{overlap(here, there):.3f}")


def _shares(angles: Floats, bins: int) -> Floats:
    counts, _ = np.histogram(angles, bins, (0.0, 180.0))
    return counts / angles.size
