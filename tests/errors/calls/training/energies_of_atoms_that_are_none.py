import qffc as qf

qf.train("lib:pair", "water", "run", atom_energies=[-13.6])
