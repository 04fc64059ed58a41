"""The text of a program with what failed verdicts say about its lines, each below the line that it blames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import wrap

from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.advice import remarks
from qffc.passes.equivariance.certificates.source_lines import Source
from qffc.passes.equivariance.verdict import Verdict

_SHORT = 24
"""Lines of a program that is shown whole."""
_CONTEXT = 2
"""Lines shown before and after a line that is blamed, in a longer program."""
_WIDTH = 100
"""Columns of the text, line numbers left out."""


def listing(program: Program, verdicts: Sequence[Verdict], source: Source | None = None) -> str:
    r"""Return the program with line numbers, and under each line what the verdicts that are not proven say about it.

    Long programs are shown around these lines alone, long lines up to a width. Empty when all is proven.

    Args:
        program: what was checked.
        verdicts: of its certificate.
        source: the lines to show; those of the text of the program when left out.

    Example:
        >>> from qffc.ir import parse_program
        >>> from qffc.passes.equivariance.check import check_equivariance
        >>> program = parse_program('''qffc 1
        ... program bond
        ... symmetry rotation
        ... scope molecule
        ... species H
        ... site A: H free
        ... qubit a: A
        ... qubit b: A
        ... singlet a, b
        ... rotate b, x(A)
        ... pauli_rotation Z(a), 0.3
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(listing(program, check_equivariance(program).verdicts).split("\n")[12:-1]))
          13 | singlet a, b
          14 | rotate b, x(A)
          15 | pauli_rotation Z(a), 3/10
             | ^^^^^^^^^^^^^^^^^^^^^^^^^
             | rotation refuted: turns about axis z of the laboratory, not about a vector of the molecule
             |   help: use rotate and a vector, or let symmetrize drop it
          16 |
          17 | observable m = dot(a, b)
          18 | energy moment(m)
    """
    shown = source or Source("", tuple(program.text.splitlines()), {})
    said: dict[int | None, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for remark in remarks(program, verdict):
            line = None if remark.line is None else shown.number(remark.line)
            said[line] += _wrapped(f"{verdict.generator} {verdict.status}: ", remark.words)
            said[line] += _wrapped("  help: ", remark.help) if remark.help else []
    if not said:
        return ""
    without_line = said.pop(None, [])
    return "\n".join([*_lines(shown.lines, said), *without_line]) + "\n"


def _lines(text: Sequence[str], said: dict[int | None, list[str]]) -> Iterator[str]:
    blamed = [line for line in said if line is not None]
    width = max(4, len(str(len(text))) + 1)
    last = 0
    for number, line in enumerate(text, 1):
        if len(text) > _SHORT and all(abs(number - place) > _CONTEXT for place in blamed):
            continue
        if number != last + 1:
            yield f"{'...':>{width}} |"
        last = number
        shown = line if len(line) <= _WIDTH else f"{line[: _WIDTH - 4]} ..."
        yield f"{number:>{width}} | {shown}".rstrip()
        if number in said:
            yield from (f"{'':>{width}} | {row}" for row in ("^" * len(shown), *said[number]))
    if blamed and last != len(text):
        yield f"{'...':>{width}} |"


def _wrapped(start: str, words: str) -> list[str]:
    return wrap(words, _WIDTH, initial_indent=start, subsequent_indent="    ", break_long_words=False)
