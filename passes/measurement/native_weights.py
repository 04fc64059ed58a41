"""The steps of ``weights.py`` by the native library, where it was built: the same but for rounding, and sooner."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from qffc.passes.measurement.candidate import Candidate
from qffc.passes.native_library import address, native_state

Floats = NDArray[np.float64]


def solved(
    candidates: Sequence[Candidate], count: int, weights: Sequence[Floats], steps: int, floor: float, still: float
) -> tuple[list[Floats], list[float]] | None:
    """Return the weights after some steps, and the noise of a shot of each setting, added up over the points.

    None without the library, or where a matrix has no inverse.

    Args:
        candidates: the settings.
        count: the number of strings.
        weights: to start with.
        steps: at most.
        floor: of the largest standard deviation, below which a setting counts as this noisy.
        still: the change of a weight that is none.
    """
    library = native_state().library
    if library is None:
        return None
    sizes = np.array([len(candidate.strings) for candidate in candidates], dtype=np.int64)
    strings = np.concatenate([candidate.strings for candidate in candidates]).astype(np.int64)
    found = np.concatenate(weights)
    noises = np.empty(len(sizes))
    forms = np.array([candidate.address for candidate in candidates], dtype=np.uint64)
    call = library.qffc_setting_weights
    call.restype = ctypes.c_int64
    failed = call(
        ctypes.c_int64(len(candidates)),
        ctypes.c_int64(len(candidates[0].quadratic)),
        ctypes.c_int64(count),
        ctypes.c_int64(steps),
        address(sizes),
        address(forms),
        address(strings),
        address(found),
        ctypes.c_double(floor),
        ctypes.c_double(still),
        address(noises),
    )
    if failed:
        return None
    ends = list(accumulate(sizes.tolist(), initial=0))
    return [found[start:end] for start, end in pairwise(ends)], noises.tolist()
