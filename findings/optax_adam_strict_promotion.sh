#!/usr/bin/env bash
# optax 0.2.8 with JAX 0.10.1 in its strict mode of dtype promotion: every optimizer that corrects the bias of its moments
# (adam, adamw, adamax, nadam, lamb, radam, yogi, adabelief) raises TypePromotionError in its first update, since it raises
# a decay, a Python float, to the count of steps, an int32. Those that do not count steps (sgd, rmsprop, adagrad, lion) run.
# The parameters' own type does not matter. So code that is kept honest by strict promotion has to leave it for the step.
#
# Output seen:
#   runs: adagrad lion rmsprop sgd
#   TypePromotionError: adabelief adam adamax adamw lamb nadam radam yogi
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "optax==0.2.8" "jax==0.10.1" "jaxlib==0.10.1" "numpy<3"
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'PY'
import jax
import jax.numpy as jnp
import optax

NAMES = "adabelief adagrad adam adamax adamw lamb lion nadam radam rmsprop sgd yogi".split()
found: dict[str, list[str]] = {}
for name in NAMES:
    optimizer, parameters = getattr(optax, name)(1e-3), {"w": jnp.ones(3)}
    with jax.numpy_dtype_promotion("strict"):
        state = optimizer.init(parameters)
        try:
            optimizer.update(parameters, state, parameters)
            outcome = "runs"
        except Exception as problem:  # noqa: BLE001  # which one is what is asked
            outcome = type(problem).__name__
    found.setdefault(outcome, []).append(name)
for outcome, names in sorted(found.items(), reverse=True):
    print(f"{outcome}: {' '.join(names)}")
expected = {
    "runs": ["adagrad", "lion", "rmsprop", "sgd"],
    "TypePromotionError": ["adabelief", "adam", "adamax", "adamw", "lamb", "nadam", "radam", "yogi"],
}
raise SystemExit(0 if found == expected else 1)
PY
