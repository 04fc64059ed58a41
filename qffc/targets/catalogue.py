"""The targets that come with qffc, and those that users describe in a file.

Example:
    >>> target("H2-1LE").qubits
    56
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.given_values import not_a
from qffc.passes.counts import CircuitCounts
from qffc.passes.machines import removed
from qffc.passes.target import Target

SUFFIX = ".toml"
_FOLDER = files("qffc.targets") / "files"


@cache
def target_names() -> tuple[str, ...]:
    """Return the names of the targets that come with qffc, in alphabetical order."""
    found = (entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(SUFFIX))
    return tuple(sorted(name.removesuffix(SUFFIX) for name in found))


def targets() -> tuple[Target, ...]:
    """Return the targets that come with qffc."""
    return tuple(_shipped(name) for name in target_names())


def target(name: str | Path) -> Target:
    """Return a target that comes with qffc, or one from a file.

    Args:
        name: the name of a target, or a file that ends in ``.toml``, such as ``lab.toml``; that target is called
            after its file.

    Raises:
        QffcError: when there is none of that name, or the file cannot be read or has a mistake.

    Example:
        >>> target("ideal").title
        'exact simulation with JAX'
    """
    text = str(name)
    if text in target_names():
        return _shipped(text)
    if text.endswith(SUFFIX):
        return _from_file(Path(text))
    raise _unknown(text)


def target_of(given: str | Path | Target) -> Target:
    """Return a target from anything that names one.

    Args:
        given: a target, or what :func:`target` takes.

    Raises:
        QffcError: when it is neither.

    Example:
        >>> target_of("ideal").name
        'ideal'
    """
    if isinstance(given, Target):
        return given
    if isinstance(given, str | Path):
        return target(given)
    raise not_a("a target", given, f"a Target, or one of {quoted(target_names())}", "'qffc targets' describes them")


def price(counts: CircuitCounts, shots: int, *, on: Target | str) -> float:
    """Return the price in HQC of running a circuit; 0 on a target that is free.

    Example:
        >>> counts = CircuitCounts(2, phased_x=10, rz=0, two_qubit=5, two_qubit_depth=5, depth=9, cost=5.0)
        >>> price(counts, 1000, on="H2-1")
        21.0
    """
    where = target(on) if isinstance(on, str) else on
    return where.price(counts, shots)


@cache
def _shipped(name: str) -> Target:
    from qffc.targets.target_file import read_target  # pydantic is slow to load

    return read_target(name, _text(name), _text, name)


def _from_file(path: Path) -> Target:
    from qffc.targets.target_file import read_target

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(
            "target file that cannot be read",
            found=f"'{path}': {problem.strerror if isinstance(problem, OSError) else 'not UTF-8'}",
            expected="a TOML file",
            help="correct the path",
        ) from None
    return read_target(path.stem, text, _text, str(path))


def _text(name: str) -> str:
    """The file of a target that comes with qffc."""
    if name not in target_names():
        raise _unknown(name)
    return (_FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def _unknown(name: str) -> QffcError:
    return removed(name) or error(
        "unknown target",
        found=f"'{name}'",
        expected=f"one of {quoted(target_names())}, or a file '*{SUFFIX}'",
        help="'qffc targets' describes them",
    )
