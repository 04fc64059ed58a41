"""Commands that take data once: a second name is no change of mind, but a file that would be passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperOption

from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    from typer._click import Context  # typer.Context is one of its kinds


_OF_DATA = ("data", "units", "keys", "geometry")


class OnceCommand(TyperCommand):
    """A command that refuses data, or what says how to read them, given twice, of which the last would count.

    Other options may be repeated, as in aliases of a shell: the last one wins.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Args:
            ctx: of the command.
            args: as given.

        Raises:
            QffcError: an option of data that takes one value is given twice.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        seen = set()
        for option in order:
            if not isinstance(option, TyperOption) or option.multiple or option.name not in _OF_DATA:
                continue
            if option.name in seen:
                raise error(
                    "option given twice",
                    found=f"{option.opts[-1]} more than once",
                    expected=f"one value for {option.opts[-1]}",
                    help=f"leave one out, or call '{ctx.command_path}' for each",
                )
            seen.add(option.name)
        return super().parse_args(ctx, args)
