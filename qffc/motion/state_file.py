"""The state of dynamics on disk: with it the same command goes on, to the same bytes as if it had never stopped."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.ir.diagnostics import QffcError, error
from qffc.passes.strict_documents import parse_json

Floats = NDArray[np.float64]

STATE_NAME = "state.npz"
_FORMAT = 1
_ARRAYS = ("positions", "velocities", "heat", "conserved", "temperature_sums", "grades")
_MEMORY = "memory "


@dataclass(frozen=True, eq=False)
class State:
    """What the next step depends on, and what has been seen.

    Args:
        identity: what makes another trajectory, by name, in words.
        step: steps that are done.
        positions: (replicas, atoms, 3), Angstrom.
        velocities: the same shape, in the units of ASE.
        heat: (replicas,), what the thermostat has given, eV.
        conserved: (replicas,), at the start, eV.
        temperature_sums: (replicas,), of the temperatures after all steps, kelvin.
        grades: (2, replicas), largest extrapolation grade and force deviation so far.
        noise: where the random numbers are.
        sizes: bytes of the trajectories.
        memory: of what moves the replicas.
    """

    identity: Mapping[str, str]
    step: int
    positions: Floats
    velocities: Floats
    heat: Floats
    conserved: Floats
    temperature_sums: Floats
    grades: Floats
    noise: str
    sizes: tuple[int, ...]
    memory: Mapping[str, NDArray[np.generic]]


def write_state(folder: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    about = {
        "format": _FORMAT,
        "identity": dict(state.identity),
        "step": state.step,
        "noise": state.noise,
        "sizes": list(state.sizes),
    }
    arrays = {name: getattr(state, name) for name in _ARRAYS}
    arrays |= {f"{_MEMORY}{name}": value for name, value in state.memory.items()}
    with atomic_path(folder / STATE_NAME) as temporary, temporary.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)


def read_state(folder: Path, identity: Mapping[str, str]) -> State | None:
    """Return the state in a folder; None where there is none.

    Args:
        folder: of the run.
        identity: what it must be the state of.

    Raises:
        QffcError: when it is that of another run, or cannot be read.
    """
    path = folder / STATE_NAME
    if not path.exists():
        return None
    try:
        state = _read(path)
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise _damaged(path, str(problem)) from None
    other = [name for name in identity if state.identity.get(name) != identity[name]]
    if other:
        was = ", ".join(f"{name} {state.identity.get(name, 'unknown')}" for name in other)
        now = ", ".join(f"{name} {identity[name]}" for name in other)
        raise error(
            "folder with another trajectory",
            found=f"'{folder}' with {was}",
            expected=f"the trajectory that is asked for, with {now}",
            help="name another folder with --out, or repeat the command that began this one: "
            "only --steps and --stop-at may change",
        )
    return state


def _read(path: Path) -> State:
    with np.load(path, allow_pickle=False) as file:
        about = parse_json(str(file["about"]))
        if not isinstance(about, dict) or about["format"] != _FORMAT:
            raise ValueError(f"another form than {_FORMAT}")
        arrays = {name: file[name] for name in _ARRAYS}
        memory = {name.removeprefix(_MEMORY): file[name] for name in file.files if name.startswith(_MEMORY)}
    shape = arrays["positions"].shape
    if len(shape) != 3 or arrays["velocities"].shape != shape or len(about["sizes"]) != shape[0]:
        raise ValueError(f"arrays of other shapes than {shape}")
    if not all(np.all(np.isfinite(array)) for array in arrays.values()):
        raise ValueError("numbers that are not finite")
    return State(
        identity=about["identity"],
        step=int(about["step"]),
        noise=str(about["noise"]),
        sizes=tuple(int(size) for size in about["sizes"]),
        memory=memory,
        **arrays,
    )


def _damaged(path: Path, problem: str) -> QffcError:
    found = error(
        "state of dynamics that cannot be read",
        found=problem.splitlines()[0] if problem else "an empty file",
        expected="a file that qffc has written",
        help="remove the folder to begin again, or put the file back",
    )
    return QffcError(replace(found.diagnostic, where=str(path)))
