"""The notebook runs, and its cells show what they are stored with; `QFFC_REWRITE_PAGES=1` stores it again."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from notebooks import outputs_of, run_and_store

TOUR = Path(__file__).resolve().parents[2] / "docs" / "tour.ipynb"
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")

pytestmark = pytest.mark.skipif(not TOUR.is_file(), reason="needs the source tree")


def texts(outputs: list[list[dict]]) -> list[str]:
    """What is printed and the lines of what is shown, numbers left out: those of a training differ by machine."""
    found = []
    for outs in outputs:
        lines = [line for out in outs for line in out.get("text", out.get("data", {}).get("text/plain", []))]
        found.append(NUMBER.sub("#", re.sub(r"digest \w+", "digest", "".join(lines))))
    return found


def test_tour() -> None:
    if os.environ.get("QFFC_REWRITE_PAGES"):
        run_and_store(TOUR)
        return
    notebook = json.loads(TOUR.read_text(encoding="utf-8"))
    found = outputs_of(notebook, "tour")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert texts(found) == texts([cell["outputs"] for cell in cells])
    shown = [out["data"] for outs in found for out in outs if out["output_type"] == "execute_result"]
    assert len(shown) == 6
    assert all("text/html" in data for data in shown)
    drifts = [
        float(drift) for outs in found[-1:] for out in outs for drift in re.findall(r"drift (\S+)", str(out["text"]))
    ]
    assert max(map(abs, drifts)) < 5


def test_links_of_the_tour_resolve() -> None:
    text = "".join(line for cell in json.loads(TOUR.read_text(encoding="utf-8"))["cells"] for line in cell["source"])
    links = re.findall(r"\]\(([^)#]+)", text)
    assert len(links) >= 4
    assert all((TOUR.parent / link).exists() for link in links)
