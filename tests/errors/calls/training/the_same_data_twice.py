import qffc as qf

qf.train("lib:pair", ["water", "water"], "run", train=10)
