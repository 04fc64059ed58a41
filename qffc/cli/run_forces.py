"""What ``run --forces`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qffc.cli.output import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.execution.forces import ForceEstimate


def force_tables(estimates: Sequence[ForceEstimate], numbers: NDArray[np.integer]) -> str:
    """Return a line of the energy and a table with a row for each atom, frame by frame."""
    return "\n\n".join(_frame(index, estimate, numbers) for index, estimate in enumerate(estimates))


def force_data(estimates: Sequence[ForceEstimate]) -> dict[str, object]:
    """Return what ``--json`` says beside what it says of energies."""
    return {
        "units": {"energy": "eV", "forces": "eV/Angstrom"},
        "estimates": [
            {
                "energy": estimate.energy,
                "standard_error": estimate.energy_error,
                "exact": estimate.exact_energy,
                "forces": estimate.forces.tolist(),
                "force_standard_errors": estimate.force_errors.tolist(),
                "exact_forces": estimate.exact_forces.tolist(),
                "force_bias": estimate.force_bias.tolist(),
                "circuits": estimate.circuits,
                "shots": estimate.shots,
                "price": estimate.price,
            }
            for estimate in estimates
        ],
    }


def _frame(index: int, estimate: ForceEstimate, numbers: NDArray[np.integer]) -> str:
    import numpy as np
    from ase.data import chemical_symbols

    energy = f"{estimate.energy:.6f} ± {estimate.energy_error:.6f} eV, exact {estimate.exact_energy:.6f} eV"
    rows = [
        (
            f"{atom} {chemical_symbols[number]}",
            *(f"{x:.4f} ± {error:.4f}" for x, error in zip(force, errors, strict=True)),
            " ".join(f"{x:.4f}" for x in exact),
        )
        for atom, (number, force, errors, exact) in enumerate(
            zip(numbers, estimate.forces, estimate.force_errors, estimate.exact_forces, strict=True)
        )
    ]
    header = ("atom", "force x (eV/Angstrom)", "y", "z", "exact")
    taken = np.sqrt(np.mean(estimate.force_bias**2))
    more = f"\nbias taken off: {1e3 * taken:.2f} meV/Angstrom, root mean square" if taken else ""
    return f"frame {index}: {energy}\n{table(header, rows)}{more}"
