"""The verifier's rules for names: well spelled, different, declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from qffc.ir.diagnostics import Span, error, quoted
from qffc.ir.draft import Draft
from qffc.ir.ops import unordered_groups

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

RESERVED = frozenset(
    (  # noqa: SIM905  # easier to read than quoted words
        "acos channel component cos cross cutoff default dot exp features frozen head log moment norm pi r radial sin "
        "sqrt tanh unit vector weight x Z"
    ).split()
)
"""Words that an expression of the text format takes for itself; later ones, as ``sum``, may name parameters too."""


def verify_names(program: Draft) -> None:
    """Refuse a name above the operations that is none, is taken twice, or names no site."""
    _verify_all(
        {
            "site": [site.name for site in program.sites],
            "parameter": [parameter.name for parameter in program.parameters],
            "qubit": [qubit.name for qubit in program.qubits],
            "generator": [item.name for item in program.generators],
            "molecule": list(dict.fromkeys(site.molecule for site in program.sites if site.molecule is not None)),
        }
    )
    for qubit in program.qubits:
        if qubit.site is not None:
            need_site(program, qubit.site, qubit.span, f"qubit '{qubit.name}'")


def verify_other_names(program: Draft) -> None:
    """Refuse a name of an observable or of a group of couplings that is none, or is taken twice."""
    _verify_all(
        {
            "observable": [name for name, _ in program.observables],
            "unordered group": list(dict.fromkeys(group for _, group in unordered_groups(program.ops))),
        }
    )


def _verify_all(groups: Mapping[str, Sequence[str]]) -> None:
    for kind, names in groups.items():
        for name in names:
            if not _NAME.fullmatch(name) or (kind == "parameter" and name in RESERVED):
                raise error(
                    f"not a name for {'an' if kind[0] in 'ou' else 'a'} {kind}",
                    found=f"'{name}'",
                    expected="a letter or '_', then letters, digits or '_', and no word of the text format",
                    help=f"rename the {kind}",
                    where=f"{kind} '{name}'",
                )
        unique(kind, names)


def unique(kind: str, names: Iterable[str], where: str | None = None) -> None:
    """Refuse names of one kind that are not all different."""
    listed = tuple(names)
    if len(set(listed)) < len(listed):
        repeated = [name for name, count in Counter(listed).items() if count > 1]
        raise error(
            f"{kind} named twice",
            found=quoted(repeated),
            expected="different names",
            help=f"remove one {kind}" if where else f"rename one {kind}",
            where=where or f"{kind} '{repeated[0]}'",
        )


def need_site(program: Draft, name: str, span: Span | None, where: str | None = None) -> None:
    """Refuse the name of a site that the program does not declare."""
    if name not in {site.name for site in program.sites}:
        raise error(
            "unknown site",
            found=f"'{name}'",
            expected=choice((site.name for site in program.sites), "site"),
            help="declare the site, or correct the name",
            where=where,
            span=span,
        )


def choice(names: Iterable[str], kind: str) -> str:
    """Return the declared names as a message lists them."""
    listed = quoted(names)
    return f"one of {listed}" if listed else f"a declared {kind}; the program declares none"
