"""Passes of others: whether a class is a pass that a name can mean, and what installed packages (plugins) announce.

A package announces a pass by an entry point of the group ``qffc.passes``, whose name is that of the pass. Reading what
is announced imports nothing of the package.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.base import MEANINGS, Pass

GROUP = "qffc.passes"
"""The group of entry points."""
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names in kebab-case."""


@dataclass(frozen=True)
class OwnPass:
    """A pass that does not come with qffc.

    Args:
        name: what pipelines call it.
        place: its module and class, ``module:Class``.
        source: for people: the package and its version, or the module that registered it.
        entry: what loads it.
        kind: the class, where it is loaded already.
    """

    name: str
    place: str
    source: str
    entry: EntryPoint | None = None
    kind: type[Pass[object]] | None = None

    def load(self) -> type[Pass[object]]:
        """Return the class; the module of the package is imported now.

        Raises:
            QffcError: when the import fails, or what it gives is no pass of that name; names the package.
        """
        if self.kind is not None:
            return self.kind
        assert self.entry is not None
        try:
            found = self.entry.load()
        except (Exception, SystemExit) as problem:  # whatever it is, it is the package's
            raise self._broken(f"{type(problem).__name__}: {problem}") from problem
        fault = fault_of(found, self.name)
        if fault is not None:
            raise self._broken(fault)
        kind: type[Pass[object]] = found
        return kind

    def _broken(self, fault: str) -> QffcError:
        return error(
            "pass of a package that cannot be loaded",
            found=f"'{self.name}' of {self.source} ({self.place}): {fault}",
            expected=f"a subclass of {Pass.__module__}.Pass with the name '{self.name}'",
            help="update or uninstall that package, or tell its author; docs/howto-pass.md shows a pass",
        )


def fault_of(kind: object, name: str | None = None) -> str | None:
    """Return why a name cannot mean a class, or None when it can.

    Args:
        kind: what should be a pass.
        name: what it should be called; when left out, any name in kebab-case.

    Example:
        >>> fault_of(int)
        "'int' is no subclass of qffc.passes.base.Pass"
    """
    if not isinstance(kind, type) or not issubclass(kind, Pass):
        said = f"'{kind.__name__}'" if isinstance(kind, type) else f"an object of type {type(kind).__name__}"
        return f"{said} is no subclass of {Pass.__module__}.Pass"
    own = getattr(kind, "name", None)
    if not isinstance(own, str) or not NAME.fullmatch(own):
        return f"'{kind.__name__}' has the name {own!r}, which is not in kebab-case"
    if name is not None and own != name:
        return f"'{kind.__name__}' has another name, '{own}'"
    preserves = getattr(kind, "preserves", None)
    if preserves not in MEANINGS:
        return f"'{kind.__name__}' preserves {preserves!r}, not one of {', '.join(MEANINGS)}"
    if not getattr(vars(kind).get("__dataclass_params__"), "frozen", False):
        return f"'{kind.__name__}' is no frozen dataclass"
    if inspect.isabstract(kind):
        return f"'{kind.__name__}' has no method 'run'"
    return None


def installed_passes() -> tuple[OwnPass, ...]:
    """Return what installed packages announce, in the order of the names; nothing is imported."""
    found: dict[tuple[str, str, str], OwnPass] = {}
    for entry in entry_points(group=GROUP):
        package = "an unknown package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
        # A package that is installed for its developers may be found twice.
        found[entry.name, entry.value, package] = OwnPass(entry.name, entry.value, package, entry)
    return tuple(found[key] for key in sorted(found))


def of_class(kind: type[Pass[object]]) -> OwnPass:
    """Return a class as a pass that is there already."""
    return OwnPass(kind.name, f"{kind.__module__}:{kind.__qualname__}", f"registered by {kind.__module__}", kind=kind)
