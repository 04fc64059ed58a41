"""The model of a run that is not finished, from its checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.models.files.array_file import header_entries, header_text, read_arrays

CHECKPOINT_KIND = "checkpoint"
CHECKPOINT_NAME = "checkpoint.safetensors"
CHECKPOINT_VERSIONS = (1, 2, 3)
"""Layouts that are read."""


def unfinished_model(path: Path) -> tuple[dict[str, NDArray[np.floating]], dict[str, str]]:
    """Return arrays and header of the model that a run has come to, as its file would have them.

    It is the best one where the run keeps count, else that of the averaged parameters.

    Args:
        path: the checkpoint.

    Raises:
        QffcError: when it cannot be read.
    """
    arrays, header = read_arrays(path, CHECKPOINT_KIND, *CHECKPOINT_VERSIONS)
    kept = "best" if "best" in header else "average"
    chosen = {
        name.partition("/")[2]: value
        for prefix in (kept, "constants")
        for name, value in arrays.items()
        if name.startswith(f"{prefix}/")
    }
    identity = header_entries(path, CHECKPOINT_KIND, header, "identity")
    texts = {"program": header_text(path, CHECKPOINT_KIND, header, "program"), "digest": str(identity.get("program"))}
    return chosen, texts | {"metadata": header.get("metadata", json.dumps({}))}
