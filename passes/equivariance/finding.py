"""What a rule of the equivariance check returns: it proves a symmetry, or says where its proof stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from qffc.passes.equivariance.verdict import Failure, Transform, Witness


@dataclass(frozen=True)
class Rule:
    """A rule as verdicts name it.

    Args:
        name: what verdicts call it.
        why: why it proves something, for people; its lemma stands at the head of the file that has it.
    """

    name: str
    why: str


IDENTITY_TEST = Rule(
    "the identity test",
    "before and after, the response is one rational function of all that is free: they are equal at random points of "
    "finite fields, in exact arithmetic",
)
"""What decides where no rule applies; its lemma is in :mod:`qffc.passes.equivariance.identities.bound`."""


@dataclass(frozen=True)
class Finding:
    """What the rules found out about one generator, without any numbers.

    Args:
        generator: as a verdict names it.
        rule: that proves it, or that was tried.
        transform: what would show a difference in numbers.
        failure: where the proof stops; None when it is proven.
        note: a limit of the proof worth knowing; may be empty.
        survives: finds the parts of the symmetry that are proven although the whole is not.
        witness: the renaming that a proof by relabelling has found.
    """

    generator: str
    rule: Rule
    transform: Transform
    failure: Failure | None = None
    note: str = ""
    survives: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False, repr=False)
    witness: Witness | None = None
