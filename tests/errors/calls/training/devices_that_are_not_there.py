import qffc as qf

qf.train("lib:sivqlm-h2o:depth=1", "water", "run", train=10, devices=64, quiet=True)
