#!/usr/bin/env bash
# optax 0.2.8: optax.contrib.muon takes `muon_weight_dimension_numbers`, a tree, or a function that makes one from the
# parameters. `init` calls the function with the parameters. `update` calls it with them once, and then again with what
# its transformations by label see: parameters of other labels are optax.MaskedNode there. So a rule such as "matrices by
# Muon, biases by Adam", written `v.ndim == 2`, makes the state and then fails in the first step. A rule by names of
# parameters works, or one that asks whether an entry is an array at all.
#
# Output seen:
#   init: ['b: array, w: array']
#   update: ['b: array, w: array', 'b: MaskedNode, w: array', 'b: MaskedNode, w: array', 'b: MaskedNode, w: array', 'b: MaskedNode, w: array']
#   the plain rule in update: AttributeError: 'MaskedNode' object has no attribute 'ndim'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "optax==0.2.8" "jax==0.10.1" "jaxlib==0.10.1" "numpy<3"
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'PY'
import jax.numpy as jnp
import optax
from optax.contrib import MuonDimensionNumbers, muon

parameters = {"b": jnp.ones(3), "w": jnp.ones((4, 3))}
seen: list[str] = []


def kind(value) -> str:
    return "MaskedNode" if isinstance(value, optax.MaskedNode) else "array"


def careful(tree):
    seen.append(", ".join(f"{name}: {kind(value)}" for name, value in sorted(tree.items())))
    return {name: MuonDimensionNumbers(0, 1) if getattr(value, "ndim", 0) == 2 else None for name, value in tree.items()}


def plain(tree):
    return {name: MuonDimensionNumbers(0, 1) if value.ndim == 2 else None for name, value in tree.items()}


optimizer = muon(0.1, muon_weight_dimension_numbers=careful)
state = optimizer.init(parameters)
at_first = list(seen)
seen.clear()
updates, _ = optimizer.update(parameters, state, parameters)
print(f"init: {at_first}")
print(f"update: {seen}")

optimizer = muon(0.1, muon_weight_dimension_numbers=plain)
state = optimizer.init(parameters)
try:
    optimizer.update(parameters, state, parameters)
    complaint = "none"
except AttributeError as problem:
    complaint = f"AttributeError: {problem}"
print(f"the plain rule in update: {complaint}")

whole, masked = "b: array, w: array", "b: MaskedNode, w: array"
expected = ([whole], [whole, *[masked] * 4], "AttributeError: 'MaskedNode' object has no attribute 'ndim'")
raise SystemExit(0 if (at_first, seen, complaint) == expected else 1)
PY
