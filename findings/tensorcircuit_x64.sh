#!/usr/bin/env bash
# tensorcircuit-ng 1.10.0 with jax 0.10.1: importing it and choosing its JAX backend sets the default type complex64, and with that
# turns `jax_enable_x64` off for the whole process, also where it was on. Double precision of every other library that
# uses JAX is gone without a word: arrays made afterwards are float32.
#
# Output seen:
#   before: float64
#   after: float32
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "tensorcircuit-ng==1.10.0" "jax==0.10.1" "jaxlib==0.10.1"
"$work/venv/bin/python" - <<'PY'
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
before = jnp.asarray(0.1).dtype
import tensorcircuit

tensorcircuit.set_backend("jax")
after = jnp.asarray(0.1).dtype
print(f"before: {before}")
print(f"after: {after}")
raise SystemExit(0 if (str(before), str(after)) == ("float64", "float32") else 1)
PY
