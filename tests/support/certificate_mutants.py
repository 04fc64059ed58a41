"""Certificates that were changed, as a forger changes them: with checksums and digests that fit again."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

NOT_LOOKED_AT = re.compile(
    r"/(qffc|python|origin/.*|origin|rules_only)"
    r"|/verdicts/\d+/(rule|points|deviation|note|bits|(failure|carried|witness)(/.*)?|counterexample/transform/words)"
)
"""What a checker does not take for a claim: who wrote it and with what, how a proof was found, and hints to itself."""
_WORDS = ("proven", "refuted", "undecided", "rotation", "inversion", "translation", "exchange", "X", "H", "", "none")


@dataclass(frozen=True)
class Mutant:
    """A certificate that was changed.

    Args:
        path: what was changed.
        data: the certificate.
    """

    path: str
    data: dict[str, Any]


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    """Return a certificate with the checksum of what it says."""
    own = {key: part for key, part in data.items() if key not in ("schema", "sha256")}
    checksum = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()
    return {**data, "sha256": checksum}


def mutants(data: dict[str, Any], random: Random, texts: int) -> Iterator[Mutant]:
    """Yield a certificate with each of its fields changed, in several ways, and with programs that were changed."""
    for path in _paths(data, ()):
        for change in _changes(_at(data, path), random):
            changed = copy.deepcopy(data)
            parent = _at(changed, path[:-1])
            if change is _GONE:
                del parent[path[-1]]
            else:
                parent[path[-1]] = change
            yield Mutant("/" + "/".join(map(str, path)), sealed(changed))
    for _ in range(texts):
        text = _changed_text(data["text"], random)
        if text != data["text"]:
            digest = hashlib.sha256(text.encode()).hexdigest()
            yield Mutant("/text", sealed({**data, "text": text, "digest": digest}))


_GONE = object()


def _paths(data: object, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if path and path[0] not in ("schema", "sha256"):
        yield path
    if isinstance(data, dict | list):
        for key, part in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _paths(part, (*path, key))


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _changes(value: object, random: Random) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield random.choice([value + 1, -value - 1, value * 1.5 + 0.01])
        case str():
            yield from random.sample([word for word in _WORDS if word != value], 2)
        case None:
            yield from (80, {"qubits": []}, "X")
        case list():
            if value:
                yield value[:-1]
                yield [*value, value[0]]
                yield value[::-1]
            else:
                yield ["rotation about z"]
        case dict():
            yield None
    yield _GONE


def _changed_text(text: str, random: Random) -> str:
    lines = text.split("\n")
    place = random.randrange(1, len(lines) - 1)
    line = lines[place]
    names = sorted(
        set(re.findall(r"^qubit (\w+)", text, re.MULTILINE)) | set(re.findall(r"^site (\w+)", text, re.MULTILINE))
    )
    match random.randrange(5):
        case 0:
            del lines[place]
        case 1:
            other = random.randrange(1, len(lines) - 1)
            lines[place], lines[other] = lines[other], lines[place]
        case 2:
            lines[place] = re.sub(r"\d+(?![\w.])", lambda m: str(int(m[0]) + 1), line, count=1)
        case 3:
            old, new = random.choice(names), random.choice(names)
            lines[place] = re.sub(rf"\b{old}\b", new, line, count=1)
        case _:
            lines[place] = line.replace(", ", ", -1*", 1) if random.random() < 0.5 else line.replace("r(", "x(", 1)
    return "\n".join(lines)
