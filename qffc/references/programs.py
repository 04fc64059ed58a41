"""Programs named by text: of the library, in files, in models."""

from __future__ import annotations

import re
from pathlib import Path

from qffc.dsl import Ansatz, as_program
from qffc.ir.diagnostics import error
from qffc.ir.given_values import not_a
from qffc.ir.program import Program
from qffc.library.catalogue import PREFIX, load_reference
from qffc.models.files.trained import TRAINED_PREFIX
from qffc.passes.user_python import text_of
from qffc.references.python_file import program_in

ProgramLike = Program | Ansatz | str | Path
"""A program, an ansatz with its default options, or a reference as :func:`resolve_program` takes it."""

TEXT_SUFFIX = ".qffc"
MODEL_SUFFIX = ".safetensors"
_PYTHON = re.compile(r"(?P<file>.+\.py)(?::(?P<name>[^:]*))?(?::(?P<options>.*))?")
_FORMS = f"{PREFIX}NAME, FILE{TEXT_SUFFIX}, FILE.py:NAME, {TRAINED_PREFIX}NAME, or the folder of a trained model"


def program_of(program: ProgramLike) -> Program:
    """Return a program from anything that names one.

    Example:
        >>> program_of("lib:water-demo:depth=2").name
        'water-demo'
    """
    return resolve_program(program) if isinstance(program, str | Path) else as_program(program)


def resolve_program(text: str | Path) -> Program:
    """Return the program that a text names.

    Args:
        text: ``lib:name`` or ``lib:name:option=value,...`` for a library program; a file ``*.qffc`` in the text
            format; ``file.py:name`` or ``file.py:name:option=value,...`` for an ansatz or program in a Python file,
            which is run; or a model file, the folder of a training run, or ``trained:name``.

    Raises:
        QffcError: when nothing fits, or the file has a mistake; shown with its line.

    Example:
        >>> resolve_program("lib:sivqlm-lih").species
        ('Li', 'H')
    """
    if not isinstance(text, str | Path):
        raise not_a("the name of a program", text, _FORMS, "qf.as_program gives the program of an ansatz")
    text = str(text)
    if text.startswith(PREFIX):
        return load_reference(text)
    python = _PYTHON.fullmatch(text)
    if python is not None:
        return program_in(Path(python["file"]), python["name"] or "", python["options"] or "")
    path = Path(text)
    if path.suffix == TEXT_SUFFIX:
        from qffc.ir.text.parser import parse_program  # loads a parser generator

        return parse_program(text_of(path), file=str(path))
    if names_model(text):
        from qffc.models.files.model_file import load_model  # loads JAX, which the other forms do without

        return load_model(text).program
    raise error(
        "not a program",
        found=f"'{text}'",
        expected=_FORMS,
        help="'qffc list' names the library programs",
    )


def names_model(text: str) -> bool:
    """Whether a text names a trained model: a model file, the folder of a run, or one that comes with qffc.

    Example:
        >>> names_model("trained:water"), names_model("lib:pair")
        (True, False)
    """
    path = Path(text)
    # No text at all is no name of the current folder.
    return text.startswith(TRAINED_PREFIX) or path.suffix == MODEL_SUFFIX or bool(text and path.is_dir())
