"""What a model does where its training data end: it fades to free atoms, which repel each other when they are close.

A network knows nothing of geometries that it has not seen, and its energies there have holes. So the energy of a model
with limits is, over atoms i,

    E = sum of E_free(i) + trust_i (E_model(i) - E_free(i)) + repulsion_i

where E_model(i) is what circuits and head give, and ``trust`` is exactly 1 wherever the training data are:

- ``grade_i`` tells how far the environment of an atom is from those of the training data: its Mahalanobis distance in
  :mod:`qffc.models.validity.environments`, over 1.3 times the largest that held-out training frames had. From 1 on the
  trust falls, and never ends to fall, so that forces lead back to what is known. It is the extrapolation grade of
  Podryabinkin and Shapeev (Comput. Mater. Sci. 140, 171, 2017) with another distance: theirs is D-optimality, by
  MaxVol.
- A neighbour at a distance that no pair of its elements has in the training data fades from circuits, messages and
  environments within 1.2 Angstrom; an atom without any neighbour has no trust, and the energy of a free atom.
- E_model(i) - E_free(i) ends softly half an eV below a floor, which lies half an eV below the least of any atom of its
  species in the training data.
- The repulsion is the universal potential of Ziegler, Biersack and Littmark (ZBL, 1985), for pairs that are nearer than
  any in the training data.

So weighted baselines are used in molecular dynamics (Imbalzano et al., J. Chem. Phys. 154, 074102, 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.elements import atomic_number
from qffc.ir.program import Program
from qffc.models.circuits.neighbours import reach
from qffc.models.validity.environments import environment_width, environments, fading, summed_at

Arrays = Mapping[str, jax.Array]
Shapes = dict[str, tuple[int, ...]]

PREFIX = "constant.validity_"
BINDING = f"{PREFIX}binding"
FLOOR = f"{PREFIX}floor"
SEEN = f"{PREFIX}seen"
NEAREST = f"{PREFIX}nearest"
MEAN = f"{PREFIX}mean"
AXES = f"{PREFIX}axes"
WIDTHS = f"{PREFIX}widths"
REST = f"{PREFIX}rest"

INTERVALS = 3
"""Ranges of distances of a pair of elements that are told apart."""
NO_RANGE = -1e3
"""Angstrom: both ends of a range that is not needed."""
MOST_AXES = 32
"""Principal axes of the environments; what is left is measured together."""
FREE_REACH = 5.0
"""Angstrom: how far an environment reaches where the program has no cutoff."""

_FADE = 1.2
"""Angstrom, within which a neighbour at an unseen distance fades."""
_TRUST = 0.8
"""The logarithm of the grade at which the trust is one half."""
_SOFT = 0.02
"""Angstrom: the repulsion of atoms on one another is that at this distance, and finite."""
_YIELD = 0.5
"""eV: how far an atom gets below its floor."""
_INNER = 0.6
"""Times the nearest distance: from here on inwards the repulsion is whole."""


def validity_shapes(program: Program) -> Shapes:
    """Return the arrays of the limits of a model by name, with their shapes.

    ============ ========================= ==================================================================
    ``binding``  (species,)                E_model - E_free that reference energies bring along, eV
    ``floor``    (species,)                below this, E_model - E_free is held up, eV
    ``seen``     (species, species, 3, 2)  ranges of distances in the training data, Angstrom
    ``nearest``  (species, species)        where the repulsion begins, Angstrom
    ``mean``     (species, width)          the mean environment
    ``axes``     (species, width, axes)    principal axes of the environments
    ``widths``   (species, axes)           deviations along them that have grade 1
    ``rest``     (species,)                the same for all that is left
    ============ ========================= ==================================================================
    """
    species = len(program.species)
    width = environment_width(species)
    axes = min(MOST_AXES, width)
    return {
        BINDING: (species,),
        FLOOR: (species,),
        SEEN: (species, species, INTERVALS, 2),
        NEAREST: (species, species),
        MEAN: (species, width),
        AXES: (species, width, axes),
        WIDTHS: (species, axes),
        REST: (species,),
    }


def has_limits(arrays: Mapping[str, Any]) -> bool:
    """Return whether a model knows where its training data end."""
    return BINDING in arrays


def environment_reach(program: Program) -> float:
    """Return how far environments reach, Angstrom: as far as the model sees, where it has a cutoff."""
    return reach(program) or FREE_REACH


@dataclass(frozen=True, eq=False)
class Pairs:
    """Atoms and their neighbours, each pair both ways.

    Args:
        centres: (edges,) an atom.
        others: (edges,) a neighbour of it.
        present: (edges,) 0 for edges that only fill up an array; None when all count.
        vectors: (batch, edges, 3) from the atom to the neighbour, Angstrom.
        distances: (batch, edges), Angstrom.
    """

    centres: Any
    others: Any
    present: Any
    vectors: Any
    distances: Any


@dataclass(frozen=True, eq=False)
class Validity:
    """How far the energies of atoms can be trusted.

    Args:
        trust: (batch, atoms), from 0 to 1.
        repulsion: (batch, atoms), eV: half of that of each pair.
        grade: (batch, atoms); up to 1 the environment is as those of the training data.
    """

    trust: jax.Array
    repulsion: jax.Array
    grade: jax.Array


Product = Callable[[Any, Any, Any], Any]
"""Rows (atoms, batch, in), matrices (species, in, out), the species of the atoms: each row times its matrix."""


def validity_of(
    program: Program, arrays: Arrays, species: Any, pairs: Pairs, product: Product | None = None
) -> Validity:
    """Return the trust in atoms and their repulsion.

    Args:
        program: has the species and the reach.
        arrays: those of :func:`validity_shapes`, and others.
        species: (atoms,) indices into the species of the program.
        pairs: all pairs within the reach of environments, more do no harm.
        product: of environments and axes, where there is a faster one than products with those of all species.
    """
    radius = environment_reach(program)
    kinds = (species[pairs.centres], species[pairs.others])
    distances = pairs.distances
    weights = seen(arrays[SEEN], *kinds, distances)
    if pairs.present is not None:
        weights = weights * jnp.asarray(pairs.present, weights.dtype)[None]
    near = fading((distances - 0.9 * radius) / (0.1 * radius), jnp)
    places = pairs.centres * len(program.species) + kinds[1]
    shape = (len(species), len(program.species))
    found = environments(
        pairs.vectors, distances, weights * fading(distances / radius, jnp), places, shape, radius, jnp
    )
    grade = grades(arrays, species, found, jnp, product)
    bound = summed_at(weights * near, pairs.centres, len(species), jnp)
    outside = jnp.log(jnp.maximum(grade, 1.0)) / _TRUST
    trust = (1.0 - fading(bound, jnp)) / (1.0 + outside**3)
    return Validity(
        trust, summed_at(0.5 * _repulsion(program, arrays, kinds, pairs), pairs.centres, len(species), jnp), grade
    )


def limited(
    validity: Validity,
    arrays: Arrays,
    species: Any,
    own: jax.Array,
    whole: Callable[[jax.Array], jax.Array],
    *,
    by_atom: bool,
) -> jax.Array:
    """Return energies without those of free atoms, eV.

    Args:
        validity: of the atoms, (batch, atoms).
        arrays: those of :func:`validity_shapes`, and others.
        species: (atoms,) indices into the species of the program.
        own: (batch, atoms) what circuits and head give for each atom, eV; (batch,) where they give one number for a
            whole molecule, which is trusted as far as all its atoms together.
        whole: sums over the atoms of molecules.
        by_atom: whether ``own`` is by atom.
    """
    binding = arrays[BINDING][species][None]
    if by_atom:
        held: jax.Array = whole(
            validity.trust * _held_up(own + binding, arrays[FLOOR][species][None]) + validity.repulsion
        )
        return held
    trust = fading(whole(1.0 - validity.trust), jnp)
    together: jax.Array = trust * (own + whole(jnp.broadcast_to(binding, validity.trust.shape))) + whole(
        validity.repulsion
    )
    return together


def _held_up(energies: jax.Array, floor: jax.Array) -> jax.Array:
    """Energies as they are above the floor, and at most ``_YIELD`` below it; smooth to the second derivative."""
    below = jnp.maximum(floor - energies, 0.0) / _YIELD
    return jnp.maximum(energies, floor) - _YIELD * below / jnp.sqrt(1.0 + below * below)


def grades(arrays: Mapping[str, Any], species: Any, found: Any, xp: Any, product: Product | None = None) -> Any:
    """Return the grades (batch, atoms) of environments (batch, atoms, width)."""
    off = found - arrays[MEAN][species][None]
    if product is None:
        chosen = (species[:, None] == np.arange(len(arrays[REST]), dtype=np.int32)[None]).astype(found.dtype)
        along = xp.einsum("zbak,az->bak", xp.matmul(off[None], arrays[AXES][:, None]), chosen)
    else:
        along = xp.moveaxis(product(xp.moveaxis(off, 1, 0), arrays[AXES], species), 0, 1)
    left = xp.maximum(xp.sum(off * off, axis=-1) - xp.sum(along * along, axis=-1), 0.0)
    squared = xp.sum((along / arrays[WIDTHS][species][None]) ** 2, axis=-1) + left / arrays[REST][species][None] ** 2
    return xp.sqrt(squared + 1e-12)  # the root has no slope at 0


def seen(ranges: Any, centre: Any, other: Any, distances: Any, xp: Any = jnp) -> Any:
    """Return 1 for neighbours at distances of the training data, and less for others.

    Args:
        ranges: (species, species, ranges, 2), Angstrom.
        centre: (edges,) species of the atom.
        other: (edges,) species of its neighbour.
        distances: (batch, edges), Angstrom.
        xp: ``numpy`` or ``jax.numpy``.

    Example:
        >>> ranges = np.array([[[[0.0, 1.1], [2.0, 3.0]]]])
        >>> seen(ranges, np.array([0]), np.array([0]), np.array([[0.9]]), np).tolist()
        [[1.0]]
    """
    low, high = ranges[centre, other, :, 0][None], ranges[centre, other, :, 1][None]
    here = distances[..., None]
    missed = 1.0 - fading((low - here) / _FADE, xp) * fading((here - high) / _FADE, xp)
    return 1.0 - xp.prod(missed, axis=-1)


def _repulsion(program: Program, arrays: Arrays, kinds: tuple[Any, Any], pairs: Pairs) -> jax.Array:
    """The repulsion of pairs, (batch, edges), eV."""
    charges = np.array([float(atomic_number(symbol)) for symbol in program.species])
    table = jnp.asarray(charges[:, None] * charges, pairs.distances.dtype)
    lengths = jnp.asarray(0.8854 * 0.529177 / (charges[:, None] ** 0.23 + charges**0.23), pairs.distances.dtype)
    distance = jnp.sqrt(pairs.distances**2 + _SOFT**2)
    x = distance / lengths[kinds][None]
    screening = (
        0.18175 * jnp.exp(-3.19980 * x)
        + 0.50986 * jnp.exp(-0.94229 * x)
        + 0.28022 * jnp.exp(-0.40290 * x)
        + 0.02817 * jnp.exp(-0.20162 * x)
    )
    nearest = arrays[NEAREST][kinds][None]
    inside = fading((pairs.distances / nearest - _INNER) / (1.0 - _INNER), jnp)
    energies: jax.Array = 14.399645 * table[kinds][None] / distance * screening * inside
    return energies if pairs.present is None else energies * jnp.asarray(pairs.present, energies.dtype)[None]
