"""Functions kept on disk: used again without tracing, made anew when unreadable, apart when anything differs."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from qffc.library import load
from qffc.models import function_cache
from qffc.models.function_cache import CACHE_VARIABLE, cache_folder, kept_function
from qffc.passes.lower_jax.program import lower_jax


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


class Sine:
    """A function that counts how often it is traced; each time it is asked for it is new to JAX."""

    def __init__(self):
        self.traces = 0

    def kept(self, x, identity="sine"):
        def function(x):
            self.traces += 1
            return jnp.sin(x)

        return kept_function(function, [x], [identity])


@pytest.fixture
def sine():
    return Sine()


def test_a_kept_function_is_not_traced_again(sine, folder):
    x = jnp.arange(3.0)
    first, again = sine.kept(x), sine.kept(x)
    assert sine.traces == 1
    assert len(list(folder.glob("*.jax"))) == 1
    np.testing.assert_array_equal(first(x), again(x))
    np.testing.assert_array_equal(again(x), jnp.sin(x))


def test_other_shapes_types_and_identities_are_other_functions(sine, folder, monkeypatch):
    for x in (jnp.zeros(3), jnp.zeros(4), jnp.zeros(3, jnp.float32)):
        sine.kept(x)
    sine.kept(jnp.zeros(3), "another")
    monkeypatch.setenv("QFFC_KERNEL", "portable")
    sine.kept(jnp.zeros(3))
    assert sine.traces == 5
    assert len(list(folder.glob("*.jax"))) == 5


def test_a_spoiled_file_is_made_anew(sine, folder):
    x = jnp.ones(2)
    sine.kept(x)
    (file,) = folder.glob("*.jax")
    file.write_bytes(file.read_bytes()[:50])
    np.testing.assert_array_equal(sine.kept(x)(x), jnp.sin(x))
    assert sine.traces == 2
    sine.kept(x)
    assert sine.traces == 2


def test_a_folder_that_cannot_be_written_costs_only_time(sine, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    x = jnp.ones(2)
    for _ in range(2):
        np.testing.assert_array_equal(sine.kept(x)(x), jnp.sin(x))
    assert sine.traces == 2


def test_off_keeps_nothing(sine, folder, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, "off")
    sine.kept(jnp.ones(2))
    assert cache_folder() is None
    assert not folder.exists()


def test_the_kernel_is_kept_with_its_function():
    lowered = lower_jax(load("sivqlm-lih", depth=2))
    slots = jnp.asarray(np.random.default_rng(0).normal(size=(3, lowered.split.slot_count)))
    energies = jax.grad(lambda s: jnp.sum(lowered.moments(s)))
    expected = energies(slots)
    for _ in range(2):
        kept = kept_function(energies, [slots], [lowered.program.digest])
        np.testing.assert_allclose(kept(slots), expected, atol=1e-14)


def test_what_others_write_to_stderr_is_not_lost(capfd):
    def function(x):
        os.write(2, b"a word while tracing\n")
        return x + 1

    kept_function(function, [jnp.ones(2)], ["loud"])
    assert "a word while tracing" in capfd.readouterr().err


@pytest.fixture
def caching():
    """Sets where XLA keeps code, and the least time that is worth it; as it was afterwards."""
    names = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
    before = {name: getattr(jax.config, name) for name in names}

    def choose(place):
        jax.config.update(names[0], place)
        jax.config.update(names[1], 0.0)
        reset_cache()

    yield choose
    for name, value in before.items():
        jax.config.update(name, value)
    reset_cache()


def test_only_kept_functions_are_in_the_cache_of_xla(sine, folder, caching):
    caching(None)
    sine.kept(jnp.arange(3.0))
    kept = sorted(file.name for file in folder.glob("xla-*/*-cache"))
    jax.jit(lambda x: jnp.cos(x) * 3)(jnp.arange(5.0))
    assert sorted(file.name for file in folder.glob("xla-*/*-cache")) == kept != []
    assert jax.config.jax_compilation_cache_dir is None


def test_a_cache_that_the_user_chose_stays(sine, folder, caching, tmp_path):
    caching(str(tmp_path / "own"))
    sine.kept(jnp.arange(3.0))
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "own")
    assert list((tmp_path / "own").glob("*-cache"))
    assert not list(folder.glob("xla-*"))


def test_threads_that_start_together_lose_nothing_on_stderr(capfd):
    def start(number):
        def function(x):
            os.write(2, f"traced {number}\n".encode())
            return number * x

        assert kept_function(function, [jnp.ones(2)], [f"thread {number}"])(jnp.ones(2)).tolist() == [number, number]
        os.write(2, f"started {number}\n".encode())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, range(6)))
    os.write(2, b"the end\n")
    lines = capfd.readouterr().err.splitlines()
    assert sorted(lines[:-1]) == sorted(f"{word} {k}" for word in ("started", "traced") for k in range(6))
    assert lines[-1] == "the end"


def test_a_process_without_stderr_computes(folder):
    text = """
import jax.numpy as jnp
from qffc.models.function_cache import kept_function
print(kept_function(lambda x: 2 * x, [jnp.ones(2)], ["no stderr"])(jnp.ones(2)).tolist())
"""
    command = 'exec "$0" -c "$1" 2>&-'
    done = subprocess.run(["sh", "-c", command, sys.executable, text], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "[2.0, 2.0]\n"


def test_what_the_loader_says_of_its_own_code_is_left_out_and_nothing_else(monkeypatch, capfd):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    with function_cache._loader_hushed():
        os.write(2, b"E1201 13:16 8 cpu_aot_loader.cc:195] could lead to execution errors\nanother line\n")
    os.write(2, b"after it\n")
    assert capfd.readouterr().err == "another line\nafter it\n"
    with pytest.raises(ZeroDivisionError), function_cache._loader_hushed():
        os.write(2, b"before\n") / 0
    assert capfd.readouterr().err == "before\n"
