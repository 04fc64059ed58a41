"""Energies and forces of a program at given parameters and positions of its sites, without a data set behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.elements import SYMBOLS, atomic_number
from qffc.ir.program import Program
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.given.finite import check_positions, check_predictions
from qffc.models.given.forked import refuse_forked
from qffc.models.head import head_shapes
from qffc.models.initialization.fresh_parameters import neutral_constants
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import lower_jax

Floats = NDArray[np.float64]

_CHUNK_CIRCUITS = 16_384
"""Circuits simulated at once: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Positions of a molecule, and which of them the user gave.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom.
        given: (atoms,) False for the centre when it was put at the origin.
    """

    numbers: NDArray[np.int64]
    positions: Floats
    given: NDArray[np.bool_]


def parameter_arrays(program: Program, values: Mapping[str, object]) -> dict[str, Floats]:
    """Return the arrays of a program from plain nested lists.

    Args:
        program: declares names, shapes and defaults.
        values: numbers by name: parameters, and the arrays of a classical head; what is missing takes its default.

    Raises:
        QffcError: for an unknown name, another shape, something that is no number, or a missing value without default.

    Example:
        >>> from qffc.library import load
        >>> program = load("sivqlm-lih", depth=1, breaking=True)
        >>> arrays = parameter_arrays(
        ...     program,
        ...     {name: [0.1] for name in ("alpha_upper", "alpha_lower", "J")} | {"weight": [1.0], "offset": 0.0},
        ... )
        Traceback (most recent call last):
        ...
        qffc.ir.diagnostics.QffcError: error: unknown parameter
        ...
    """
    shapes = {parameter.name: program.shape(parameter) for parameter in program.parameters} | head_shapes(program)
    constants = neutral_constants(program)
    unknown = [name for name in values if name not in shapes and name not in constants]
    if unknown:
        raise error(
            "unknown parameter",
            found=quoted(unknown),
            expected=f"one of {quoted(shapes)}",
            help="correct the name",
        )
    defaults = {
        parameter.name: np.full(program.shape(parameter), float(parameter.default))
        for parameter in program.parameters
        if parameter.default is not None
    }
    missing = [name for name in shapes if name not in values and name not in defaults]
    if missing:
        raise error(
            "parameter without a value",
            found=f"no {quoted(missing)}",
            expected="a value for every parameter without a default: "
            + ", ".join(f"'{name}' {_spell(shapes[name])}" for name in missing),
            help="give the numbers as nested lists",
        )
    known = {**{name: value.shape for name, value in constants.items()}, **shapes}
    given = {name: _array(name, value, known[name]) for name, value in values.items()}
    return constants | defaults | given


def place_sites(program: Program, positions: Floats, numbers: NDArray[np.integer] | None = None) -> Placement:
    """Return the molecule behind positions of the sites of a program.

    Args:
        program: its sites say which atoms there are.
        positions: (frames, sites, 3), Angstrom, in the order of the sites; without the centre, it is at the origin.
        numbers: (atoms,) atomic numbers: needed by programs that fit any molecule, where positions are those of all
            atoms. Where they are not needed they must be those of the sites, all or without the centre.

    Raises:
        QffcError: when the shape fits neither, or the atoms are others; both are named.

    Example:
        >>> from qffc.library import load
        >>> place_sites(load("water-demo"), np.ones((5, 2, 3))).positions.shape
        (5, 3, 3)
    """
    if program.scope != "molecule":
        return _place_atoms(program, positions, numbers)
    atomic = np.array([_number(program, site.name, site.species) for site in program.sites], dtype=np.int64)
    sites, centre = len(program.sites), program.centre
    whole, short = (sites, 3), (sites - 1, 3)
    if positions.ndim == 3 and len(positions) and positions.shape[1:] == whole:
        _same_atoms(atomic, numbers)
        return Placement(atomic, positions, np.ones(sites, dtype=bool))
    if centre is None or positions.ndim != 3 or not len(positions) or positions.shape[1:] != short:
        names = [site.name for site in program.sites]
        alone = f"(frames, {sites}, 3) for the sites {quoted(names)}"
        others = [name for name in names if centre is None or name != centre.name]
        relative = f"(frames, {sites - 1}, 3) for {quoted(others)} relative to the centre, or "
        raise error(
            "positions of another shape",
            found=f"{positions.shape}",
            expected=alone if centre is None else relative + alone,
            help="give Angstrom in the order of the sites of the program, at least one frame",
        )
    given = np.array([site is not centre for site in program.sites])
    _same_atoms(atomic if numbers is not None and len(numbers) == sites else atomic[given], numbers)
    full = np.zeros((len(positions), sites, 3))
    full[:, given] = positions
    return Placement(atomic, full, given)


def _same_atoms(sites: NDArray[np.int64], numbers: NDArray[np.integer] | None) -> None:
    """Positions in another order than that of the sites would give the energy of another molecule."""
    if numbers is None or np.array_equal(sites, numbers):
        return
    raise error(
        "atoms that are not those of the sites",
        found=quoted(SYMBOLS[number - 1] for number in numbers),
        expected=quoted(SYMBOLS[number - 1] for number in sites),
        help="give the atoms in the order of the sites of the program",
    )


@in_double_precision
def site_energies(
    program: Program, arrays: Mapping[str, Floats], placement: Placement, *, raw: bool
) -> tuple[Floats, Floats]:
    """Return energies (frames,) and forces (frames, given atoms, 3), minus the gradient of the energies.

    Args:
        program: the program.
        arrays: parameters and constants by name.
        placement: where the atoms are.
        raw: the readout as it is, without reference energy, scale and unit; else eV and eV/Angstrom.

    Raises:
        QffcError: when a position, an energy or a force is not finite.
    """
    check_positions(placement.positions)
    refuse_forked()
    molecule = MoleculeEnergy(lower_jax(program), instances_of(program, placement.numbers))
    numbers = {name: jnp.asarray(value) for name, value in arrays.items()}
    function = molecule.raw_energies if raw else molecule.energies
    predict = jax.jit(lambda r: energies_and_forces(lambda x: function(numbers, x), r))
    chunk = max(1, _CHUNK_CIRCUITS // molecule.circuits)
    starts = range(0, len(placement.positions), chunk)
    parts = [predict(jnp.asarray(placement.positions[start : start + chunk])) for start in starts]
    energies = np.concatenate([np.asarray(part) for part, _ in parts])
    forces = np.concatenate([np.asarray(part) for _, part in parts])[:, placement.given]
    check_predictions(energies, forces)
    return energies, forces


def _place_atoms(program: Program, positions: Floats, numbers: NDArray[np.integer] | None) -> Placement:
    if numbers is None:
        raise error(
            "molecule without elements",
            found="positions alone",
            expected=f"atomic numbers too: a program with scope {program.scope} fits any molecule",
            help="add the array 'numbers', (atoms,), to the geometry file",
        )
    if positions.ndim != 3 or not len(positions) or positions.shape[1:] != (len(numbers), 3):
        raise error(
            "positions of another shape",
            found=f"{positions.shape}",
            expected=f"(frames, {len(numbers)}, 3), one row for each of the atomic numbers",
            help="give Angstrom in the order of the atomic numbers, at least one frame",
        )
    return Placement(np.asarray(numbers, dtype=np.int64), positions, np.ones(len(numbers), dtype=bool))


def _number(program: Program, site: str, species: str | None) -> int:
    if species is None:
        raise error(
            "site without an element",
            found=f"'{site}' of '{program.name}', which takes any of {quoted(program.species)}",
            expected="an element for every site",
            help="name the element of the site in the program",
        )
    return atomic_number(species)


def _array(name: str, value: object, shape: tuple[int, ...]) -> Floats:
    try:
        array = np.asarray(value)
    except ValueError:
        raise _unfit(name, "nested lists of unequal length", shape) from None
    if array.dtype.kind not in "iuf":
        raise _unfit(name, "something that is no number", shape)
    if array.shape != shape:
        raise _unfit(name, f"shape {_spell(array.shape)}", shape)
    if not np.all(np.isfinite(array)):
        raise _unfit(name, "NaN or infinity", shape)
    return array.astype(np.float64)


def _unfit(name: str, found: str, shape: tuple[int, ...]) -> QffcError:
    return error(
        f"parameter '{name}'",
        found=found,
        expected=f"numbers of shape {_spell(shape)}",
        help="give the numbers as nested lists, or a single number for shape ()",
    )


def _spell(shape: tuple[int, ...]) -> str:
    return str(tuple(int(size) for size in shape))
