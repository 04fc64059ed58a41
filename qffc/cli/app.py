"""The verbs of the command line; the file of a verb is imported when the verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from qffc.cli.about import EXAMPLES, SUMMARIES
from qffc.cli.stopped import StoppableCommand

if TYPE_CHECKING:
    from typer._click import Command, Context  # typer.Context is one of its kinds

VERBS: tuple[tuple[str, str], ...] = (
    ("import", "qffc.cli.import_circuit:import_program"),
    ("check", "qffc.cli.check:check"),
    ("compile", "qffc.cli.compile:compile_program"),
    ("draw", "qffc.cli.draw:draw_program"),
    ("data", "qffc.cli.data:app"),
    ("train", "qffc.cli.train:train"),
    ("eval", "qffc.cli.evaluate:evaluate"),
    ("uncertainty", "qffc.cli.uncertainty:uncertainty"),
    ("predict", "qffc.cli.predict:predict"),
    ("card", "qffc.cli.card:card"),
    ("report", "qffc.cli.report:report"),
    ("export", "qffc.cli.export:export_file"),
    ("curve", "qffc.cli.curve:curve"),
    ("sweep", "qffc.cli.sweep:sweep"),
    ("search", "qffc.cli.search:search"),
    ("diagnose", "qffc.cli.diagnose:diagnose"),
    ("run", "qffc.cli.run_energies:run_model"),
    ("md", "qffc.cli.md:run_md"),
    ("relax", "qffc.cli.relax:relax_model"),
    ("vibrations", "qffc.cli.vibrations:vibrations"),
    ("energy", "qffc.cli.energy:energy"),
    ("audit", "qffc.cli.audit:audit"),
    ("list", "qffc.cli.listing:list_programs"),
    ("passes", "qffc.cli.listing:list_passes"),
    ("targets", "qffc.cli.targets:show_targets"),
    ("config", "qffc.cli.config:app"),
    ("demo", "qffc.cli.demo:demo"),
)
"""Name, then module and function (or group of commands), in the order of the work."""


class VerbGroup(TyperGroup):
    """The command with all its verbs, of which only the one that is used is loaded."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Return the verb that the arguments name, loaded, and what follows it.

        Args:
            ctx: of the command.
            args: from the verb on.

        Raises:
            typer.TyperException: there is no such verb; near ones are named.
        """
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, None if stand_in is None else load_verb(str(stand_in.name)), rest


def load_verb(name: str) -> Command:
    """Return a verb, or a group of commands, with its options, and an example at the end of its help."""
    module, _, attribute = dict(VERBS)[name].partition(":")
    verb = getattr(import_module(module), attribute)
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback()(lambda: None)
    if isinstance(verb, typer.Typer):
        app.add_typer(verb, name=name)
    else:
        app.command(name, cls=StoppableCommand)(verb)
    command: Command = typer.main.get_group(app).commands[name]
    for path, each in {name: command, **_inner(name, command)}.items():
        if path in EXAMPLES:
            each.epilog = f"Example: {EXAMPLES[path]}"
    return command


def _inner(name: str, command: Command) -> dict[str, Command]:
    """The commands of a group by their whole names."""
    commands = command.commands if isinstance(command, TyperGroup) else {}
    return {f"{name} {each}": command for each, command in commands.items()}


def build() -> TyperGroup:
    """Return the command with every verb, none of them loaded."""
    app = typer.Typer(
        name="qffc",
        cls=VerbGroup,
        help="Quantum force-field compiler: one symmetric circuit, proven, trained and run on hardware.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup), "it has a callback"
    group.commands = {name: TyperCommand(name, short_help=SUMMARIES.get(name)) for name, _ in VERBS}
    return group


def _version(wanted: bool) -> None:
    if wanted:
        import qffc

        print(f"qffc {qffc.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    del version
