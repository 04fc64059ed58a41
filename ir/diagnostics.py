"""What qffc says when something is wrong: one shape for every message.

A *diagnostic* is data: a short title, what was found, what was expected, where, and what to do.
User mistakes raise :class:`QffcError` with one; what may be no mistake is a :class:`QffcWarning` with one;
:class:`InternalError` is for our own mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Span:
    """A place in a text: 1-based line and columns, the end column exclusive."""

    file: str
    line: int
    column: int = 1
    end_column: int | None = None
    source: str | None = None
    """The text of the line, when it cannot be read from ``file`` again."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def line_text(self) -> str | None:
        """Return the line that the span points at, or None when it is out of reach."""
        if self.source is not None:
            return self.source
        try:
            # Where Python ends its lines: not at U+2028 and the like, as splitlines would.
            lines = Path(self.file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return lines[self.line - 1] if 0 < self.line <= len(lines) else None

    def excerpt(self) -> str | None:
        """Return the line with a marker below the columns, or None when it is out of reach."""
        text = self.line_text()
        if text is None:
            return None
        gutter = str(self.line)
        end = self.end_column or max(len(text.rstrip()) + 1, self.column + 1)
        marker = " " * (self.column - 1) + "^" * max(1, end - self.column)
        blank = " " * len(gutter)
        return f"{blank} |\n{gutter} | {text.rstrip()}\n{blank} | {marker}"


@dataclass(frozen=True)
class Diagnostic:
    """One message for a person.

    Args:
        title: what is wrong, in a few words, no full stop.
        found: what was found, values quoted.
        expected: what would have been right; lists the valid choices.
        help: something to do about it.
        where: a place that is no text span: a layer, a generator, an atom, a file key.
        span: the place in a text.

    Example:
        >>> print(Diagnostic("unknown site", "'H3'", "one of 'O', 'H1', 'H2'", "name a declared site").render())
        error: unknown site
          found:    'H3'
          expected: one of 'O', 'H1', 'H2'
          help:     name a declared site
    """

    title: str
    found: str
    expected: str
    help: str
    where: str | None = None
    span: Span | None = None

    def render(self, kind: str = "error") -> str:
        """Return the message as plain text, several lines, no trailing newline.

        Args:
            kind: the word that it begins with.
        """
        lines = [f"{kind}: {self.title}"]
        if self.span is not None:
            lines.append(f"  at:       {self.span}")
            excerpt = self.span.excerpt()
            if excerpt is not None:
                lines += [f"    {row}".rstrip() for row in excerpt.split("\n")]
        if self.where is not None:
            lines.append(f"  where:    {self.where}")
        lines += [f"  found:    {self.found}", f"  expected: {self.expected}", f"  help:     {self.help}"]
        return "\n".join(lines)

    def to_json(self) -> dict[str, str]:
        """Return the message as plain data, for ``--json``."""
        entries = {
            "title": self.title,
            "at": None if self.span is None else str(self.span),
            "where": self.where,
            "found": self.found,
            "expected": self.expected,
            "help": self.help,
        }
        return {key: value for key, value in entries.items() if value is not None}


class QffcError(ValueError):
    """A mistake that the user can mend; carries its :class:`Diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.render())
        self.diagnostic = diagnostic

    def __reduce__(self) -> tuple[type[QffcError], tuple[Diagnostic]]:
        return (type(self), (self.diagnostic,))


class QffcWarning(UserWarning):
    """What a user should know and may want; carries its :class:`Diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.render("warning"))
        self.diagnostic = diagnostic

    def __reduce__(self) -> tuple[type[QffcWarning], tuple[Diagnostic]]:
        return (type(self), (self.diagnostic,))


class InternalError(RuntimeError):
    """A mistake of qffc itself; the message asks for a report.

    Args:
        message: what is wrong; ``what`` is this alone.
    """

    def __init__(self, message: str) -> None:
        self.what = message
        super().__init__(f"internal error in qffc: {message} (please report this, with the program that led to it)")


def quoted(names: object) -> str:
    """Return the names of an iterable quoted and separated by commas, in their order.

    Example:
        >>> quoted(["a", "b"])
        "'a', 'b'"
    """
    return ", ".join(repr(str(name)) for name in names)  # type: ignore[attr-defined]  # any iterable


def error(
    title: str, *, found: str, expected: str, help: str, where: str | None = None, span: Span | None = None
) -> QffcError:
    """Return a :class:`QffcError` ready to be raised; the arguments are those of :class:`Diagnostic`."""
    return QffcError(Diagnostic(title=title, found=found, expected=expected, help=help, where=where, span=span))
