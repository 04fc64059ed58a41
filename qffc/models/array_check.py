"""Whether arrays are those that a program needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error, quoted
from qffc.ir.given_values import not_a
from qffc.ir.program import Program
from qffc.models.head import head_shapes
from qffc.models.initialization.fresh_parameters import neutral_constants
from qffc.models.uncertainty.heads import heads_shapes
from qffc.models.validity.limits import has_limits, validity_shapes


def check_arrays(program: Program, arrays: Mapping[str, NDArray[np.float64]]) -> None:
    """Raise a diagnostic unless the arrays are those that the program needs, shapes included."""
    if not isinstance(program, Program):
        raise not_a("a program", program, "a Program, as qf.load or qf.compile(...).program give it", "make one")
    if not isinstance(arrays, Mapping):
        raise not_a("the arrays of a model", arrays, "a mapping from names to arrays", "give those of another model")
    shapes = {parameter.name: program.shape(parameter) for parameter in program.parameters}
    shapes |= head_shapes(program)
    shapes |= {name: value.shape for name, value in neutral_constants(program).items()}
    shapes |= validity_shapes(program) if has_limits(arrays) else {}
    shapes |= heads_shapes(program, arrays)
    missing = [name for name in shapes if name not in arrays]
    extra = [name for name in arrays if name not in shapes]
    if missing or extra:
        raise error(
            "arrays that do not fit the program",
            found=f"missing {quoted(missing) or 'none'}; not known {quoted(extra) or 'none'}",
            expected=quoted(shapes),
            help="load the arrays with the program that they were trained for",
        )
    for name, shape in shapes.items():
        value = np.asarray(arrays[name])
        if value.shape != shape or not np.all(np.isfinite(value)):
            raise error(
                f"array '{name}'",
                found=f"shape {value.shape}" + ("" if np.all(np.isfinite(value)) else " with NaN or infinity"),
                expected=f"shape {shape}, all finite",
                help="load the arrays with the program that they were trained for",
            )
