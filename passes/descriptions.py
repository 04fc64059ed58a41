"""What there is to say about each pass, read from its source: importing all passes would load JAX and pytket."""

from __future__ import annotations

import ast
from dataclasses import MISSING, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from qffc.ir.diagnostics import InternalError, QffcError
from qffc.passes.own_passes import OwnPass
from qffc.passes.pipeline_text import spelt
from qffc.passes.registry import REGISTRY, clash_of, own_passes

QFFC = "qffc"
"""The source of the passes that come with qffc."""


@dataclass(frozen=True)
class PassDescription:
    """A pass in words.

    Args:
        name: of the pass.
        about: the first line of its docstring.
        preserves: what it leaves as it was.
        options: name and default of each option, as a pipeline spells them; ``(needed)`` without a default.
        source: where it comes from: ``qffc``, a package with its version, or the module that registered it.
        problem: why it cannot be used; empty when it can. Of such a pass nothing else is known.
    """

    name: str
    about: str
    preserves: str
    options: tuple[tuple[str, str], ...]
    source: str = QFFC
    problem: str = ""


def describe_passes() -> tuple[PassDescription, ...]:
    """Return the descriptions of all passes: those of qffc in the order of the registry, then all others by name.

    Others are loaded for it; one that cannot be loaded, or whose name means another pass, too, says so.

    Example:
        >>> describe_passes()[3].options
        (('fuse', 'true'), ('merge', 'true'), ('fold-swaps', 'true'))
    """
    own = own_passes()
    others = (_describe_own(each, [other for other in own if other.name == each.name]) for each in own)
    return (*(_describe(name, *place.split(":")) for name, place in REGISTRY), *others)


def _describe_own(each: OwnPass, meant: list[OwnPass]) -> PassDescription:
    clash = clash_of(each.name, meant)
    problem = "" if clash is None else f"two passes of one name: of {clash}"
    try:
        kind = None if problem else each.load()
    except QffcError as broken:
        kind, problem = None, broken.diagnostic.found
    if kind is None:
        return PassDescription(each.name, "", "", (), each.source, problem)
    about = (kind.__doc__ or "").strip().splitlines()
    own = (field for field in fields(cast(Any, kind)) if field.init)
    options = tuple(
        (field.name.replace("_", "-"), "(needed)" if field.default is MISSING else spelt(field.default))
        for field in own
    )
    return PassDescription(each.name, about[0] if about else "", kind.preserves, options, each.source)


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
