from ase.build import molecule

import qffc as qf

qf.run("trained:water", molecule("H2O", cell=[9, 9, 9], pbc=True), shots=10)
