"""Arrays and text in one file (safetensors, no pickle): the layout that models and checkpoints share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from qffc.atomic_files import atomic_path
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.printer import FORMAT_VERSION
from qffc.passes.strict_documents import parse_json

_CHECKSUM = "qffc_arrays_sha256"


def write_arrays(path: Path, kind: str, version: int, arrays: Mapping[str, NDArray], header: Mapping[str, str]) -> None:  # type: ignore[type-arg]  # any dtype
    """Write arrays and a header of texts, whole or not at all; the same content gives the same bytes.

    Args:
        path: the file.
        kind: what it is, such as ``model``; checked when it is read.
        version: of the layout of this kind.
        arrays: by name.
        header: texts by name.

    Raises:
        OSError: when the file cannot be written, such as on a full disk.
    """
    plain = {name: np.asarray(value, order="C") for name, value in arrays.items()}
    whole = {"qffc_kind": kind, "qffc_version": str(version), _CHECKSUM: _checksum(plain), **header}
    content = _in_order(save(plain, metadata=whole))
    with atomic_path(path) as temporary:
        # Not by safetensors, whose errors do not say that a disk is full.
        temporary.write_bytes(content)


def read_arrays(path: Path, kind: str, *versions: int) -> tuple[dict[str, NDArray], dict[str, str]]:  # type: ignore[type-arg]  # any dtype
    """Read a file of that kind and one of these versions.

    Returns:
        The arrays and the header.

    Raises:
        QffcError: when the file is missing, damaged, of another kind or version.
    """
    if not path.is_file():
        raise error(
            f"no such {kind}",
            found=f"'{path}'",
            expected=f"a {kind} file" + (", the folder of a run, or trained:NAME" if kind == "model" else ""),
            help="check the path",
        )
    try:
        with safe_open(path, framework="numpy") as file:
            header = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, json.JSONDecodeError) as problem:
        if kind == "model" and is_program(path):
            raise error(
                "program in the place of a model",
                found=f"'{path}': the text of a program, whose parameters have no values",
                expected="a model file, the folder of a run, or trained:NAME",
                help=f"train it: 'qffc train {path}', or compute with values of your own: "
                f"'qffc energy {path} --params FILE --raw'",
            ) from None
        raise _damaged(path, kind, str(problem), "a file in the safetensors format, written by qffc") from None
    if header.get("qffc_kind") != kind or header.get("qffc_version") not in tuple(map(str, versions)):
        raise error(
            f"not a {kind}",
            found=f"'{path}': kind {header.get('qffc_kind')!r}, version {header.get('qffc_version')!r}",
            expected=f"kind {kind!r}, version {' or '.join(repr(str(version)) for version in versions)}",
            help=f"give a {kind} written by this version of qffc",
        )
    if header.get(_CHECKSUM, _checksum(arrays)) != _checksum(arrays):
        raise _damaged(path, kind, "arrays that do not match their checksum")
    return arrays, header


def is_program(path: Path) -> bool:
    """Whether a file is the text of a program."""
    try:
        with path.open("rb") as file:
            return file.readline(80).strip() == f"qffc {FORMAT_VERSION}".encode()
    except OSError:
        return False


def kind_of(path: Path) -> str | None:
    """Return what kind a file says it is; None when it is missing, or no file of qffc."""
    try:
        with safe_open(path, framework="numpy") as file:
            return (file.metadata() or {}).get("qffc_kind")
    except (SafetensorError, OSError, json.JSONDecodeError):
        return None


def header_text(path: Path, kind: str, header: Mapping[str, str], key: str) -> str:
    """Return an entry of the header of a file; a diagnostic when it has none."""
    if key not in header:
        raise _damaged(path, kind, f"no '{key}' in its header")
    return header[key]


def header_entries(
    path: Path, kind: str, header: Mapping[str, str], key: str, *, finite: bool = True
) -> dict[str, object]:
    """Return an entry of the header that is a JSON object.

    Args:
        path: the file.
        kind: what it is.
        header: of the file.
        key: of the entry.
        finite: whether it may hold finite numbers alone.

    Raises:
        QffcError: when there is none.
    """
    try:
        entries = parse_json(header_text(path, kind, header, key), finite=finite)
    except QffcError:
        raise
    except ValueError as problem:
        raise _damaged(path, kind, f"'{key}' in its header: {problem}") from None
    if not isinstance(entries, dict):
        raise _damaged(path, kind, f"'{key}' in its header is no JSON object")
    return entries


def _in_order(content: bytes) -> bytes:
    """The content of a file with the texts of its header in alphabetical order; safetensors shuffles them."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    ordered = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    ordered += b" " * (-len(ordered) % 8)  # the numbers after it begin at a multiple of 8
    return len(ordered).to_bytes(8, "little") + ordered + content[8 + size :]


def _damaged(path: Path, kind: str, what: str, expected: str = "a file as it was written") -> QffcError:
    return error(f"damaged {kind}", found=f"'{path}': {what}", expected=expected, help="write it again, or use a copy")


def _checksum(arrays: Mapping[str, NDArray]) -> str:  # type: ignore[type-arg]  # any dtype
    """SHA-256 of names, types, shapes and numbers, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}\n".encode())
        digest.update(np.asarray(arrays[name], order="C").tobytes())
    return digest.hexdigest()
