"""What a treatment did, counted over tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Outcome:
    """Counts of one treatment.

    Args:
        treatment: what was done to qffc.
        tries: how often.
        hit: in how many of them it met work under way, or changed what is read.
        lost: how many lost work that had been reported as done.
        wrong: how many gave an answer that an undisturbed run does not give, and did not say that something is wrong.
    """

    treatment: str
    tries: int = 0
    hit: int = 0
    lost: int = 0
    wrong: int = 0

    def row(self) -> str:
        """A line of the table."""
        return f"| {self.treatment} | {self.tries} | {self.hit} | {self.lost} | {self.wrong} |"


def table(outcomes: Iterator[Outcome]) -> Iterator[str]:
    """Lines of the table, each as soon as it is there."""
    yield "| treatment | tries | hit | lost work | wrong answers |\n|---|--:|--:|--:|--:|"
    for outcome in outcomes:
        yield outcome.row()
