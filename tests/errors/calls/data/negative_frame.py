from qffc.data.split import Split

Split(train=(0, -1), validation=(), test=(), seed=0)
