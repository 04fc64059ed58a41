"""Shapes at the border of JAX, checked where a function is entered: JAX takes an index beyond an array as its last.

They are known while JAX traces, so a compiled function does not check again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.circuit.split_program import Split

_KINDS = (np.dtype(np.float32), np.dtype(np.float64))


def need_slots(split: Split, *arrays: jax.Array) -> None:
    """Raise a diagnostic unless arrays are slots of circuits, (batch, slots), in radians, all of one shape."""
    for slots in arrays:
        shape = np.shape(slots)
        if len(shape) == 2 and shape[1] == split.slot_count and shape == np.shape(arrays[0]) and _is_real(slots):
            continue
        raise _of_another_shape(
            "slots",
            slots,
            f"(batch, {split.slot_count}), float32 or float64: the slots of '{split.program.name}' for each circuit",
        )


def need_site_arrays(
    split: Split, positions: jax.Array, species: jax.Array, parameters: Mapping[str, jax.Array]
) -> None:
    """Raise a diagnostic unless these are the sites and the tables of one circuit.

    Args:
        split: the program.
        positions: (sites, 3).
        species: (sites,).
        parameters: tables by name; what belongs to a head may be among them.
    """
    program = split.program
    sites = [site.name for site in program.sites]
    shapes: tuple[tuple[str, jax.Array, tuple[int, ...]], ...] = (
        ("positions", positions, (len(sites), 3)),
        ("species", species, (len(sites),)),
    )
    for name, array, wanted in shapes:
        if np.shape(array) != wanted:
            raise _of_another_shape(name, array, f"{_spell(wanted)}, for the sites {', '.join(sites)}")
    for parameter in program.parameters:
        wanted = program.shape(parameter)
        # Without a value the formula that needs it says so.
        if parameter.name in parameters and np.shape(parameters[parameter.name]) != wanted:
            raise _of_another_shape(f"parameter '{parameter.name}'", parameters[parameter.name], _spell(wanted))


def need_moments(split: Split, moments: jax.Array) -> None:
    """Raise a diagnostic unless these are the moments of one circuit, (observables,)."""
    names = [name for name, _ in split.program.observables]
    if np.shape(moments) != (len(names),):
        raise _of_another_shape(
            "moments", moments, f"{_spell((len(names),))}, for {', '.join(names) or 'no observable'}"
        )


def need_frames(name: str, array: jax.Array, wanted: tuple[int, ...]) -> None:
    """Raise a diagnostic unless an array has this shape behind its first axis, the one of frames."""
    shape = np.shape(array)
    if len(shape) == 0 or shape[1:] != wanted:
        raise _of_another_shape(name, array, f"(frames, {', '.join(map(str, wanted))})")


def _is_real(array: jax.Array) -> bool:
    return getattr(array, "dtype", None) in _KINDS


def _of_another_shape(name: str, array: jax.Array, expected: str) -> QffcError:
    kind = getattr(array, "dtype", type(array).__name__)
    return error(
        f"{name} of another shape",
        found=f"{_spell(np.shape(array))}, {kind}",
        expected=expected,
        help="give what belongs to this program; JAX would take the last entry for one that is not there",
    )


def _spell(shape: Sequence[int]) -> str:
    return str(tuple(int(size) for size in shape))
