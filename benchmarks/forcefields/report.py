"""What the commands have in common when they speak: tables that can be pasted into a page."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.box import Box
from rich.console import Console
from rich.table import Table


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", style: Box = box.MARKDOWN
) -> None:
    """Print a table, in Markdown unless told otherwise, the first column to the left, the others to the right."""
    table = Table(box=style)
    for number, name in enumerate(header):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # The width of a terminal must not break the rows of a table that goes into a page.
    console = Console(width=400, highlight=False, markup=False)
    if title:
        console.print(f"\n{title}")
    console.print(table)
