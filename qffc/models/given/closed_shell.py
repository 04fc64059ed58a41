"""Charges and spins that atoms carry: a model knows of none, so atoms that have some are refused.

A model predicts the state that its data were computed for, and no data set says which that is. Atoms that say another
one would get the energy of the neutral, closed-shell molecule without a word.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from qffc.ir.diagnostics import error

_LEAST = 1e-3
"""Elementary charges and Bohr magnetons: below is rounding."""
_CHARGES = ("charge", "total_charge")
_CLOSED = {"spin": (0.0, 1.0), "multiplicity": (1.0,), "spin_multiplicity": (1.0,)}
"""By name in ``atoms.info``, what means closed-shell: programs count unpaired electrons as ``spin``, or 2S+1."""


def need_closed_shell(atoms: Atoms) -> None:
    """Raise a diagnostic unless the atoms are a neutral molecule without spin, as far as they say.

    Charges of single atoms that add up to 0 are no charge of the molecule; magnetic moments that do are still spins.

    Args:
        atoms: with initial charges and magnetic moments, and ``info``.

    Raises:
        QffcError: names what says otherwise.

    Example:
        >>> need_closed_shell(Atoms("OH2", charges=[-0.8, 0.4, 0.4], info={"charge": 0, "spin": 1}))
    """
    found = []
    charges, moments = atoms.arrays.get("initial_charges"), atoms.arrays.get("initial_magmoms")
    if charges is not None and abs(total := float(np.sum(charges))) > _LEAST:
        found.append(f"initial charges that add up to {total:+g}")
    if moments is not None and np.any(np.abs(moments) > _LEAST):
        found.append("initial magnetic moments")
    found += [f"info['{name}'] = {atoms.info[name]!r}" for name in _CHARGES if _differs(atoms.info.get(name), (0.0,))]
    found += [
        f"info['{name}'] = {atoms.info[name]!r}"
        for name, closed in _CLOSED.items()
        if _differs(atoms.info.get(name), closed)
    ]
    if found:
        raise error(
            "charge or spin that a model knows nothing of",
            found="; ".join(found),
            expected="a neutral molecule without unpaired electrons, or atoms that say nothing of it",
            help="where the model was trained for just this state, take it off a copy of the atoms: "
            "atoms.set_initial_charges(None), atoms.set_initial_magnetic_moments(None), atoms.info.clear()",
        )


def _differs(said: object, closed: tuple[float, ...]) -> bool:
    if said is None:
        return False
    try:
        return not any(abs(float(said) - value) <= _LEAST for value in closed)  # type: ignore[arg-type]  # tried
    except (TypeError, ValueError):
        return True  # a word that means who knows what
