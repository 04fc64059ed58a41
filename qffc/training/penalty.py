"""A term of the loss that knows the parameters alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax


@dataclass(frozen=True)
class Penalty:
    """What is added to the loss of every batch.

    Args:
        text: what tells it apart: a run goes on only with the one that it began with.
        of: of the trained parameters by name, a number.
    """

    text: str
    of: Callable[[Mapping[str, jax.Array]], jax.Array]
