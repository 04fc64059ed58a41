import qffc as qf

qf.train("lib:sivqlm-h2o", "water", "run", config=[10])
