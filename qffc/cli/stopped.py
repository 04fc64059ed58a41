"""Commands that are stopped by Ctrl-C say what is left of their work, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qffc.cli.once import OnceCommand
from qffc.cli.output import say

if TYPE_CHECKING:
    from typer._click import Context  # typer.Context is one of its kinds

STOPPED = 130
"""What a command leaves with that Ctrl-C stopped, as in a shell."""


@contextmanager
def goes_on_in(folder: Path) -> Iterator[None]:
    """Say, when Ctrl-C ends what is inside, that the same command goes on with what is in a folder."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"stopped: the same command goes on with what is in {folder}")
        raise typer.Exit(STOPPED) from None


class StoppableCommand(OnceCommand):
    """A command that says what Ctrl-C left: circuits that were run are kept where ``--store`` says, if it does."""

    def invoke(self, ctx: Context) -> object:
        """Run the verb.

        Args:
            ctx: of the command, with the values of its options.

        Raises:
            typer.Exit: with code 130, when it is stopped.
        """
        try:
            result: object = super().invoke(ctx)
        except KeyboardInterrupt:
            say(f"stopped{self._left(ctx)}")
            raise typer.Exit(STOPPED) from None
        return result

    def _left(self, ctx: Context) -> str:
        if "store" not in ctx.params:
            return ""
        folder = ctx.params["store"]
        if folder is None:
            return ": shots that were run are not kept; with --store FOLDER, the same command goes on with them"
        return f": the same command goes on with the shots in {folder}"
