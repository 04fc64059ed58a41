"""Names with ``{i}`` in them, which stand for the symbols of a circuit that differ in a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from qffc.ir.diagnostics import error, quoted

_PLACE = re.compile(r"\{(\w+)\}")
_MOST_LISTED = 12


def matches(pattern: str, names: Iterable[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each name that a pattern stands for, with the numbers in its places.

    Example:
        >>> list(matches("w_{i}_{j}", ["w_0_1", "v", "w_2_10"]))
        [('w_0_1', {'i': '0', 'j': '1'}), ('w_2_10', {'i': '2', 'j': '10'})]
    """
    seen: set[str] = set()
    parts = []
    for index, part in enumerate(_PLACE.split(pattern)):
        if index % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(rf"(?P={part})" if part in seen else rf"(?P<{part}>\d+)")
            seen.add(part)
    expression = re.compile("".join(parts))
    for name in names:
        found = expression.fullmatch(name)
        if found is not None:
            yield name, found.groupdict()


def filled(text: str, numbers: Mapping[str, str], origin: str) -> str:
    """Return a text with numbers in its places.

    Raises:
        QffcError: when it has a place that the name beside it has not.

    Example:
        >>> filled("alpha[{i}]*component(r(O, H{i}), x)", {"i": "1"}, "theta_{i}")
        'alpha[1]*component(r(O, H1), x)'
    """
    for place in _PLACE.findall(text):
        if place not in numbers:
            raise error(
                "place without a number",
                found=f"'{{{place}}}' in '{text}'",
                expected=f"one of the places of '{origin}'" if numbers else f"a name with places, not '{origin}'",
                help="use the same word in the name and in the value",
            )
    return _PLACE.sub(lambda found: numbers[found[1]], text)


def need_found(pattern: str, found: bool, names: Iterable[str]) -> None:
    """Refuse a name, or a pattern, that no symbol has."""
    if found:
        return
    listed = list(names)
    shown = quoted(listed[:_MOST_LISTED]) + (f" and {len(listed) - _MOST_LISTED} more" * (len(listed) > _MOST_LISTED))
    raise error(
        "symbol that the circuit does not have",
        found=f"'{pattern}'",
        expected=f"one of {shown}" if listed else "no symbol: all angles of the circuit are numbers",
        help="correct the name; '{i}' stands for a number"
        if listed
        else "export the circuit with symbols for its angles",
    )
