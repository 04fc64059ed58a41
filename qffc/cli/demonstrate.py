"""The verb ``demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="folder for what the demonstration writes")] = Path("runs/demo"),
    quick: Annotated[bool, typer.Option("--quick", help="a shorter training, for a first look")] = False,
) -> None:
    """Show the way from an ansatz to a trained potential and a circuit."""
    from qffc.cli.demo import run_demo

    run_demo(out, quick)
