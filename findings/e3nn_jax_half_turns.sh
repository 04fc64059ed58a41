#!/usr/bin/env bash
# e3nn-jax 0.21.0: the axis of a rotation is taken from the antisymmetric part of its matrix, which vanishes for a half-turn. So
# `matrix_to_axis_angle` returns the angle pi with an axis that is no axis of it, and `matrix_to_quaternion` a quaternion of length zero,
# which stands for no rotation; nothing is raised and nothing is NaN. Half-turns are what point groups of crystals and molecules are full
# of: of the nine of a cube eight come back as another matrix, and the one about z is right by chance. A test of equivariance over such a
# group that rotates features by quaternions finds spherical harmonics that fail it. The documentation warns that there is no derivative at
# pi, not of values. All other rotations are right, and so are Euler angles, and with them `transform_by_matrix`.
#
# Output seen (24 rotations of a cube, in double precision; largest error of a matrix that is made back, of half-turns and of the others):
#   quaternion:      8 of 24 wrong, all of them half-turns; half-turns 2.0, others 0.0
#   axis and angle:  8 of 24 wrong, all of them half-turns; half-turns 2.0, others 0.0
#   Euler angles:    0 of 24 wrong
#   scipy:           0 of 24 wrong
#   a half-turn about x as a quaternion: e3nn-jax has length 0.0, scipy 1.0
#   harmonics of a turned vector against turned harmonics: by quaternion 3.1, by matrix 0.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "e3nn-jax==0.21.0" "jax==0.10.1" "scipy==1.17.1" "numpy<2.5"
JAX_ENABLE_X64=1 JAX_PLATFORMS=cpu "$work/venv/bin/python" -W ignore - <<'PY'
import itertools

import e3nn_jax as e3
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

TURNS = []
for places in itertools.permutations(range(3)):
    for signs in itertools.product((1.0, -1.0), repeat=3):
        turn = np.zeros((3, 3))
        turn[range(3), places] = signs
        if np.linalg.det(turn) > 0:
            TURNS.append(turn)
HALF = [np.trace(turn) == -1 for turn in TURNS]
BACK = {
    "quaternion": lambda turn: e3.quaternion_to_matrix(e3.matrix_to_quaternion(jnp.array(turn))),
    "axis and angle": lambda turn: e3.axis_angle_to_matrix(*e3.matrix_to_axis_angle(jnp.array(turn))),
    "Euler angles": lambda turn: e3.angles_to_matrix(*e3.matrix_to_angles(jnp.array(turn))),
    "scipy": lambda turn: Rotation.from_quat(Rotation.from_matrix(turn).as_quat()).as_matrix(),
}
wrong = {}
assert len(TURNS) == 24 and sum(HALF) == 9
for name, back in BACK.items():
    errors = np.array([abs(np.asarray(back(turn)) - turn).max() for turn in TURNS])
    off = errors > 1e-6
    wrong[name] = int(off.sum())
    about = ""
    if off.any():
        assert all(half for half, is_off in zip(HALF, off, strict=True) if is_off)
        most = errors[HALF].max(), errors[np.logical_not(HALF)].max()
        about = f", all of them half-turns; half-turns {most[0]:.1f}, others {most[1]:.1f}"
    print(f"{name + ':':<16} {wrong[name]} of 24 wrong{about}")

about_x = np.diag([1.0, -1.0, -1.0])
lengths = [float(np.linalg.norm(e3.matrix_to_quaternion(jnp.array(about_x)))), float(np.linalg.norm(Rotation.from_matrix(about_x).as_quat()))]
print(f"a half-turn about x as a quaternion: e3nn-jax has length {lengths[0]:.1f}, scipy {lengths[1]:.1f}")


def harmonics(vector: np.ndarray) -> e3.IrrepsArray:
    return e3.spherical_harmonics("1o + 2e", e3.IrrepsArray("1o", jnp.array(vector)), normalize=True)


vector = np.array([0.3, -0.2, 0.7])
meant = harmonics(about_x @ vector).array
by_quaternion = harmonics(vector).transform_by_quaternion(e3.matrix_to_quaternion(jnp.array(about_x))).array
by_matrix = harmonics(vector).transform_by_matrix(jnp.array(about_x)).array
gaps = [float(abs(meant - turned).max()) for turned in (by_quaternion, by_matrix)]
print(f"harmonics of a turned vector against turned harmonics: by quaternion {gaps[0]:.1f}, by matrix {gaps[1]:.1f}")
as_stated = wrong == {"quaternion": 8, "axis and angle": 8, "Euler angles": 0, "scipy": 0}
raise SystemExit(0 if as_stated and lengths[0] < 1e-6 and abs(lengths[1] - 1) < 1e-9 and gaps[0] > 0.5 and gaps[1] < 1e-6 else 1)
PY
