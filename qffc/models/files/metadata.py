"""Entries of a model's metadata that are JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.plain_data import from_plain
from qffc.passes.strict_documents import parse_json

T = TypeVar("T")


def metadata_entry(kind: type[T], metadata: Mapping[str, str], key: str) -> T:
    """Return an entry as what it was written from.

    Args:
        kind: a dataclass, or a tuple of such.
        metadata: of a model.
        key: of an entry that is there.

    Raises:
        QffcError: the entry cannot be read.
    """
    try:
        data = parse_json(metadata[key])
    except ValueError as problem:
        raise unreadable_metadata(key, str(problem)) from None
    return from_plain(kind, data, f"metadata of a model[{key}]")


def unreadable_metadata(key: str, found: str) -> QffcError:
    """Return the refusal of an entry that cannot be read, to be raised.

    Example:
        >>> unreadable_metadata("geometry", "no numbers").diagnostic.where
        'geometry'
    """
    return error(
        "metadata of a model that cannot be read",
        found=found,
        expected="what qffc wrote when the model was trained",
        help="the file was changed by hand: train again or use a copy",
        where=key,
    )
