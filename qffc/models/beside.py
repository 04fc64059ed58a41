"""What goes along with the circuits of an energy: changes of their moments, other observables of the same states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import jax

from qffc.passes.lower_jax.kernel import KernelFunctions
from qffc.passes.lower_jax.slot_tables import Inputs, Shape, SlotTables


@dataclass(eq=False)
class Beside:
    """What is done in each round, once, while a function of the energy is traced.

    Args:
        kernel: the circuits with other observables.
        nudges: for each round (batch, instances, channels, observables), added to the moments, or to their derivative
            along a direction: the derivative of the energy by a nudge is its whole slope by a moment, through later
            rounds, too.
        expectations: filled round by round with what the kernel gives, (batch, instances, channels, its observables).
    """

    kernel: KernelFunctions
    nudges: Sequence[jax.Array]
    expectations: list[jax.Array] = field(default_factory=list)

    def nudged(self, moments: jax.Array, tables: SlotTables, shape: Shape, inputs: Inputs) -> jax.Array:
        """Return the moments of the next round, nudged, and keep the expectations at the same slots."""
        number = len(self.expectations)
        self.expectations.append(self.kernel.on_tables(tables, shape).moments(inputs))
        return moments + self.nudges[number]
