#!/usr/bin/env bash
# rich 15.0.0: a progress bar on a console of stderr, the usual way to keep stdout for results, moves what is printed meanwhile
# from stdout to stderr. `redirect_stdout` is on unless told otherwise and goes by the console of the bar alone: so with
# `program > results.txt` in a terminal the results that were printed below the bar are not in the file.
#
# Output seen:
#   stdout: ''
#   'result' is among stderr: True
#   with redirect_stdout=False: 'result\n'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "rich==15.0.0"
"$work/venv/bin/python" - <<'PY'
import subprocess
import sys

# force_terminal stands in for a terminal at stderr.
PROGRAM = """
from rich.console import Console
from rich.progress import Progress
with Progress(console=Console(stderr=True, force_terminal=True){}) as bar:
    bar.add_task("working")
    print("result")
"""
usual, told = (
    subprocess.run([sys.executable, "-c", PROGRAM.format(option)], capture_output=True, text=True, check=True)
    for option in ("", ", redirect_stdout=False")
)
print(f"stdout: {usual.stdout!r}")
print(f"'result' is among stderr: {'result' in usual.stderr}")
print(f"with redirect_stdout=False: {told.stdout!r}")
raise SystemExit(0 if (usual.stdout, "result" in usual.stderr, told.stdout) == ("", True, "result\n") else 1)
PY
