"""Passes in the Python files of users: ``FILE.py:CLASS`` in a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from qffc.ir.diagnostics import error, quoted
from qffc.passes.base import Pass
from qffc.passes.own_passes import fault_of
from qffc.passes.user_python import run_file

_MARK = ".py:"


class PassPlace(NamedTuple):
    """A class in a file."""

    file: Path
    kind: str

    @classmethod
    def of(cls, text: str) -> PassPlace | None:
        """Return the place that a text names; None when it is no ``FILE.py:CLASS``.

        Example:
            >>> PassPlace.of("mine.py:CountOps").kind, PassPlace.of("canonicalize")
            ('CountOps', None)
        """
        file, mark, kind = text.rpartition(_MARK)
        return cls(Path(f"{file}.py"), kind) if mark else None


def pass_in(place: PassPlace) -> type[Pass[object]]:
    """Run a Python file and return the pass that is defined there.

    Raises:
        QffcError: when the file fails, or has no pass of that name.
    """
    module = run_file(place.file)
    found: Any = vars(module).get(place.kind)
    fault = fault_of(found)
    if fault is None:
        kind: type[Pass[object]] = found
        return kind
    there = [
        name for name, each in vars(module).items() if fault_of(each) is None and each.__module__ == module.__name__
    ]
    missing = f"'{place.kind}', which is not there" if place.kind else "no name after the file"
    raise error(
        "no pass of that name in the file",
        found=missing if found is None else fault,
        expected=f"one of {quoted(there)}" if there else f"a frozen dataclass that derives from {Pass.__module__}.Pass",
        help=f"write {place.file}:{there[0] if there else 'CLASS'}; docs/howto-pass.md shows a pass of one's own",
        where=str(place.file),
    )
