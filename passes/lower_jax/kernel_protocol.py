"""What every kernel offers, and what JAX makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import jax

G = TypeVar("G")
S = TypeVar("S")
GivenIn = TypeVar("GivenIn", contravariant=True)


class Kernel(Protocol[GivenIn, S]):
    """Functions of many circuits at once: what they are given, and slopes by it.

    Given are slots (batch, slots) in radians, with slopes of the same shape, and moments and weights (batch,
    observables); or tables of slots, see :mod:`qffc.passes.lower_jax.slot_tables`.
    """

    @property
    def name(self) -> str:
        """``native`` or ``portable``."""

    @property
    def axis(self) -> int:
        """The axis of arrays along which further circuits are put."""

    @property
    def reads(self) -> tuple[int, ...]:
        """The table of each array of rows; empty where slots are given."""

    def wider(self, times: int, /) -> Kernel[GivenIn, S]:
        """Return the kernel of that many times the circuits."""

    def moments_shape(self, given: GivenIn, /) -> tuple[int, ...]:
        """Return the shape of the moments."""

    def states_size(self, given: GivenIn, kinds: int, /) -> int:
        """Return how many numbers are kept of the states, of one kind or, with derivatives, of two."""

    def in_jax(self, given: GivenIn, /) -> jax.Array:
        """Return the moments by operations of JAX alone."""

    def moments(self, given: GivenIn, /) -> jax.Array:
        """Return the moments."""

    def moments_and_states(self, given: GivenIn, /) -> tuple[jax.Array, jax.Array]:
        """Return the moments, and what :meth:`gradient` may start from; an array of any shape, empty for nothing."""

    def gradient(self, given: GivenIn, weights: jax.Array, states: jax.Array | None = None, /) -> S:
        """Return the gradient of sum(weights * moments)."""

    def moments_along(self, given: GivenIn, along: S, /) -> tuple[jax.Array, jax.Array]:
        """Return the moments and their derivative along a direction."""

    def moments_along_and_states(self, given: GivenIn, along: S, /) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return what :meth:`moments_along` does, and what :meth:`gradient_along_from` may start from."""

    def gradient_along(
        self, given: GivenIn, weights: jax.Array, along: S, weights_along: jax.Array, /
    ) -> tuple[S, S, jax.Array]:
        """Return the gradient, its derivative along a direction, and that of the moments."""

    def gradient_along_from(
        self, states: jax.Array, given: GivenIn, weights: jax.Array, along: S, weights_along: jax.Array, /
    ) -> tuple[S, S]:
        """Return the gradient and its derivative along a direction."""


@dataclass(frozen=True)
class Differentiable(Generic[G, S]):
    """A kernel as JAX differentiates it: in either mode, any number of times.

    Args:
        moments: of what is given.
        moments_along: of what is given and a direction, the moments and their derivative along it, in one sweep.
    """

    moments: Callable[[G], jax.Array]
    moments_along: Callable[[G, S], tuple[jax.Array, jax.Array]]
