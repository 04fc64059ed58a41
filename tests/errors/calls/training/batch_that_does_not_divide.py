import qffc as qf

qf.train("lib:sivqlm-h2o:depth=1", "water", "run", train=10, batch_size=5, accumulate=2, quiet=True)
