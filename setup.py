"""Builds the native kernel where a C++17 compiler is found; without one qffc installs and computes in pure JAX.

All else about the package stands in pyproject.toml.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jaxlib
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = Path("passes/native")
REQUIRED = "QFFC_REQUIRE_NATIVE"
"""With this variable set a kernel that does not build is an error: for those who make wheels."""


class BuildNative(build_ext):
    """Builds a plain shared library: it holds foreign functions for XLA and is no module of Python."""

    def get_ext_filename(self, fullname: str) -> str:
        """The name without the tag of a Python version."""
        return str(Path(*fullname.split("."))) + ".so"

    def build_extensions(self) -> None:
        """Compiles files side by side; setuptools takes one after the other, on one of the cores."""
        one_by_one = self.compiler.compile

        def side_by_side(sources: list[str], *args: object, **kwargs: object) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                objects = threads.map(lambda source: one_by_one([source], *args, **kwargs), sources)
                return [each for of_one in objects for each in of_one]

        self.compiler.compile = side_by_side
        super().build_extensions()


kernel = Extension(
    "qffc.passes._native",
    sources=[str(path) for path in sorted(SOURCES.glob("*.cpp"))],
    depends=[str(path) for path in sorted(SOURCES.glob("*.hpp"))],
    include_dirs=[str(SOURCES)],
    # The headers of XLA are not ours to warn about.
    extra_compile_args=[
        "-std=c++17",
        "-O3",
        "-g0",
        "-fno-math-errno",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-isystem",
        str(Path(jaxlib.__file__).parent / "include"),
    ],
    language="c++",
    optional=REQUIRED not in os.environ,
)

setup(ext_modules=[kernel], cmdclass={"build_ext": BuildNative})
