"""Calculators of the Atomic Simulation Environment (ASE), and atoms for them, named by text."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.abc import GetPropertiesMixin
from ase.collections import g2
from ase.io import read

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.passes.user_python import run_file, users_code
from qffc.references.programs import names_model

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

BULK = "bulk:"
_FORMS = "module:NAME, FILE.py:NAME, or a trained model; NAME is a calculator, its class, or a function that makes one"
_NAMED = re.compile(r"(?P<place>[^:]+):(?P<name>[A-Za-z_][\w.]*)")
_ETHANOL = "CH3CH2OH"


def calculator_named(text: str) -> Callable[[], Calculator]:
    """Return what makes the calculator that a text names.

    Args:
        text: ``module:NAME`` or ``FILE.py:NAME``, where the name stands for a calculator, its class, or a function
            without arguments that makes one; or a trained model as everywhere in qffc.

    Raises:
        QffcError: when there is none; a file that fails is shown with its line.

    Example:
        >>> type(calculator_named("ase.calculators.emt:EMT")()).__name__
        'EMT'
    """
    if names_model(text):
        from qffc.models.calculator import Calculator as OfModel
        from qffc.models.files.model_file import load_model

        model = load_model(text)
        return lambda: OfModel(model)
    named = _NAMED.fullmatch(text)
    if named is None:
        raise error(
            "not a calculator",
            found=f"'{text}'",
            expected=_FORMS,
            help="write, for instance, ase.calculators.emt:EMT",
        )
    place, name = named["place"], named["name"]
    given = _found(place, name)
    if isinstance(given, GetPropertiesMixin):
        return lambda: cast("Calculator", given)
    if not callable(given):
        raise _none_there(text, f"'{name}' of type {type(given).__name__}")

    def make() -> Calculator:
        with users_code(Path(place)):
            made = given()
        if not isinstance(made, GetPropertiesMixin):
            raise _none_there(text, f"'{name}()' of type {type(made).__name__}")
        return cast("Calculator", made)

    make()  # what cannot be made is told at once
    return make


def atoms_named(text: str | None, calculator: str) -> Atoms:
    """Return the atoms that a text names.

    Args:
        text: a file that ASE reads, of which the first frame is taken; a molecule of ASE's G2 set, such as ``H2O``;
            ``bulk:Cu``, the conventional cell of a crystal; or None: the molecule of a trained model, else ethanol.
        calculator: what they are for.

    Raises:
        QffcError: when nothing fits.

    Example:
        >>> len(atoms_named("CH4", "ase.calculators.emt:EMT")), len(atoms_named("bulk:Cu", ""))
        (5, 4)
    """
    if text is None:
        text = _ETHANOL if not names_model(calculator) else None
    if text is None:
        return _of_model(calculator)
    if text in g2.names:
        named: Atoms = molecule(text)
        return named
    if text.startswith(BULK):
        try:
            crystal: Atoms = bulk(text.removeprefix(BULK), cubic=True)
        except (ValueError, RuntimeError, KeyError) as problem:
            raise _no_atoms(text, f"no crystal that ASE knows: {problem}") from None
        return crystal
    if not Path(text).is_file():
        raise _no_atoms(text, "no such file, and no molecule of that name")
    try:
        found = read(text, index=0)
    except Exception as problem:  # each format of ASE has its own errors
        raise _no_atoms(text, f"{type(problem).__name__}: {problem}") from None
    if not isinstance(found, Atoms) or not len(found):
        raise _no_atoms(text, "no atoms")
    return found


def _of_model(text: str) -> Atoms:
    from qffc.models.checks.check_geometries import choose_geometries
    from qffc.models.files.model_file import load_model

    chosen = choose_geometries(load_model(text), None, None, np.random.default_rng(0))
    return Atoms(chosen.numbers, positions=chosen.frames[0])


def _found(place: str, name: str) -> object:
    if place.endswith(".py"):
        module: object = run_file(Path(place))
    else:
        sys.path.insert(0, str(Path.cwd()))  # modules beside the user, as python -m finds them
        try:
            module = import_module(place)
        except ImportError as problem:
            raise error(
                "module that cannot be imported",
                found=f"'{place}': {problem}",
                expected="a module that Python imports here",
                help="install it beside qffc, or name a file: FILE.py:NAME",
            ) from None
        finally:
            sys.path.remove(str(Path.cwd()))
    for part in name.split("."):
        if not hasattr(module, part):
            raise _none_there(f"{place}:{name}", f"no '{part}'")
        module = getattr(module, part)
    return module


def _none_there(text: str, found: str) -> QffcError:
    return error("no calculator of that name", found=f"'{text}': {found}", expected=_FORMS, help="correct the name")


def _no_atoms(text: str, found: str) -> QffcError:
    return error(
        "no atoms",
        found=f"'{text}': {found}",
        expected=f"a file that ASE reads, {BULK}ELEMENT, or a molecule such as {quoted(['H2O', 'CH4', _ETHANOL])}",
        help="correct the name or the path; the geometry should be near a minimum of the calculator",
    )
