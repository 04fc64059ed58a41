"""What the identity test says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BITS = 80
"""The probability of an error is below 2 to minus this power."""


@dataclass(frozen=True)
class Identity:
    """What exact arithmetic found.

    Args:
        outcome: ``equal``, ``different`` or ``unknown``.
        bits: the probability that ``equal`` is wrong is below 2 to minus this power.
        points: at which responses were compared.
        why: what keeps it from deciding; empty otherwise.
    """

    outcome: Literal["equal", "different", "unknown"]
    bits: int = 0
    points: int = 0
    why: str = ""

    def render(self) -> str:
        """Return a line for people.

        Example:
            >>> print(Identity("equal", 80, 4).render())
            responses are equal wherever both are finite, with an error below 2^-80 (4 points of finite fields)
        """
        if self.outcome == "unknown":
            return f"responses are not compared: {self.why}"
        if self.outcome == "different":
            return "responses differ, as functions of all that is free"
        return (
            f"responses are equal wherever both are finite, with an error below 2^-{self.bits} "
            f"({self.points} points of finite fields)"
        )
