"""The state of a training run on disk: everything that the next step depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.diagnostics import error, quoted
from qffc.models.files.array_file import header_entries, header_text, read_arrays, write_arrays
from qffc.models.files.unfinished import CHECKPOINT_KIND, CHECKPOINT_VERSIONS
from qffc.models.files.unfinished import CHECKPOINT_NAME as CHECKPOINT_NAME
from qffc.training.config import added_settings
from qffc.training.stopping import Best

_BEST = ("score", "epoch", "waited")

# The first version had no best model, the second no stages and no metadata; all that they hold means the same.
_VERSION = 3


@dataclass(frozen=True, eq=False)
class TrainingState:
    """What a step changes.

    Args:
        parameters: trained arrays by name.
        average: their exponential moving average.
        optimizer: the state of the optimizer, any tree of arrays.
        epoch: epochs done.
        best: the best model so far, where it is kept: with early stopping from the first evaluation on, and from the
            start in a run from a trained model or beyond its last epoch.
    """

    parameters: dict[str, jax.Array]
    average: dict[str, jax.Array]
    optimizer: Any  # optax's states are trees of their own types
    epoch: int
    best: Best | None = None


def save_checkpoint(
    path: Path,
    state: TrainingState,
    constants: dict[str, np.ndarray],
    identity: dict[str, str],
    program: str,
    stages: Sequence[int] = (),
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path: the file.
        state: parameters, averages, optimizer, epoch, best model.
        constants: arrays that are not trained.
        identity: everything that must be the same when the run goes on: program, configuration, data, split.
        program: its text, for people and other tools.
        stages: the epochs at the end of each stage of a run; one unless it was lengthened.
        metadata: of the model that the run would give now.
    """
    arrays = {f"parameters/{name}": np.asarray(value) for name, value in state.parameters.items()}
    arrays |= {f"average/{name}": np.asarray(value) for name, value in state.average.items()}
    arrays |= {f"constants/{name}": np.asarray(value) for name, value in constants.items()}
    leaves = jax.tree_util.tree_leaves(state.optimizer)
    arrays |= {f"optimizer/{index:04d}": np.asarray(leaf) for index, leaf in enumerate(leaves)}
    header = {"identity": json.dumps(identity), "epoch": str(state.epoch), "program": program}
    header |= {"stages": json.dumps({"ends": list(stages)}), "metadata": json.dumps(metadata or {}, sort_keys=True)}
    if state.best is not None:
        arrays |= {f"best/{name}": np.asarray(value) for name, value in state.best.average.items()}
        header["best"] = json.dumps({name: getattr(state.best, name) for name in _BEST})
    write_arrays(path, CHECKPOINT_KIND, _VERSION, arrays, header)


def load_checkpoint(
    path: Path, fresh: TrainingState, identity: dict[str, str]
) -> tuple[TrainingState, dict[str, np.ndarray]]:
    """Read a checkpoint into the shape of a fresh state.

    Returns:
        The state, and the constants.

    Raises:
        QffcError: when the run that wrote it differs in something that matters; names what.
    """
    arrays, header = read_arrays(path, CHECKPOINT_KIND, *CHECKPOINT_VERSIONS)
    saved = {name: str(value) for name, value in header_entries(path, CHECKPOINT_KIND, header, "identity").items()}
    saved |= {name: str(value) for name, value in added_settings(saved).items()}
    may_differ = _may_differ(saved, identity)
    if _is_lengthened(path, header, saved, identity):
        may_differ += ("epochs",)
    for key in sorted({*saved, *identity}):
        if key not in may_differ and saved.get(key) != identity.get(key):
            raise error(
                "another run in this folder",
                found=f"{key} = {_short(identity.get(key))}",
                expected=f"{key} = {_short(saved.get(key))}, as in '{path}'",
                help="continue with the same settings, or choose another folder with --out"
                + (": a run can be given more epochs when it has done all that it had" if key == "epochs" else ""),
            )
    part = {prefix: _strip(arrays, prefix) for prefix in ("parameters", "average", "constants", "optimizer", "best")}
    template, tree = jax.tree_util.tree_flatten(fresh.optimizer)
    leaves = [jnp.asarray(part["optimizer"][key]) for key in sorted(part["optimizer"])]
    if [leaf.shape for leaf in leaves] != [jnp.shape(leaf) for leaf in template]:
        raise error(
            "checkpoint of another optimizer",
            found=f"'{path}' with {len(leaves)} arrays of optimizer state",
            expected=f"{len(template)} arrays of the shapes of this version",
            help="start again in another folder",
        )
    state = TrainingState(
        _on_device(part["parameters"]),
        _on_device(part["average"]),
        jax.tree_util.tree_unflatten(tree, leaves),
        _epoch(path, header),
        _best(path, header, part["best"]),
    )
    return state, part["constants"]


def stages_of(path: Path, epochs: int) -> tuple[int, ...]:
    """Return the epochs at the end of each stage of a run that goes on.

    Args:
        path: its checkpoint.
        epochs: that it shall have in all: a run that has done all that it had gets another stage for more.
    """
    _, header = read_arrays(path, CHECKPOINT_KIND, *CHECKPOINT_VERSIONS)
    identity = header_entries(path, CHECKPOINT_KIND, header, "identity")
    had = int(str(identity.get("epochs", epochs)))
    ends = header_entries(path, CHECKPOINT_KIND, header, "stages").get("ends") if "stages" in header else None
    stages = tuple(ends) if isinstance(ends, list) and ends else (had,)
    return (*stages, epochs) if _epoch(path, header) == had < epochs else stages


def _is_lengthened(path: Path, header: Mapping[str, str], saved: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return _epoch(path, header) == int(saved["epochs"]) < int(wanted["epochs"])


def epochs_done(path: Path) -> int:
    """Return how many epochs a checkpoint holds."""
    _, header = read_arrays(path, CHECKPOINT_KIND, *CHECKPOINT_VERSIONS)
    return _epoch(path, header)


def epochs_in(folder: Path) -> int:
    """Return how many epochs the run in a folder has done; 0 without a checkpoint."""
    file = folder / CHECKPOINT_NAME
    return epochs_done(file) if file.exists() else 0


def _epoch(path: Path, header: Mapping[str, str]) -> int:
    text = header_text(path, CHECKPOINT_KIND, header, "epoch")
    if not text.isdecimal():
        raise error(
            "damaged checkpoint",
            found=f"'{path}': epoch '{text}'",
            expected="a number of epochs",
            help="start again in another folder, or use a copy",
        )
    return int(text)


def _best(path: Path, header: Mapping[str, str], average: Mapping[str, np.ndarray]) -> Best | None:
    if "best" not in header:
        return None
    # A run that diverges has a best model whose error is no number.
    entries = header_entries(path, CHECKPOINT_KIND, header, "best", finite=False)
    score, epoch, waited = (entries.get(name) for name in _BEST)
    if not isinstance(score, int | float) or not isinstance(epoch, int) or not isinstance(waited, int):
        raise error(
            "damaged checkpoint",
            found=f"'{path}': best model {entries}",
            expected=f"numbers for {quoted(_BEST)}",
            help="start again in another folder, or use a copy",
        )
    return Best(float(score), epoch, waited, average=_on_device(average))


def _may_differ(saved: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """What may differ between a run and its continuation, because it changes nothing that was done."""
    if saved["patience"] == wanted["patience"] == str(None):
        return ("evaluate_every", "max_minutes", "limits")
    # Early stopping counts evaluations, so they stay; how many it waits for may change, but not whether it keeps count.
    waits = str(None) not in (saved["patience"], wanted["patience"])
    return ("patience", "max_minutes", "limits") if waits else ("max_minutes", "limits")


def _on_device(arrays: Mapping[str, np.ndarray]) -> dict[str, jax.Array]:
    return {name: jnp.asarray(value) for name, value in arrays.items()}


def _strip(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{prefix}/"): value for name, value in arrays.items() if name.startswith(f"{prefix}/")}


def _short(value: str | None) -> str:
    text = "(absent)" if value is None else value
    return text if len(text) <= 60 else f"{text[:57]}..."
