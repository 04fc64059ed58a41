"""Where two certificates of one program differ: every field that is written, numbers up to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.verdict import Failure, Verdict
from qffc.passes.plain_data import to_plain

_COMPUTED = ("deviation", "response", "transformed")
"""Numbers of floating point, which differ by rounding from machine to machine. Those that they are computed at do not:
geometries and parameters come from a seeded generator and are rounded to two digits."""
_WIDTH = 60


@dataclass(frozen=True)
class Difference:
    """The first thing that two certificates disagree about.

    Args:
        where: the verdict and the field.
        claimed: what the certificate in doubt says.
        found: what the new one says.
    """

    where: str
    claimed: str
    found: str


def first_difference(claimed: Certificate, found: Certificate) -> Difference | None:
    """Return the first difference of a certificate from a new one; None when they agree.

    All that is written is compared but for the versions that made them. Computed numbers agree when they differ by no
    more than the check takes for rounding at that point: :attr:`qffc.passes.equivariance.verdict.Verdict.rounding`.

    Args:
        claimed: the certificate in doubt.
        found: made by a new check.

    Example:
        >>> from dataclasses import replace
        >>> from qffc.library import load
        >>> from qffc.passes.equivariance.check import check_equivariance
        >>> good = check_equivariance(load("sivqlm-lih", depth=1))
        >>> first_difference(replace(good, symmetry=("rotation",)), good)
        Difference(where='symmetry[1]', claimed='nothing', found="'inversion'")
        >>> first_difference(replace(good, python="4.0"), good) is None
        True
    """
    if claimed.origin is None:
        pairs = zip_longest(found.verdicts, claimed.verdicts)
        found = replace(found, verdicts=tuple(_as_in_schema_1(v, old) for v, old in pairs if v is not None))
    if claimed.text is None:
        found = replace(found, verdicts=tuple(replace(verdict, witness=None) for verdict in found.verdicts))
    return next(_differences(claimed, found), None)


def _differences(claimed: Certificate, found: Certificate) -> Iterator[Difference]:
    for name in ("program", "digest", "symmetry"):
        yield from _compared(getattr(claimed, name), getattr(found, name), name)
    old_names, new_names = ([verdict.generator for verdict in each.verdicts] for each in (claimed, found))
    yield from _compared(old_names, new_names, "verdicts")
    for old, new in zip(claimed.verdicts, found.verdicts, strict=True):
        yield from _compared(to_plain(old), to_plain(new), old.generator, new.rounding)
    if claimed.text is not None:
        yield from _compared(claimed.text, found.text, "text")
    if claimed.origin is not None and found.origin is not None:
        yield from _compared(to_plain(claimed.origin), to_plain(found.origin), "origin")


def _as_in_schema_1(verdict: Verdict, claimed: Verdict | None) -> Verdict:
    """The verdict without the line to blame, where a certificate without an origin says of none."""
    failure = verdict.failure
    if failure is None or claimed is None or claimed.failure is None or claimed.failure.line is not None:
        return verdict
    return replace(verdict, failure=Failure(failure.residual, failure.op, failure.image))


def _compared(
    claimed: object, found: object, where: str, rounding: float = 0.0, computed: bool = False
) -> Iterator[Difference]:
    """The differences of two entries of plain data; computed numbers may differ by the rounding."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        for name, entry in found.items():
            yield from _compared(claimed[name], entry, f"{where}: {name}", rounding, name in _COMPUTED)
    elif isinstance(claimed, list | tuple) and isinstance(found, list | tuple):
        for index, (a, b) in enumerate(zip_longest(claimed, found)):
            yield from _compared(a, b, f"{where}[{index}]", rounding, computed)
    elif computed and isinstance(claimed, float) and isinstance(found, float):
        if not abs(claimed - found) <= rounding:
            yield Difference(where, repr(claimed), repr(found))
    elif claimed != found:
        start = _agreement(str(claimed), str(found))
        yield Difference(where, _excerpt(claimed, start), _excerpt(found, start))


def _agreement(claimed: str, found: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(claimed, found, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(claimed), len(found)))


def _excerpt(value: object, start: int) -> str:
    """A value, of a long one the part from shortly before where it differs."""
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return repr(value) if len(repr(value)) <= _WIDTH else f"{repr(value)[:_WIDTH]} ..."
    if len(value) <= _WIDTH:
        return repr(value)
    first = max(0, start - _WIDTH // 3)
    part = value[first : first + _WIDTH]
    return f"{'... ' if first else ''}{part!r}{' ...' if first + _WIDTH < len(value) else ''}"
