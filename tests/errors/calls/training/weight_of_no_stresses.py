import qffc as qf

qf.train("lib:pair", "water", "run", stress_weight=1.0)
