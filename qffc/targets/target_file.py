"""Files of targets: TOML, checked, and allowed to be short by naming a target that they are like."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.passes.connectivity import SHAPES, Connectivity, shaped
from qffc.passes.machines import Region
from qffc.passes.strict_documents import parse_toml
from qffc.passes.target import CostWeights, Limits, MinimumAngles, Pricing, Target
from qffc.passes.target_gates import ONE_QUBIT_NATIVE, by_gate, spelling_of
from qffc.passes.target_noise import NoiseModel

if TYPE_CHECKING:
    from collections.abc import Callable

NONE = "none"
"""What takes away something that the target named by ``like`` has."""

Text = Annotated[str, Field(min_length=1)]
Gate = Annotated[str, BeforeValidator(lambda name: spelling_of(name) or name)]
"""The name of a gate, in capitals or not; the target knows which there are."""


_TABLES = {
    "weights": CostWeights,
    "minimum": MinimumAngles,
    "noise": NoiseModel,
    "limits": Limits,
    "pricing": Pricing,
}


_EXPECTED = {"tuple_type": "a list in brackets: [ ... ]", "too_long": "an edge between two qubits, such as [0, 1]"}
"""Instead of what pydantic expects, by kind of complaint."""
_BY_GATE = ("weights", "pricing")
"""Tables that take names of gates, too."""


class ConnectivityTable(BaseModel):
    """The table ``connectivity``: edges, or a shape of all qubits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edges: tuple[tuple[int, int], ...] | None = None
    shape: str | None = None

    def connectivity(self, qubits: int | None) -> Connectivity:
        """Return which qubits can meet, given how many there are."""
        if (self.edges is None) == (self.shape is None):
            raise error(
                "connectivity in two ways, or in none",
                found="connectivity with neither edges nor a shape" if self.edges is None else "edges and a shape",
                expected=f"edges = [[0, 1], ...], or shape = one of {quoted(SHAPES)}",
                help="keep one of them",
            )
        return Connectivity(self.edges) if self.edges is not None else shaped(self.shape or "", qubits)


class TargetFile(BaseModel):
    """What a target file may say; unknown names are refused.

    Example:
        >>> TargetFile(title="our two ions", qubits=2, gates=("ZZPhase",)).target("lab").two_qubit
        'ZZPhase'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    qubits: int | None = None
    gates: tuple[Gate, ...] = ()
    one_qubit: tuple[Gate, ...] = ONE_QUBIT_NATIVE
    two_qubit: Gate | None = None
    connectivity: ConnectivityTable | None = None
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
        special = ("two_qubit", "connectivity", "qubits")
        given = {field: getattr(self, field) for field in TargetFile.model_fields if field not in special}
        graph = None if self.connectivity is None else self.connectivity.connectivity(self.qubits)
        qubits = graph.qubits if self.qubits is None and graph is not None else self.qubits
        first = self.gates[0] if self.gates else "TK2"
        made = Target(name, qubits=qubits, two_qubit=self.two_qubit or first, connectivity=graph, **given)
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
    apart = _with_gates_apart(entries, origin)
    try:
        return TargetFile.model_validate(apart).target(name)
    except ValidationError as problem:
        raise _complaint(problem, origin) from None
    except QffcError as problem:  # parts that do not fit together
        raise QffcError(replace(problem.diagnostic, where=origin)) from None


def _with_gates_apart(entries: dict[str, object], origin: str) -> dict[str, object]:
    """The entries, those with the name of a gate as ``by_gate`` of their table."""
    apart = dict(entries)
    for table in _BY_GATE:
        given = entries.get(table)
        if not isinstance(given, dict):
            continue
        named: dict[str, float] = {}
        for key, value in given.items():
            gate = spelling_of(key)
            if gate is None:
                continue
            if gate in named or isinstance(value, bool) or not isinstance(value, int | float):
                found = f"{table}.{key} given twice" if gate in named else f"{table}.{key} = {value!r}"
                raise _mistake(origin, found, "one number for each gate")
            named[gate] = float(value)
        rest = {key: value for key, value in given.items() if spelling_of(key) is None}
        apart[table] = {**rest, "by_gate": by_gate(named)} if named else rest
    return apart


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
    known = [field.name for field in fields(kind) if field.name != "by_gate"]
    more = ", or the name of a gate" if table in _BY_GATE else ""
    for name in entries if isinstance(entries, dict) else ():
        if name not in known and not (more and spelling_of(name)):
            raise _mistake(origin, f"unknown entry '{table}.{name}'", f"one of {quoted(known)}{more}")


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
    expected = _EXPECTED.get(first["type"]) or first["msg"][0].lower() + first["msg"][1:]
    return _mistake(origin, f"{name} {found}", expected)


def _mistake(origin: str, found: str, expected: str) -> QffcError:
    return error(
        "mistake in a target file",
        found=f"'{origin}': {found}",
        expected=expected,
        help="correct the file; docs/howto-targets.md shows one",
    )
