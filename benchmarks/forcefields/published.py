"""Published mean absolute errors on rMD17: energy in meV, forces in meV/Angstrom.

From the tables of Batatia et al., arXiv:2206.07697; with 1,000 training frames means over the published splits.
"""

from __future__ import annotations

Pair = tuple[float, float]


def _columns(names: str, rows: dict[str, str]) -> dict[str, dict[str, Pair]]:
    """Rows of `energy/forces`, by molecule, into molecule and name to both."""
    return {
        molecule: {
            name: (float(energy), float(forces))
            for name, (energy, forces) in zip(names.split(), (cell.split("/") for cell in cells.split()), strict=True)
        }
        for molecule, cells in rows.items()
    }


PUBLISHED: dict[int, dict[str, dict[str, Pair]]] = {
    1000: _columns(
        "MACE NequIP ACE FCHL19 GAP ANI",
        {
            "ethanol": "0.4/2.1 0.4/2.8 1.2/7.3 0.9/6.2 3.5/18.1 2.5/13.4",
            "benzene": "0.4/0.3 0.04/0.3 0.04/0.5 0.35/2.6 0.75/6.0 3.3/10.0",
            "toluene": "0.5/1.5 0.3/1.6 1.1/6.5 1.7/8.8 4.0/17.8 7.7/24.3",
            "aspirin": "2.2/6.6 2.3/8.2 6.1/17.9 6.2/20.9 17.7/44.9 16.6/40.6",
        },
    ),
    50: _columns(
        "ACE NequIP MACE",
        {
            "ethanol": "8.6/43.0 8.7/40.2 6.7/32.6",
            "benzene": "0.2/2.7 0.6/2.9 0.7/2.7",
            "toluene": "5.3/27.1 3.3/15.1 3.1/12.1",
            "aspirin": "26.2/63.8 19.5/52.0 17.0/43.9",
        },
    ),
}
"""By number of training frames, molecule and name; ACE is linear where 50 frames are learned from."""


def published_errors(molecule: str, frames: int) -> dict[str, Pair]:
    """Return errors by name, those with the largest force errors first; none where nobody published any."""
    found = PUBLISHED.get(frames, {}).get(molecule, {})
    return dict(sorted(found.items(), key=lambda entry: -entry[1][1]))
