"""The passes by name, loaded when they are asked for."""

from __future__ import annotations

from importlib import import_module

from qffc.ir.diagnostics import InternalError, error, quoted
from qffc.passes.base import Pass

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
"""Name, then module and class."""


def pass_names() -> tuple[str, ...]:
    """Return the names of all passes, in the order of the registry."""
    return tuple(name for name, _ in REGISTRY)


def is_registered(step: Pass[object]) -> bool:
    """Return whether a pass is one of the registry: whether its name means it.

    Example:
        >>> is_registered(load_pass("canonicalize")())
        True
    """
    return any(known == step.name and _load(known, place) is type(step) for known, place in REGISTRY)


def load_pass(name: str) -> type[Pass[object]]:
    """Return the class of a pass; its module is imported now.

    Raises:
        QffcError: when no pass has that name.

    Example:
        >>> load_pass("canonicalize").name
        'canonicalize'
    """
    for known, place in REGISTRY:
        if known == name:
            return _load(known, place)
    raise error(
        "unknown pass",
        found=f"'{name}'",
        expected=f"one of {quoted(pass_names())}",
        help="'qffc passes' describes them",
    )


def _load(name: str, place: str) -> type[Pass[object]]:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if not (isinstance(found, type) and issubclass(found, Pass) and found.name == name):
        raise InternalError(f"the registry maps '{name}' to {place}, which is not a pass of that name")
    return found
