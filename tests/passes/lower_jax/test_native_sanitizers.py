"""The native kernel under sanitizers, without Python: memory, undefined behaviour, threads."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from dense_programs import dense_program
from table_cases import table_case

from qffc.ir import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.native import NativeKernel, NativeTableKernel
from qffc.passes.lower_jax.native_program import native_program
from qffc.passes.lower_jax.slot_tables import SlotTables
from qffc.passes.native_library import native_state
from qffc.passes.noisy.make import noisy_kernel
from qffc.passes.noisy.native import NativeNoisyKernel
from qffc.passes.noisy.native_program import native_noisy_program
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "passes" / "native"
KERNELS = (
    "kernel_portable.cpp",
    "kernel_avx2.cpp",
    "kernel_avx512.cpp",
    "dispatch.cpp",
    "field_states.cpp",
    "gadget_frames.cpp",
    "gadget_search.cpp",
    "helpers.cpp",
    "kernel_states.cpp",
    "layer_run.cpp",
    "noisy_program.cpp",
    "noisy_run.cpp",
    "program.cpp",
    "round_dynamics.cpp",
    "round_limits.cpp",
    "round_run.cpp",
    "setting_weights.cpp",
)
CIRCUITS = 19
COMPILER = shutil.which("g++") or shutil.which("clang++")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILER is None, reason="no C++ compiler"),
    pytest.mark.skipif(not SOURCES.exists(), reason="needs the source tree"),
    pytest.mark.skipif(not native_state().available, reason="no native kernel to compare with"),
]


# Named by what they find. CI runs each in a process of its own, chosen by this name.
SANITIZERS = {"memory": ["-fsanitize=address,undefined"], "races": ["-fsanitize=thread", "-DQFFC_PORTABLE_ONLY"]}
# Checks that take half of the compiler's time: the portable kernel, which is the same code, is compiled with them.
LEFT_OUT = {name: "-fno-sanitize=null,alignment" for name in ("kernel_avx2.cpp", "kernel_avx512.cpp")}


@pytest.fixture(scope="module", params=SANITIZERS)
def build(request, tmp_path_factory):
    """Builds a program of tests/native; the library is compiled once for all of them."""
    folder = tmp_path_factory.mktemp("sanitized")
    # Without optimization what sanitizers add is compiled in a third of the time.
    flags = ["-std=c++17", "-O0", "-g1", "-pthread", *SANITIZERS[request.param], "-fno-sanitize-recover=all"]
    objects = [folder / f"{name}.o" for name in KERNELS]

    def compiled(name, built):
        own = [LEFT_OUT[name]] if request.param == "memory" and name in LEFT_OUT else []
        run(*flags, *own, f"-I{SOURCES}", "-c", SOURCES / name, "-o", built)

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the wide kernels take a minute each, and come first
        list(threads.map(compiled, KERNELS, objects))

    def program(main):
        run(*flags, f"-I{SOURCES}", ROOT / "tests" / "native" / f"{main}.cpp", *objects, "-o", folder / main)
        return folder / main

    return program


def run(*arguments):
    subprocess.run([str(COMPILER), *map(str, arguments)], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def runner(build):
    return build("run_program")


def test_layers_are_the_same_on_all_instruction_sets_and_threads(build):
    done = subprocess.run([str(build("run_layers"))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["float64", "float32"]
    assert all(int(line.split()[1]) >= 11 for line in done.stdout.splitlines())


def test_states_over_finite_fields_are_those_of_plain_remainders(build):
    done = subprocess.run([str(build("run_fields"))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "18\n"), done.stdout + done.stderr[-3000:]


@pytest.mark.parametrize("build", ["memory"], indirect=True)  # one thread, so there is nothing to race with
def test_searches_carry_out_every_rotation_once(build):
    done = subprocess.run([str(build("run_search"))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "46\n"), done.stdout + done.stderr[-3000:]


def test_states_outcomes_and_weights_add_up(build):
    done = subprocess.run([str(build("run_measurement"))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "20\n"), done.stdout + done.stderr[-3000:]


def test_rounds_are_the_same_on_all_instruction_sets_and_threads_and_their_gradients_are_slopes(build, tmp_path):
    split = split_program(load("gathered", species=("O", "H"), channels=3, depth=2))
    turns, angles = len(split.vectors), len(split.scalars)
    tables = SlotTables(
        (3 * turns, angles),
        (0, 1),
        tuple((1, slot) for slot in range(angles)),
        tuple(((0, 3 * slot), None) for slot in range(turns)),
    )
    native = native_program(split, tables=tables)
    head = f"{len(native.ints)} {len(native.reals)} {turns} {angles}"
    parts = [" ".join(map(repr, each.tolist())) for each in (native.ints, native.reals)]
    (tmp_path / "program.txt").write_text("\n".join([head, *parts]))
    done = subprocess.run(
        [str(build("run_rounds")), str(tmp_path / "program.txt")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["float64", "float32"]


def check(runner, folder, native, shape, tables, rows, numbers, expected):
    """Hold a run under sanitizers against what Python found."""
    parts = [native.ints, native.reals, *tables, *rows, *(np.ravel(x) for x in numbers)]
    head = " ".join(map(str, (len(native.ints), len(native.reals), *shape)))
    compare(runner, folder, head, parts, expected)


def compare(runner, folder, head, parts, expected):
    (folder / "program.txt").write_text(
        "\n".join([head, *(" ".join(map(repr, np.asarray(x).tolist())) for x in parts)])
    )
    done = subprocess.run([str(runner), str(folder / "program.txt")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    printed = done.stdout.splitlines()
    for start in range(0, len(printed), 5):
        bound = 1e-11 if printed[start].endswith("64") else 1e-3
        for line, values in zip(printed[start + 1 : start + 5], expected, strict=True):
            np.testing.assert_allclose(np.array(line.split(), dtype=float), values, rtol=0, atol=bound)
    assert len(printed) >= 10


def sets_of_all_sizes():
    """Collective exchanges of two to six of seven qubits, with turns between them."""
    lines = [f"rotate q{k}, {k + 1}*r(A, B)" for k in range(7)]
    for size in (2, 3, 4, 5, 6):
        members = [f"q{(5 * k + size) % 7}" for k in range(size)]
        lines += [f"collective {', '.join(members)}, J[{size % 3}]", f"rotate {members[0]}, r(A, B)"]
    head = ["qffc 1", "program sets", "scope molecule", "species H", "site A: H free", "site B: H free"]
    head += ["parameter J: 3", *(f"qubit q{k}" for k in range(7)), *(f"zero q{k}" for k in range(7))]
    return parse_program("\n".join([*head, *lines, "observable m = dot(q0, q1)", "energy moment(m)\n"]))


@pytest.mark.parametrize("name", ["ring", "pair", "sets", "dense-0", "dense-4", "dense-7", "example-1", "example-5"])
def test_no_sanitizer_complains_and_the_numbers_are_those_of_python(runner, tmp_path, name, example):
    kind, _, seed = name.partition("-")
    if kind in ("ring", "pair"):
        program = load(kind, depth=2)
    elif kind == "sets":
        program = sets_of_all_sizes()
    else:
        program = dense_program(int(seed)) if kind == "dense" else example(int(seed), qubits=5).program
    split = split_program(program)
    rng = np.random.default_rng(0)
    slots, along = (rng.normal(size=(CIRCUITS, split.slot_count)) for _ in range(2))
    weights, turned = (rng.normal(size=(CIRCUITS, len(split.observables))) for _ in range(2))
    kernel = NativeKernel(split)
    moments, moments_along = kernel.moments_along(jnp.asarray(slots), jnp.asarray(along))
    gradient, gradient_along, _ = kernel.gradient_along(*map(jnp.asarray, (slots, weights, along, turned)))
    expected = [np.ravel(x) for x in (moments, moments_along, gradient, gradient_along)]
    table = (1, CIRCUITS, 1, split.slot_count)
    numbers = (slots, along, weights, turned)
    check(runner, tmp_path, native_program(split), (1, CIRCUITS, 1), [table], [], numbers, expected)


def test_no_sanitizer_complains_of_tables(runner, tmp_path):
    case = table_case(split_program(load("pair", depth=2)), (3, 7, 2), seed=0)
    kernel = NativeTableKernel(case.split, case.tables, case.shape)
    moments, moments_along = kernel.moments_along(case.inputs, (case.along, None))
    (gradient, _), (gradient_along, _), _ = kernel.gradient_along(
        case.inputs, case.weights, (case.along, None), case.weights_along
    )

    def joined(arrays):
        return np.concatenate([np.ravel(array) for array in arrays])

    expected = [np.ravel(moments), np.ravel(moments_along), joined(gradient), joined(gradient_along)]
    native = native_program(case.split, tables=case.tables)
    values, rows = case.inputs
    numbers = (joined(values), joined(case.along), case.weights, case.weights_along)
    check(runner, tmp_path, native, case.shape, [x.shape for x in values], rows, numbers, expected)


@pytest.mark.parametrize(("name", "depth"), [("pair", 1), ("water-demo", 1)])
def test_no_sanitizer_complains_of_noise(build, tmp_path, name, depth):
    noise = NoiseModel(0.01, 0.02, 0.01, preparation=0.04, measurement_0=0.03, measurement_1=0.05)
    kernel = noisy_kernel(split_program(load(name, depth=depth)), target("H2-1LE").with_noise(noise))
    rng = np.random.default_rng(0)
    slots, along = (rng.normal(size=(CIRCUITS, kernel.split.slot_count)) for _ in range(2))
    weights, turned = (rng.normal(size=(CIRCUITS, len(kernel.plan.terms))) for _ in range(2))
    native = NativeNoisyKernel(kernel)
    moments, moments_along = native.moments_along(jnp.asarray(slots), jnp.asarray(along))
    gradient, gradient_along, _ = native.gradient_along(*map(jnp.asarray, (slots, weights, along, turned)))
    program = native_noisy_program(kernel)
    parts = [program.ints, program.reals, *(np.ravel(x) for x in (slots, along, weights, turned))]
    head = f"{len(program.ints)} {len(program.reals)} {CIRCUITS}"
    expected = [np.ravel(x) for x in (moments, moments_along, gradient, gradient_along)]
    compare(build("run_noisy"), tmp_path, head, parts, expected)
