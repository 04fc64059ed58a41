import qffc as qf

qf.train("lib:pair", "water", "run", atom_energies={"H": -13.6}, start_from="trained:water")
