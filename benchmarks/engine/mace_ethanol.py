"""Times MACE of MACE-OFF-small's size through ASE: a process of an environment that has mace-torch 0.3.16.

Weights are fresh, which costs what trained ones do. The first line of the standard input is a JSON object, numbers of
atoms and positions in Angstrom; each later line asks for so many calls and is answered by a line with the median
seconds of wall clock and of CPU time of one, energy and forces a small random step on.
"""

from __future__ import annotations

import json
import statistics
import sys
from time import perf_counter, process_time

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator

STEP = 0.01  # Angstrom, of each coordinate
ELEMENTS = (1, 6, 7, 8, 9, 15, 16, 17, 35, 53)


def off_small() -> Calculator:
    """The size that the authors publish for MACE-OFF23 small: 96 invariant channels, two layers, 4.5 Angstrom."""
    torch.serialization.add_safe_globals([slice])  # in the constants of e3nn 0.4.4
    from e3nn import o3
    from mace.calculators import MACECalculator
    from mace.modules import ScaleShiftMACE, gate_dict, interaction_classes

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    residual = interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = ScaleShiftMACE(
        r_max=4.5,
        num_bessel=8,
        num_polynomial_cutoff=5,
        max_ell=3,
        interaction_cls=residual,
        interaction_cls_first=residual,
        num_interactions=2,
        num_elements=len(ELEMENTS),
        hidden_irreps=o3.Irreps("96x0e"),
        MLP_irreps=o3.Irreps("16x0e"),
        atomic_energies=np.zeros(len(ELEMENTS)),
        avg_num_neighbors=8.0,
        atomic_numbers=list(ELEMENTS),
        correlation=3,
        gate=gate_dict["silu"],
        atomic_inter_scale=1.0,
        atomic_inter_shift=0.0,
    )
    return MACECalculator(models=[model], device="cpu", default_dtype="float32")


def main() -> None:
    molecule = json.loads(sys.stdin.readline())
    start, generator = np.array(molecule["positions"]), np.random.default_rng(0)
    atoms = Atoms(molecule["numbers"], start, calculator=off_small())

    def call() -> tuple[float, float]:
        atoms.positions = start + generator.normal(0.0, STEP, size=start.shape)
        wall, cpu = perf_counter(), process_time()
        atoms.get_forces(), atoms.get_potential_energy()
        return perf_counter() - wall, process_time() - cpu

    for _ in range(5):
        call()
    print("ready", flush=True)
    for line in sys.stdin:
        walls, cpus = zip(*(call() for _ in range(int(line))), strict=True)
        print(json.dumps([statistics.median(walls), statistics.median(cpus)]), flush=True)


if __name__ == "__main__":
    main()
