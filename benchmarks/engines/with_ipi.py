"""Atoms in a cell in i-PI, through the socket client of ASE: ``pip install ipi qffc``."""

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ase import Atoms
from ase.build import molecule
from ase.calculators.socketio import SocketClient
from ase.units import Bohr, Hartree
from given import TOLERANCE, Given, compare

import qffc as qf

STEPS = 4
CELL = np.diag([7.0, 6.5, 6.0])
INPUT = """
<simulation verbosity='low' floatformat='%.16e'>
  <output prefix='run'>
    <properties stride='1' filename='out'> [ step, potential, virial_cv, {atoms} ] </properties>
  </output>
  <total_steps> {steps} </total_steps>
  <ffsocket mode='unix' name='qffc'> <address> {address} </address> <latency> 1e-3 </latency> </ffsocket>
  <system>
    <initialize nbeads='1'>
      <file mode='xyz' units='angstrom'> start.xyz </file>
      <cell mode='abc' units='angstrom'> [{cell}] </cell>
      <velocities mode='thermal' units='kelvin'> 300 </velocities>
    </initialize>
    <forces> <force forcefield='qffc'/> </forces>
    <ensemble> <temperature units='kelvin'> 300 </temperature> </ensemble>
    <motion mode='dynamics'>
      <dynamics mode='nve'> <timestep units='femtosecond'> 0.2 </timestep> </dynamics>
    </motion>
  </system>
</simulation>
"""
"""What is written is in atomic units, which the client turned into with the constants of ASE."""


def main() -> None:
    """Let i-PI ask for steps of dynamics, and compare what it wrote with the calculator."""
    ethanol, calculator = molecule("CH3CH2OH", cell=CELL, pbc=True), qf.Calculator("trained:ethanol")
    with TemporaryDirectory() as folder:
        _run(ethanol, calculator, Path(folder))
        table = np.loadtxt(Path(folder, "run.out"))
    atomwise = table[:, 8:].reshape(len(table), len(ethanol), 2, 3)
    positions, forces = Bohr * atomwise[:, :, 0], Hartree / Bohr * atomwise[:, :, 1]
    energies, wanted, apart = [], [], 0.0
    for place, row in zip(positions, table, strict=True):
        atoms = Atoms(ethanol.numbers, place, cell=CELL, pbc=True, calculator=calculator)
        energies.append(atoms.get_potential_energy())
        wanted.append(atoms.get_forces())
        # Its virial has the other sign, and ends with xy, xz, yz.
        stress = atoms.get_stress()[[0, 1, 2, 5, 4, 3]]
        apart = max(apart, float(np.abs(Hartree / Bohr**3 * row[2:8] + stress).max()))
    print(f"stress {apart:.1e} eV/Angstrom^3 apart, {len(table)} steps")
    if apart > TOLERANCE or len(table) <= STEPS:
        raise SystemExit(1)
    expected = Given("", positions, np.array(energies), np.array(wanted))
    compare(f"i-PI {version('ipi')}", Hartree * table[:, 1], forces, expected)


def _run(ethanol: Atoms, calculator: qf.Calculator, folder: Path) -> None:
    address = f"qffc-{folder.name}"
    cell = ", ".join(map(str, CELL.diagonal()))
    atoms = ", ".join(f"atom_x({number}), atom_f({number})" for number in range(len(ethanol)))
    (folder / "input.xml").write_text(INPUT.format(steps=STEPS, address=address, cell=cell, atoms=atoms))
    lines = [f"{s} {x} {y} {z}" for s, (x, y, z) in zip(ethanol.symbols, ethanol.positions.tolist(), strict=True)]
    (folder / "start.xyz").write_text("\n".join([str(len(ethanol)), "", *lines]) + "\n")
    server = subprocess.Popen(
        [Path(sys.executable).with_name("i-pi"), "input.xml"], cwd=folder, stdout=subprocess.DEVNULL
    )
    try:
        socket, begin = Path(f"/tmp/ipi_{address}"), time.monotonic()
        while not socket.exists():
            if server.poll() is not None or time.monotonic() - begin > 60:
                raise SystemExit("i-PI did not start")
            time.sleep(0.1)
        ethanol.calc = calculator
        SocketClient(unixsocket=address).run(ethanol, use_stress=True)
        server.wait(60)
    finally:
        if server.poll() is None:
            server.kill()


main()
