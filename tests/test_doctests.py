"""The examples in docstrings print what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import qffc
import qffc.ir
import qffc.passes

# Those that compile for more than a second, or train.
SLOW = {
    "qffc.execution.forces",
    "qffc.execution.run",
    "qffc.models.force_field",
    "qffc.models.force_gradient",
    "qffc.models.moving_atoms",
    "qffc.toolchain",
}


def modules() -> list[str]:
    """Names of the modules that have examples; nothing is imported for it."""
    found = set()
    # qffc.ir and qffc.passes lie elsewhere, or behind links.
    for package in (qffc, qffc.ir, qffc.passes):
        (root,) = package.__path__
        for file in Path(root).rglob("*.py"):
            if ">>> " in file.read_text(encoding="utf-8"):
                parts = file.relative_to(root).with_suffix("").parts
                found.add(".".join((package.__name__, *parts)).removesuffix(".__init__"))
    return sorted(found)


MODULES = modules()


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in MODULES])
def test_examples_print_what_they_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = [each for each in doctest.DocTestFinder().find(import_module(name), name) if each.examples]
    assert found
    for each in found:
        runner.run(each, out=said.append)
    assert not runner.failures, "".join(said)


def test_the_walk_reaches_every_room() -> None:
    assert set(MODULES) > SLOW | {"qffc.ir.pauli", "qffc.passes.pipeline", "qffc.passes.simplify.canonicalize"}
