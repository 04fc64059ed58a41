"""An environment for each peer, made once and kept in the folder of the benchmark."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.engine.cells import Unavailable


def python_of(requirements: tuple[str, ...] | None, folder: Path, interpreter: Path | None = None) -> Path:
    """Return the interpreter with these requirements; None is the one that runs.

    Args:
        requirements: of pip, the first one with its version.
        folder: of environments.
        interpreter: that the environment is made with, if not by the one that runs.

    Raises:
        Unavailable: when they cannot be installed here.
    """
    if requirements is None:
        return Path(sys.executable)
    package = requirements[0].split("==")[0]
    made_by = sys.version if interpreter is None else str(interpreter)
    digest = hashlib.sha256(" ".join((made_by, *requirements)).encode()).hexdigest()[:8]
    place = folder / "environments" / f"{package}-{digest}"
    python, marker, refused = place / "bin/python", place / "installed", place / "refused"
    if marker.exists():
        return python
    if refused.exists():
        raise Unavailable(refused.read_text())
    print(f"making an environment for {package}", file=sys.stderr, flush=True)
    subprocess.run([interpreter or sys.executable, "-m", "venv", place], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    done = subprocess.run(install, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        reason = f"pip could not install {package}: {done.stdout.strip().splitlines()[-1]}"
        refused.write_text(reason)
        raise Unavailable(reason)
    marker.write_text("\n".join(requirements))
    return python
