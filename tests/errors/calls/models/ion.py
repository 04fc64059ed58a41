import qffc as qf

from ase.build import molecule

atoms = molecule("H2O")
atoms.info["charge"] = 1
atoms.calc = qf.Calculator("trained:water")
atoms.get_potential_energy()
