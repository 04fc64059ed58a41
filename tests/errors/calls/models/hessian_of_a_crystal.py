import qffc as qf

from ase.build import molecule

atoms = molecule("H2O", cell=[9, 9, 9], pbc=True)
atoms.calc = qf.Calculator("trained:water")
atoms.calc.get_hessian(atoms)
