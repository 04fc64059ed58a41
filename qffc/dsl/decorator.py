"""From a function to a program: the decorator ``ansatz``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from qffc.dsl.author import Author
from qffc.dsl.caller import caller_span, function_span, located
from qffc.dsl.symmetries import ordered
from qffc.ir.declarations import AtomicReadout, EnergyReadout, Readout, Scope, Symmetry
from qffc.ir.diagnostics import QffcError, Span, error, quoted
from qffc.ir.given_values import not_a
from qffc.ir.program import Program

AnsatzFunction = Callable[..., Readout]
"""Takes the author object, then options with defaults; returns ``a.energy(...)`` or ``a.atomic_energy(...)``."""


@dataclass(frozen=True)
class Head:
    """What the decorator was told; None leaves it to the function."""

    name: str
    scope: Scope = "molecule"
    symmetry: tuple[Symmetry, ...] | None = None
    species: tuple[str, ...] | None = None
    average: tuple[Symmetry, ...] = ()
    channels: int = 1


class Ansatz:
    """A family of programs: call it with options for one of them.

    Example:
        >>> import qffc as qf
        >>> @qf.ansatz
        ... def lithium_hydride(a, depth=2):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     upper, lower = a.twins(hydrogen)
        ...     for layer in a.layers(depth):
        ...         a.rotate(upper, layer.param("alpha") * hydrogen.position)
        ...     return a.energy(a.dot(upper, lower))
        >>> len(lithium_hydride.program.ops), len(lithium_hydride(depth=4).ops)
        (3, 5)
    """

    def __init__(self, function: AnsatzFunction, head: Head) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._head = head

    def __reduce__(self) -> str:
        """Pickled by name, as functions are: it must be found under it in its module."""
        return str(self.__qualname__)  # type: ignore[attr-defined]  # from update_wrapper

    @property
    def head(self) -> Head:
        """What the decorator was told."""
        return self._head

    @property
    def name(self) -> str:
        """The name of the program."""
        return self.head.name

    @property
    def span(self) -> Span:
        """Where the function is defined."""
        return function_span(self._function.__code__)

    @cached_property
    def options(self) -> Mapping[str, inspect.Parameter]:
        """The options of the function by name, with their annotations and defaults."""
        parameters = inspect.signature(self._function, eval_str=True).parameters
        return {name: parameter for name, parameter in list(parameters.items())[1:]}

    @cached_property
    def program(self) -> Program:
        """The program with all options at their defaults."""
        return self()

    def __call__(self, **options: object) -> Program:
        """Return the program with these options.

        Raises:
            QffcError: for an unknown option, and for every mistake in the function, with its line.
        """
        self._check_options(options)
        author = Author(self.head.scope)
        author.channels(self.head.channels)
        author.average(*self.head.average)
        if self.head.species is not None:
            author.species(*self.head.species)
        if self.head.symmetry is not None:
            author.symmetry(*self.head.symmetry)
        try:
            readout = self._function(author, **options)
        except QffcError as problem:
            raise located(problem, self.span) from None
        if not isinstance(readout, EnergyReadout | AtomicReadout):
            raise error(
                "ansatz without an energy",
                found=f"'{self.name}' returns {readout!r}",
                expected="what a.energy(...) or a.atomic_energy(...) returned",
                help="end the function with 'return a.energy(...)'",
                span=self.span,
            )
        try:
            return author.finish(self.name, readout)
        except QffcError as problem:
            raise located(problem.with_traceback(None), author.readout_span) from None

    def __repr__(self) -> str:
        return f"<Ansatz {self.name}({', '.join(map(str, self.options.values()))})>"

    def _check_options(self, options: Mapping[str, object]) -> None:
        unknown = [name for name in options if name not in self.options]
        if unknown:
            raise error(
                "unknown option",
                found=quoted(unknown),
                expected=f"one of {quoted(self.options)}" if self.options else f"no option: '{self.name}' has none",
                help=f"the options are the arguments of '{self.__name__}' after the first",  # type: ignore[attr-defined]  # from update_wrapper
                span=caller_span(),
            )
        missing = [
            name for name, option in self.options.items() if option.default is option.empty and name not in options
        ]
        if missing:
            raise error(
                "option without a value",
                found=f"no {quoted(missing)}",
                expected=f"a value for {quoted(missing)}",
                help="give the argument a default, or pass it by name",
                span=caller_span(),
            )


@overload
def ansatz(function: AnsatzFunction, /) -> Ansatz: ...


@overload
def ansatz(
    *,
    name: str | None = None,
    scope: Scope = "molecule",
    symmetry: Sequence[Symmetry] | None = None,
    species: Sequence[str] | None = None,
    average: Sequence[Symmetry] | Symmetry = (),
    channels: int = 1,
) -> Callable[[AnsatzFunction], Ansatz]: ...


def ansatz(
    function: AnsatzFunction | None = None,
    /,
    *,
    name: str | None = None,
    scope: Scope = "molecule",
    symmetry: Sequence[Symmetry] | None = None,
    species: Sequence[str] | None = None,
    average: Sequence[Symmetry] | Symmetry = (),
    channels: int = 1,
) -> Ansatz | Callable[[AnsatzFunction], Ansatz]:
    """Turn a function that writes a circuit into an :class:`Ansatz`, with or without arguments.

    Args:
        function: takes the author object and options with defaults.
        name: the name of the program; that of the function by default.
        scope: ``molecule`` for one circuit a molecule, ``pair`` for one each centre and two neighbours,
            ``atom`` for one each centre and all its neighbours.
        symmetry: the symmetry that is declared; by default rotation, inversion, translation and, where there are like
            atoms, exchange.
        species: the order of every species axis; by default that of the sites. Scopes pair and atom need it.
        average: ``exchange`` or ``inversion``: made exact by averaging over copies of the circuit.
        channels: copies of the circuit with parameters of their own.

    Example:
        >>> @ansatz(name="lih", symmetry=("rotation", "translation"))
        ... def lithium_hydride(a):
        ...     lithium, hydrogen = a.centre("Li"), a.neighbour("H")
        ...     return a.energy(a.dot(*a.twins(hydrogen)))
        >>> lithium_hydride.program.name, lithium_hydride.program.symmetry
        ('lih', ('rotation', 'translation'))
    """

    def decorate(function: AnsatzFunction) -> Ansatz:
        if not callable(function):
            raise not_a("an ansatz", function, "a function that writes a circuit", "decorate it with @qf.ansatz")
        return Ansatz(
            function,
            Head(
                name=function.__name__ if name is None else name,
                scope=scope,
                symmetry=None if symmetry is None else ordered(symmetry),
                species=None if species is None else tuple(species),
                average=ordered((average,) if isinstance(average, str) else average),
                channels=channels,
            ),
        )

    return decorate if function is None else decorate(function)


def as_program(program: Program | Ansatz) -> Program:
    """Return a program: itself, or the default one of an ansatz.

    Example:
        >>> from qffc.library import load
        >>> as_program(load("water-demo")).name
        'water-demo'
    """
    if isinstance(program, Program):
        return program
    if isinstance(program, Ansatz):
        return program.program
    raise not_a(
        "a program",
        program,
        "a Program, or a function decorated with @ansatz",
        "decorate the function with @qf.ansatz, or build a program with it",
    )
