"""Published mean absolute errors on rMD17: energy in meV, forces in meV/Angstrom.

From the table of Batatia et al. (MACE), arXiv:2206.07697; with 1,000 training frames means over the published splits.
Energies are of whole molecules.
"""

from __future__ import annotations

Pair = tuple[float, float]

SOURCE = "Batatia et al., arXiv:2206.07697"


def _columns(names: tuple[str, ...], rows: dict[str, str]) -> dict[str, dict[str, Pair]]:
    """Rows of `energy/forces`, by molecule, into molecule and name to both."""
    return {
        molecule: {
            name: (float(energy), float(forces))
            for name, (energy, forces) in zip(names, (cell.split("/") for cell in cells.split()), strict=True)
        }
        for molecule, cells in rows.items()
    }


NAMES: dict[int, tuple[str, ...]] = {
    1000: ("GAP", "ANI", "FCHL19", "ACE", "NequIP", "MACE"),
    50: ("linear ACE", "NequIP", "MACE"),
}
"""Who published errors, by number of training frames, as the rows below have them."""

PUBLISHED: dict[int, dict[str, dict[str, Pair]]] = {
    1000: _columns(
        NAMES[1000],
        {
            "aspirin": "17.7/44.9 16.6/40.6 6.2/20.9 6.1/17.9 2.3/8.2 2.2/6.6",
            "azobenzene": "8.5/24.5 15.9/35.4 2.8/10.8 3.6/10.9 0.7/2.9 1.2/3.0",
            "benzene": "0.75/6.0 3.3/10.0 0.35/2.6 0.04/0.5 0.04/0.3 0.4/0.3",
            "ethanol": "3.5/18.1 2.5/13.4 0.9/6.2 1.2/7.3 0.4/2.8 0.4/2.1",
            "malonaldehyde": "4.8/26.4 4.6/24.5 1.5/10.3 1.7/11.1 0.8/5.1 0.8/4.1",
            "naphthalene": "3.8/16.5 11.3/29.2 1.2/6.5 0.9/5.1 0.9/1.3 0.5/1.6",
            "paracetamol": "8.5/28.9 11.5/30.4 2.9/12.3 4.0/12.7 1.4/5.9 1.3/4.8",
            "salicylic": "5.6/24.7 9.2/29.7 1.8/9.5 1.8/9.3 0.7/4.0 0.9/3.1",
            "toluene": "4.0/17.8 7.7/24.3 1.7/8.8 1.1/6.5 0.3/1.6 0.5/1.5",
            "uracil": "3.0/17.6 5.1/21.4 0.6/4.2 1.1/6.6 0.4/3.1 0.5/2.1",
        },
    ),
    50: _columns(
        NAMES[50],
        {
            "aspirin": "26.2/63.8 19.5/52.0 17.0/43.9",
            "azobenzene": "9.0/28.8 6.0/20.0 5.4/17.7",
            "benzene": "0.2/2.7 0.6/2.9 0.7/2.7",
            "ethanol": "8.6/43.0 8.7/40.2 6.7/32.6",
            "malonaldehyde": "12.8/63.5 12.7/52.5 10.0/43.3",
            "naphthalene": "3.8/19.7 2.1/10.0 2.1/9.2",
            "paracetamol": "13.6/45.7 14.3/39.7 9.7/31.5",
            "salicylic": "8.9/41.7 8.0/35.0 6.5/28.4",
            "toluene": "5.3/27.1 3.3/15.1 3.1/12.1",
            "uracil": "6.5/36.2 7.3/40.1 4.4/25.9",
        },
    ),
}
"""By number of training frames, molecule and name."""

MACE_AGAIN_SOURCE = "github.com/kcheng0407/mace-rmd17-benchmark, commit 0828620"
MACE_AGAIN: dict[str, Pair] = {
    "aspirin": (2.4, 8.9),
    "azobenzene": (0.8, 3.4),
    "benzene": (0.1, 0.7),
    "ethanol": (0.4, 2.7),
    "malonaldehyde": (0.8, 6.0),
    "naphthalene": (0.3, 1.9),
    "paracetamol": (2.2, 5.5),
    "salicylic": (1.1, 5.0),
    "toluene": (0.4, 2.2),
    "uracil": (0.6, 3.6),
}
"""MACE trained again by somebody else in 2026: split 1 alone, one seed, 950 frames and 50 to choose by."""


def published_errors(molecule: str, frames: int) -> dict[str, Pair]:
    """Return errors by name, those with the largest force errors first; none where nobody published any."""
    found = PUBLISHED.get(frames, {}).get(molecule, {})
    return dict(sorted(found.items(), key=lambda entry: -entry[1][1]))
