"""Files of targets: TOML, checked, and allowed to be short by naming a target that they are like."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.passes.machines import Region
from qffc.passes.strict_documents import parse_toml
from qffc.passes.target import CostWeights, Limits, MinimumAngles, Pricing, Target, TwoQubitGate
from qffc.passes.target_noise import NoiseModel

if TYPE_CHECKING:
    from collections.abc import Callable

NONE = "none"
"""What takes away something that the target named by ``like`` has."""

Text = Annotated[str, Field(min_length=1)]


_TABLES = {
    "weights": CostWeights,
    "minimum": MinimumAngles,
    "noise": NoiseModel,
    "limits": Limits,
    "pricing": Pricing,
}


class TargetFile(BaseModel):
    """What a target file may say; unknown names are refused.

    Example:
        >>> TargetFile(title="our two ions", qubits=2, gates=("ZZPhase",)).target("lab").two_qubit
        'ZZPhase'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    qubits: int | None = None
    gates: tuple[Literal["TK2", "ZZPhase", "ZZMax"], ...] = ()
    two_qubit: TwoQubitGate | None = None
    device: Text | None = None
    emulator: Literal["pecos", "selene"] | None = None
    machine: Text | None = None
    checker: Text | None = None
    region: Region | None = None
    always_emulate: bool = False
    notes: tuple[str, ...] = ()
    weights: CostWeights = CostWeights()
    minimum: MinimumAngles = MinimumAngles()
    noise: NoiseModel | None = None
    limits: Limits = Limits()
    pricing: Pricing | None = None

    def target(self, name: str) -> Target:
        """Return the target; it prefers the cheaper gate for an exchange unless the file names one."""
        given = {field: getattr(self, field) for field in TargetFile.model_fields if field != "two_qubit"}
        first: TwoQubitGate = "TK2" if "TK2" in self.gates or not self.gates else "ZZPhase"
        made = Target(name, two_qubit=self.two_qubit or first, **given)
        return made if self.two_qubit else made.preferring(made.cheaper_exchange())


def read_target(name: str, text: str, find: Callable[[str], str], origin: str) -> Target:
    """Return the target that a file describes.

    Args:
        name: of the target.
        text: the file.
        find: returns the text of the shipped target of a name, for ``like``.
        origin: how messages name the file.

    Raises:
        QffcError: when the file is no TOML, or says what no target file may say; names the entry.
    """
    entries = _with_inherited(text, find, origin)
    for table, kind in _TABLES.items():
        _check_names(table, entries.get(table), kind, origin)
    try:
        return TargetFile.model_validate(entries).target(name)
    except ValidationError as problem:
        raise _complaint(problem, origin) from None


def _with_inherited(text: str, find: Callable[[str], str], origin: str) -> dict[str, object]:
    """The entries of a file over those of the target that it is like; tables are merged entry by entry."""
    entries = _parse(text, origin)
    like = entries.pop("like", None)
    if like is not None and not isinstance(like, str):
        raise _mistake(origin, f"like = {like!r}", "the name of a target that comes with qffc")
    return _merged({} if like is None else _with_inherited(find(like), find, like), entries)


def _merged(before: dict[str, object], entries: dict[str, object]) -> dict[str, object]:
    merged = dict(before)
    for key, value in entries.items():
        if value == NONE:
            merged.pop(key, None)
        elif isinstance(value, dict):
            earlier = before.get(key)
            merged[key] = _merged(earlier if isinstance(earlier, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _check_names(table: str, entries: object, kind: type, origin: str) -> None:
    known = [field.name for field in fields(kind)]
    for name in entries if isinstance(entries, dict) else ():
        if name not in known:
            raise _mistake(origin, f"unknown entry '{table}.{name}'", f"one of {quoted(known)}")


def _parse(text: str, origin: str) -> dict[str, object]:
    try:
        return parse_toml(text)
    except ValueError as problem:
        raise _mistake(origin, str(problem), "TOML") from None


def _complaint(problem: ValidationError, origin: str) -> QffcError:
    """The first complaint of pydantic as a diagnostic."""
    first = problem.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, QffcError):  # a part that checked itself
        return _mistake(origin, cause.diagnostic.found, cause.diagnostic.expected)
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ("like", *TargetFile.model_fields)
        return _mistake(origin, f"unknown entry '{name}'", f"one of {quoted(known)}")
    found = "missing" if first["type"] == "missing" else f"= {first['input']!r}"
    return _mistake(origin, f"{name} {found}", first["msg"][0].lower() + first["msg"][1:])


def _mistake(origin: str, found: str, expected: str) -> QffcError:
    return error(
        "mistake in a target file",
        found=f"'{origin}': {found}",
        expected=expected,
        help="correct the file; docs/howto-targets.md shows one",
    )
