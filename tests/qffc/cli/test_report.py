"""``qffc report``: one page that needs no other file, and on which no panel is empty."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MEASURE = """<script>
const empty = [...document.querySelectorAll("figure svg")].filter(s => s.getBBox().height < 40 ||
  s.querySelectorAll("path,circle").length < 4 || s.getBoundingClientRect().right > innerWidth);
const next = h => h.nextElementSibling;
const bare = [...document.querySelectorAll("h2")].filter(h => !next(h) || next(h).tagName == "H2");
document.title = `measured ${document.querySelectorAll("figure svg").length} ${empty.length} ${bare.length}`;
</script>"""


@pytest.fixture(scope="module")
def page(trained, tmp_path_factory):
    """The report of a run, with a learning curve."""
    from qffc.cli import run

    folder = tmp_path_factory.mktemp("report")
    sizes = [
        {"labels": {"train": train}, "mean": {"energy_mae_meV": 80 / train, "force_mae_meV_per_Angstrom": 900 / train}}
        for train in (10, 100)
    ]
    curve = {"runs": [], "sizes": sizes, "fits": {"energy_mae": {"exponent": 1.0, "prefactor": 80.0}}}
    (folder / "curve.json").write_text(json.dumps(curve))
    out = folder / "report.html"
    assert run(["report", str(trained), "--curve", str(folder), "--out", str(out), "--no-shots"]) == 0
    return out


def sections(text):
    parts = re.split("<h2>(.*?)</h2>", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_page_has_what_the_run_has(page, trained):
    text = page.read_text(encoding="utf-8")
    found = sections(text)
    assert list(found) == ["Training", "Errors on water", "Learning curve", "Symmetry", "Circuit", "Make it again"]
    errors = json.loads((trained / "summary.json").read_text())["test"]["model"]
    assert f"{errors['force_mae_meV_per_Angstrom']:.2f}" in found["Errors on water"]
    assert found["Training"].count("<svg") == 3
    assert "b = 1.00" in found["Learning curve"]
    assert "turning the molecule" in found["Symmetry"]
    assert "qffc train lib:sivqlm-h2o:depth=1 --data water" in found["Make it again"]


def test_a_page_needs_nothing_else(page):
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.search(r"(src|href)=|@import|url\(", text)
    assert set(re.findall(r"https?://[^\"]*", text)) == {"http://www.w3.org/2000/svg"}
    for drawing in re.findall("<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(drawing)
        assert "nan" not in re.findall(r'd="[^"]*"', drawing)


def test_what_is_no_page_is_refused(qffc, trained, tmp_path):
    code, _, err = qffc("report", trained, "--out", tmp_path / "report.pdf")
    assert code == 2
    assert "report of no known kind" in err
    code, _, err = qffc("report", trained, "--out", tmp_path / "report.html", "--curve", tmp_path)
    assert code == 2
    assert "curve.json" in err


@pytest.mark.slow
def test_no_panel_is_empty_in_a_browser(page, tmp_path):
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("needs chromium")
    file = tmp_path / "measured.html"
    file.write_text(page.read_text(encoding="utf-8") + MEASURE, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1150,900", "--dump-dom"]
    said = subprocess.run([browser, *options, file.as_uri()], capture_output=True, text=True, timeout=60, check=True)
    measured = re.search(r"<title>measured (\d+) (\d+) (\d+)</title>", said.stdout)
    assert measured is not None
    panels, empty, bare = map(int, measured.groups())
    assert panels >= 8
    assert (empty, bare) == (0, 0)
