"""Run the commands of the README and of the page about the command line, where qffc is installed without any extra.

What needs no extra must do what the page says; what needs one must stop with exit 2 and name it.

    python .ci/bare.py FOLDER/bin/python [--quick]

``--quick`` leaves out what simulates circuits.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference-cli.md").read_text(encoding="utf-8")

SHORTER = {
    "--epochs 40": "--epochs 1 --train 10 --validation 5 --test 10",
    "--train 100 --validation 20 --test 200 --epochs 6": "--train 10 --validation 5 --test 10 --epochs 1",
    "curve lib:pair --data water --sizes 50,100,200": "curve lib:sivqlm-h2o:depth=1 --data water --sizes 2,3,4 "
    "--validation 2 --test 2 --epochs 1",
    "lib:ring:qubits=4..8..2": "lib:ring:qubits=4..8..2,depth=1 --draws 4",
    "--standard-error 8meV --max-hqc 400": "--shots 10 --max-hqc 400",
    "runs/pair": "runs/mine",
    "--steps 10000": "--steps 400",
}
"""What a page trains for an hour takes a moment here; all of these must be found on the pages."""
NEEDED: dict[str, str] = {}
"""The extra that a verb needs with the options of the pages."""
BEYOND = {
    "compile lib:pair --target H2-2LE-noisy --measured --emit qasm --out circuits": None,
    "compile lib:pair --target Helios --emit guppy --out pair_guppy.py": None,
    "compile lib:pair --emit qir --measured --out qir": None,
    "compile lib:pair --emit hugr --out hugr": "selene",
    "import bell.qasm --site a:H --site b:H --observable 'E=Z(q0) Z(q1)' --out bell.qffc": None,
    "import spin.qasm --site a:H --observable E=Z(q)": "qasm3",
    "demo --quick": None,
    "data fetch rmd17 ethanol --cache cache": "fetch",
    "data convert ani.h5 ani.npz --units 'Hartree, Angstrom'": "h5",
    "data sample --geometry H2 --method gfn2 --frames 1 --temperature 300 --out h2.npz": "tblite",
    "data sample --geometry H2 --method pyscf:HF/sto-3g --frames 1 --temperature 300 --out h2.npz": "pyscf",
    "run trained:water --geometry water --target ideal --shots 10": None,
    "run trained:water --geometry water --shots 10 --emulate": "emulator",
    "run trained:water --geometry water --target HeliosLE-noisy --shots 10": "selene",
    "run trained:water --geometry water --target H2-1 --shots 10 --max-hqc 1 --store shots": "nexus",
    "search search.toml": "search",
    "curve lib:pair --data water --sizes 2,3 --validation 2 --test 2 --epochs 1 --workers 2 --out side": "cluster",
}
"""Commands that the pages do not show, with the extra that they need."""
SIMULATES = ("train", "eval", "predict", "curve", "diagnose", "energy", "run ", "runs/", "demo")


class Command(NamedTuple):
    """What is typed, what the page shows for it, and the extra that it needs."""

    text: str
    shown: str
    extra: str | None


def commands() -> Iterator[Command]:
    """Return the commands of both pages, shortened, then those beyond."""
    found = []
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```", README + REFERENCE, re.MULTILINE | re.DOTALL):
        if kind == "sh":
            found += [(line.partition("#")[0], "") for line in block.splitlines() if line.startswith("qffc ")]
        else:
            found += [entry.split("\n", 1) for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    unused = set(SHORTER)
    for text, shown in found:
        if not text.startswith("qffc "):
            continue
        line = text.removeprefix("qffc ").strip()
        for long in SHORTER:
            if long in line:
                unused.discard(long)
                line = line.replace(long, SHORTER[long])
        yield Command(line, shown, NEEDED.get(line.split()[0]))
    if unused:
        sys.exit(f"no longer on the pages, and no longer made shorter: {', '.join(sorted(unused))}")
    for line, extra in BEYOND.items():
        yield Command(line, "", extra)


def prepare(folder: Path, python: Path) -> None:
    """Write the files that the pages speak of."""
    (code,) = re.findall(r"^```python\n(import qffc as qf\n\n@qf\.ansatz\ndef water.*?)^```", README, re.M | re.S)
    (folder / "water.py").write_text(code, encoding="utf-8")
    (weights,) = re.findall(r"^\$ cat weights\.json\n(.*)$", REFERENCE, re.M)
    (folder / "weights.json").write_text(weights, encoding="utf-8")
    (savez,) = re.findall(r"`(np\.savez\(\"bent\.npz\".*?)`", REFERENCE)
    subprocess.run([python, "-c", f"import numpy as np; {savez}"], cwd=folder, check=True)
    # Any data: what is printed of them is not compared.
    data = "from qffc.data import load_embedded, write_npz; write_npz(load_embedded('water'), 'ethanol.npz')"
    subprocess.run([python, "-c", data], cwd=folder, check=True)
    structures = "from ase.build import molecule as m; from ase.io import write; "
    structures += "write('structures.xyz', [m('H2O'), m('H2O', cell=[12] * 3, pbc=True)])"
    subprocess.run([python, "-c", structures], cwd=folder, check=True)
    labels = (
        "from pathlib import Path; from qffc.data import load_embedded; from qffc.data.conversion import write_data"
    )
    labels += "; write_data([load_embedded('water')], Path('mine.xyz'))"
    subprocess.run([python, "-c", labels], cwd=folder, check=True)
    (folder / "mine.toml").write_text('program = "lib:pair"\ndata = "water"\nepoch = 3\n', encoding="utf-8")
    (folder / "bell.qasm").write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\ncx q[0],q[1];\n')
    (folder / "ani.h5").write_bytes(b"")
    (folder / "spin.qasm").write_text("OPENQASM 3.0;\nqubit q;\n")
    search = 'program = "lib:pair"\ndata = "water"\ntrain = 4\n[search]\ntrials = 1\n[search.space]\nseed = [0, 1]\n'
    (folder / "search.toml").write_text(search, encoding="utf-8")


def complaint(command: Command, code: int, said: str) -> str:
    """Say what is wrong with an answer; empty when nothing is."""
    if "internal error" in said or "Traceback" in said:
        return "an internal error"
    if command.extra is not None:
        good = code == 2 and f"the extra '{command.extra}'" in said
        return "" if good else f"exit {code}, not 2 with a message that names the extra '{command.extra}'"
    refused = re.search(r'^error:|^ *"error":', command.shown) is not None or '"error": {' in command.shown
    if (code == 2) != refused or code not in (0, 1, 2):
        return f"exit {code}, {'not the 2' if refused else 'neither the 0 nor the 1'} of the page"
    return ""


def main() -> int:
    """Run all of them in a folder of their own."""
    python, quick = Path(sys.argv[1]).absolute(), "--quick" in sys.argv
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, python)
        for command in commands():
            if quick and command.extra is None and any(word in command.text for word in SIMULATES):
                continue
            begin = perf_counter()
            line, _, written = command.text.partition(" > ")
            call = [python.parent / "qffc", *shlex.split(line)]
            done = subprocess.run(call, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if written:
                (folder / written).write_text(done.stdout, encoding="utf-8")
            said = done.stdout + done.stderr
            problem = complaint(command, done.returncode, said)
            print(f"{perf_counter() - begin:5.1f} s  exit {done.returncode}  qffc {command.text}", flush=True)
            if problem:
                wrong += 1
                print(f"    WRONG: {problem}\n{said}")
    print(f"{wrong} of these went wrong" if wrong else "all as the pages say")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
