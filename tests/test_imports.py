"""What an import loads, and which room may import what."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

import qffc
import qffc.testing

ROOT = Path(__file__).resolve().parent.parent

# Heavy package -> files of qffc.passes that may import it.
CONFINED = {
    "jax": ("lower_jax/*.py", "noisy/*.py"),
    "jaxlib": ("lower_jax/*.py",),
    "pytket": ("lower_pytket/*.py", "raise_pytket/*.py", "write_circuits/*.py"),
}

# Room -> what of qffc it may import.
ARROWS = {"ir": ("qffc.ir",), "passes": ("qffc.ir", "qffc.passes")}


def run(code: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.smoke
@pytest.mark.parametrize("module", ["qffc", "qffc.ir", "qffc.passes"])
def test_import_loads_neither_jax_nor_pytket(module: str) -> None:
    done = run(f"import sys, {module}; print(sorted({{'jax', 'pytket'}} & sys.modules.keys()))")
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


@pytest.mark.smoke
@pytest.mark.parametrize("name", ["AnsatzSuite", "CalculatorSuite", "deviations"])
def test_suites_load_what_they_need(name: str) -> None:
    heavy = {"jax", "pytket", "hypothesis"}
    done = run(f"import sys; from qffc.testing import {name}; print(sorted({heavy} & sys.modules.keys()))")
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


def test_circuits_load_no_backend() -> None:
    """It takes a second, and compilation by pytket alone needs it."""
    done = run("import sys, qffc.passes.lower_pytket.lower; print('pytket.extensions' in sys.modules)")
    assert (done.stdout.strip(), done.stderr) == ("False", "")


@pytest.mark.smoke
def test_public_names_load() -> None:
    for name in qffc.__all__:
        assert getattr(qffc, name) is not None
    assert set(qffc.__all__) <= set(dir(qffc))


@pytest.mark.smoke
@pytest.mark.parametrize("package", [qffc, qffc.testing])
def test_unknown_name_is_refused(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("room", ["ir", "passes"])
def test_bare_room_is_refused(room: str) -> None:
    if not (ROOT / room).is_dir():
        pytest.skip("needs the source tree")
    done = run(f"import {room}", cwd=ROOT)
    assert done.returncode == 1
    assert f"ImportError: this folder is the package qffc.{room}; import it by that name" in done.stderr


def imported(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module of `package` imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: -node.level + 1 or None] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def faults(source: str, room: str, file: str) -> list[str]:
    found = []
    for line, name in imported(source, f"qffc.{room}"):
        top = name.partition(".")[0]
        if top == "qffc" and not within(name, ARROWS[room]):
            found.append(f"{room}/{file}:{line} imports {name}; allowed: {', '.join(ARROWS[room])}")
        if top in CONFINED and (room == "ir" or not any(fnmatch(file, pattern) for pattern in CONFINED[top])):
            found.append(f"{room}/{file}:{line} imports {name}; only passes/{{{','.join(CONFINED[top])}}} may")
    return found


@pytest.mark.parametrize("room", ["ir", "passes"])
def test_room_imports_only_what_it_may(room: str) -> None:
    if not (ROOT / room).is_dir():
        pytest.skip("needs the source tree")
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        found += faults(path.read_text(), room, str(path.relative_to(ROOT / room)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("room", "file", "source", "good"),
    [
        ("ir", "program.py", "import sympy\nfrom qffc.ir.values import Vector\nfrom .values import Scalar", True),
        ("ir", "program.py", "from qffc import passes", False),
        ("ir", "program.py", "from ..passes import pipeline", False),
        ("ir", "program.py", "def f():\n    import jax.numpy", False),
        ("passes", "base.py", "from qffc.ir import Program\nfrom qffc.passes.base import Pass", True),
        ("passes", "base.py", "from qffc.cli import main", False),
        ("passes", "base.py", "import qffc", False),
        ("passes", "base.py", "from pytket.circuit import OpType", False),
        ("passes", "lower_pytket/emit.py", "from pytket.circuit import OpType", True),
        ("passes", "lower_pytket/emit.py", "import jax", False),
        ("passes", "lower_jax/swap.py", "import jax.numpy as jnp", True),
        ("passes", "lower_jax.py", "import jax", False),
    ],
)
def test_the_import_check_itself(room: str, file: str, source: str, good: bool) -> None:
    assert (faults(source, room, file) == []) is good
