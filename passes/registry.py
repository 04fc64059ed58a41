"""The passes by name, loaded when they are asked for: of qffc, of packages, and what a process registers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeVar

from qffc.ir.diagnostics import InternalError, QffcError, error, quoted
from qffc.passes.base import Pass
from qffc.passes.own_passes import OwnPass, fault_of, installed_passes, of_class

Kind = TypeVar("Kind", bound=type[Pass[Any]])

REGISTRY: tuple[tuple[str, str], ...] = (
    ("check-equivariance", "qffc.passes.equivariance.check:CheckEquivariance"),
    ("symmetrize", "qffc.passes.symmetrize.repair:Symmetrize"),
    ("schedule-layers", "qffc.passes.schedule.layers:ScheduleLayers"),
    ("canonicalize", "qffc.passes.simplify.canonicalize:Canonicalize"),
    ("light-cone", "qffc.passes.simplify.light_cone:LightCone"),
    ("slide-singlet", "qffc.passes.simplify.slide_singlet:SlideSinglet"),
    ("push-cliffords", "qffc.passes.gadgets.push_cliffords:PushCliffords"),
    ("synthesize-gadgets", "qffc.passes.gadgets.synthesize_gadgets:SynthesizeGadgets"),
    ("parameter-shift", "qffc.passes.parameter_shift:ParameterShift"),
    ("plan-measurement", "qffc.passes.measurement.plan:PlanMeasurement"),
    ("lower-jax", "qffc.passes.lower_jax.program:LowerJax"),
    ("lower-pytket", "qffc.passes.lower_pytket.lower:LowerPytket"),
)
"""The passes of qffc: name, then module and class."""

_PLACES = dict(REGISTRY)

_registered: dict[str, OwnPass] = {}
"""What this process has registered."""


def built_in_names() -> tuple[str, ...]:
    """Return the names of the passes of qffc, in the order of the registry."""
    return tuple(name for name, _ in REGISTRY)


def pass_names() -> tuple[str, ...]:
    """Return the names of all passes: those of qffc in the order of the registry, then all others by name."""
    known = built_in_names()
    return (*known, *sorted({each.name for each in own_passes()} - set(known)))


def is_built_in(step: Pass[object]) -> bool:
    """Return whether a pass comes with qffc: whoever has qffc can go through it again.

    Example:
        >>> is_built_in(load_pass("canonicalize")())
        True
    """
    place = _PLACES.get(step.name)
    return place is not None and _load(step.name, place) is type(step)


def register_pass(kind: Kind) -> Kind:
    """Give a pass its name in this process: in pipelines that are text, and in ``qffc.passes.descriptions``.

    A class that is defined again, as in a notebook, takes the place of the one before.

    Args:
        kind: a frozen dataclass that derives from :class:`qffc.passes.base.Pass`.

    Returns:
        The class, so that it can be used as a decorator.

    Raises:
        QffcError: when it is no such class, or its name means another pass.

    Example:
        >>> from dataclasses import dataclass
        >>> from typing import ClassVar
        >>> from qffc.passes.base import PassResult
        >>> @register_pass
        ... @dataclass(frozen=True)
        ... class CountOps(Pass[int]):
        ...     name: ClassVar[str] = "count-ops"
        ...     preserves: ClassVar[str] = "everything"
        ...
        ...     def run(self, program, target):
        ...         return PassResult(program, len(program.ops))
        >>> load_pass("count-ops") is CountOps
        True
        >>> forget_pass("count-ops")
    """
    fault = fault_of(kind)
    if fault is not None:
        raise error(
            "not a pass",
            found=fault,
            expected=f"a frozen dataclass that derives from {Pass.__module__}.Pass, with a name, 'preserves' and 'run'",
            help="docs/howto-pass.md shows a pass of one's own",
        )
    own = of_class(kind)
    others = [each for each in installed_passes() if each.name == own.name and each.place != own.place]
    before = _registered.get(own.name)
    if before is not None and before.place != own.place:
        others.append(before)
    _need_one_meaning(own.name, [own, *others])
    _registered[own.name] = own
    return kind


def forget_pass(name: str) -> None:
    """Take back what :func:`register_pass` did for a name."""
    _registered.pop(name, None)


def load_pass(name: str) -> type[Pass[object]]:
    """Return the class of a pass; its module is imported now.

    Raises:
        QffcError: when no pass has that name, when two have, or when the package that announces it cannot be loaded.

    Example:
        >>> load_pass("canonicalize").name
        'canonicalize'
    """
    for known, place in REGISTRY:
        if known == name:
            return _load(known, place)
    meant = [each for each in own_passes() if each.name == name]
    if meant:
        _need_one_meaning(name, meant)
        return meant[0].load()
    raise error(
        "unknown pass",
        found=f"'{name}'",
        expected=f"one of {quoted(pass_names())}",
        help="'qffc passes' describes them; FILE.py:CLASS means a class in a file of yours",
    )


def own_passes() -> tuple[OwnPass, ...]:
    """Return the passes that do not come with qffc, by name; nothing is imported.

    Where a package registers the class that it announces, it is listed once.
    """
    found = {(each.name, each.place, each.source): each for each in installed_passes()}
    announced = {(name, place) for name, place, _ in found}
    found |= {
        (each.name, each.place, each.source): each
        for each in _registered.values()
        if (each.name, each.place) not in announced
    }
    return tuple(found[key] for key in sorted(found))


def clash_of(name: str, meant: Sequence[OwnPass]) -> str | None:
    """Return what else a name means, when it means more than one pass.

    Args:
        name: of passes.
        meant: those that do not come with qffc and have the name.
    """
    owners = [f"{each.source} ({each.place})" for each in meant]
    owners += [f"qffc ({place})" for known, place in REGISTRY if known == name]
    return " and of ".join(owners) if len(owners) > 1 else None


def _need_one_meaning(name: str, meant: Sequence[OwnPass]) -> None:
    clash = clash_of(name, meant)
    if clash is not None:
        raise _two_meanings(name, clash)


def _two_meanings(name: str, clash: str) -> QffcError:
    return error(
        "two passes of one name",
        found=f"'{name}' of {clash}",
        expected="another name for one of them",
        help="rename yours, or uninstall one of two packages; a pass in a list, pipeline=[MyPass()], needs no name",
    )


def _load(name: str, place: str) -> type[Pass[object]]:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if not (isinstance(found, type) and issubclass(found, Pass) and found.name == name):
        raise InternalError(f"the registry maps '{name}' to {place}, which is not a pass of that name")
    return found
