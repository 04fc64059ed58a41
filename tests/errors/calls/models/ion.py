from ase.build import molecule

import qffc as qf

atoms = molecule("H2O")
atoms.info["charge"] = 1
atoms.calc = qf.Calculator("trained:water")
atoms.get_potential_energy()
