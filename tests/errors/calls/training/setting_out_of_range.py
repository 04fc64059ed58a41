import qffc as qf

qf.train("lib:sivqlm-h2o", "water", "run", learning_rate=0.0)
