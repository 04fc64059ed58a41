import qffc as qf

qf.train("lib:sivqlm-h2o", "water", "run", start_from="trained:water")
