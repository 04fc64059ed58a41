"""Which pages the site has, from the tree alone: their groups, what they link to, the public names. Needs Python only.

The site has the folders of the repository, so links between its files stay as they are written.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
HOME = "README.md"
INDEX = "docs/index.md"
CARDS = "qffc/models/files/trained"
NOTEBOOK = ".ipynb"
GROUPS = ("Start", "How to", "Explanation", "Reference", "Python", "Trained models", "Project")
GROUP_OF = {
    "tutorial": "Start",
    "tour": "Start",
    "gallery": "Start",
    "howto": "How to",
    "explanation": "Explanation",
    "architecture": "Project",
    "ir/FORMAT": "Reference",
}
"""By the beginning of the name of a page, up to its first hyphen; all else on docs/ is reference."""

Nav = list[dict[str, list[str]]]

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def pages(root: Path = ROOT) -> list[str]:
    """Return the pages, by their paths in the repository: those on docs/, and what they and the README lead to."""
    found = dict.fromkeys([HOME, *(f"docs/{path.name}" for path in sorted((root / "docs").glob("*.md")))])
    queue = list(found)
    while queue:
        for target in linked(queue.pop(0), root):
            if target.endswith((".md", NOTEBOOK)) and target not in found:
                found[target] = None
                queue.append(target)
    return list(found)


def linked(page: str, root: Path = ROOT) -> list[str]:
    """Return the files of the repository that a page links to, by their paths in it."""
    text = markdown_of_notebook(root / page) if page.endswith(NOTEBOOK) else (root / page).read_text(encoding="utf-8")
    links = [link for link in _LINK.findall(_FENCE.sub("", text)) if not re.match(r"[a-z]+:", link)]
    inside = [os.path.normpath(PurePosixPath(page).parent / link) for link in links]
    return [path for path in dict.fromkeys(inside) if (root / path).is_file()]


def nav(root: Path = ROOT) -> Nav:
    """Return the navigation: groups, with pages in the order of docs/index.md; titles are their first headings."""
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    found = pages(root)
    order = [HOME, INDEX, *(linked(INDEX, root) if INDEX in found else ())]
    for page in sorted(found, key=lambda page: order.index(page) if page in order else len(order)):
        groups[_group(page)].append(page_of(page))
    groups["Python"] = [api_page(package) for package in public_packages(root)]
    return [{name: members} for name, members in groups.items() if members]


def page_of(path: str) -> str:
    """Return the page that a file becomes."""
    return path.removesuffix(NOTEBOOK) + ".md" if path.endswith(NOTEBOOK) else path


def api_page(package: str) -> str:
    """Return the page that has the public names of a package."""
    return f"python/{package}.md"


def public_packages(root: Path = ROOT) -> dict[str, dict[str, str]]:
    """Return packages that list public names, and for each name the module that defines it."""
    found = {}
    for path in [*(root / "qffc").glob("__init__.py"), *sorted((root / "qffc").glob("*/__init__.py"))]:
        package = ".".join(path.parent.relative_to(root).parts)
        if names := public_names(path, package):
            found[package] = names
    return found


def public_names(path: Path, package: str) -> dict[str, str]:
    """Return what `__all__` lists and the modules it is from, by the table of lazy names or by imports; none is run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    if "_PUBLIC" in values:
        table: dict[str, str] = ast.literal_eval(values["_PUBLIC"])
        return table
    if "__all__" not in values:
        return {}
    imports = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }
    return {name: imports.get(name, package) for name in ast.literal_eval(values["__all__"])}


def api_text(package: str, names: dict[str, str]) -> str:
    """Return the page of a package: mkdocstrings puts the docstrings there."""
    about = f"::: {package}\n    options: {{members: false, show_root_heading: false, show_root_toc_entry: false}}"
    parts = [f"# {package}", about, *(f"::: {module}.{name}" for name, module in sorted(names.items(), key=_order))]
    return "\n\n".join(parts) + "\n"


def as_python_markdown(text: str) -> str:
    """Return a page of GitHub's Markdown in that of Python: marks of blocks, lists and bars in tables differ."""
    lines: list[str] = []
    fenced = listed = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            line = re.sub(r"^(```\w+) .*", r"\1", line)
        elif not fenced:
            item = re.match(r"( *)([-*]|\d+\.) ", line)
            if item and not listed and lines and lines[-1].strip():
                lines.append("")
            if item and item[1]:
                line = item[1] + line
            listed = bool(item) or (listed and bool(line.strip()))
            line = line.replace(f"{NOTEBOOK})", ".md)")
            if line.startswith("|"):
                line = re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), line)
        lines.append(line)
    return "\n".join(lines) + "\n"


def markdown_of_notebook(path: Path) -> str:
    """Return a notebook as a page, with what its cells have shown."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            if "text/html" in shown:
                html = re.sub(r"\n\s*\n", "\n", "".join(shown["text/html"]))
                parts.append(f'<div class="cell-output">\n{html}\n</div>')
            else:
                parts.append("```text\n" + "".join(output.get("text", shown.get("text/plain", ""))).rstrip() + "\n```")
    return "\n\n".join(parts) + "\n"


def _group(page: str) -> str:
    path = PurePosixPath(page)
    if page in (HOME, INDEX):
        return "Start"
    if page.startswith(f"{CARDS}/"):
        return "Trained models"
    if path.parent.name == "docs":
        return GROUP_OF.get(path.stem.split("-")[0], "Reference")
    return GROUP_OF.get(str(path.with_suffix("")), "Project")


def _order(item: tuple[str, str]) -> tuple[str, str]:
    return item[0].lower(), item[0]
