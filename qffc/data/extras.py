"""Packages that come with an extra of qffc, loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from qffc.ir.diagnostics import error


def need_package(name: str, extra: str, purpose: str) -> ModuleType:
    """Return a package that an extra brings.

    Args:
        name: of the module.
        extra: that brings it.
        purpose: what it is needed for.

    Raises:
        QffcError: it is not installed; names the extra.

    Example:
        >>> need_package("json", "h5", "an example").__name__
        'json'
    """
    try:
        return import_module(name)
    except ImportError:
        raise error(
            "package that is not installed",
            found=f"no '{name.partition('.')[0]}'",
            expected=f"the extra '{extra}', for {purpose}",
            help=f"pip install 'qffc[{extra}]'",
        ) from None
