"""The programs that come with qffc, by name."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, replace

from qffc.dsl import Ansatz
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.program import Program
from qffc.library.coupled import all_pairs, ring
from qffc.library.gathered import gathered
from qffc.library.initial import initial
from qffc.library.options import check_options, parse_options, written
from qffc.library.pair import pair
from qffc.library.revised import revised
from qffc.library.sivqlm import sivqlm_h2o, sivqlm_h2o_dimer, sivqlm_lih, sivqlm_nh3
from qffc.library.water_demo import water_demo

PREFIX = "lib:"

_ANSATZE = {
    item.name: item
    for item in (
        water_demo,
        sivqlm_lih,
        sivqlm_h2o,
        sivqlm_nh3,
        sivqlm_h2o_dimer,
        pair,
        gathered,
        initial,
        revised,
        ring,
        all_pairs,
    )
}


def programs() -> dict[str, str]:
    """Return the names of the library programs, each with one line about it.

    Example:
        >>> for name in programs():
        ...     print(name)
        water-demo
        sivqlm-lih
        sivqlm-h2o
        sivqlm-nh3
        sivqlm-h2o-dimer
        pair
        gathered
        initial
        revised
        ring
        all-pairs
    """
    return {name: (item.__doc__ or "").splitlines()[0] for name, item in _ANSATZE.items()}


def load(name: str, **options: object) -> Program:
    """Return a library program.

    Args:
        name: one of :func:`programs`.
        options: arguments of its builder, such as ``depth``.

    Raises:
        QffcError: for an unknown name or option, or a value that does not fit.

    Example:
        >>> len(load("water-demo", depth=2).parameters)
        3
    """
    item = _find(name)
    checked = check_options(name, options, item.options)
    try:
        return item(**checked)
    except QffcError as problem:  # the line in the library says nothing to its user
        diagnostic = replace(problem.diagnostic, span=None, where=f"library program '{name}'")
        raise QffcError(diagnostic) from None


@dataclass(frozen=True)
class LibraryProgram:
    """What there is to know of a library program.

    Args:
        name: its name.
        about: what it is, some sentences.
        options: name, default as it is written in a reference, and meaning of each option.
    """

    name: str
    about: str
    options: tuple[tuple[str, str, str], ...]


def describe(name: str) -> LibraryProgram:
    """Return the description of a library program.

    Args:
        name: one of :func:`programs`, with or without ``lib:`` before it.

    Raises:
        QffcError: when there is none of that name.

    Example:
        >>> describe("lib:water-demo").options[0]
        ('depth', '6', 'number of exchange layers; positions enter once more than that.')
    """
    item = _find(name.removeprefix(PREFIX))
    about, _, arguments = inspect.cleandoc(item.__doc__ or "").partition("\nArgs:\n")
    found = re.findall(r"^    (\w+): ((?:.|\n(?! {4}\w|\n))*)", arguments, re.MULTILINE)
    meaning = {option: " ".join(text.split()) for option, text in found}
    options = tuple(
        (option, written(parameter.default), meaning.get(option, "")) for option, parameter in item.options.items()
    )
    return LibraryProgram(item.name, about.strip(), options)


def load_reference(reference: str) -> Program:
    """Return a library program named by text, ``lib:name`` or ``lib:name:option=value,...``.

    Example:
        >>> load_reference("lib:water-demo:tied=true,breaking=false").parameter("w").axes
        (3, 6)
    """
    name, _, text = reference.removeprefix(PREFIX).partition(":")
    if not reference.startswith(PREFIX):
        raise error(
            "not a library reference",
            found=f"'{reference}'",
            expected=f"'{PREFIX}' and one of {quoted(_ANSATZE)}",
            help=f"write {PREFIX}water-demo or {PREFIX}water-demo:depth=2,tied=true",
        )
    return load(name, **parse_options(name, text, _find(name).options))


def _find(name: str) -> Ansatz:
    if name in _ANSATZE:
        return _ANSATZE[name]
    raise error(
        "unknown library program",
        found=f"'{name}'",
        expected=f"one of {quoted(_ANSATZE)}",
        help="'qffc list' names each with a line about it",
    )
