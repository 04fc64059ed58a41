"""What a caller gives, looked at where it comes in: a value of another type is refused by name, with what is expected.

Numbers may be those of Python or of NumPy; a file name is a text or a ``Path``.
"""

from __future__ import annotations

from pathlib import Path
from reprlib import Repr

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error
from qffc.ir.plain_numbers import whole_number

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def shown(given: object) -> str:
    """Return a value as a message quotes it: shortened, with its type.

    Example:
        >>> shown(3), shown("a"), shown(None)
        ('3 of type int', "'a' of type str", 'None')
    """
    return "None" if given is None else f"{_SHORT.repr(given)} of type {type(given).__name__}"


def not_a(what: str, given: object, expected: str, help: str) -> QffcError:
    """Return the refusal of a value that is not what it should be, to be raised.

    Example:
        >>> not_a("a model", 3, "a ForceField", "train one").diagnostic.title
        'not a model'
    """
    return error(f"not {what}", found=shown(given), expected=expected, help=help)


def whole_of(name: str, given: object, least: int = 0) -> int:
    """Return a whole number.

    Args:
        name: of the argument.
        given: what was given for it.
        least: the smallest one that makes sense.

    Raises:
        QffcError: for anything else.

    Example:
        >>> whole_of("seed", np.int64(3))
        3
    """
    number = whole_number(given)
    if number is None or number < least:
        raise error(
            f"{name} that is no whole number" if number is None else f"{name} out of range",
            found=shown(given) if number is None else f"{number}",
            expected=f"a whole number from {least} on",
            help=f"correct {name}",
        )
    return number


def real_of(name: str, given: object) -> float:
    """Return a real number, infinities and NaN included, for the caller to judge.

    Raises:
        QffcError: for anything else.

    Example:
        >>> real_of("skin", np.float32(0.5)), real_of("skin", 1)
        (0.5, 1.0)
    """
    number = given[()] if isinstance(given, np.ndarray) and given.ndim == 0 else given
    if isinstance(number, bool | np.bool_) or not isinstance(number, int | float | np.integer | np.floating):
        raise error(f"{name} that is no number", found=shown(given), expected="a number", help=f"correct {name}")
    return float(number)


def reals_of(name: str, given: object, expected: str) -> NDArray[np.float64]:
    """Return an array of real numbers as float64, a copy; its shape, NaN and infinities are for the caller to judge.

    Args:
        name: what they are, such as ``positions``.
        given: an array, or nested lists.
        expected: what they should be.

    Raises:
        QffcError: when it is none.

    Example:
        >>> reals_of("positions", [[0, 1, 2]], "Angstrom").shape
        (1, 3)
    """
    try:
        array = np.asarray(given)
    except (ValueError, TypeError):
        array = None  # lists of unequal length
    if array is not None and array.dtype.kind in "iuf":
        return array.astype(np.float64)
    raise error(
        f"{name} that are no real numbers",
        found=shown(given) if array is None or not array.ndim else f"an array of {array.dtype}",
        expected=expected,
        help="give an array, or nested lists of equal length",
    )


def path_of(what: str, given: object) -> Path:
    """Return the place of a file or a folder.

    Args:
        what: is or will be there, such as ``the model``.
        given: a text or a path.

    Raises:
        QffcError: for anything else.

    Example:
        >>> path_of("the model", "runs/water").name
        'water'
    """
    if isinstance(given, str | Path):
        return Path(given)
    raise error(
        f"no place for {what}",
        found=shown(given),
        expected="the name of a file or a folder: a text, or a pathlib.Path",
        help=f"give the place of {what}",
    )


def why_unread(problem: Exception) -> str:
    """Return why a file could not be read, without its name, which a message says once.

    Example:
        >>> why_unread(FileNotFoundError(2, "No such file or directory", "run.toml"))
        'No such file or directory'
    """
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return "not UTF-8 text" if isinstance(problem, UnicodeDecodeError) else str(problem)
