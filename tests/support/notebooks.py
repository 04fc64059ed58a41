"""Run notebooks without Jupyter: cells in their order in one namespace, the last line of a cell shown."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
from pathlib import Path


def outputs_of(notebook: dict, name: str) -> list[list[dict]]:
    """Run the cells with code; returns what each prints and shows, as notebooks store it."""
    namespace: dict[str, object] = {"__name__": name}
    found = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            found.append(_run("".join(cell["source"]), f"{name}-{number}.py", namespace, len(found) + 1))
    return found


def run_and_store(path: Path) -> None:
    """Run a notebook, and write what its cells give into it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    given = iter(outputs_of(notebook, path.stem))
    for count, cell in enumerate([cell for cell in notebook["cells"] if cell["cell_type"] == "code"], 1):
        cell["outputs"], cell["execution_count"] = next(given), count
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _run(source: str, file: str, namespace: dict[str, object], count: int) -> list[dict]:
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, file, "exec"), namespace)
        value = None if last is None else eval(compile(ast.Expression(last.value), file, "eval"), namespace)
    outputs: list[dict] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    if value is not None:
        data = {"text/plain": _lines(repr(value))}
        html = getattr(value, "_repr_html_", lambda: None)()
        data |= {} if html is None else {"text/html": _lines(html)}
        outputs.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data})
    return outputs


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
