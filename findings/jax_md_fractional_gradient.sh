#!/usr/bin/env bash
# jax-md 0.2.29 (jax 0.10.2): in a space with fractional coordinates `jax.grad` of an energy by these coordinates is not its derivative
# by them, but by positions in space: good as a force, and short of the derivative by the box. Differentiation is redefined where
# fractional coordinates become distances, so all that is built on it inherits this: forward mode, Hessians, and above all what lies
# before the coordinates. A free parameter u of a crystal, with positions made of u, gets a slope that is wrong by a factor that depends
# on the direction, up to the sign. `jax.test_util.check_grads` finds it. Derivatives by the box are right, and so is all
# with fractional_coordinates=False.
#
# Output seen (two atoms, a box of 10 x 20 x 40):
#   one coordinate, by jax.grad beside differences: x 0.0541 0.5409, y 0.0433 0.8654, z 0.0433 1.7308
#   a parameter that moves x up and z down: jax.grad +0.0108, differences -1.1900
#   the same by jax.jvp: +0.0108
#   scale of the box: jax.grad -0.1850, differences -0.1850
#   positions in space, x: jax.grad 0.0541, differences 0.0541
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "jax-md==0.2.29" "jax==0.10.2" "numpy<2.5"
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$work/venv/bin/python" -W ignore - <<'PY'
import jax
import jax.numpy as jnp
from jax_md import energy, space

LENGTHS = jnp.array([10.0, 20.0, 40.0])
PLACES = jnp.array([[0.10, 0.10, 0.10], [0.25, 0.16, 0.13]])
STEP = 1e-6


def soft_spheres(fractional):
    displacement, _ = space.periodic_general(jnp.diag(LENGTHS), fractional_coordinates=fractional)
    return energy.soft_sphere_pair(displacement, sigma=3.0)


def both(function):
    """The derivative at 0 by jax.grad, and by central differences."""
    return float(jax.grad(function)(0.0)), float((function(STEP) - function(-STEP)) / (2 * STEP))


total, in_space = soft_spheres(True), soft_spheres(False)
axes = [both(lambda d, k=k: total(PLACES.at[0, k].add(d))) for k in range(3)]
listed = ", ".join(f"{name} {ours:.4f} {true:.4f}" for name, (ours, true) in zip("xyz", axes, strict=True))
print(f"one coordinate, by jax.grad beside differences: {listed}")


def along(u):
    return total(PLACES.at[0].add(jnp.array([u, 0.0, -u])))


slope = both(along)
print(f"a parameter that moves x up and z down: jax.grad {slope[0]:+.4f}, differences {slope[1]:+.4f}")
forward = float(jax.jvp(along, (0.0,), (1.0,))[1])
print(f"the same by jax.jvp: {forward:+.4f}")
box = both(lambda d: total(PLACES, box=jnp.diag(LENGTHS) * (1 + d)))
print(f"scale of the box: jax.grad {box[0]:.4f}, differences {box[1]:.4f}")
space_x = both(lambda d: in_space((PLACES * LENGTHS).at[0, 0].add(d)))
print(f"positions in space, x: jax.grad {space_x[0]:.4f}, differences {space_x[1]:.4f}")

short_of_box = all(abs(true / ours - length) < 1e-4 for (ours, true), length in zip(axes, LENGTHS, strict=True))
signs = slope[0] > 0.01 and slope[1] < -1 and abs(forward - slope[0]) < 1e-9
raise SystemExit(0 if short_of_box and signs and all(abs(a - b) < 1e-6 for a, b in (box, space_x)) else 1)
PY
