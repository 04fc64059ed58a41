"""Programs and data named by text, as the command line and the toolchain take them."""

from __future__ import annotations

import inspect
import linecache
import re
import sys
import traceback
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import GenericAlias, ModuleType
from typing import TYPE_CHECKING, cast

from qffc.dsl import Ansatz, as_program
from qffc.ir.diagnostics import Diagnostic, InternalError, QffcError, QffcWarning, Span, error, quoted
from qffc.ir.given_values import not_a
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.library.catalogue import PREFIX, load_reference
from qffc.library.options import parse_options
from qffc.models.files.trained import TRAINED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ase import Atoms

    from qffc.data import Dataset, Molecules
    from qffc.units import Units

    DataLike = Dataset | str | Path | Atoms | Sequence[Atoms]
    SeveralDataLike = DataLike | Sequence[DataLike]

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
        return _from_python(Path(python["file"]), python["name"] or "", python["options"] or "")
    path = Path(text)
    if path.suffix == TEXT_SUFFIX:
        return parse_program(_read(path), file=str(path))
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


def datasets_of(
    data: SeveralDataLike, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> list[Dataset]:
    """Return the datasets that are meant, one for each molecule.

    Args:
        data: what :func:`dataset_of` takes, or ``FILE:all`` for every molecule in a file; or several of these.
        units: of files.
        keys: names by role, where they are others than usual.

    Raises:
        QffcError: when one of them is no data.

    Example:
        >>> datasets_of(["water", "ammonia"])
        [Dataset('water', OH2, 1000 frames), Dataset('ammonia', NH3, 500 frames)]
    """
    from ase import Atoms

    if isinstance(data, list | tuple) and not all(isinstance(each, Atoms) for each in data):
        several: list[DataLike] = list(data)
    else:
        several = [cast("DataLike", data)]
    found: list[Dataset] = []
    for each in several:
        if isinstance(each, str | Path):
            found += resolve_sets(each, units, keys)
        else:
            found.append(dataset_of(each, units, keys))
    return found


def dataset_of(
    data: DataLike,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Return the dataset that is meant.

    Args:
        data: a dataset, the name of an embedded one, a data file, or objects of ASE with energies and forces; see
            :func:`qffc.data.from_atoms.dataset_of_atoms`.
        units: of a file; of ASE they are known.
        keys: names by role, where they are others than usual.
        energies_alone: take a file without forces, too.

    Raises:
        QffcError: when it is no data, or what it names cannot be read.

    Example:
        >>> dataset_of("water")
        Dataset('water', OH2, 1000 frames)
    """
    from ase import Atoms

    from qffc.data import EMBEDDED, Dataset
    from qffc.data.from_atoms import dataset_of_atoms

    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path):
        return resolve_data(data, units, keys, energies_alone=energies_alone)
    frames = [data] if isinstance(data, Atoms) else data
    if isinstance(frames, list | tuple) and all(isinstance(each, Atoms) for each in frames):
        return dataset_of_atoms(frames, units, keys)
    raise not_a(
        "data",
        data,
        f"a Dataset, one of {quoted(EMBEDDED)}, a file .npz, .xyz or .extxyz, or ase.Atoms objects in a list",
        "the objects of ASE need energies and forces, as ase.io.read gives them",
    )


def resolve_data(
    text: str | Path,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Return the dataset that a text names.

    Args:
        text: the name of an embedded dataset, or a file ``.npz``, ``.xyz`` or ``.extxyz``, the latter also packed as
            ``.gz``; or ``FILE:FORMULA`` for one molecule of a file that holds several.
        units: of the numbers in a file; see :func:`qffc.units.data_units`.
        keys: names in a file by role, where they are others than usual; see :func:`qffc.data.read`.
        energies_alone: read a file without forces, too, to compare energies.

    Raises:
        QffcError: when there is no such dataset, its units are not declared, it cannot be read, or there are several.

    Example:
        >>> resolve_data("water")
        Dataset('water', OH2, 1000 frames)
    """
    sets = _resolve(text, units, keys, energies_alone).sets
    if len(sets) == 1:
        return sets[0]
    file = str(text).rpartition(":")[0]
    raise error(
        "several molecules where one is meant",
        found=f"'{text}': {quoted(data.formula for data in sets)}" if sets else f"'{text}', which has free atoms alone",
        expected="one molecule",
        help=f"name it as {file}:{sets[0].formula if sets else 'FORMULA'}",
    )


def resolve_sets(
    text: str | Path, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> tuple[Dataset, ...]:
    """Return the datasets that a text names: one, or with ``FILE:all`` one for each molecule of a file.

    Args:
        text: as for :func:`resolve_data`, or ``FILE:all``.
        units: of the numbers in a file.
        keys: names in a file by role.

    Raises:
        QffcError: as :func:`resolve_data`, or the file has free atoms alone.

    Warns:
        QffcWarning: the file has free atoms, which make no set; their energies are named as options take them.
    """
    from qffc.data.molecules import spelt_atoms

    found = _resolve(text, units, keys)
    if not found.sets:
        return (resolve_data(text, units, keys),)
    if found.atoms:
        diagnostic = Diagnostic(
            title="free atoms in a data file",
            where=str(text),
            found=f"energies of {quoted(found.atoms)}, which are no molecules to train on",
            expected="their energies as what the reference energies of the model shall be near to",
            help=f"if that is not said yet: --atom-energies {spelt_atoms(found.atoms)}",
        )
        warnings.warn(QffcWarning(diagnostic), stacklevel=2)
    return found.sets


def resolve_molecules(
    text: str | Path, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> Molecules:
    """Return all that a file holds, or what ``FILE:FORMULA`` names of it, with or without forces.

    Args:
        text: as for :func:`resolve_data`.
        units: of the numbers in a file.
        keys: names in a file by role.

    Raises:
        QffcError: as :func:`resolve_data`.
    """
    from qffc.data.file_names import ALL, XYZ_SUFFIXES, suffix

    whole = suffix(text) in XYZ_SUFFIXES and Path(text).exists()
    found = _resolve(f"{text}:{ALL}" if whole else text, units, keys, energies_alone=True)
    if not whole or found.atoms or len(found.sets) > 1:
        return found
    return _resolve(text, units, keys, energies_alone=True)  # as training reads it: its atoms have to be in one order


def _resolve(
    text: str | Path, units: str | Units | None, keys: Mapping[str, str] | None, energies_alone: bool = False
) -> Molecules:
    from qffc.data import EMBEDDED, Molecules, load_embedded, read, read_molecules
    from qffc.data.file_names import FILE_FORMS
    from qffc.data.molecules import molecule_in
    from qffc.units import INTERNAL, data_units

    if not isinstance(text, str | Path):
        raise not_a(
            "the name of data", text, f"one of {quoted(EMBEDDED)}, or a file", "qf.train takes objects of ASE too"
        )
    text = str(text)
    declared = None if units is None else data_units(units)
    if text in EMBEDDED:
        if declared not in (None, INTERNAL):
            raise error(
                "units of an embedded dataset",
                found=f"'{declared}' for '{text}'",
                expected=f"no units: '{text}' comes in {INTERNAL}",
                help="leave the units out",
            )
        if keys:
            raise error(
                "keys for an embedded dataset",
                found=f"keys for {quoted(keys)}",
                expected=f"no keys: '{text}' is no file",
                help="leave the keys out",
            )
        return Molecules((load_embedded(text),), {})
    chosen = molecule_in(text)
    if chosen is not None and Path(chosen[0]).exists():
        file, formula = chosen
        return read_molecules(file, declared, keys, formula=formula, energies_alone=energies_alone)
    if not Path(text).exists():
        raise error(
            "no such data",
            found=f"'{text}'",
            expected=f"one of {quoted(EMBEDDED)}, or {FILE_FORMS}",
            help=f"check the path; relative paths start at {Path.cwd()}",
        )
    return Molecules((read(text, declared, keys, energies_alone=energies_alone),), {})


def _from_python(path: Path, name: str, options: str) -> Program:
    module = _run_file(path)
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
    with _users_code(path):
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


def _run_file(path: Path) -> ModuleType:
    source = _read(path)
    linecache.checkcache(str(path))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    name, folder = f"qffc_user_file_{path.stem}", str(path.resolve().parent)
    module.__name__ = name
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, folder)  # so that the file can import its neighbours
    try:
        with _users_code(path):
            exec(compile(source, str(path), "exec"), vars(module))
    finally:
        sys.path.remove(folder)
    return module


@contextmanager
def _users_code(path: Path) -> Iterator[None]:
    """Turn any failure of the user's Python into a diagnostic with its line; what it prints goes to stderr."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (QffcError, InternalError, KeyboardInterrupt):
        raise
    except SyntaxError as problem:
        at = Span(problem.filename or str(path), problem.lineno or 1, problem.offset or 1)
        raise _failed("Python file that cannot be read", f"{type(problem).__name__}: {problem.msg}", at) from None
    except ImportError as problem:
        raise _failed("import that fails", str(problem), _place(problem, path)) from None
    except (Exception, SystemExit) as problem:  # whatever it is, it is the user's, and belongs to a line
        found = f"{type(problem).__name__}: {problem}"
        raise _failed("Python file that fails", found, _place(problem, path)) from problem


def _place(problem: BaseException, path: Path) -> Span | None:
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if frame.filename == str(path) and frame.lineno is not None:
            return Span(frame.filename, frame.lineno, (frame.colno or 0) + 1)
    return None


def _failed(title: str, found: str, span: Span | None) -> QffcError:
    return error(
        title,
        found=found,
        expected="a file that Python runs without an error",
        help="correct the line; 'python FILE.py' shows the whole traceback",
        span=span,
    )


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:  # a lone CR ends no line
            return file.read()
    except (OSError, UnicodeDecodeError) as problem:
        reason = "not UTF-8 text" if isinstance(problem, UnicodeDecodeError) else problem.strerror
        raise error(
            "file that cannot be read",
            found=f"'{path}': {reason}",
            expected="a text file",
            help=f"check the path; relative paths start at {Path.cwd()}",
        ) from None
