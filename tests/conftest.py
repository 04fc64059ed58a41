"""Settings for every test: a strict JAX, few threads, repeatable examples.

JAX reads its settings from the environment when it is first imported, so they are set here without importing it.
"""

import atexit
import gc
import importlib.util
import os
import shutil
import sys
import tempfile

import pytest

_OPTIMIZED = "--slow" in sys.argv or os.environ.get("JAX_DISABLE_MOST_OPTIMIZATIONS") == "0"
_ENVIRONMENT = {
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_DEBUG_NANS": "1",
    "JAX_TRACEBACK_IN_LOCATIONS_LIMIT": "0",  # where an operation comes from is not asked of compiled code
    # Most of the time goes into compiling what runs once. The slow tests, and those of the wheel, are optimized.
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "0" if _OPTIMIZED else "1",
    # With one thread there is nothing to split a module for.
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false --xla_cpu_parallel_codegen_split_count=1"
    + ("" if _OPTIMIZED else " --xla_cpu_use_fusion_emitters=false"),
    "NPROC": "1",  # XLA's own thread pool
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "QFFC_CACHE": "off",  # a test may replace what a kept function was made of
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
}
for _name, _value in _ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # What several tests compile is compiled once. Workers inherit the folder, which goes when the run ends.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="qffc-tests-")
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)

if importlib.util.find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # No deadline: the first example of a test may compile.
    settings.register_profile("default", max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
    settings.register_profile("thorough", settings.get_profile("default"), max_examples=500)
    settings.load_profile("ci" if os.environ.get("CI") else "default")


if importlib.util.find_spec("qffc"):
    from qffc import progress_line

    progress_line.SILENCE = float("inf")  # what a slow machine would say in addition is compared with no page


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; run with --slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: the garbage collector, which took a twentieth, leaves them out.

    JAX makes many objects that die by themselves, so it also looks less often than after every 700 of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def _passes_of_a_test_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    from qffc.passes import registry

    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
