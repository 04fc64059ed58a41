import qffc as qf

qf.train("lib:pair", ["water", "ammonia"], "run", train=(10, 20, 30))
