"""The list of packages in pyproject.toml is the tree's, and the two rooms at its top are sub-packages of qffc."""

import ast
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import qffc
import qffc.ir
import qffc.passes
import qffc.testing

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"qffc": "qffc", "qffc.ir": "ir", "qffc.passes": "passes"}

pytestmark = pytest.mark.skipif(
    not (ROOT / "ir").is_dir() or not (ROOT / "pyproject.toml").is_file(), reason="needs the source tree"
)


def tree_packages() -> list[str]:
    """Import names of all folders with an `__init__.py`, without following the links inside qffc."""
    found = []
    for package, folder in ROOMS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT / folder).parts
            if package == "qffc" and parts[:1] in {("ir",), ("passes",)}:
                continue
            found.append(".".join((package, *parts)))
    return sorted(found)


def test_package_list_equals_the_tree() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert sorted(setuptools["packages"]) == tree_packages()
    assert setuptools["package-dir"] == {"qffc.ir": "ir", "qffc.passes": "passes"}


@pytest.mark.parametrize("room", ["ir", "passes"])
def test_link_is_relative(room: str) -> None:
    assert (ROOT / "qffc" / room).readlink() == Path("..", room)


@pytest.mark.parametrize("room", ["ir", "passes"])
def test_room_is_one_module(room: str) -> None:
    init = ROOT / room / "__init__.py"
    same = {
        name
        for name, module in sys.modules.items()
        if getattr(module, "__file__", None) and Path(module.__file__).resolve() == init
    }
    assert same == {f"qffc.{room}"}


def lazy_table(package: ModuleType) -> dict[str, str]:
    """The table of public names as the imports for type checkers repeat it."""
    tree = ast.parse(Path(str(package.__file__)).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {
        alias.asname: str(node.module)
        for node in imports
        for alias in node.names
        if alias.asname and str(node.module).startswith("qffc.")
    }


@pytest.mark.parametrize("package", [qffc, qffc.ir, qffc.testing])
def test_type_checkers_see_the_public_names(package: ModuleType) -> None:
    assert lazy_table(package) == package._PUBLIC


@pytest.mark.parametrize("package", [qffc, qffc.ir])
def test_no_public_name_is_hidden_by_a_submodule(package: ModuleType) -> None:
    """Importing `qffc.x` binds `x` in qffc, so a public name `x` from elsewhere would change under its user."""
    folder = Path(str(package.__file__)).parent
    submodules = {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert not submodules & set(package._PUBLIC)
