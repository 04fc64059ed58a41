#!/usr/bin/env bash
# JAX 0.10.1: jax.custom_derivatives.linear_call takes a tree of linear arguments and a function that transposes. With all
# of them differentiated it works. With one that is not, because the other is a number, grad and jvp complain about a value
# of JAX's own type Zero, at the place of the one that is a number, and jax.linear_transpose ends in an assertion without
# a text. So a linear function of several arguments can be given a transpose of one's own in this way only if nobody will
# ever hold one argument fixed; a primitive with a rule of its own has no such limit.
#
# Output seen:
#   both: 2.0 3.0
#   the first alone: TypeError about Zero at position 1
#   the second alone: TypeError about Zero at position 0
#   jvp by the first: TypeError about Zero at position 1
#   linear_transpose: AssertionError ''
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "jax==0.10.1" "jaxlib==0.10.1" "numpy<3"
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'PY'
import re

import jax
from jax.custom_derivatives import linear_call


def weighted(x, y):
    return linear_call(lambda _, pair: 2 * pair[0] + 3 * pair[1], lambda _, back: (2 * back, 3 * back), (), (x, y))


def complaint(run) -> str:
    try:
        return f"no complaint: {run()}"
    except TypeError as problem:
        place = re.search(r"position (\d)", str(problem))
        about = "Zero" if "ad_util.Zero" in str(problem) else "something else"
        return f"TypeError about {about} at position {place[1] if place else '?'}"
    except AssertionError as problem:
        return f"AssertionError {str(problem)!r}"


both = " ".join(str(float(each)) for each in jax.grad(weighted, (0, 1))(1.0, 5.0))
found = {
    "both": both,
    "the first alone": complaint(lambda: jax.grad(weighted, 0)(1.0, 5.0)),
    "the second alone": complaint(lambda: jax.grad(weighted, 1)(1.0, 5.0)),
    "jvp by the first": complaint(lambda: jax.jvp(lambda x: weighted(x, 5.0), (1.0,), (1.0,))),
    "linear_transpose": complaint(lambda: jax.linear_transpose(lambda x: weighted(x, 0.0), 1.0)(1.0)),
}
for name, text in found.items():
    print(f"{name}: {text}")
expected = [
    "2.0 3.0",
    "TypeError about Zero at position 1",
    "TypeError about Zero at position 0",
    "TypeError about Zero at position 1",
    "AssertionError ''",
]
raise SystemExit(0 if list(found.values()) == expected else 1)
PY
