"""The verbs of the command line; the file of a verb is imported when the verb is used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.once import OnceCommand

if TYPE_CHECKING:
    from typer.core import TyperGroup

VERBS: tuple[tuple[str, str], ...] = (
    ("import", "qffc.cli.import_circuit:import_program"),
    ("check", "qffc.cli.check:check"),
    ("compile", "qffc.cli.compile:compile_program"),
    ("draw", "qffc.cli.draw:draw_program"),
    ("data", "qffc.cli.data:app"),
    ("train", "qffc.cli.train:train"),
    ("eval", "qffc.cli.evaluate:evaluate"),
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


def build(arguments: Sequence[str]) -> TyperGroup:
    """Return the command for some arguments: with the verb that they name, or with all verbs when they name none."""
    app = typer.Typer(
        name="qffc",
        help="Quantum force-field compiler: one symmetric circuit, proven, trained and run on hardware.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    named = [(name, place) for name, place in VERBS if name in arguments[:1]]
    for name, place in named or VERBS:
        module, _, attribute = place.partition(":")
        loaded = import_module(module)
        verb = getattr(loaded, attribute)
        if isinstance(verb, typer.Typer):
            app.add_typer(verb, name=name)
        else:
            app.command(name, cls=OnceCommand, epilog=getattr(loaded, "EXAMPLE", None))(verb)
    group: TyperGroup = typer.main.get_group(app)
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
