"""Programs in the Python files of users, which are run."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from types import GenericAlias, ModuleType

from qffc.dsl import Ansatz
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.program import Program
from qffc.library.options import parse_options
from qffc.passes.user_python import run_file, users_code


def program_in(path: Path, name: str, options: str) -> Program:
    """Run a Python file and return the program, or the ansatz with these options, that has the name there.

    Raises:
        QffcError: when there is none, the options do not fit, or the file fails; shown with its line.
    """
    module = run_file(path)
    named = {key: value for key, value in vars(module).items() if isinstance(value, Ansatz | Program)}
    own = [key for key in named if not key.startswith("_")]
    if name not in named:
        raise error(
            "no program of that name in the file",
            found=_what_is_there(module, name),
            expected=f"one of {quoted(own)}" if own else "a function decorated with @qf.ansatz, or a Program",
            help=f"write {path}:{own[0] if own else 'NAME'}",
            where=str(path),
        )
    chosen = named[name]
    if isinstance(chosen, Program):
        if options:
            raise error(
                "options for a finished program",
                found=f"'{options}' for '{name}'",
                expected="no options: it is a Program, not an ansatz",
                help="leave the options out, or name a function decorated with @qf.ansatz",
                where=str(path),
            )
        return chosen
    with users_code(path):
        return chosen(**_options(chosen, options, f"{path}:{name}"))


def _what_is_there(module: ModuleType, name: str) -> str:
    if not name:
        return "no name after the file"
    if not hasattr(module, name):
        return f"'{name}', which is not there"
    return f"'{name}', of type {type(getattr(module, name)).__name__}"


def _options(ansatz: Ansatz, text: str, where: str) -> dict[str, object]:
    typed = {name: _with_type(option) for name, option in ansatz.options.items()}
    try:
        given = parse_options(ansatz.name, text, typed)
    except QffcError as problem:
        raise QffcError(replace(problem.diagnostic, where=where)) from None
    missing = [name for name, option in typed.items() if option.default is option.empty and name not in given]
    if missing:
        raise error(
            "option without a value",
            found=f"no {quoted(missing)}",
            expected=f"a value for {quoted(missing)}",
            help=f"write {where}:{','.join(f'{name}=...' for name in missing)}, or give the argument a default",
            where=where,
        )
    return given


def _with_type(option: inspect.Parameter) -> inspect.Parameter:
    """The option; without an annotation, with the type of its default for one."""
    if option.annotation is not option.empty or option.default is option.empty:
        return option
    default = option.default
    if isinstance(default, tuple) and default:
        return option.replace(annotation=GenericAlias(tuple, (type(default[0]), ...)))
    return option.replace(annotation=type(default))
