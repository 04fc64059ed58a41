"""The lines of a text: they end at LF or CR LF and nowhere else, and hold no control characters."""

from __future__ import annotations

import re
import unicodedata

from qffc.ir.diagnostics import Span, error

_END = re.compile(r"\r?\n")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
"""All but tabs; some programs take a few of these for the end of a line, such as U+000B, U+0085 and U+2028."""


def lines_of(text: str) -> list[str]:
    r"""Return the lines of a text without their ends.

    Example:
        >>> lines_of("one\r\ntwo # and \x0b\u2028 so on\n")
        ['one', 'two # and \x0b\u2028 so on']
    """
    lines = _END.split(text)
    return lines if lines[-1] else lines[:-1]


def need_plain_line(source: str, file: str, number: int) -> None:
    """Raise a diagnostic for a control character, in a comment too: what follows it may look like a line of its own.

    Args:
        source: the line.
        file: what places in diagnostics call the text.
        number: of the line, from 1.
    """
    found = _CONTROL.search(source)
    if found is None:
        return
    name = unicodedata.name(found.group(), "a control character")
    raise error(
        "control character in a line",
        found=f"U+{ord(found.group()):04X}, {name}",
        expected="text and tabs; a line ends at LF or CR LF",
        help="remove it, or end the line there",
        span=Span(file, number, found.start() + 1, found.end() + 1, _CONTROL.sub("\N{REPLACEMENT CHARACTER}", source)),
    )
