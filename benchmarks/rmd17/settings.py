"""What to train and how, from the command line and a file: a program with its options, and settings of training.

A file has settings of training by name, and a table `model` with options of the program. Run files of qffc fit as they
are: their program stands in for --model; frames, splits, data and folder are those of the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qffc.ir.diagnostics import QffcError, error
from qffc.library.options import written
from qffc.passes.strict_documents import parse_json
from qffc.studies.program_options import with_options
from qffc.studies.run_file import RunFile, model_beside, program_beside, read_toml, run_from

MODEL = "model"
SUFFIXES = (".yaml", ".yml", ".json", ".toml")
_STUDIES = ("curve", "sweep", "search", "cluster")


@dataclass(frozen=True)
class Choices:
    """A reference to a program, and everything else that a run file says about training."""

    program: str
    file: RunFile


def read_choices(program: str | None, file: Path | None) -> Choices:
    """Return the choices of --model and --settings; the file's options win over those in the name of the program.

    Raises:
        QffcError: when the file cannot be read, an entry is unknown, or no program is named.
    """
    values = {} if file is None else _read(file)
    options = values.pop(MODEL, {})
    run = _run(values, file)
    named = program or run.program
    if named is None:
        raise error(
            "no program",
            found="neither --model nor a settings file with a program",
            expected="lib:NAME, FILE.qffc or FILE.py:NAME",
            help="name one: --model lib:pair:channels=8",
        )
    if not isinstance(options, Mapping):
        raise error(
            "options of the program",
            found=f"{MODEL}: {options!r}",
            expected=f"options by name, such as {MODEL}: {{channels: 8}}",
            help="name the program with --model, its options in the file",
            where=str(file),
        )
    spelled = {str(name): _spelled(value) for name, value in options.items()}
    return Choices(with_options(named, spelled), run)


def _spelled(value: object) -> object:
    return written(tuple(value)) if isinstance(value, list) else value


def _run(values: dict[str, object], file: Path | None) -> RunFile:
    try:
        run = run_from(values)
    except QffcError as problem:
        raise QffcError(replace(problem.diagnostic, where=str(file))) from None
    unfit = [name for name in _STUDIES if getattr(run, name) is not None] + (["data"] if run.data else [])
    if unfit:
        raise error(
            "settings for another command",
            found=f"'{unfit[0]}'",
            expected=f"settings of training, and '{MODEL}'",
            help="name data with --data; curves, sweeps and searches are commands of qffc",
            where=str(file),
        )
    changes: dict[str, object] = {}
    if file is not None and run.program is not None:
        changes["program"] = program_beside(file.parent, run.program)
    if file is not None and run.start_from is not None:
        changes["start_from"] = model_beside(file.parent, run.start_from)
    return run.model_copy(update=changes)


def _read(file: Path) -> dict[str, object]:
    if file.suffix == ".toml":
        return read_toml(file)
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            values = parse_json(text)
        elif file.suffix in SUFFIXES:
            values = _yaml(text)
        else:
            raise ValueError(f"its name ends in {file.suffix!r}")
        if not isinstance(values, dict):
            raise ValueError(f"it is no table of settings but a {type(values).__name__}")
    except (OSError, ValueError) as problem:
        raise error(
            "settings that cannot be read",
            found=f"'{file}': {problem}",
            expected=f"settings by name, in a file that ends in one of {', '.join(SUFFIXES)}",
            help="'qffc config template' prints all names, as TOML",
        ) from None
    return {str(name): value for name, value in values.items()}


def _yaml(text: str) -> object:
    try:
        import yaml
    except ImportError:
        raise ValueError("YAML is read by PyYAML, which is not installed: pip install pyyaml, or write TOML") from None
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from None
    if isinstance(values, dict) and isinstance(values.get("limits"), bool):
        values["limits"] = "on" if values["limits"] else "off"  # which YAML takes for truth values
    return {} if values is None else values
