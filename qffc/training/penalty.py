"""What a training makes small besides the loss: a function of the parameters alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax


@dataclass(frozen=True)
class Penalty:
    """A function whose gradient, times the learning rate, is taken off the parameters in every step.

    It is decoupled from the loss, as weight decay is in AdamW (Loshchilov and Hutter, arXiv:1711.05101): Adam divides
    gradients by their size, and they are clipped, so a term of the loss would count for little while errors are large.
    A function of slope 1 moves a parameter by the sum of the learning rates of a run, if the loss does not mind.

    Args:
        text: what tells it apart: a run goes on only with the one that it began with.
        of: of the trained parameters by name, a number.
    """

    text: str
    of: Callable[[Mapping[str, jax.Array]], jax.Array]
