"""What there is to say about each pass, read from its source: importing all passes would load JAX and pytket."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from qffc.ir.diagnostics import InternalError
from qffc.passes.registry import REGISTRY


@dataclass(frozen=True)
class PassDescription:
    """A pass in words.

    Args:
        name: of the pass.
        about: the first line of its docstring.
        preserves: what it leaves as it was.
        options: name and default of each option, as a pipeline spells them; ``(needed)`` without a default.
    """

    name: str
    about: str
    preserves: str
    options: tuple[tuple[str, str], ...]


def describe_passes() -> tuple[PassDescription, ...]:
    """Return the descriptions of all passes, in the order of the registry.

    Example:
        >>> describe_passes()[3].options
        (('fuse', 'true'), ('merge', 'true'), ('fold-swaps', 'true'))
    """
    return tuple(_describe(name, *place.split(":")) for name, place in REGISTRY)


def _describe(name: str, module: str, attribute: str) -> PassDescription:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise InternalError(f"the registry maps '{name}' to {module}, which is not there")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == attribute)
    fields = [node for node in body.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    shared = {_name(node): node.value for node in fields if _is_shared(node)}
    preserves = shared["preserves"]
    assert isinstance(preserves, ast.Constant)
    return PassDescription(
        name,
        (ast.get_docstring(body) or "").splitlines()[0],
        str(preserves.value),
        tuple((_name(node).replace("_", "-"), _spell(node.value)) for node in fields if not _is_shared(node)),
    )


def _name(node: ast.AnnAssign) -> str:
    assert isinstance(node.target, ast.Name)
    return node.target.id


def _is_shared(node: ast.AnnAssign) -> bool:
    return ast.unparse(node.annotation).startswith("ClassVar")


def _spell(default: ast.expr | None) -> str:
    if default is None:
        return "(needed)"
    if not isinstance(default, ast.Constant):
        return ast.unparse(default)
    value = default.value
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
