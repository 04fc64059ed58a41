"""What stored shots are found by: a hash of all that they depend on, with angles as coarse as no shot can tell.

Two machines do not compute angles to the last bit: the vector units of their processors add in different orders. So
angles enter a key as the nearest multiple of 1e-8 half-turns. Circuits that agree to that have outcomes whose
probabilities differ by some 1e-8 for each gate, which no number of shots shows. An angle near the border of two bins
may be put into either by another machine: both keys are tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from qffc.execution.engines import engines
from qffc.passes.machines import is_hosted_emulator
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

_BIN = 1e-8
"""Half-turns."""
_EDGE = 1e-3
"""Of a bin, on either side of a border: far more than two machines differ by."""
_MOST = 64
"""Keys of one circuit."""
_PERIOD = round(2 / _BIN)
"""Bins of the angles of a native gate: two half-turns are a phase of the whole state."""
_ANGLES = {"Rz": 1, "PhasedX": 1, "ZZPhase": 1, "TK2": 3}
"""Native gates, and how many of their angles, the first ones, must vanish for them to do nothing."""


def task_keys(circuit: Circuit, target: Target, shots: int, seed: int) -> tuple[str, ...]:
    """Return the keys under which the result of a circuit may be stored, the one that it is stored under first.

    They are SHA-256 of everything that the result depends on: the circuit, shots, seed and, on this machine, the engine
    with its version, the noise and the cost weights, which scale it; for a machine, its name. The last key is what
    earlier versions of qffc made, of the angles to the last digit.

    Example:
        >>> from pytket.circuit import Circuit
        >>> from qffc.targets.catalogue import target
        >>> make = lambda angle: Circuit(1, 1).PhasedX(angle, 0, 0).Measure(0, 0)
        >>> keys = [task_keys(make(angle), target("H2-1LE"), 10, 0)[0] for angle in (0.3, 0.3 + 1e-13, 0.3 + 1e-7)]
        >>> keys[0] == keys[1], keys[0] == keys[2]
        (True, False)
    """
    written = circuit.to_dict()
    engine = target.engine
    here = None if target.machine else engine
    rest = {
        "shots": shots,
        "seed": seed,
        "place": [here, *engines()[here].versions] if here else target.machine,
        "noise": _noise(target, here),
        "weights": _weights(target),
    }
    keys = [_hash({"circuit": each, "angles": _BIN, **rest}) for each in islice(_coarse(written), _MOST)]
    return (*keys, _hash({"circuit": written, **rest}))


def _noise(target: Target, here: str | None) -> object:
    """The noise that outcomes depend on: that of an engine here, or that a hosted one is told to leave out."""
    if here:
        return asdict(target.noise) if target.noise else None
    left_out = target.noise is None and target.machine is not None and is_hosted_emulator(target.machine)
    return "none" if left_out else None


def _weights(target: Target) -> dict[str, object]:
    """Without weights by name where there are none, as keys were before there could be any."""
    return {name: value for name, value in asdict(target.weights).items() if name != "by_gate" or value}


def _hash(content: Mapping[str, object]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _coarse(written: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """The circuit with its angles in bins, then with those near a border in the bins beyond it, in every way."""
    choices = [_bins(command["op"]) for command in written["commands"]]
    flat = [bins for gate in choices for bins in gate]
    for chosen in product(*flat):
        left = iter(chosen)
        commands = [
            {**command, "op": {**command["op"], "params": list(islice(left, len(gate)))}}
            for command, gate in zip(written["commands"], choices, strict=True)
        ]
        # The phase of the whole circuit is not seen.
        yield {**written, "phase": None, "commands": [each for each in commands if not _idle(each["op"])]}


def _bins(op: Mapping[str, Any]) -> list[tuple[int | str, ...]]:
    """For each parameter of a gate the bins that it may be in, its own first."""
    period = _PERIOD if op["type"] in _ANGLES else None
    found: list[tuple[int | str, ...]] = []
    for text in op.get("params", ()):
        try:
            place = float(text) / _BIN
        except (TypeError, ValueError):  # what is no number stays as it is
            found.append((json.dumps(text, sort_keys=True),))
            continue
        own = round(place)
        bins = [own]
        if abs(place - own) > 0.5 - _EDGE:
            bins.append(own + (1 if place > own else -1))
        found.append(tuple(number % period if period else number for number in bins))
    return found


def _idle(op: Mapping[str, Any]) -> bool:
    """Whether a gate turns nothing: another machine may have left it out."""
    count = _ANGLES.get(op["type"])
    return count is not None and not any(op["params"][:count])
